//! The decisions: who meets whom, what passes in a call, who may do something how often.
//!
//! Pure state machines. They open no socket, read no clock and roll no dice: `now` comes with each event, and
//! what must happen is taken with `next_action` until there is none. Same events, same actions.

pub mod address;
pub mod admission;
pub mod backoff;
pub mod cache;
pub mod call;
pub mod exchange;
pub mod fair;
pub mod grant;
pub mod guess;
pub mod invite;
pub mod limit;
pub mod lobby;
pub mod party;
pub mod proxied;
pub mod random;
pub mod rates;
pub mod retries;
pub mod sdp;
pub mod session;
pub mod shares;
pub mod text;
pub mod watch;
