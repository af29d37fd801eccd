//! The time at which a certificate is asked for: pure arithmetic over its validity and over the tries that failed.
//!
//! A certificate is renewed when a third of its lifetime is left. After a failure the pause grows from a minute to
//! six hours, or is the one that the ACME server asked for. In every case, restarts included, four tries may fail
//! within an hour, and three certificates be issued in vain within a week: Let's Encrypt refuses a name after five of
//! each. The state that must survive a restart is in [`Failures`], which is kept in the data folder.

use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use crate::certificate::Validity;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// After the first failure, the second, and so on; from then on the last one.
const PAUSES_MS: [u64; 6] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS];
const FAILURES_PER_HOUR: usize = 4;
/// Certificates that were issued and could not be used, such as under a clock that is wrong. The one that is in use counts too,
/// and the operator may want one.
const USELESS_PER_WEEK: usize = 3;
const WEEK_MS: u64 = 7 * 24 * HOUR_MS;
/// A clock may be put back by so much while its entries stay: more than that, and it was wrong before.
const CLOCK_STEP_MS_MAX: u64 = HOUR_MS;
/// The longest window of Let's Encrypt's limits is a week; a server that asks for more has a wrong clock.
pub const PAUSE_MS_MAX: u64 = 7 * 24 * HOUR_MS;
/// The reason of a try whose end nobody wrote down.
const UNFINISHED: &str = "the server was stopped before the try had ended";
/// Of the reason of a failure, which an ACME server may have written.
const REASON_CHARS_MAX: usize = 1_000;

/// The state of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is none.
    Missing,
    /// It lasts.
    Good,
    /// Its renewal is overdue: less than a sixth of its lifetime is left.
    Ending,
    /// It has expired.
    Ended,
}

/// The present state of a certificate of this validity.
pub fn health(validity: Option<Validity>, now: UnixMillis) -> Health {
    let Some(validity) = validity else { return Health::Missing };
    let left = validity.seconds_left(now);
    match left {
        ..=0 => Health::Ended,
        _ if left < lifetime(validity) / 6 => Health::Ending,
        _ => Health::Good,
    }
}

/// When a certificate of this validity is to be renewed; at once if there is none.
pub fn renew_at(validity: Option<Validity>) -> UnixMillis {
    let at = validity.map_or(0, |validity| validity.not_after - lifetime(validity) / 3);
    UnixMillis(u64::try_from(at).unwrap_or_default().saturating_mul(SECOND_MS))
}

fn lifetime(validity: Validity) -> i64 {
    (validity.not_after - validity.not_before).max(0)
}

/// The tries that failed since the last success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// When the last ones were, at most four.
    at: VecDeque<UnixMillis>,
    /// When certificates were issued that could not be used, at most three.
    #[serde(default)]
    useless_at: VecDeque<UnixMillis>,
    /// Until when the ACME server wants to hear nothing.
    refused_until: UnixMillis,
    /// Why the last one failed.
    reason: String,
}

impl Failures {
    /// When the last try failed, and why.
    pub fn last(&self) -> Option<(UnixMillis, &str)> {
        Some((*self.at.back()?, &self.reason))
    }

    /// As much of it as holds for a process that starts now. The machine's clock may have been wrong when it was written.
    fn at_start(mut self, now: UnixMillis) -> Self {
        if self.is_from_the_future(now) {
            return Self::default();
        }
        while self.at.len() > FAILURES_PER_HOUR {
            self.at.pop_front();
        }
        while self.useless_at.len() > USELESS_PER_WEEK {
            self.useless_at.pop_front();
        }
        self.refused_until = self.refused_until.min(now.plus(PAUSE_MS_MAX));
        self
    }

    fn is_from_the_future(&self, now: UnixMillis) -> bool {
        self.at.iter().chain(&self.useless_at).any(|at| *at > now.plus(CLOCK_STEP_MS_MAX))
    }

    /// Adds a try that failed, instead of the oldest if there are as many as count.
    fn push(&mut self, now: UnixMillis, reason: &str) {
        if self.at.len() == FAILURES_PER_HOUR {
            self.at.pop_front();
        }
        self.at.push_back(now);
        self.reason = reason.chars().take(REASON_CHARS_MAX).collect();
    }

    /// Before then there is no try, even if the operator asks for one.
    fn allows_at(&self) -> UnixMillis {
        let over = |all: &VecDeque<UnixMillis>, max: usize, window_ms: u64| {
            all.front().filter(|_| all.len() == max).map_or(UnixMillis(0), |at| at.plus(window_ms))
        };
        let hour_over = over(&self.at, FAILURES_PER_HOUR, HOUR_MS);
        let week_over = over(&self.useless_at, USELESS_PER_WEEK, WEEK_MS);
        hour_over.max(week_over).max(self.refused_until)
    }
}

/// When the next try is.
#[derive(Debug, Default)]
pub struct Schedule {
    failures: Failures,
    in_a_row: usize,
    /// Whether the last of the failures is a try that has not ended.
    is_trying: bool,
    paused_until: UnixMillis,
}

impl Schedule {
    /// Continues from the state that a process before this one has left.
    pub fn start(failures: Failures, now: UnixMillis) -> Self {
        Self { failures: failures.at_start(now), ..Self::default() }
    }

    /// The part that is kept for the next process.
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// When a certificate of this validity may be asked for anew.
    pub fn next(&self, validity: Option<Validity>) -> UnixMillis {
        renew_at(validity).max(self.paused_until).max(self.failures.allows_at())
    }

    /// The time is looked at. A clock that was ahead and is put right must not keep a renewal away.
    pub fn handle_time(&mut self, now: UnixMillis) {
        if self.failures.is_from_the_future(now) {
            *self = Self::default();
        }
    }

    /// A try begins. Until it has ended it counts as failed, so that a process that is stopped meanwhile leaves it counted.
    pub fn handle_begin(&mut self, now: UnixMillis) {
        self.failures.push(now, UNFINISHED);
        self.is_trying = true;
    }

    /// A certificate was issued that cannot be used; the failure comes besides.
    pub fn handle_useless(&mut self, now: UnixMillis) {
        if self.failures.useless_at.len() == USELESS_PER_WEEK {
            self.failures.useless_at.pop_front();
        }
        self.failures.useless_at.push_back(now);
    }

    /// A try failed. `retry_after_ms` is the pause that the server asked for; `random` spreads the tries of many
    /// servers.
    pub fn handle_failure(
        &mut self,
        now: UnixMillis,
        reason: &str,
        retry_after_ms: Option<u64>,
        random: u64,
    ) {
        let own = PAUSES_MS[self.in_a_row.min(PAUSES_MS.len() - 1)];
        self.in_a_row += 1;
        let pause = retry_after_ms.unwrap_or(own).clamp(SECOND_MS, PAUSE_MS_MAX);
        let until = now.plus(pause + random % (pause / 10));
        self.paused_until = until;
        if retry_after_ms.is_some() {
            self.failures.refused_until = until;
        }
        if std::mem::take(&mut self.is_trying) {
            self.failures.at.pop_back();
        }
        self.failures.push(now, reason);
    }

    /// A try succeeded.
    pub fn handle_success(&mut self) {
        *self = Self::default();
    }

    /// The operator has corrected something: the pause has ended, but not the one of the server or its limits.
    pub fn handle_request(&mut self) {
        self.in_a_row = 0;
        self.paused_until = UnixMillis(0);
    }
}

#[cfg(test)]
mod tests;
