//! The wire of the server of `PeerJS`: id, key and token in the URL, then JSON messages told apart by `type`.
//!
//! The client makes its token itself: the server only holds it against somebody else who comes with the same id. It
//! says `HEARTBEAT` every 5 s, as the library does.

use super::{Event, Line, Login, Mouth, Return, Upgrade};

pub(super) struct Peer {
    login: Login,
    peer: String,
    mouth: Mouth,
}

impl Peer {
    pub(super) fn new(login: Login) -> Self {
        Self { login, peer: String::new(), mouth: Mouth::default() }
    }

    fn send(&mut self, kind: &str, payload: &str, out: &mut Vec<String>) {
        // What the library puts around a description or a candidate.
        let connection = "mc_s2k5v1q0x8";
        let text = format!(
            r#"{{"type":"{kind}","payload":{{"data":{payload},"type":"media","connectionId":"{connection}"}},"dst":"{}"}}"#,
            self.peer
        );
        self.mouth.send(text, out);
    }
}

impl Line for Peer {
    fn upgrade(&self) -> Upgrade {
        let Login { id, token } = &self.login;
        Upgrade { path: format!("/peerjs?key=peerjs&id={id}&token={token}&version=1.5.5"), subprotocol: None }
    }

    fn handle_open(&mut self, _out: &mut Vec<String>) {}

    fn handle_lost(&mut self) {
        self.mouth.is_ready = false;
    }

    fn handle_text(&mut self, text: &str, out: &mut Vec<String>) -> Event {
        // The server writes `type` first where the message is its own; where it relays, the sender's order stays.
        if text.starts_with(r#"{"type":"OPEN""#) {
            self.mouth.open(out);
            Event::Ready(Return::New)
        } else if text.starts_with(r#"{"type":"ERROR""#) || text.starts_with(r#"{"type":"ID-TAKEN""#) {
            Event::Refused(text.to_owned())
        } else {
            Event::Relayed
        }
    }

    fn start(&mut self, _setup: u32, peer: &str, _out: &mut Vec<String>) -> bool {
        peer.clone_into(&mut self.peer);
        true
    }

    fn describe(&mut self, is_offer: bool, payload: &str, out: &mut Vec<String>) {
        self.send(if is_offer { "OFFER" } else { "ANSWER" }, payload, out);
    }

    fn send_candidates(&mut self, payloads: &[String], out: &mut Vec<String>) {
        for payload in payloads {
            self.send("CANDIDATE", payload, out);
        }
    }

    fn beat(&mut self, out: &mut Vec<String>) {
        if self.mouth.is_ready {
            out.push(r#"{"type":"HEARTBEAT"}"#.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
