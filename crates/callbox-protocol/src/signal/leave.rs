//! The end of a socket: why the server asks a client to leave, what the client does then, and the close codes.
//!
//! Of a close a browser reads only the code, so a `leave` with the rest is sent before it whenever a frame still can
//! be.

use serde::{Deserialize, Serialize};

/// Why the server asks a client to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LeaveReason {
    /// The server is going down, for a deploy or for good.
    Shutdown,
    /// The server has as many sessions as it can carry, or as many newcomers as it can greet.
    Full,
    /// The client broke a rule: the close code says which.
    Misuse,
    /// The login was used in another tab or on another device, and the newest wins here.
    Superseded,
    /// The login is in use in another tab or on another device, and the first wins here.
    Duplicate,
    /// The login was ended: by its user, by a new password, or with the account.
    SignedOut,
    /// A moderator banned the user.
    Banned,
}

/// The client's next step after a `leave`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LeaveAction {
    /// Stay away: a new connection would end the same way.
    Disconnect,
    /// Reconnect `after_ms` from now and continue this session, and the call by its grant.
    Resume,
    /// Reconnect `after_ms` from now with a new session.
    Reconnect,
}

/// Close codes of our own, from the range that RFC 6455, section 7.4.2, leaves to applications. The standard ones are
/// used if they fit: 1000 normal closure, 1001 going away, 1002 broken framing, 1003 binary, 1007 not UTF-8, 1009 too
/// large, 1013 full.
pub mod close {
    /// The frame is no frame of ours: not JSON, unknown type, member missing, or out of order.
    pub const BAD_FRAME: u16 = 4400;
    /// The hello had no valid token.
    pub const UNAUTHENTICATED: u16 = 4401;
    /// No hello came within 5 s, or no sign of life within the heartbeat's patience.
    pub const TIMEOUT: u16 = 4408;
    /// Another socket took over the session, or another session the login: see the `leave` before.
    pub const SUPERSEDED: u16 = 4409;
    /// A numbered frame is missing: the sender reconnects, resumes, and sends it again.
    pub const GAP: u16 = 4410;
    /// Frames came faster than allowed.
    pub const RATE_LIMITED: u16 = 4429;
    /// The client did not read what was sent to it.
    pub const SLOW_READER: u16 = 4430;
}
