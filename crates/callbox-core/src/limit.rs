//! Token buckets: how often somebody may do something.
//!
//! Pure arithmetic on the time that is handed in. A full bucket is the same as an absent one, so [`Buckets`]
//! forgets full ones when it reaches its bound; if none is full it refuses new keys, since a flood of
//! keys must not make us forget callers who are limited already.

use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;
use std::hash::Hash;

/// When to try again, in milliseconds from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfterMs(pub u64);

/// The content of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whole tokens.
    pub tokens: u32,
    /// When it will be full, in milliseconds from now.
    pub full_in_ms: u64,
}

/// Holds `capacity` tokens at most and gains one every `refill_ms`.
///
/// Kept as the time at which it will be full again: one number, and nothing to update as time passes (the
/// generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    capacity: u32,
    refill_ms: u64,
    full_at: UnixMillis,
}

impl TokenBucket {
    /// A full bucket.
    pub const fn new(capacity: u32, refill_ms: u64) -> Self {
        Self { capacity, refill_ms, full_at: UnixMillis(0) }
    }

    /// Takes `count` tokens, or says when they will be there. More than the capacity are never there.
    pub fn try_take(&mut self, count: u32, now: UnixMillis) -> Result<(), RetryAfterMs> {
        let full_at = self.full_at.max(now).plus(self.refill_ms * u64::from(count));
        let latest = now.plus(self.refill_ms * u64::from(self.capacity));
        if full_at > latest {
            return Err(RetryAfterMs(full_at.since(latest)));
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Its present content.
    pub fn left(&self, now: UnixMillis) -> Left {
        let full_in_ms = self.full_at.since(now);
        // A token counts once it is whole.
        let used = full_in_ms.div_ceil(self.refill_ms.max(1));
        let tokens = self.capacity.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
        Left { tokens, full_in_ms }
    }

    /// Whether nothing of it is used.
    pub fn is_full(&self, now: UnixMillis) -> bool {
        self.full_at <= now
    }
}

/// A capacity, and how long one token takes to refill.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// The most at once.
    pub capacity: u32,
    /// Of one token.
    pub refill_ms: u64,
}

/// A token bucket for each key.
#[derive(Debug)]
pub struct Buckets<K> {
    empty: TokenBucket,
    keys_max: usize,
    buckets: HashMap<K, TokenBucket>,
    /// No sweep before this time: a sweep costs a walk over all keys, and at the bound every new key asks for one.
    next_sweep: UnixMillis,
}

/// A walk over 100,000 keys takes a millisecond; once a second that is nothing.
const SWEEP_MS: u64 = 1_000;

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets of this allowance for at most `keys_max` keys.
    pub fn of(allowance: Allowance, keys_max: usize) -> Self {
        Self::new(allowance.capacity, allowance.refill_ms, keys_max)
    }

    /// Buckets of this capacity and refill for at most `keys_max` keys.
    pub fn new(capacity: u32, refill_ms: u64, keys_max: usize) -> Self {
        let empty = TokenBucket::new(capacity, refill_ms);
        Self { empty, keys_max, buckets: HashMap::new(), next_sweep: UnixMillis(0) }
    }

    /// As [`TokenBucket::try_take`], for this key.
    pub fn try_take(&mut self, key: K, count: u32, now: UnixMillis) -> Result<(), RetryAfterMs> {
        if let Some(bucket) = self.buckets.get_mut(&key) {
            return bucket.try_take(count, now);
        }
        if self.buckets.len() >= self.keys_max {
            if now >= self.next_sweep {
                self.buckets.retain(|_, bucket| !bucket.is_full(now));
                self.next_sweep = now.plus(SWEEP_MS);
            }
            if self.buckets.len() >= self.keys_max {
                return Err(RetryAfterMs(self.next_sweep.since(now).max(1)));
            }
        }
        let mut bucket = self.empty;
        bucket.try_take(count, now)?;
        self.buckets.insert(key, bucket);
        Ok(())
    }

    /// As [`TokenBucket::left`], for this key.
    pub fn left(&self, key: &K, now: UnixMillis) -> Left {
        self.buckets.get(key).unwrap_or(&self.empty).left(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_capacity_at_once_and_then_one_per_refill() {
        let mut bucket = TokenBucket::new(3, 1_000);
        let start = UnixMillis(50_000);
        for _ in 0..3 {
            assert_eq!(bucket.try_take(1, start), Ok(()));
        }
        assert_eq!(bucket.try_take(1, start), Err(RetryAfterMs(1_000)));
        assert_eq!(bucket.try_take(1, start.plus(400)), Err(RetryAfterMs(600)));
        assert_eq!(bucket.try_take(1, start.plus(1_000)), Ok(()));
        assert_eq!(bucket.try_take(1, start.plus(1_000)), Err(RetryAfterMs(1_000)));
        assert!(bucket.is_full(start.plus(4_000)) && !bucket.is_full(start.plus(3_999)));
    }

    #[test]
    fn a_bucket_says_what_it_holds_and_when_it_is_full() {
        let mut buckets = Buckets::new(3, 1_000, 10);
        let start = UnixMillis(50_000);
        assert_eq!(buckets.left(&"a", start), Left { tokens: 3, full_in_ms: 0 });
        assert!(buckets.try_take("a", 2, start).is_ok());
        assert_eq!(buckets.left(&"a", start), Left { tokens: 1, full_in_ms: 2_000 });
        assert_eq!(buckets.left(&"a", start.plus(999)).tokens, 1, "no token is there before it is whole");
        assert_eq!(buckets.left(&"a", start.plus(1_000)), Left { tokens: 2, full_in_ms: 1_000 });
    }

    #[test]
    fn keys_do_not_share_tokens() {
        let mut buckets = Buckets::new(1, 1_000, 10);
        assert!(buckets.try_take("a", 1, UnixMillis(0)).is_ok());
        assert!(buckets.try_take("a", 1, UnixMillis(0)).is_err());
        assert!(buckets.try_take("b", 1, UnixMillis(0)).is_ok());
    }

    #[test]
    fn at_the_bound_full_buckets_are_forgotten_and_limited_ones_are_not() {
        let mut buckets = Buckets::new(1, 1_000, 2);
        assert!(buckets.try_take(1, 1, UnixMillis(0)).is_ok());
        assert!(buckets.try_take(2, 1, UnixMillis(500)).is_ok());
        assert!(buckets.try_take(3, 1, UnixMillis(600)).is_err(), "both are limited still");
        assert!(buckets.try_take(3, 1, UnixMillis(1_600)).is_ok(), "the full ones were forgotten");
    }
}
