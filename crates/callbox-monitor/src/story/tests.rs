//! Tests of `story.rs`.

use super::*;
use StoryEventKind as Kind;
use callbox_protocol::call::{CallKind, EndCause, Outcome};
use callbox_protocol::failure::FailureCause;
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::QualityLevel;
use callbox_protocol::story::RelayUse;
use callbox_protocol::time::UnixMillis;

#[test]
fn a_story_has_its_steps_in_the_order_of_time_its_cause_and_nobodys_name() {
    let matched_at = UnixMillis(1_000_000);
    let record = CallRecord {
        call: CallId::from_bytes([9; 16]),
        kind: CallKind::Random,
        caller: UserId::from_bytes([0xaa; 16]),
        callee: UserId::from_bytes([0xbb; 16]),
        matched_at,
        confirmed_ms: Some(100),
        // Parked: it came with the match.
        offer_ms: Some(0),
        answer_ms: Some(150),
        caller_connected_ms: Some(400),
        callee_connected_ms: Some(390),
        caller_dtls_ms: Some(60),
        callee_dtls_ms: None,
        caller_first_frame_ms: Some(600),
        callee_first_frame_ms: Some(580),
        caller_path: None,
        callee_path: None,
        restarts_ms: vec![21_000],
        is_restored: false,
        ended_ms: 50_000,
        cause: EndCause::MediaLost,
        ended_by: Some(Side::Callee),
        outcome: Outcome::Success,
    };
    let sample = |ms| SampleReading {
        side: Side::Callee,
        at: matched_at.plus(ms),
        level: QualityLevel::Disconnected,
        score: 0,
    };
    let relay = RelayUse { packets: 5, bytes: 500, refused: None };
    let (quality, evidence) = ([None; 2], [None; 2]);
    let story = story_of(StoryReading { record, relay, quality, evidence, samples: vec![sample(24_000)] });
    let steps: Vec<_> = story.events.iter().map(|event| (event.ms, event.kind, event.side)).collect();
    let (caller, callee) = (Some(Side::Caller), Some(Side::Callee));
    let expected = [
        (0, Kind::Matched, None),
        (0, Kind::Offer, caller),
        (100, Kind::Confirmed, None),
        (150, Kind::Answer, callee),
        (340, Kind::IceConnected, caller),
        (390, Kind::IceConnected, callee),
        (390, Kind::DtlsConnected, callee),
        (400, Kind::DtlsConnected, caller),
        (580, Kind::FirstFrame, callee),
        (600, Kind::FirstFrame, caller),
        (21_000, Kind::Restart, caller),
        (24_000, Kind::Sample, callee),
        (50_000, Kind::Ended, callee),
    ];
    assert_eq!(steps, expected);
    assert_eq!((story.failure, story.relay), (Some(FailureCause::PathDied), relay));
    let text = format!("{story:?}");
    assert!(!text.contains("aaaa") && !text.contains("bbbb"), "{text}");
}
