//! How often one may guess at a secret: a few times at once, then slower and slower, for each secret by itself.
//!
//! An attempt counts before its result is known, so many at once do not slip through; a caller who was right takes
//! theirs back. Each hour forgives one, so a day has room for some forty. Pure. Bounds: as many keys as its owner says; where
//! there are more, the one goes that would be forgotten first, which is never one that somebody has guessed at for long.

use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use crate::limit::RetryAfterMs;

/// More than people need who mistype, and know three passwords to choose from.
const FREE_MAX: u64 = 10;
/// One attempt is forgiven in this time; also the longest pause.
const FORGIVE_MS: u64 = 60 * 60 * 1_000;
/// The first pause; each one after it is twice as long.
const PAUSE_MS: u64 = 60 * 1_000;
/// Somebody is notified of guesses at their secret once in this time.
const TELL_MS: u64 = 24 * 60 * 60 * 1_000;

/// An action for the machine's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<K> {
    /// Notify the owner of this secret: from here on, others are slowed down.
    Tell(K),
}

/// All secrets that somebody has guessed at lately.
#[derive(Debug)]
pub struct Guesses<K> {
    attempts: HashMap<K, Attempts>,
    /// When each is forgotten.
    ends: BTreeSet<(UnixMillis, K)>,
    keys_max: usize,
    actions: VecDeque<Action<K>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    /// When all will be forgiven: each attempt moves it by [`FORGIVE_MS`].
    forgiven_at: UnixMillis,
    last_at: UnixMillis,
    notified_at: Option<UnixMillis>,
}

impl Attempts {
    /// Those that are not forgiven.
    fn count(&self, now: UnixMillis) -> u64 {
        self.forgiven_at.since(now).div_ceil(FORGIVE_MS)
    }

    fn pause_ms(&self, now: UnixMillis) -> u64 {
        // Six times twice as long is more than the longest.
        self.count(now).checked_sub(FREE_MAX).map_or(0, |over| (PAUSE_MS << over.min(6)).min(FORGIVE_MS))
    }

    fn end(&self) -> UnixMillis {
        self.notified_at
            .map_or(self.forgiven_at, |notified_at| self.forgiven_at.max(notified_at.plus(TELL_MS)))
    }
}

impl<K: Copy + Ord + Hash> Guesses<K> {
    /// Nobody has guessed at anything.
    pub fn new(keys_max: usize) -> Self {
        Self { attempts: HashMap::new(), ends: BTreeSet::new(), keys_max, actions: VecDeque::new() }
    }

    /// Somebody tries; when they may try again, if not now.
    pub fn handle_attempt(&mut self, key: K, now: UnixMillis) -> Result<(), RetryAfterMs> {
        self.handle_timeout(now);
        let before = self.attempts.get(&key).copied().unwrap_or_default();
        let mut after = before;
        let pause_ms = before.pause_ms(now);
        if pause_ms > 0 && before.notified_at.is_none_or(|notified_at| now.since(notified_at) >= TELL_MS) {
            after.notified_at = Some(now);
            self.actions.push_back(Action::Tell(key));
        }
        let next_at = before.last_at.plus(pause_ms);
        if next_at > now {
            self.set(key, before, after);
            return Err(RetryAfterMs(next_at.since(now)));
        }
        after.forgiven_at = after.forgiven_at.max(now).plus(FORGIVE_MS);
        after.last_at = now;
        self.set(key, before, after);
        while self.ends.len() > self.keys_max
            && let Some((_, first)) = self.ends.pop_first()
        {
            self.attempts.remove(&first);
        }
        Ok(())
    }

    /// They were right, or it was not found out: the attempt is forgiven at once.
    pub fn handle_forgiven(&mut self, key: K, now: UnixMillis) {
        if let Some(before) = self.attempts.get(&key).copied() {
            let forgiven_at = before.forgiven_at.minus(FORGIVE_MS).max(now);
            self.set(key, before, Attempts { forgiven_at, ..before });
        }
        self.handle_timeout(now);
    }

    /// Forgets what is forgiven.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((end, key)) = self.ends.first().copied()
            && end <= now
        {
            self.ends.pop_first();
            self.attempts.remove(&key);
        }
    }

    /// When something is to be forgotten.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<Action<K>> {
        self.actions.pop_front()
    }

    fn set(&mut self, key: K, before: Attempts, after: Attempts) {
        self.ends.remove(&(before.end(), key));
        self.ends.insert((after.end(), key));
        self.attempts.insert(key, after);
    }
}

#[cfg(test)]
mod tests {
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
}
