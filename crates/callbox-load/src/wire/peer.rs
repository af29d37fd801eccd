//! The wire of the server of `PeerJS`: id, key and token in the URL, then JSON messages told apart by `type`.
//!
//! The client makes its token itself: the server only holds it against somebody else who comes with the same id. It
//! says `HEARTBEAT` every 5 s, as the library does.

use super::relay::{Format, Kind, RelayLine};
use super::{Event, Login, Return, Upgrade};

pub(super) type Peer = RelayLine<PeerFormat>;

pub(super) struct PeerFormat;

impl Format for PeerFormat {
    const BEAT: Option<&'static str> = Some(r#"{"type":"HEARTBEAT"}"#);

    fn upgrade(Login { id, token }: &Login) -> Upgrade {
        Upgrade { path: format!("/peerjs?key=peerjs&id={id}&token={token}&version=1.5.5"), subprotocol: None }
    }

    fn wrap(kind: Kind, peer: &str, payload: &str) -> String {
        let kind = match kind {
            Kind::Offer => "OFFER",
            Kind::Answer => "ANSWER",
            Kind::Candidate => "CANDIDATE",
        };
        // The library puts this around a description or a candidate.
        let connection = "mc_s2k5v1q0x8";
        format!(
            r#"{{"type":"{kind}","payload":{{"data":{payload},"type":"media","connectionId":"{connection}"}},"dst":"{peer}"}}"#
        )
    }

    fn read(_login: &Login, text: &str, _out: &mut Vec<String>) -> Event {
        // The server writes `type` first if the message is its own; if it relays, the sender's order stays.
        if text.starts_with(r#"{"type":"OPEN""#) {
            Event::Ready(Return::New)
        } else if text.starts_with(r#"{"type":"ERROR""#) || text.starts_with(r#"{"type":"ID-TAKEN""#) {
            Event::Refused(text.to_owned())
        } else {
            Event::Relayed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Line as _;

    #[test]
    fn messages_have_the_shape_that_the_library_gives_them() {
        let mut line = Peer::new(Login { id: "a".into(), token: "t".into() });
        let mut out = Vec::new();
        line.beat(&mut out);
        assert!(out.is_empty(), "nobody beats on a closed socket");
        assert_eq!(line.handle_text(r#"{"type":"OPEN"}"#, &mut out), Event::Ready(Return::New));
        line.start(0, "b", &mut out);
        line.describe(true, r#"{"sdp":1}"#, &mut out);
        line.beat(&mut out);
        let value: serde_json::Value = serde_json::from_str(&out[0]).unwrap();
        assert_eq!(value["type"], "OFFER");
        assert_eq!(value["dst"], "b");
        assert_eq!(value["payload"]["data"]["sdp"], 1);
        assert_eq!(out[1], r#"{"type":"HEARTBEAT"}"#);
        assert_eq!(line.handle_text(&out.remove(0), &mut out), Event::Relayed);
    }
}
