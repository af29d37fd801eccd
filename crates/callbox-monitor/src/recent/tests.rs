//! Tests of `recent.rs`.

use super::*;
use callbox_protocol::call::CandidateKind;
use callbox_protocol::reading::SideReading;

fn call(first_frame_ms: u32, outcome: Outcome, cause: EndCause) -> CallReading {
    let caller = SideReading {
        connected_ms: Some(150),
        dtls_ms: Some(20),
        first_frame_ms: Some(first_frame_ms),
        path: [Some(CandidateKind::Host), Some(CandidateKind::Prflx)],
    };
    CallReading {
        confirmed_ms: Some(12),
        offer_ms: Some(13),
        answer_ms: Some(100),
        sides: [caller, SideReading::default()],
        cause: Some(cause),
        outcome: Some(outcome),
    }
}

#[test]
fn calls_are_judged_by_outcome_and_cause_and_their_steps_are_told_apart() {
    let calls = vec![
        call(200, Outcome::Success, EndCause::Hangup),
        call(400, Outcome::Success, EndCause::MediaLost),
        call(300, Outcome::Failure, EndCause::MediaFailed),
        call(100, Outcome::Left, EndCause::Next),
        call(250, Outcome::Success, EndCause::Left),
    ];
    let recent = recent_calls(&Readings { calls, ..Readings::default() });
    assert_eq!((recent.calls, recent.dropped), (5, 2));
    assert!((recent.success_percent.unwrap() - 75.0).abs() < 0.01);
    assert_eq!((recent.causes[&EndCause::MediaLost], recent.causes[&EndCause::Left]), (1, 1));
    assert_eq!(recent.paths, [(CandidateKind::Prflx, 5)].into());
    assert_eq!((recent.setup.first_frame.count, recent.setup.first_frame.p50_ms), (5, 250));
    assert_eq!((recent.setup.confirmed.p99_ms, recent.setup.offer.p50_ms), (12, 13));
    // Connected 50 ms after the answer, of which DTLS took 20.
    assert_eq!((recent.setup.ice.p99_ms, recent.setup.dtls.p99_ms), (30, 20));
}

#[test]
fn what_is_not_known_is_left_out_of_its_own_figure_alone() {
    let empty = recent_calls(&Readings::default());
    assert_eq!((empty.calls, empty.success_percent, empty.quality.score), (0, None, None));
    let unknown = CallReading { cause: None, outcome: None, ..call(1, Outcome::Left, EndCause::Next) };
    let recent = recent_calls(&Readings { calls: vec![unknown], ..Readings::default() });
    assert_eq!((recent.calls, recent.causes.len(), recent.success_percent), (1, 0, None));
    assert_eq!(recent.setup.first_frame.count, 1);
}

#[test]
fn quality_is_a_share_of_the_time_of_all_sides() {
    let side = |score, poor_s| QualityReading {
        excellent_s: 160 - 2 * poor_s,
        poor_s,
        frozen_s: poor_s / 2,
        score,
        rtt_ms: 40,
        ..QualityReading::default()
    };
    let quality = vec![side(90, 0), side(60, 40)];
    let recent = recent_calls(&Readings { quality, stars: vec![1, 4], ..Readings::default() }).quality;
    // 240 s excellent, 40 s poor and 20 s frozen.
    assert_eq!((recent.summaries, recent.score), (2, Some(75.0)));
    assert!((recent.excellent_percent - 80.0).abs() < 0.01);
    assert!((recent.poor_percent - 40.0 / 3.0).abs() < 0.01);
    assert!((recent.frozen_percent - 20.0 / 3.0).abs() < 0.01);
    assert_eq!((recent.round_trip.count, recent.round_trip.p95_ms), (2, 40));
    assert_eq!((recent.ratings, recent.stars), (2, Some(2.5)));
}
