//! Each cause by the traces that it leaves; and what is no failure.

use callbox_protocol::call::{CallKind, Side};
use callbox_protocol::failure::CandidateCounts;
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::time::UnixMillis;

use super::FailureCause as Cause;
use super::*;
use crate::metric::Counter;

const NOBODY: BothEvidence = [None, None];
const UNUSED: RelayUse = RelayUse { packets: 0, bytes: 0, refused: None };

fn call_id() -> CallId {
    CallId::from_bytes([7; 16])
}

/// A call that failed after answer and candidates were exchanged.
fn record() -> CallRecord {
    CallRecord {
        call: call_id(),
        kind: CallKind::Random,
        caller: UserId::from_bytes([1; 16]),
        callee: UserId::from_bytes([2; 16]),
        matched_at: UnixMillis(1_000),
        confirmed_ms: Some(100),
        offer_ms: Some(110),
        answer_ms: Some(200),
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
        ended_ms: 15_200,
        cause: EndCause::MediaFailed,
        ended_by: Some(Side::Caller),
        outcome: Outcome::Failure,
    }
}

/// The same with both connected, and a long time.
fn connected() -> CallRecord {
    CallRecord {
        caller_connected_ms: Some(400),
        callee_connected_ms: Some(410),
        cause: EndCause::MediaLost,
        ended_ms: 45_000,
        ..record()
    }
}

/// A call in which both saw each other.
fn seen() -> CallRecord {
    CallRecord {
        caller_first_frame_ms: Some(600),
        callee_first_frame_ms: Some(620),
        cause: EndCause::Hangup,
        outcome: Outcome::Success,
        ..connected()
    }
}

fn counts(host: u8, srflx: u8, relay: u8) -> CandidateCounts {
    CandidateCounts { host, srflx, relay }
}

/// A side whose ICE tried and failed, with its own candidates and the other's.
fn tried(gathered: CandidateCounts, received: CandidateCounts) -> Evidence {
    let (ice, dtls) = (IceState::Failed, DtlsState::New);
    Evidence { call: call_id(), gathered, received, relay_error: None, ice, dtls }
}

fn both(caller: Evidence, callee: Evidence) -> BothEvidence {
    [Some(caller), Some(callee)]
}

fn judged(record: &CallRecord, evidence: &BothEvidence) -> Option<Cause> {
    cause_of(record, evidence, &UNUSED)
}

#[test]
fn a_call_that_people_ended_after_they_saw_each_other_has_no_cause() {
    for cause in [EndCause::Hangup, EndCause::Next, EndCause::Blocked] {
        assert_eq!(judged(&CallRecord { cause, ..seen() }, &NOBODY), None);
    }
    let hurried = CallRecord { outcome: Outcome::Left, cause: EndCause::Next, ended_ms: 800, ..record() };
    assert_eq!(judged(&hurried, &NOBODY), None, "somebody was quick");
    let declined = CallRecord { outcome: Outcome::Unconfirmed, cause: EndCause::Declined, ..record() };
    assert_eq!(judged(&declined, &NOBODY), None);
}

#[test]
fn ends_that_say_why_are_taken_at_their_word() {
    let unconfirmed =
        |cause| CallRecord { outcome: Outcome::Unconfirmed, confirmed_ms: None, cause, ..record() };
    let denied = CallRecord { cause: EndCause::MediaDenied, outcome: Outcome::Denied, ..record() };
    let late = CallRecord { callee_first_frame_ms: Some(12_000), outcome: Outcome::Failure, ..seen() };
    for (record, cause) in [
        (unconfirmed(EndCause::Unconfirmed), Cause::Unconfirmed),
        (unconfirmed(EndCause::Left), Cause::PageGone),
        (denied, Cause::PermissionDenied),
        (CallRecord { cause: EndCause::Left, ..seen() }, Cause::PageGone),
        (CallRecord { cause: EndCause::PeerLost, ..seen() }, Cause::SignalingLost),
        (CallRecord { cause: EndCause::MediaLost, ..seen() }, Cause::PathDied),
        (CallRecord { cause: EndCause::Left, ..record() }, Cause::PageGone),
        (CallRecord { cause: EndCause::PeerLost, outcome: Outcome::Left, ..record() }, Cause::SignalingLost),
        (late, Cause::TooSlow),
    ] {
        assert_eq!(judged(&record, &NOBODY), Some(cause), "{record:?}");
    }
}

