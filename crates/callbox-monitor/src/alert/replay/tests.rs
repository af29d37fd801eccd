//! Tests of `replay.rs`.

use super::*;
use crate::fold::{Dimensions, Fold, When};

const NOON: u64 = 1_795_694_400_000;

/// Rows as the server writes them: an hour of failing calls within half a day of good ones.
fn replay(step: Step) -> Replay {
    let mut fold = Fold::default();
    for minute in 0..720 {
        let when = When::now(UnixMillis(NOON + minute * MINUTE_MS));
        let failed = if (300..360).contains(&minute) { 9 } else { 0 };
        fold.count(Counter::CallsSuccess, 20 - failed, when);
        fold.count(Counter::CallsFailure, 1 + failed, when);
        fold.gauge(Gauge::DiskFree, 9e9, when);
        for _ in 0..10 {
            assert!(fold.observe(Distribution::PageLoad, &Dimensions::default(), 1_000.0, 1, when));
        }
    }
    let mut replay = Replay::default();
    let wanted = Rules::shipped().wanted();
    for (key, cells) in fold.changes(|key| key.step == step && wanted.contains(&(key.metric, key.split))) {
        replay.take(key.metric, step, key.at, &cells.encode()).unwrap();
    }
    replay
}

#[test]
fn a_replay_tells_what_would_have_been_told_and_when() {
    for (step, late) in [(Step::Minute, 10), (Step::Hour, 10)] {
        let told = replay(step).run(&Rules::shipped(), Parts::default());
        let words: Vec<_> = told.iter().map(|one| (one.rule.as_str(), one.is_firing)).collect();
        assert_eq!(words, [("call_success", true), ("call_success", false)], "{step:?}");
        let begun = (told[0].at.0 - NOON) / MINUTE_MS;
        assert!((300..300 + late).contains(&begun), "{step:?}: minute {begun}");
    }
}

#[test]
fn what_is_remembered_is_judged_with_what_comes_and_tells_nothing_by_itself() {
    let mut replay = replay(Step::Minute);
    replay.rows.retain(|at, _| time_of(*at).0 < NOON + 359 * MINUTE_MS);
    let mut alerts = Alerts::new(&Rules::shipped(), Parts::default(), None);
    replay.remember(&mut alerts);
    assert!(alerts.next_notices().is_empty());
    alerts.handle_interval(&Interval::default(), UnixMillis(NOON + 359 * MINUTE_MS));
    let told = alerts.next_notices();
    assert!(matches!(&told[..], [one] if one.rule == "call_success" && one.is_firing), "{told:?}");
}

#[test]
fn bytes_that_are_no_row_are_an_error() {
    assert!(Replay::default().take(COUNTERS, Step::Minute, 5, &[1, 2, 3]).is_err());
}
