//! The common part of the wires of plain relays: no lobby, no sessions, each message on its own.
//!
//! Texts are kept while the client is not known to the server, as the clients' libraries do. How a message looks is
//! the format's; when one is sent is decided here, so that no relay gets another load than the next.

use std::marker::PhantomData;

use super::{Event, Line, Login, Upgrade};

/// The kind of a message, if a format tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Offer,
    Answer,
    Candidate,
}

/// How the texts of one relay look.
pub(super) trait Format {
    /// Says that the client lives.
    const BEAT: Option<&'static str> = None;

    fn upgrade(login: &Login) -> Upgrade;
    /// A message for the client of this id.
    fn wrap(kind: Kind, peer: &str, payload: &str) -> String;
    /// The meaning of a server's text, and the answer to it.
    fn read(login: &Login, text: &str, out: &mut Vec<String>) -> Event;
}

/// A client of a relay.
pub(super) struct RelayLine<F> {
    login: Login,
    peer: String,
    /// Whether the server knows the client.
    is_ready: bool,
    kept: Vec<String>,
    format: PhantomData<F>,
}

impl<F: Format> RelayLine<F> {
    pub(super) fn new(login: Login) -> Self {
        Self { login, peer: String::new(), is_ready: false, kept: Vec::new(), format: PhantomData }
    }

    fn send(&mut self, kind: Kind, payload: &str, out: &mut Vec<String>) {
        let text = F::wrap(kind, &self.peer, payload);
        if self.is_ready {
            out.push(text);
        } else {
            self.kept.push(text);
        }
    }
}

impl<F: Format> Line for RelayLine<F> {
    fn upgrade(&self) -> Upgrade {
        F::upgrade(&self.login)
    }

    fn handle_open(&mut self, _out: &mut Vec<String>) {}

    fn handle_lost(&mut self) {
        self.is_ready = false;
    }

    fn handle_text(&mut self, text: &str, out: &mut Vec<String>) -> Event {
        let event = F::read(&self.login, text, out);
        if matches!(event, Event::Ready(_)) {
            self.is_ready = true;
            out.append(&mut self.kept);
        }
        event
    }

    fn start(&mut self, _setup: u32, peer: &str, _out: &mut Vec<String>) -> bool {
        peer.clone_into(&mut self.peer);
        true
    }

    fn describe(&mut self, is_offer: bool, payload: &str, out: &mut Vec<String>) {
        self.send(if is_offer { Kind::Offer } else { Kind::Answer }, payload, out);
    }

    fn send_candidates(&mut self, payloads: &[String], out: &mut Vec<String>) {
        for payload in payloads {
            self.send(Kind::Candidate, payload, out);
        }
    }

    fn beat(&mut self, out: &mut Vec<String>) {
        if self.is_ready {
            out.extend(F::BEAT.map(str::to_owned));
        }
    }
}
