//! Tests of `guess.rs`.

use super::*;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const MINUTE_MS: u64 = 60 * 1_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// Tries as soon as it may, for a day; how often that was.
fn a_day_of_guessing(guesses: &mut Guesses<&'static str>, start: UnixMillis) -> u64 {
    let (mut now, mut count) = (start, 0);
    while now.since(start) < DAY_MS {
        match guesses.handle_attempt("ann", now) {
            Ok(()) => count += 1,
            Err(RetryAfterMs(wait)) => now = now.plus(wait),
        }
    }
    count
}

#[test]
fn ten_attempts_are_free_and_each_pause_is_twice_as_long_as_the_one_before_up_to_an_hour() {
    let mut guesses = Guesses::new(10);
    for _ in 0..10 {
        assert_eq!(guesses.handle_attempt("ann", NOW), Ok(()));
    }
    let mut now = NOW;
    for minutes in [1, 2, 4, 8, 16] {
        let wait = RetryAfterMs(minutes * MINUTE_MS);
        assert_eq!(guesses.handle_attempt("ann", now), Err(wait));
        now = now.plus(wait.0);
        assert_eq!(guesses.handle_attempt("ann", now), Ok(()));
    }
    assert!(guesses.handle_attempt("ann", now).unwrap_err().0 <= FORGIVE_MS);
    assert_eq!(guesses.handle_attempt("bob", now), Ok(()), "another secret");
    // A caller who was slowed down a day ago may try as often as at first.
    let later = now.plus(DAY_MS);
    for _ in 0..10 {
        assert_eq!(guesses.handle_attempt("ann", later), Ok(()));
    }
}

#[test]
fn a_day_has_room_for_some_forty_attempts_and_its_owner_is_told_once() {
    let mut guesses = Guesses::new(10);
    let count = a_day_of_guessing(&mut guesses, NOW);
    assert!((35..=45).contains(&count), "{count}");
    assert_eq!((guesses.next_action(), guesses.next_action()), (Some(Action::Tell("ann")), None));
    assert!(a_day_of_guessing(&mut guesses, NOW.plus(DAY_MS)) <= 26, "the second day begins slow");
    assert_eq!((guesses.next_action(), guesses.next_action()), (Some(Action::Tell("ann")), None));
}

#[test]
fn whoever_is_right_may_be_right_again_and_again() {
    let mut guesses = Guesses::new(10);
    for _ in 0..100 {
        assert_eq!(guesses.handle_attempt("ann", NOW), Ok(()));
        guesses.handle_forgiven("ann", NOW);
    }
    assert_eq!((guesses.next_action(), guesses.next_timeout()), (None, None), "nothing is left of it");
    // But not by being right once in a while.
    for _ in 0..9 {
        assert_eq!(guesses.handle_attempt("ann", NOW), Ok(()));
    }
    assert_eq!(guesses.handle_attempt("ann", NOW), Ok(()));
    guesses.handle_forgiven("ann", NOW);
    assert_eq!(guesses.handle_attempt("ann", NOW), Ok(()));
    assert!(guesses.handle_attempt("ann", NOW).is_err());
}

#[test]
fn a_crowd_of_made_up_names_makes_nobody_forget_whom_they_guess_at() {
    let mut guesses = Guesses::new(100);
    for _ in 0..10 {
        assert_eq!(guesses.handle_attempt(1_000_000, NOW), Ok(()));
    }
    for name in 0..10_000 {
        assert_eq!(guesses.handle_attempt(name, NOW.plus(1)), Ok(()));
    }
    assert!(guesses.handle_attempt(1_000_000, NOW.plus(2)).is_err());
    assert_eq!((guesses.attempts.len(), guesses.ends.len()), (100, 100));
    guesses.handle_timeout(NOW.plus(2 * DAY_MS));
    assert!(guesses.attempts.is_empty() && guesses.ends.is_empty());
}
