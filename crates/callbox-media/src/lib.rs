//! Media on the network: the relay (STUN and TURN), for people whose networks let no direct path through. Clients
//! come by UDP, by TCP, or by TLS over it; peers by UDP alone.
//!
//! All decisions are `callbox-turn`'s; here are its sockets and threads. It knows sessions, calls and users by the
//! relay's keys alone, and takes its settings, its clock and its randomness from its owner ([`Relays::start`]).
//! Accepts no connections and makes no handshakes: it gets connections that speak TURN. The only crate of the product
//! with `unsafe` code, in one file: `batch.rs`.

mod addresses;
mod batch;
mod follow;
mod inbox;
mod layout;
mod pace;
mod relays;
mod settings;
mod sockets;
mod stream;
mod streams;
mod thread;
mod usage;

pub use addresses::Addresses;
pub use relays::{Relays, Stats};
pub use settings::{Environment, RelaySettings, TlsName};
pub use stream::Connection;
pub use usage::{CallBytes, CallUse};
