//! The wire of `bench/peers/ws.mjs`: JSON objects `{to, data}`, a token in the URL that the upgrade checks.
//!
//! The floor: a server that reads whom a message is for, and passes it on. The token is in the URL because that
//! server knows nothing else.

use super::relay::{Format, Kind, RelayLine};
use super::{Event, Login, Return, Upgrade};

pub(super) type Ws = RelayLine<WsFormat>;

pub(super) struct WsFormat;

impl Format for WsFormat {
    fn upgrade(Login { id, token }: &Login) -> Upgrade {
        Upgrade { path: format!("/?id={id}&token={token}"), subprotocol: None }
    }

    fn wrap(_kind: Kind, peer: &str, payload: &str) -> String {
        format!(r#"{{"to":"{peer}","data":{payload}}}"#)
    }

    fn read(_login: &Login, text: &str, _out: &mut Vec<String>) -> Event {
        if text == r#"{"type":"welcome"}"# { Event::Ready(Return::New) } else { Event::Relayed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Line as _;

    #[test]
    fn messages_name_their_recipient_and_wait_for_the_welcome() {
        let mut line = Ws::new(Login { id: "a".into(), token: "t".into() });
        assert_eq!(line.upgrade().path, "/?id=a&token=t");
        let mut out = Vec::new();
        line.start(0, "b", &mut out);
        line.describe(true, "{\"sdp\":1}", &mut out);
        assert!(out.is_empty());
        assert_eq!(line.handle_text(r#"{"type":"welcome"}"#, &mut out), Event::Ready(Return::New));
        assert_eq!(out, [r#"{"to":"b","data":{"sdp":1}}"#]);
        assert_eq!(line.handle_text(&out.remove(0), &mut out), Event::Relayed);
    }
}
