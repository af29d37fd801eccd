//! Tests of `ended.rs`.

use super::*;
use callbox_protocol::call::{CallKind, EndCause};
use callbox_protocol::failure::{CandidateCounts, DtlsState, IceState};
use callbox_protocol::id::UserId;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn id(number: u64) -> CallId {
    CallId::from_bytes(u128::from(number).to_be_bytes())
}

/// A call that failed after its answer.
fn record(number: u64) -> CallRecord {
    CallRecord {
        call: id(number),
        kind: CallKind::Random,
        caller: UserId::from_bytes([1; 16]),
        callee: UserId::from_bytes([2; 16]),
        matched_at: NOW,
        confirmed_ms: Some(1),
        offer_ms: Some(2),
        answer_ms: Some(3),
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
        ended_ms: 15_000,
        cause: EndCause::MediaFailed,
        ended_by: None,
        outcome: Outcome::Failure,
    }
}

/// A side that found a path and did no handshake on it.
fn evidence(number: u64) -> Evidence {
    let counts = CandidateCounts { host: 1, srflx: 1, relay: 0 };
    let (ice, dtls) = (IceState::Connected, DtlsState::Connecting);
    Evidence { call: id(number), gathered: counts, received: counts, relay_error: None, ice, dtls }
}

fn used(packets: u64, refused: Option<u16>) -> RelayUse {
    RelayUse { packets, bytes: 100 * packets, refused }
}

fn all(calls: &mut EndedCalls) -> Vec<(CallId, Option<FailureCause>, RelayUse)> {
    let judged = std::iter::from_fn(|| calls.next_action());
    judged.map(|one| (one.call, one.failure, one.relay)).collect()
}

#[test]
fn a_call_is_judged_once_by_all_that_came_around_its_end() {
    let mut calls = EndedCalls::default();
    calls.handle_relay(1, &used(9, None));
    calls.handle_evidence(Side::Callee, &evidence(1), NOW);
    calls.handle_end(&record(1), 1, NOW.plus(100));
    calls.handle_relay(1, &used(3, None));
    calls.handle_relay(1, &used(2, None));
    calls.handle_end(&record(2), 2, NOW.plus(200));
    assert_eq!(calls.next_timeout(), Some(NOW.plus(100 + GRACE_MS)));
    calls.handle_timeout(NOW.plus(99 + GRACE_MS));
    assert_eq!(all(&mut calls), []);
    calls.handle_timeout(NOW.plus(200 + GRACE_MS));
    let expected = [
        (id(1), Some(FailureCause::DtlsFailed), used(5, None)),
        (id(2), Some(FailureCause::Unknown), used(0, None)),
    ];
    assert_eq!(all(&mut calls), expected);
    // Later reports are in its story, and change no figure.
    calls.handle_relay(1, &used(1, None));
    calls.handle_evidence(Side::Caller, &evidence(1), NOW.plus(9_000));
    calls.handle_timeout(NOW.plus(9_000 + UNENDED_MS));
    assert_eq!((all(&mut calls), calls.next_timeout()), (vec![], None));
}

#[test]
fn a_call_has_the_last_summary_of_each_side_and_each_value_once() {
    let summary = |score, rtt_ms| Quality {
        call: id(1),
        excellent_s: 30,
        good_s: 0,
        poor_s: 0,
        frozen_s: 0,
        disconnected_s: 0,
        score,
        score_min: 1,
        rtt_ms,
        jitter_ms: 1,
        loss_permille: 25,
        received_kbps: 1,
        sent_kbps: 1,
        freezes: 0,
        freeze_ms: 0,
        interruptions: 0,
        restarts: 0,
        audio_only_s: 0,
    };
    let mut calls = EndedCalls::default();
    calls.handle_quality(Side::Caller, &summary(10, 900), NOW);
    calls.handle_quality(Side::Callee, &summary(70, 80), NOW);
    calls.handle_quality(Side::Caller, &summary(60, 100), NOW.plus(30_000));
    let ended = CallRecord { caller_first_frame_ms: Some(700), ..record(1) };
    calls.handle_end(&ended, 1, NOW.plus(40_000));
    calls.handle_quality(Side::Caller, &summary(90, 120), NOW.plus(41_000));
    calls.handle_timeout(NOW.plus(40_000 + GRACE_MS));
    let judged = calls.next_action().unwrap();
    assert_eq!((judged.ended_at, calls.next_action()), (NOW.plus(15_000), None));
    let of = |wanted| judged.values.iter().filter(|(of, _)| *of == wanted).map(|(_, value)| *value).collect();
    let of: &dyn Fn(Distribution) -> Vec<f64> = &of;
    assert_eq!(of(Distribution::CallScore), [90.0, 70.0]);
    assert_eq!(of(Distribution::CallRtt), [120.0, 80.0]);
    assert_eq!(of(Distribution::CallLoss), [0.025, 0.025]);
    assert_eq!(of(Distribution::CallFirstFrame), [700.0]);
    assert_eq!(of(Distribution::CallLength), [15.0]);
    // One that comes later than that is in the call's story alone.
    calls.handle_quality(Side::Caller, &summary(1, 1), NOW.plus(60_000));
    calls.handle_timeout(NOW.plus(UNENDED_MS));
    assert_eq!(calls.next_action(), None);
}

#[test]
fn at_the_end_of_the_process_all_that_have_ended_are_judged() {
    let mut calls = EndedCalls::default();
    calls.handle_evidence(Side::Caller, &evidence(3), NOW);
    calls.handle_end(&record(1), 1, NOW);
    calls.handle_relay(1, &used(0, Some(486)));
    calls.handle_shutdown();
    assert_eq!(all(&mut calls), [(id(1), Some(FailureCause::RelayRefused), used(0, Some(486)))]);
}

#[test]
fn past_the_bound_the_oldest_is_judged_at_once() {
    let mut calls = EndedCalls::default();
    for number in 0..=CALLS_MAX as u64 {
        calls.handle_end(&record(number), number, NOW.plus(number));
    }
    let judged = all(&mut calls);
    assert_eq!((judged.len(), judged[0].0, calls.calls.len()), (1, id(0), CALLS_MAX));
}
