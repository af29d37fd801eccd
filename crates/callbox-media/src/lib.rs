//! Media on the network: the relay (STUN and TURN) over UDP, for those whose networks let no straight path through.
//!
//! All decisions are `callbox-turn`'s; here are its sockets and threads. It knows sessions, calls and users by the
//! relay's keys alone, and takes its settings, its clock and its randomness from whoever starts it ([`Relays::start`]).
//! Refuses TCP and TLS from clients: not yet. The only crate of the product with `unsafe` code, in one file: `batch.rs`.

mod addresses;
mod batch;
mod follow;
mod inbox;
mod layout;
mod pace;
mod relays;
mod settings;
mod sockets;
mod thread;
mod usage;

pub use addresses::Addresses;
pub use relays::{Relays, Stats};
pub use settings::{Environment, RelaySettings};
pub use usage::CallBytes;
