//! The record of a call while the call runs.
//!
//! All times are the server's, stamped when a frame passes, so a client can neither forge nor skew them; they
//! contain the way from that client to us.

use callbox_protocol::call::{CallKind, CallRecord, EndCause, Outcome, RESTARTS_MAX, Side};
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::{Progress, Stage};
use callbox_protocol::time::UnixMillis;

/// Both sides must see a frame within this time for a success. After ten seconds people have left.
pub const SUCCESS_MS: u32 = 10_000;

/// The record of a match; end, cause and outcome are filled in by [`finish`].
pub(super) fn begin(
    call: CallId,
    kind: CallKind,
    caller: UserId,
    callee: UserId,
    matched_at: UnixMillis,
) -> CallRecord {
    CallRecord {
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
        restarts_ms: Vec::new(),
        is_restored: false,
        ended_ms: 0,
        cause: EndCause::Unconfirmed,
        ended_by: None,
        outcome: Outcome::Unconfirmed,
    }
}

/// Milliseconds since the match. 49 days fit; a longer call stays there.
pub(super) fn ms(record: &CallRecord, now: UnixMillis) -> u32 {
    u32::try_from(now.since(record.matched_at)).unwrap_or(u32::MAX)
}

/// An offer passes; each after the first is a restart.
pub(super) fn offer(record: &mut CallRecord, now: UnixMillis) {
    let ms = ms(record, now);
    if record.offer_ms.is_none() {
        record.offer_ms = Some(ms);
    } else if record.restarts_ms.len() < RESTARTS_MAX {
        record.restarts_ms.push(ms);
    }
}

pub(super) fn progress(record: &mut CallRecord, side: Side, progress: &Progress, now: UnixMillis) {
    let ms = ms(record, now);
    let (connected, dtls, first_frame, path) = match side {
        Side::Caller => (
            &mut record.caller_connected_ms,
            &mut record.caller_dtls_ms,
            &mut record.caller_first_frame_ms,
            &mut record.caller_path,
        ),
        Side::Callee => (
            &mut record.callee_connected_ms,
            &mut record.callee_dtls_ms,
            &mut record.callee_first_frame_ms,
            &mut record.callee_path,
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

pub(super) fn finish(
    mut record: CallRecord,
    cause: EndCause,
    by: Option<Side>,
    now: UnixMillis,
) -> CallRecord {
    record.ended_ms = ms(&record, now);
    record.cause = cause;
    record.ended_by = by;
    record.outcome = judge(&record);
    record
}

fn judge(record: &CallRecord) -> Outcome {
    let in_time = |ms: Option<u32>| ms.is_some_and(|ms| record.is_restored || ms <= SUCCESS_MS);
    if record.confirmed_ms.is_none() {
        Outcome::Unconfirmed
    } else if in_time(record.caller_first_frame_ms) && in_time(record.callee_first_frame_ms) {
        Outcome::Success
    } else if record.cause == EndCause::MediaDenied {
        Outcome::Denied
    } else if !matches!(record.cause, EndCause::MediaFailed | EndCause::MediaLost)
        && record.ended_ms < SUCCESS_MS
    {
        Outcome::Left
    } else {
        Outcome::Failure
    }
}
