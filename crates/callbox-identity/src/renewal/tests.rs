//! Tests of `renewal.rs`.

use super::*;

const DAY: i64 = 24 * 3_600;
const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn valid(from_days: i64, to_days: i64) -> Validity {
    let now = 1_800_000_000;
    Validity { not_before: now + from_days * DAY, not_after: now + to_days * DAY }
}

#[test]
fn a_third_of_the_lifetime_before_its_end_a_certificate_is_renewed() {
    assert_eq!(renew_at(None), UnixMillis(0));
    let renew_in_days = |validity| renew_at(Some(validity)).since(START) / (24 * HOUR_MS);
    assert_eq!(renew_in_days(valid(0, 90)), 60);
    assert_eq!(renew_in_days(valid(-10, 35)), 20);
    assert_eq!(renew_at(Some(valid(0, 6))).since(START) / HOUR_MS, 96);
    assert!(renew_at(Some(valid(-90, -1))) < START, "one that has expired: at once");
    // A certificate that makes no sense is replaced, and nothing overflows.
    assert!(renew_at(Some(Validity { not_before: i64::MAX, not_after: -1 })) < START);
}

#[test]
fn the_health_of_a_certificate_follows_what_is_left_of_it() {
    for (validity, expected) in [
        (None, Health::Missing),
        (Some(valid(0, 90)), Health::Good),
        (Some(valid(-75, 15)), Health::Good),
        (Some(valid(-76, 14)), Health::Ending),
        (Some(valid(-90, 0)), Health::Ended),
        (Some(valid(-90, -1)), Health::Ended),
    ] {
        assert_eq!(health(validity, START), expected, "{validity:?}");
    }
}

/// Follows a schedule on which everything fails for so many hours; gives the minutes at which it tried.
fn tries(schedule: &mut Schedule, hours: u64, retry_after_ms: Option<u64>) -> Vec<u64> {
    let (mut now, mut all) = (schedule.next(None).max(START), Vec::new());
    while now.since(START) < hours * HOUR_MS {
        all.push(now.since(START) / MINUTE_MS);
        schedule.handle_failure(now, "no", retry_after_ms, 0);
        assert!(schedule.next(None) > now);
        now = schedule.next(None);
    }
    all
}

#[test]
fn the_pause_after_a_failure_grows_to_six_hours() {
    let mut schedule = Schedule::default();
    assert_eq!(tries(&mut schedule, 24, None), [0, 1, 6, 21, 81, 261, 621, 981, 1_341]);
    schedule.handle_success();
    assert_eq!(schedule.next(None), UnixMillis(0));
    assert_eq!(schedule.failures(), &Failures::default());
}

#[test]
fn five_tries_never_fail_within_an_hour_however_often_the_server_is_started_or_asked() {
    let mut all = Vec::new();
    let mut failures = Failures::default();
    for minute in 0..300 {
        let now = START.plus(minute * MINUTE_MS);
        // Each minute a new process, and somebody who wants a try at once.
        let mut schedule = Schedule::start(failures, now);
        schedule.handle_request();
        if schedule.next(None) <= now {
            all.push(minute);
            schedule.handle_failure(now, "no", None, 0);
        }
        failures = serde_json::from_str(&serde_json::to_string(schedule.failures()).unwrap()).unwrap();
    }
    assert!(all.windows(5).all(|five| five[4] - five[0] >= 60), "{all:?}");
    assert_eq!(all.len(), 20);
}

