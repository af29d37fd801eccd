//! The last credentials of a hosted TURN service: when the next are asked for, and which browser gets them.
//!
//! Everybody gets the same until the next are there, after a quarter of their lifetime, so that those in use last for a
//! call. A browser that got some before gets later ones while those still work. If a service fails, the last ones are
//! used until shortly before their end, then there are none. Bound: one answer.

use callbox_core::backoff::Backoff;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;

use super::ServiceCredentials;

/// The rest of their life when the next are asked for: calls that began just before may still take three quarters.
const ASK_AGAIN_PERCENT: u64 = 25;
/// Credentials with less to live are not given out, and are replaced if later ones are there: a call would lose its
/// relay in the middle. Of a service that gives less than twice that, it is half of the lifetime that it gives.
const LEFT_MS_MIN: u64 = 10 * 60 * 1_000;
const RETRY_MS_MIN: u64 = 5_000;
const RETRY_MS_MAX: u64 = 5 * 60 * 1_000;
/// After a failure.
const RETRY: Backoff = Backoff::new(RETRY_MS_MIN, RETRY_MS_MAX);

/// The last credentials of one service, and how asking it goes.
#[derive(Debug, Default)]
pub struct Held {
    servers: Vec<IceServer>,
    until: UnixMillis,
    lifetime_ms: u64,
    answered: u64,
    failed: u64,
    /// In a row.
    failures: u32,
}

impl Held {
    /// The service answered; returns how long to wait before the next question.
    pub fn handle_answer(&mut self, answer: ServiceCredentials, now: UnixMillis) -> u64 {
        let lifetime_ms = answer.lifetime_seconds * 1_000;
        (self.servers, self.until, self.lifetime_ms) = (answer.servers, now.plus(lifetime_ms), lifetime_ms);
        self.answered += 1;
        self.failures = 0;
        (lifetime_ms * ASK_AGAIN_PERCENT / 100).max(RETRY_MS_MIN)
    }

    /// It did not; returns how long to wait before the next question.
    pub fn handle_failure(&mut self) -> u64 {
        self.failed += 1;
        let pause_ms = RETRY.pause_ms(self.failures);
        self.failures = self.failures.saturating_add(1);
        pause_ms
    }

    /// When the credentials end.
    pub fn until(&self) -> UnixMillis {
        self.until
    }

    /// Whether the last question was not answered.
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// How many questions were answered, and how many were not.
    pub fn counts(&self) -> (u64, u64) {
        (self.answered, self.failed)
    }

    fn left_ms_min(&self) -> u64 {
        LEFT_MS_MIN.min(self.lifetime_ms / 2)
    }

    /// For a browser whose credentials end then, or that has none.
    pub fn servers(&self, told: Option<UnixMillis>, now: UnixMillis) -> &[IceServer] {
        let lasts = now.plus(self.left_ms_min()) < self.until;
        if lasts || (told.is_some() && now < self.until) { &self.servers } else { &[] }
    }

    /// Whether a browser whose credentials end then, or that has none, should get these: its own end soon, or these
    /// last twice as long.
    pub fn is_due(&self, told: Option<UnixMillis>, now: UnixMillis) -> bool {
        let (theirs_ms, ours_ms) = (told.map_or(0, |told| told.since(now)), self.until.since(now));
        let is_ending = theirs_ms < self.left_ms_min() || 2 * theirs_ms <= ours_ms;
        is_ending && told < Some(self.until) && !self.servers(told, now).is_empty()
    }
}

#[cfg(test)]
mod tests;
