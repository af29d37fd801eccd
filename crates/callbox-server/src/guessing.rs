//! Guesses at passwords: slowed down account by account, and in the same way if there is no such account.
//!
//! Strangers are slowed down together, since nobody can distinguish them. A browser that the account was signed in
//! with before is slowed down by its own guesses alone, and a mail's link by none: so an owner signs in while others
//! guess. The owner is notified by mail, once a day. Addresses are kept as keyed hashes. Bounds: `KEYS_MAX`, about
//! 200 bytes each.

use callbox_core::guess::{Action, Guesses};
use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_protocol::id::LoginId;
use callbox_protocol::time::UnixMillis;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::http::error::ApiError;
use callbox_settings::limits::RateLimits;

/// Each guess costs its sender a hash, so it takes them a quarter of an hour to fill this, and no account is
/// forgotten by it that was guessed at for longer.
const KEYS_MAX: usize = 50_000;

/// A secret, and who guesses at it.
type Key = [u8; 32];

/// All passwords that somebody has guessed at lately.
#[derive(Debug)]
pub struct Guessing {
    state: Mutex<Guesses<Key>>,
    keyed_hashes: Arc<KeyedHashes>,
    is_on: bool,
    clock: Clock,
}

/// One attempt that counts as wrong, unless it is forgiven.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    key: Key,
}

/// The next steps for an attempt.
#[derive(Debug)]
pub struct Begun {
    /// Whether it may be made.
    pub attempt: Result<Attempt, ApiError>,
    /// Whether the owner is to be notified that somebody guesses.
    pub is_notice_due: bool,
}

impl Guessing {
    /// Nobody has guessed yet.
    pub fn new(limits: RateLimits, keyed_hashes: Arc<KeyedHashes>, clock: Clock) -> Self {
        let is_on = limits != RateLimits::Off;
        Self { state: Mutex::new(Guesses::new(KEYS_MAX)), keyed_hashes, is_on, clock }
    }

    /// Somebody tries a password of the account with this address, in a browser that it knows, if it does.
    pub fn begin(&self, account: &str, known_browser: Option<&[u8; 32]>, now: UnixMillis) -> Begun {
        self.count(self.keyed_hashes.guess(account, known_browser), now)
    }

    /// Somebody who is signed in says the password again: they are counted by their login alone.
    pub fn begin_at(&self, login: LoginId, now: UnixMillis) -> Begun {
        self.count(self.keyed_hashes.guess_at(login), now)
    }

    fn count(&self, key: Key, now: UnixMillis) -> Begun {
        if !self.is_on {
            return Begun { attempt: Ok(Attempt { key }), is_notice_due: false };
        }
        let mut state = self.lock();
        let counted = state.handle_attempt(key, now);
        let mut is_notice_due = false;
        while let Some(Action::Tell(told)) = state.next_action() {
            is_notice_due |= told == key;
        }
        let attempt =
            counted.map(|()| Attempt { key }).map_err(|wait| ApiError::SlowedDown { retry_after_ms: wait.0 });
        Begun { attempt, is_notice_due }
    }

    /// It was right, or it was not found out.
    pub fn forgive(&self, attempt: &Attempt) {
        self.lock().handle_forgiven(attempt.key, self.clock.now());
    }

    fn lock(&self) -> MutexGuard<'_, Guesses<Key>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    fn guessing(limits: RateLimits) -> Guessing {
        Guessing::new(limits, Arc::new(KeyedHashes::new([1; 32])), Clock::manual(NOW))
    }

    /// Until it is refused, a hundred times at most; how often the owner was notified.
    fn guess(guessing: &Guessing, browser: Option<&[u8; 32]>) -> (usize, usize) {
        let (mut made, mut told) = (0, 0);
        for _ in 0..100 {
            let begun = guessing.begin("ann@example.org", browser, NOW);
            made += usize::from(begun.attempt.is_ok());
            told += usize::from(begun.is_notice_due);
        }
        (made, told)
    }

    #[test]
    fn strangers_are_slowed_down_together_and_a_known_browser_by_itself() {
        let guessing = guessing(RateLimits::On);
        assert_eq!(guess(&guessing, None), (10, 1));
        assert_eq!(guess(&guessing, Some(&[7; 32])), (10, 1));
        assert!(guessing.begin("ann@example.org", Some(&[8; 32]), NOW).attempt.is_ok());
        assert!(guessing.begin("bob@example.org", None, NOW).attempt.is_ok());
        let refused = guessing.begin("ann@example.org", None, NOW).attempt.unwrap_err();
        assert!(matches!(refused, ApiError::SlowedDown { retry_after_ms: 60_000 }), "{refused:?}");
    }

    #[test]
    fn whoever_is_right_is_not_slowed_down_and_nobody_is_where_limits_are_off() {
        let on = guessing(RateLimits::On);
        for _ in 0..100 {
            let attempt = on.begin("ann@example.org", None, NOW).attempt.unwrap();
            on.forgive(&attempt);
        }
        assert_eq!(guess(&guessing(RateLimits::Off), None), (100, 0));
    }
}
