//! What is kept of a call: its steps in milliseconds since the match, its path, its end, its outcome.
//!
//! All times are the server's, stamped when a frame passes, so a client can neither forge nor skew them; they
//! contain the way from that client to us.

use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::{CallKind, EndCause, Path, Progress, Side, Stage};
use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Both sides must see a frame within this time for a success. After ten seconds people have left.
pub const SUCCESS_MS: u32 = 10_000;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// A match that never became a call.
    Unconfirmed,
    /// Both saw a frame within [`SUCCESS_MS`].
    Success,
    /// Both stayed, or the connection failed, and at least one saw nothing.
    Failure,
    /// Somebody left before [`SUCCESS_MS`] were over and before both saw a frame.
    Left,
    /// Camera and microphone were denied.
    Denied,
}

/// What is kept of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// Why the two met.
    pub kind: CallKind,
    /// Who offered.
    pub caller: UserId,
    /// Who answered.
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
    /// The server forgot the call and its people brought it back: steps from before are not known, so first frames
    /// that are reported again say that they came, not when.
    pub is_restored: bool,
    /// The end.
    pub ended_ms: u32,
    /// Why it ended.
    pub cause: EndCause,
    /// Whose doing the end was.
    pub ended_by: Option<Side>,
    /// What became of it.
    pub outcome: Outcome,
}

impl CallRecord {
    /// The record of a match; end, cause and outcome are filled in by [`Self::finish`].
    pub(super) fn new(
        call: CallId,
        kind: CallKind,
        caller: UserId,
        callee: UserId,
        matched_at: UnixMillis,
    ) -> Self {
        Self {
            call,
            kind,
            caller,
            callee,
            matched_at,
            confirmed_ms: None,
            offer_ms: None,
            answer_ms: None,
            caller_connected_ms: None,
            callee_connected_ms: None,
            caller_dtls_ms: None,
            callee_dtls_ms: None,
            caller_first_frame_ms: None,
            callee_first_frame_ms: None,
            caller_path: None,
            callee_path: None,
            is_restored: false,
            ended_ms: 0,
            cause: EndCause::Unconfirmed,
            ended_by: None,
            outcome: Outcome::Unconfirmed,
        }
    }

    /// Milliseconds since the match. 49 days fit; a longer call stays there.
    pub(super) fn ms(&self, now: UnixMillis) -> u32 {
        u32::try_from(now.since(self.matched_at)).unwrap_or(u32::MAX)
    }

    pub(super) fn progress(&mut self, side: Side, progress: &Progress, now: UnixMillis) {
        let ms = self.ms(now);
        let (connected, dtls, first_frame, path) = match side {
            Side::Caller => (
                &mut self.caller_connected_ms,
                &mut self.caller_dtls_ms,
                &mut self.caller_first_frame_ms,
                &mut self.caller_path,
            ),
            Side::Callee => (
                &mut self.callee_connected_ms,
                &mut self.callee_dtls_ms,
                &mut self.callee_first_frame_ms,
                &mut self.callee_path,
            ),
        };
        match progress.stage {
            Stage::Connected => {
                connected.get_or_insert(ms);
                // A client cannot claim more than there was.
                *dtls = dtls.or(progress.dtls_ms.filter(|dtls_ms| *dtls_ms <= ms));
            }
            Stage::FirstFrame => _ = first_frame.get_or_insert(ms),
        }
        *path = path.or(progress.path);
    }

    pub(super) fn finish(mut self, cause: EndCause, by: Option<Side>, now: UnixMillis) -> Self {
        self.ended_ms = self.ms(now);
        self.cause = cause;
        self.ended_by = by;
        self.outcome = self.judge();
        self
    }

    fn judge(&self) -> Outcome {
        let in_time = |ms: Option<u32>| ms.is_some_and(|ms| self.is_restored || ms <= SUCCESS_MS);
        if self.confirmed_ms.is_none() {
            Outcome::Unconfirmed
        } else if in_time(self.caller_first_frame_ms) && in_time(self.callee_first_frame_ms) {
            Outcome::Success
        } else if self.cause == EndCause::MediaDenied {
            Outcome::Denied
        } else if !matches!(self.cause, EndCause::MediaFailed | EndCause::MediaLost)
            && self.ended_ms < SUCCESS_MS
        {
            Outcome::Left
        } else {
            Outcome::Failure
        }
    }
}
