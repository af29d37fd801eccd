//! Calls: their two sides, their ends, and their records.

use serde::{Deserialize, Serialize};

use crate::id::{CallId, UserId};
use crate::time::UnixMillis;

/// One of the two sides of a call. The caller makes every offer and the callee answers, so that two offers never
/// cross; a callee that needs another offer asks for it by `restart`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Side {
    /// Makes all offers.
    Caller,
    /// Answers them.
    Callee,
}

impl Side {
    /// The opposite side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

/// Why two people are in a call with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallKind {
    /// The lobby paired two strangers.
    Random,
    /// One opened the other's invite link.
    Invite,
}

/// How a call ended. `next` and `hangup` are no failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndCause {
    /// Somebody hung up.
    Hangup,
    /// Somebody asked for the next person.
    Next,
    /// Somebody did not confirm the match in time.
    Unconfirmed,
    /// Somebody was asked and declined the match.
    Declined,
    /// Somebody blocked the other person.
    Blocked,
    /// Somebody's signaling session is gone: signed out, or not back within [`crate::signal::RESUME_MS`].
    PeerLost,
    /// Somebody's page is gone, closed or crashed, and was not back within ten seconds.
    Left,
    /// The media connection could not be made.
    MediaFailed,
    /// The media connection broke, and no new path was found within half a minute.
    MediaLost,
    /// Somebody's browser or person denied camera and microphone.
    MediaDenied,
}

/// The kind of a candidate (RFC 8445, section 4), as in the selected pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CandidateKind {
    /// An address of the machine itself.
    Host,
    /// An address that a STUN server saw.
    Srflx,
    /// An address that the peer saw.
    Prflx,
    /// An address on a TURN server.
    Relay,
}

/// Which way the media goes: the selected candidate pair, seen from one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Path {
    /// This side's end.
    pub local: CandidateKind,
    /// The other side's end.
    pub remote: CandidateKind,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// A match that never became a call.
    Unconfirmed,
    /// Both saw a frame within ten seconds.
    Success,
    /// Both stayed, or the connection failed, and at least one saw nothing.
    Failure,
    /// Somebody left before ten seconds were over and before both saw a frame.
    Left,
    /// Camera and microphone were denied.
    Denied,
}

/// The restarts of one call that are kept; a call that needs more goes badly anyway.
pub const RESTARTS_MAX: usize = 16;

/// The record of a call. Times in ms count from the match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// Why the two met.
    pub kind: CallKind,
    /// The user who made the offers.
    pub caller: UserId,
    /// The user who answered.
    pub callee: UserId,
    /// The time that all others count from.
    pub matched_at: UnixMillis,
    /// Both confirmed.
    pub confirmed_ms: Option<u32>,
    /// The first offer passed.
    pub offer_ms: Option<u32>,
    /// The first answer passed.
    pub answer_ms: Option<u32>,
    /// The caller's media connection was made.
    pub caller_connected_ms: Option<u32>,
    /// The callee's media connection was made.
    pub callee_connected_ms: Option<u32>,
    /// How long DTLS took after ICE, as the caller says.
    pub caller_dtls_ms: Option<u32>,
    /// How long DTLS took after ICE, as the callee says.
    pub callee_dtls_ms: Option<u32>,
    /// The caller decoded a frame of the callee.
    pub caller_first_frame_ms: Option<u32>,
    /// The callee decoded a frame of the caller.
    pub callee_first_frame_ms: Option<u32>,
    /// The way of the media, as the caller sees it.
    pub caller_path: Option<Path>,
    /// The way of the media, as the callee sees it.
    pub callee_path: Option<Path>,
    /// Later offers passed: each searches for another path. The first [`RESTARTS_MAX`].
    #[serde(default)]
    pub restarts_ms: Vec<u32>,
    /// The server forgot the call and its people restored it. Steps from before are not known, so first frames that
    /// are reported again say that they came, not when.
    pub is_restored: bool,
    /// The end.
    pub ended_ms: u32,
    /// Why it ended.
    pub cause: EndCause,
    /// The side that caused the end, if one did.
    pub ended_by: Option<Side>,
    /// The outcome.
    pub outcome: Outcome,
}
