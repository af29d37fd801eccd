//! How often one may guess at a secret: a few times at once, then slower and slower, for each secret by itself.
//!
//! An attempt counts before its result is known, so many at once do not slip through; a caller who was right takes
//! theirs back. Each hour forgives one, so a day has room for some forty. Pure. Bounds: as many keys as its owner says; where
//! there are more, the one goes that would be forgotten first, which is never one that somebody has guessed at for long.

use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use crate::backoff::Backoff;
use crate::limit::RetryAfterMs;

/// More than people need who mistype, and know three passwords to choose from.
const FREE_MAX: u64 = 10;
/// One attempt is forgiven in this time; also the longest pause.
const FORGIVE_MS: u64 = 60 * 60 * 1_000;
/// From the first pause to the longest.
const PAUSES: Backoff = Backoff::new(60 * 1_000, FORGIVE_MS);
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
        let over = self.count(now).checked_sub(FREE_MAX);
        over.map_or(0, |over| PAUSES.pause_ms(u32::try_from(over).unwrap_or(u32::MAX)))
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
mod tests;
