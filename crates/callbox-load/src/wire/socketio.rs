//! The wire of a relay on Socket.IO: protocol 5 over Engine.IO 4, by WebSocket alone, as text packets.
//!
//! `0{..}` opens, `40{auth}` connects and is answered with `40{sid}` or refused with `44{..}`, `2` asks for `3`, and
//! `42[..]` is an event. No acknowledgements and no binary parts: the relay needs none.

use serde_json::json;

use super::relay::{Format, Kind, RelayLine};
use super::{Event, Login, Return, Upgrade};

pub(super) type SocketIo = RelayLine<SocketIoFormat>;

pub(super) struct SocketIoFormat;

impl Format for SocketIoFormat {
    fn upgrade(_login: &Login) -> Upgrade {
        Upgrade { path: "/socket.io/?EIO=4&transport=websocket".to_owned(), subprotocol: None }
    }

    fn wrap(_kind: Kind, peer: &str, payload: &str) -> String {
        format!(r#"42["signal",{{"to":"{peer}","data":{payload}}}]"#)
    }

    fn read(login: &Login, text: &str, out: &mut Vec<String>) -> Event {
        match text.as_bytes() {
            [b'0', ..] => out.push(format!("40{}", json!({ "token": login.token }))),
            [b'2', ..] => out.push("3".to_owned()),
            [b'4', b'0', ..] => return Event::Ready(Return::New),
            [b'4', b'2', ..] => return Event::Relayed,
            [b'4', b'4', ..] => return Event::Refused(text[2..].to_owned()),
            _ => {}
        }
        Event::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Line as _;

    #[test]
    fn a_socket_is_opened_connected_and_kept_alive() {
        let mut line = SocketIo::new(Login { id: "a".into(), token: "t".into() });
        let mut out = Vec::new();
        assert_eq!(line.handle_text(r#"0{"sid":"x","pingInterval":25000}"#, &mut out), Event::Nothing);
        assert_eq!(line.handle_text(r#"40{"sid":"y"}"#, &mut out), Event::Ready(Return::New));
        assert_eq!(line.handle_text("2", &mut out), Event::Nothing);
        assert_eq!(out, [r#"40{"token":"t"}"#, "3"]);
        let refused = line.handle_text(r#"44{"message":"no"}"#, &mut out);
        assert_eq!(refused, Event::Refused(r#"{"message":"no"}"#.to_owned()));
    }

    #[test]
    fn messages_are_events() {
        let mut line = SocketIo::new(Login { id: "a".into(), token: "t".into() });
        let mut out = Vec::new();
        line.handle_text(r#"40{"sid":"y"}"#, &mut out);
        assert!(line.start(0, "b", &mut out));
        line.send_candidates(&["1".to_owned(), "2".to_owned()], &mut out);
        assert_eq!(out, [r#"42["signal",{"to":"b","data":1}]"#, r#"42["signal",{"to":"b","data":2}]"#]);
        assert_eq!(line.handle_text(&out.remove(0), &mut out), Event::Relayed);
    }
}
