//! The wire format between Callbox and its clients, once, for Rust and TypeScript.
//!
//! Only shapes, their limits and their errors. It decides nothing, reads no clock and opens no
//! socket. `sdk/src/generated/` is made from these types by the test `generated`.

pub mod account;
pub mod alert;
pub mod beacon;
pub mod call;
pub mod error;
pub mod failure;
pub mod figures;
pub mod http;
pub mod id;
pub mod moderation;
pub mod monitoring;
pub mod notice;
pub mod proof;
pub mod reading;
pub mod scorecard;
pub mod signal;
pub mod story;
pub mod text;
pub mod time;
pub mod user;

#[cfg(test)]
mod generated;