#[test]
fn the_first_step_that_is_missing_is_where_the_call_failed() {
    let unanswered = CallRecord { answer_ms: None, ..record() };
    let unoffered = CallRecord { offer_ms: None, ..unanswered.clone() };
    assert_eq!(judged(&unoffered, &NOBODY), Some(Cause::NoOffer));
    assert_eq!(judged(&unanswered, &NOBODY), Some(Cause::NoAnswer));
    // That the page is gone is why there is no answer.
    let gone = CallRecord { cause: EndCause::Left, ended_by: Some(Side::Callee), ..unanswered };
    assert_eq!(judged(&gone, &NOBODY), Some(Cause::NoAnswer));
    assert_eq!(judged(&CallRecord { is_restored: true, ..gone }, &NOBODY), Some(Cause::ServerRestarted));
    assert_eq!(judged(&record(), &NOBODY), Some(Cause::Unknown), "nobody says anything");
}

#[test]
fn what_ice_had_to_try_says_why_it_did_not_connect() {
    let all = counts(2, 1, 1);
    let unreached = |one: Evidence| Evidence { relay_error: Some(701), ..one };
    let refused = |one: Evidence, code| Evidence { relay_error: Some(code), ..one };
    let hosts = counts(2, 0, 0);
    for (evidence, cause) in [
        (both(tried(all, all), tried(all, all)), Cause::IceFailed),
        ([Some(tried(all, all)), None], Cause::IceFailed),
        (both(unreached(tried(hosts, all)), tried(all, hosts)), Cause::UdpBlocked),
        (both(tried(counts(2, 0, 1), hosts), unreached(tried(hosts, all))), Cause::UdpBlocked),
        (both(unreached(tried(hosts, hosts)), unreached(tried(hosts, hosts))), Cause::RelayUnreachable),
        // The calls end before a browser says that it reached no server.
        (both(tried(counts(4, 0, 2), hosts), tried(hosts, counts(4, 0, 2))), Cause::UdpBlocked),
        (
            both(tried(counts(0, 0, 0), counts(0, 0, 0)), tried(counts(0, 0, 0), counts(0, 0, 0))),
            Cause::RelayUnreachable,
        ),
        (both(tried(all, counts(0, 0, 0)), tried(counts(0, 0, 0), all)), Cause::NoCandidates),
        (both(tried(all, counts(0, 0, 0)), tried(all, all)), Cause::NoCandidates),
        (both(refused(tried(hosts, hosts), 401), tried(hosts, hosts)), Cause::RelayRefused),
        (both(refused(tried(counts(0, 0, 0), all), 486), tried(all, counts(0, 0, 0))), Cause::RelayRefused),
        // One server refused, and another one did not.
        (both(refused(tried(all, all), 401), tried(all, all)), Cause::IceFailed),
        // One of its addresses could not reach a server, and another could.
        (both(unreached(tried(all, all)), unreached(tried(all, all))), Cause::IceFailed),
    ] {
        assert_eq!(judged(&record(), &evidence), Some(cause), "{evidence:?}");
    }
}

#[test]
fn the_relays_own_word_counts_where_a_browser_says_nothing() {
    let refused = RelayUse { refused: Some(508), ..UNUSED };
    let hosts = counts(1, 0, 0);
    for evidence in [NOBODY, both(tried(hosts, hosts), tried(hosts, hosts))] {
        assert_eq!(cause_of(&record(), &evidence, &refused), Some(Cause::RelayRefused));
    }
    let all = counts(1, 1, 1);
    let evidence = both(tried(all, all), tried(all, all));
    assert_eq!(cause_of(&record(), &evidence, &refused), Some(Cause::IceFailed), "they got one in the end");
}

#[test]
fn a_path_without_dtls_frames_or_life_is_told_apart() {
    let all = counts(2, 1, 1);
    let at = |ice, dtls| Evidence { ice, dtls, ..tried(all, all) };
    let handshaking = at(IceState::Connected, DtlsState::Connecting);
    let broken = at(IceState::Completed, DtlsState::Failed);
    let well = at(IceState::Connected, DtlsState::Connected);
    let dead = at(IceState::Disconnected, DtlsState::Connected);
    let half = CallRecord { callee_connected_ms: None, cause: EndCause::MediaFailed, ..connected() };
    for (record, evidence, cause) in [
        (record(), both(handshaking, handshaking), Cause::DtlsFailed),
        (record(), [None, Some(broken)], Cause::DtlsFailed),
        (half, both(well, handshaking), Cause::DtlsFailed),
        (connected(), both(well, well), Cause::NoFirstFrame),
        (connected(), both(dead, dead), Cause::PathDied),
        (CallRecord { cause: EndCause::Hangup, ..connected() }, NOBODY, Cause::NoFirstFrame),
        (CallRecord { cause: EndCause::Left, ..connected() }, both(dead, dead), Cause::PageGone),
    ] {
        assert_eq!(judged(&record, &evidence), Some(cause), "{record:?} {evidence:?}");
    }
}

#[test]
fn each_cause_is_counted_by_its_own_word() {
    for cause in Cause::ALL {
        let word = format!("{cause:?}").to_lowercase();
        let (_, counted) = Counter::of_failure(cause).meta().labels[0];
        assert_eq!(counted.replace('_', ""), word);
    }
}
