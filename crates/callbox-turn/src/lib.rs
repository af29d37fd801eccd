//! STUN (RFC 8489) and TURN (RFC 8656), from clients over UDP, TCP or TLS, as a pure protocol machine.
//!
//! No sockets, no clock, no threads: the server feeds a [`Relay`] datagrams and the hub's events, stamped with `now`,
//! and carries out its [`Action`]s. A media packet is the exception to the queue: [`Relay::handle_client`] and
//! [`Relay::handle_peer`] *return* its destination and the bytes of the same buffer, so it costs no allocation.
//!
//! The relay knows the call: only a session that the hub opened may allocate, and only while it is in a call does
//! media flow, to public addresses or straight across to the call's other side. It refuses TCP towards
//! peers (RFC 6062), reservations (RFC 8656, section 7.2, the R bit) and DONT-FRAGMENT.

mod allocate;
mod allocation;
mod answer;
mod control;
mod counters;
pub mod credentials;
pub mod framing;
mod limits;
mod media;
mod nonce;
pub mod peers;
mod relay;
mod requests;
mod session;
mod shared;
mod sources;
mod types;

#[cfg(test)]
mod tests;

pub use counters::{Counters, Dropped, Refused};
pub use limits::Limits;
pub use media::{HEADROOM, TAILROOM};
pub use relay::{Options, Relay};
pub use shared::Shared;
pub use types::{
    Action, CallKey, ClientAddr, ConnectionKey, Family, FiveTuple, Millis, PeerAddr, Relayed, Route,
    SessionKey, Transmit, Transport, UserKey,
};
