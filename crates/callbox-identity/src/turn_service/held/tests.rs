//! Tests of `held.rs`.

use super::*;

fn answer(lifetime_seconds: u64) -> ServiceCredentials {
    let server = IceServer { urls: vec!["turn:a.example".to_owned()], username: None, credential: None };
    ServiceCredentials { servers: vec![server], lifetime_seconds }
}

#[test]
fn the_next_are_asked_for_long_before_the_end_and_the_last_serve_until_shortly_before_it() {
    let (mut held, now) = (Held::default(), UnixMillis(1_000_000));
    assert_eq!(held.servers(None, now), []);
    assert_eq!(held.handle_answer(answer(3_600), now), 900_000);
    for (after_ms, count) in [(0, 1), (2_999_999, 1), (3_000_000, 0)] {
        held.handle_failure();
        assert_eq!(held.servers(None, now.plus(after_ms)).len(), count, "{after_ms}");
    }
    assert_eq!((held.answered, held.failed), (1, 3));
}

/// A service that answers correctly, and fails from then on; a browser that comes at once and gets new
/// credentials when they are due, as a socket's timer finds out; returns how often that was, and the least time
/// that was left until then.
fn stay_on(lifetime_seconds: u64, fails_after_ms: u64, stays_ms: u64) -> (u32, u64) {
    const TIMER_MS: u64 = 25_000;
    let (mut held, start) = (Held::default(), UnixMillis(1_000_000));
    let (mut ask_at, mut told) = (start, None);
    let (mut renewals, mut left_ms_min) = (0, u64::MAX);
    for ms in (0..stays_ms).step_by(1_000) {
        let now = start.plus(ms);
        while ask_at <= now {
            let wait_ms = if ms < fails_after_ms {
                held.handle_answer(answer(lifetime_seconds), now)
            } else {
                held.handle_failure()
            };
            ask_at = now.plus(wait_ms);
        }
        if ms == 0 {
            told = Some(held.until);
        }
        left_ms_min = left_ms_min.min(told.map_or(0, |told: UnixMillis| told.since(now)));
        if ms % TIMER_MS == 0 && held.is_due(told, now) {
            assert!(!held.servers(told, now).is_empty() && Some(held.until) > told);
            told = Some(held.until);
            renewals += 1;
        }
    }
    (renewals, left_ms_min / 1_000)
}

#[test]
fn whoever_stays_always_holds_credentials_that_last_a_while() {
    const DAY_S: u64 = 24 * 3_600;
    // Twilio's and Cloudflare's day, an hour, and one that is hardly enough for a call.
    for (lifetime_seconds, days, renewals, left_seconds) in
        [(DAY_S, 4, 7, DAY_S / 2), (3_600, 2, 95, 1_800), (640, 1, 269, 300)]
    {
        let stays_ms = days * DAY_S * 1_000;
        let (told, left) = stay_on(lifetime_seconds, u64::MAX, stays_ms);
        assert!(told == renewals && left >= left_seconds - 25, "{lifetime_seconds}: {told}, {left}");
    }
}

#[test]
fn where_a_service_fails_whoever_stays_gets_all_that_it_had_given() {
    // The last answer came after 18 hours.
    let fails_after_ms = 18 * 3_600 * 1_000 + 1;
    let (_, left) = stay_on(24 * 3_600, fails_after_ms, 41 * 3_600 * 1_000);
    assert!(left >= 3_500, "{left}");
}

#[test]
fn whoever_was_told_of_none_hears_of_some_and_whoever_has_some_keeps_them_to_their_end() {
    let (mut held, now) = (Held::default(), UnixMillis(1_000_000));
    assert!(!held.is_due(None, now));
    held.handle_answer(answer(3_600), now);
    assert!(held.is_due(None, now));
    let (told, later) = (Some(held.until), now.plus(3_590_000));
    assert!(!held.is_due(told, later) && !held.is_due(None, later));
    // Its own are in the answer that it gets for another reason.
    assert_eq!((held.servers(told, later).len(), held.servers(None, later).len()), (1, 0));
    assert!(held.servers(told, now.plus(3_600_000)).is_empty());
}

#[test]
fn a_service_that_fails_is_asked_ever_more_seldom_until_it_answers() {
    let mut held = Held::default();
    let waits: Vec<u64> = (0..8).map(|_| held.handle_failure()).collect();
    assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    held.handle_answer(answer(60), UnixMillis(0));
    assert_eq!(held.handle_failure(), 5_000);
}
