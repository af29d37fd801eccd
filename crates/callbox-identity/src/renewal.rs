//! The time at which a certificate is asked for: pure arithmetic over its validity and over the tries that failed.
//!
//! A certificate is renewed when a third of its lifetime is left. After a failure the pause grows from a minute to
//! six hours, or is the one that the ACME server asked for. In every case, restarts included, four tries may fail
//! within an hour: Let's Encrypt refuses a name after five. The state that must survive a restart is in [`Failures`],
//! which is kept in the data folder.

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
        self.refused_until = self.refused_until.min(now.plus(PAUSE_MS_MAX));
        self
    }

    fn is_from_the_future(&self, now: UnixMillis) -> bool {
        self.at.iter().any(|at| *at > now.plus(CLOCK_STEP_MS_MAX))
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
        let is_full = self.at.len() == FAILURES_PER_HOUR;
        let hour_over = self.at.front().filter(|_| is_full).map_or(UnixMillis(0), |at| at.plus(HOUR_MS));
        hour_over.max(self.refused_until)
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
mod tests {
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
}
