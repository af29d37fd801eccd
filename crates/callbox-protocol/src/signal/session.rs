//! How a session outlives its socket: the numbers beside each frame, and a client's request to resume.
//!
//! The rules are in `docs/PROTOCOL.md`; both sides keep to the same bounds.

use serde::{Deserialize, Serialize};

use crate::call::CallKind;
use crate::id::{CallId, SessionId};

/// How long a session outlives its socket. A tunnel, a lift and a server's restart take less than a minute, and
/// nobody waits longer than that in front of a dead call.
pub const RESUME_MS: u64 = 60_000;
/// The most bytes of frames that either side keeps for a resume.
pub const KEPT_BYTES_MAX: usize = 65_536;
/// After this many frames without one from us, an `ack` frame acknowledges what we have.
pub const ACK_FRAMES: u64 = 16;
/// The same, in bytes.
pub const ACK_BYTES: usize = 16_384;

/// The numbers of a frame, beside its `type`. Each side counts its own frames of one session from 1; `hello`,
/// `ping`, `pong`, `ack`, `ice_servers`, `stale`, `put` and `leave` are not counted, since they mean nothing on another socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Numbers {
    /// Which of its sender's frames this is. A client that never resumes may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub seq: Option<u64>,
    /// The last frame of the recipient that the sender has; it has all before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub ack: Option<u64>,
}

/// A client's memory of the session that it would like to continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Resume {
    /// The session.
    pub session: SessionId,
    /// The epoch that the server's hello named.
    pub epoch: String,
    /// The last frame of the server that the client has; it has all before.
    pub ack: u64,
}

/// The state of a session, for a client that may have missed the frames which reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Snapshot {
    /// Nothing.
    Idle,
    /// It waits.
    Queued {
        /// For a stranger, or for the other person of an invite.
        kind: CallKind,
        /// Since when.
        waited_ms: u64,
    },
    /// It is in a call, or asked to confirm one.
    Call {
        /// The call.
        call: CallId,
        /// Whether both have confirmed.
        has_begun: bool,
        /// Whether the other side has a socket.
        is_peer_here: bool,
    },
}