#[test]
fn three_certificates_are_issued_in_vain_within_a_week_at_most_however_often_the_server_is_started() {
    let mut all = Vec::new();
    let mut failures = Failures::default();
    for hour in 0..400 {
        let now = START.plus(hour * HOUR_MS);
        let mut schedule = Schedule::start(failures, now);
        schedule.handle_request();
        if schedule.next(None) <= now {
            all.push(hour);
            schedule.handle_begin(now);
            schedule.handle_useless(now);
            schedule.handle_failure(now, "due at once", None, 0);
        }
        failures = serde_json::from_str(&serde_json::to_string(schedule.failures()).unwrap()).unwrap();
    }
    assert_eq!(all, [0, 1, 2, 168, 169, 170, 336, 337, 338]);
    // Under a clock that was put right nothing of it holds.
    assert_eq!(Schedule::start(failures.clone(), START).next(None), UnixMillis(0));
    // A file of a version before this one.
    let old = r#"{ "at": [1], "refused_until": 0, "reason": "no" }"#;
    assert_eq!(serde_json::from_str::<Failures>(old).unwrap().useless_at.len(), 0);
}

#[test]
fn what_the_server_asks_for_is_waited_for_also_after_a_restart_and_at_most_for_a_week() {
    let mut schedule = Schedule::default();
    schedule.handle_failure(START, "rate limited", Some(3 * HOUR_MS), 0);
    schedule.handle_request();
    assert_eq!(schedule.next(None), START.plus(3 * HOUR_MS));
    let mut after = Schedule::start(schedule.failures().clone(), START.plus(MINUTE_MS));
    assert_eq!(after.next(None), START.plus(3 * HOUR_MS));
    assert_eq!(after.failures().last(), Some((START, "rate limited")));
    after.handle_failure(START, "no", Some(u64::MAX), 0);
    assert_eq!(after.next(None), START.plus(PAUSE_MS_MAX));
    // Shorter than our own pause, but never none, and never five an hour.
    assert_eq!(tries(&mut Schedule::default(), 1, Some(0)), [0, 0, 0, 0]);
}

#[test]
fn a_file_that_was_written_under_a_wrong_clock_shuts_nobody_out() {
    let mut schedule = Schedule::default();
    let later = START.plus(900 * 24 * HOUR_MS);
    for _ in 0..4 {
        schedule.handle_failure(later, "no", Some(HOUR_MS), 0);
    }
    let after = Schedule::start(schedule.failures().clone(), START);
    assert_eq!((after.next(None), after.failures().last()), (UnixMillis(0), None));
}

#[test]
fn a_clock_that_was_ahead_for_a_moment_keeps_no_renewal_away() {
    let mut schedule = Schedule::default();
    for _ in 0..4 {
        schedule.handle_failure(START.plus(10 * HOUR_MS), "no", Some(HOUR_MS), 0);
    }
    schedule.handle_time(START.plus(9 * HOUR_MS));
    assert_eq!(schedule.next(None), START.plus(11 * HOUR_MS), "a small step changes nothing");
    schedule.handle_time(START);
    assert_eq!(schedule.next(None), UnixMillis(0));
}

#[test]
fn a_try_counts_from_its_beginning_and_once() {
    let mut schedule = Schedule::default();
    for minute in 0..4 {
        let now = START.plus(minute * MINUTE_MS);
        schedule.handle_begin(now);
        // Stopped before its end, and started again.
        schedule = Schedule::start(schedule.failures().clone(), now);
        assert_eq!(schedule.failures().last(), Some((now, UNFINISHED)));
    }
    assert_eq!(schedule.next(None), START.plus(HOUR_MS));

    let mut schedule = Schedule::default();
    schedule.handle_begin(START);
    schedule.handle_failure(START.plus(SECOND_MS), "no", None, 0);
    assert_eq!(
        (schedule.failures.at.len(), schedule.failures().last()),
        (1, Some((START.plus(SECOND_MS), "no")))
    );
    schedule.handle_begin(START.plus(MINUTE_MS));
    schedule.handle_success();
    assert_eq!(schedule.failures(), &Failures::default());
}

#[test]
fn many_servers_that_failed_together_do_not_try_together() {
    let pause = |random| {
        let mut schedule = Schedule::default();
        schedule.handle_failure(START, "no", None, random);
        schedule.next(None).since(START)
    };
    assert_ne!(pause(1), pause(2));
    assert!((0..100).map(|n| pause(n * 7_919)).all(|ms| (MINUTE_MS..=66 * SECOND_MS).contains(&ms)));
}
