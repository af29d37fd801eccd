//! A wire: how one client of some server asks for its socket, says who it is, and wraps what it relays.
//!
//! Lines are pure: texts go in and come out, and no line knows of sockets or time. All of them share the
//! script that they are played by, so every server gets the same messages at the same instants.

mod callbox;
mod peer;
mod relay;
mod socketio;
mod ws;

use clap::ValueEnum;
use serde::Serialize;

use crate::plan::{Batch, batched, one_by_one};

/// A client's name, and its proof.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The server under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wire {
    /// Callbox, by its own protocol: matched by the lobby, candidates in batches, sessions that resume.
    Callbox,
    /// A relay on Socket.IO 4: Engine.IO 4 text packets, WebSocket transport only.
    Socketio,
    /// The server of `PeerJS`.
    Peer,
    /// A bare relay on npm's `ws`.
    Ws,
}

impl Wire {
    /// A line for this client.
    pub(crate) fn line(self, login: Login) -> Box<dyn Line> {
        match self {
            Self::Callbox => Box::new(callbox::Callbox::new(login)),
            Self::Socketio => Box::new(socketio::SocketIo::new(login)),
            Self::Peer => Box::new(peer::Peer::new(login)),
            Self::Ws => Box::new(ws::Ws::new(login)),
        }
    }

    /// How candidates are put into frames: as the clients of that server do it.
    pub(crate) fn batches(self) -> Vec<Batch> {
        if self == Self::Callbox { batched() } else { one_by_one() }
    }

    /// Whether clients get their tokens from the server, by `POST /v1/guests`.
    pub(crate) fn has_guests(self) -> bool {
        self != Self::Peer
    }

    /// How often a client must say that it lives, unasked.
    pub(crate) fn heartbeat_ms(self) -> Option<u64> {
        // As `PeerJS` does: `pingInterval` of its client.
        (self == Self::Peer).then_some(5_000)
    }
}

/// The request with which a client connects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub(crate) path: String,
    pub(crate) subprotocol: Option<&'static str>,
}

/// The meaning of a server's text to the script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing, or nothing but an answer that was given.
    Nothing,
    /// The client is known to the server and may talk.
    Ready(Return),
    /// The two are matched; the caller makes its offer.
    Begin {
        /// Whether this client is the caller.
        is_caller: bool,
    },
    /// A message of the other side: its marks are in the text.
    Relayed,
    /// The call has ended.
    Ended,
    /// A frame was refused, with this code.
    Refused(String),
    /// The server goes, or wants the client to go.
    Leave {
        /// When to reconnect, if at all.
        after_ms: Option<u64>,
    },
    /// The numbers of the frames have a gap: cut, and resume.
    Gap,
}

/// The state in which a client returns, if sockets and sessions are two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// With a new session, which is all there is on this wire, or the first one.
    New,
    /// With its session, nothing lost.
    Recovered,
    /// The session was forgotten; the call continues.
    Restored {
        /// Whether this client is the caller, who offers anew.
        is_caller: bool,
    },
    /// The session was forgotten, and there was no call to lose.
    Forgotten,
    /// The session was forgotten, and with it the call.
    CallGone,
}

/// One client's side of a wire. Texts to write go to `out`.
pub(crate) trait Line {
    fn upgrade(&self) -> Upgrade;
    /// The socket is open.
    fn handle_open(&mut self, out: &mut Vec<String>);
    /// The socket is gone: what is sent from now on is kept.
    fn handle_lost(&mut self);
    fn handle_text(&mut self, text: &str, out: &mut Vec<String>) -> Event;
    /// Meet the client of this id in this set-up; `true` if the offer may be sent at once.
    fn start(&mut self, setup: u32, peer: &str, out: &mut Vec<String>) -> bool;
    /// Sends an offer, or an answer.
    fn describe(&mut self, is_offer: bool, payload: &str, out: &mut Vec<String>);
    fn send_candidates(&mut self, payloads: &[String], out: &mut Vec<String>);
    /// Hangs up.
    fn end(&mut self, _out: &mut Vec<String>) {}
    /// Gives the set-up up, whatever state it is in.
    fn abandon(&mut self, _out: &mut Vec<String>) {}
    /// Says that it lives.
    fn beat(&mut self, _out: &mut Vec<String>) {}
}
