//! The frames that the server sends, and how they are written.
//!
//! Frames borrow what they carry: a frame is made at the moment of writing, and kept as text alone.

use serde::Serialize;
use serde_json::value::RawValue;
use std::io::Write as _;

use super::{IceServer, LeaveAction, LeaveReason, Numbers, Picture, RelayPolicy, Snapshot};
use crate::call::{CallKind, EndCause, Side};
use crate::error::ErrorCode;
use crate::id::{CallId, SessionId};
use crate::notice::BanNotice;
use crate::user::User;

/// A frame of the server.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ServerFrame<'a> {
    /// The answer to the client's hello.
    Hello {
        /// This session's name.
        session: SessionId,
        /// This server's memory: a session is known in the epoch that it began in, and in no other.
        epoch: &'a str,
        /// Whether the client's `resume` was granted with nothing lost: what it misses follows. Otherwise both
        /// sides count from 1 again.
        recovered: bool,
        /// The last frame of the client that the server has: later frames are to be sent again.
        ack: u64,
        /// The session's state.
        snapshot: Snapshot,
        /// The user that the server takes the client for.
        user: User,
        /// The servers for the browser's peer connection.
        ice_servers: &'a [IceServer],
        /// Whether connections of this app may use anything but a relay; a `match` says it for its call.
        relay_policy: RelayPolicy,
        /// The server is never silent for longer: a `ping` if nothing else. 10 s more, and the socket is dead.
        heartbeat_ms: u32,
        /// The server's version.
        version: &'a str,
    },
    /// The servers that [`Self::Hello`] named may end soon: these are for the browser's peer connection from now on.
    /// Not counted.
    IceServers {
        /// As in a hello.
        ice_servers: &'a [IceServer],
    },
    /// Both have stayed: from now on the call may take the shortest path, and its caller searches for one.
    Reveal {
        /// The call.
        call: CallId,
    },
    /// The session waits, after `seek`, `next`, `join`, or because its partner left.
    Queued {
        /// For a stranger, or for the other person of an invite.
        kind: CallKind,
        /// How long it has waited already.
        waited_ms: u64,
    },
    /// The session does not wait any more, after `cancel`.
    Idle,
    /// A match was found: answer with `confirm` or `decline`.
    Match {
        /// The new call.
        call: CallId,
        /// Why these two.
        kind: CallKind,
        /// The recipient's side.
        you: Side,
        /// The interests that both named.
        shared_interests: Vec<&'a str>,
        /// The two met within the last ten minutes: nobody else is waiting.
        met_before: bool,
        /// How much time there is to confirm.
        confirm_within_ms: u32,
        /// Whether this call may use anything but a relay: the strictest policy of the two apps and the two people.
        /// The server removes other addresses as they pass.
        relay_policy: RelayPolicy,
        /// Proves this side of this call to a server that has forgotten it: to be shown in the next `hello`.
        grant: &'a str,
        /// To the callee: the offer that the caller had parked.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "unknown"))]
        offer: Option<&'a RawValue>,
        /// To the caller: whether the other side got its parked offer with its match. Otherwise it is to be sent.
        is_offered: bool,
    },
    /// Both confirmed: camera and microphone may be sent.
    Begin {
        /// The call.
        call: CallId,
    },
    /// From the other side.
    Offer {
        /// The call.
        call: CallId,
        /// The side that sent it, set by the server.
        from: Side,
        /// As it was sent.
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: &'a RawValue,
    },
    /// From the other side.
    Answer {
        /// The call.
        call: CallId,
        /// The side that sent it, set by the server.
        from: Side,
        /// As it was sent.
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: &'a RawValue,
    },
    /// From the other side.
    Candidates {
        /// The call.
        call: CallId,
        /// The side that sent it, set by the server.
        from: Side,
        /// As they were sent.
        #[cfg_attr(test, ts(type = "unknown[]"))]
        payload: &'a [&'a RawValue],
    },
    /// From the callee: make another offer, unless a later one than `after` is on its way.
    Restart {
        /// The call.
        call: CallId,
        /// As it was sent.
        after: u32,
        /// As it was sent.
        replace: bool,
        /// As it was sent.
        lost: bool,
    },
    /// From the other side.
    Sends {
        /// The call.
        call: CallId,
        /// As it was sent.
        picture: Picture,
        /// As it was sent.
        sound: bool,
    },
    /// The other side's socket is lost, or it has one again. Its media may flow all the same.
    Peer {
        /// The call.
        call: CallId,
        /// Whether it has one.
        is_here: bool,
    },
    /// From the other side.
    Chat {
        /// The call.
        call: CallId,
        /// The side that sent it, set by the server.
        from: Side,
        /// As it was sent.
        text: &'a str,
    },
    /// The call has ended.
    End {
        /// The call.
        call: CallId,
        /// Why.
        cause: EndCause,
        /// The side that caused the end; `null` if neither did, or it is not known.
        by: Option<Side>,
        /// Whether the recipient waits again, with the waiting time it had.
        requeued: bool,
    },
    /// The frame named was refused; the session continues.
    Error {
        /// Which error it is, for programs.
        code: ErrorCode,
        /// One sentence for people.
        message: &'a str,
        /// When to try again, with `rate_limited`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        retry_after_ms: Option<u64>,
    },
    /// Watched answers that are not current any more. Not counted: the server keeps the ids until they are sent, and sends
    /// those of a lost socket again.
    Stale {
        /// Which watches; empty with `all`.
        #[serde(skip_serializing_if = "<[u32]>::is_empty")]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<u32>>"))]
        ids: &'a [u32],
        /// All of them: the server does not know which.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
        all: bool,
        /// `node.n`, as in the header `Callbox-Commit`: an answer of the same node with a lower `n` is from before.
        commit: &'a str,
    },
    /// The current answer to a watch, instead of `stale`. Not counted.
    Put {
        /// The watch.
        id: u32,
        /// As the header `ETag` of a `GET`.
        etag: &'a str,
        /// The answer's body, at most 1 KB of JSON.
        #[cfg_attr(test, ts(type = "unknown"))]
        body: &'a RawValue,
        /// As in `stale`.
        commit: &'a str,
    },
    /// The path is not watched, or not any more: nothing is told of it.
    Unwatched {
        /// The watch, which is free again.
        id: u32,
        /// `bad_request`: no such path can be watched; `forbidden`, `not_found`, `banned`, ...: as the `GET` would be
        /// refused; `too_large`: one more than the most, or a path that is too long; `unavailable`: not by this server.
        error: ErrorCode,
    },
    /// A sign of life: answer with `pong`.
    Ping,
    /// The answer to a client's `ping`.
    Pong,
    /// Nothing but its [`Numbers::ack`].
    Ack,
    /// The frames up to this one's `seq` that the client lacks were candidates of calls that have ended.
    Skipped,
    /// The server is about to close the socket.
    Leave {
        /// Why.
        reason: LeaveReason,
        /// The client's next step.
        action: LeaveAction,
        /// How long to wait before reconnecting.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        after_ms: Option<u64>,
        /// The details of the ban, with `banned`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        ban: Option<&'a BanNotice>,
    },
}

impl ServerFrame<'_> {
    /// The frame as it goes over the wire, with its numbers.
    pub fn to_text(&self, Numbers { seq, ack }: Numbers) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).expect("our frames have no maps and no failing parts");
        // Every frame has a `type`, so the numbers go before the brace at its end. Flattening by serde would
        // copy the members one by one.
        for (name, number) in [("seq", seq), ("ack", ack)] {
            if let Some(number) = number {
                text.pop();
                write!(text, r#","{name}":{number}}}"#).expect("a vector takes all");
            }
        }
        text
    }
}
