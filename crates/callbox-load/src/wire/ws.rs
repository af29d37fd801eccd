//! The wire of `bench/peers/ws.mjs`: JSON objects `{to, data}`, a token in the URL that the upgrade checks.
//!
//! The floor: a server that reads whom a message is for, and passes it on. The token stands in the URL because that
//! server knows nothing else.

use super::{Event, Line, Login, Mouth, Return, Upgrade};

pub(super) struct Ws {
    login: Login,
    peer: String,
    mouth: Mouth,
}

impl Ws {
    pub(super) fn new(login: Login) -> Self {
        Self { login, peer: String::new(), mouth: Mouth::default() }
    }

    fn relay(&mut self, payload: &str, out: &mut Vec<String>) {
        self.mouth.send(format!(r#"{{"to":"{}","data":{payload}}}"#, self.peer), out);
    }
}

impl Line for Ws {
    fn upgrade(&self) -> Upgrade {
        let Login { id, token } = &self.login;
        Upgrade { path: format!("/?id={id}&token={token}"), subprotocol: None }
    }

    fn handle_open(&mut self, _out: &mut Vec<String>) {}

    fn handle_lost(&mut self) {
        self.mouth.is_ready = false;
    }

    fn handle_text(&mut self, text: &str, out: &mut Vec<String>) -> Event {
        if text == r#"{"type":"welcome"}"# {
            self.mouth.open(out);
            return Event::Ready(Return::New);
        }
        Event::Relayed
    }

    fn start(&mut self, _setup: u32, peer: &str, _out: &mut Vec<String>) -> bool {
        peer.clone_into(&mut self.peer);
        true
    }

    fn describe(&mut self, _is_offer: bool, payload: &str, out: &mut Vec<String>) {
        self.relay(payload, out);
    }

    fn send_candidates(&mut self, payloads: &[String], out: &mut Vec<String>) {
        for payload in payloads {
            self.relay(payload, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
