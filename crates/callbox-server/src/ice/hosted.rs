//! Credentials of hosted TURN services, asked for ahead: a hello takes the present ones and never waits.
//!
//! Everybody gets the same until the next are there, after a quarter of their lifetime, so that those in use last for
//! a call. A browser that got some before gets later ones while those still work. If a service fails, the last ones
//! are used until shortly before their end, then there are none. Bounds: one answer a service.

use callbox_identity::turn_service::{Answer, IceService, read};
use callbox_protocol::http::IceServiceStats;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;
use futures_util::future::join_all;
use std::iter::repeat;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;

use crate::clock;
use crate::outbound::{Outbound, OutboundError};

/// The rest of their life when the next are asked for: calls that began just before may still take three quarters.
const ASK_AGAIN_PERCENT: u64 = 25;
/// Credentials with less to live are not given out, and are replaced if later ones are there: a call would lose its
/// relay in the middle. Of a service that gives less than twice that, it is half of the lifetime that it gives.
const LEFT_MS_MIN: u64 = 10 * 60 * 1_000;
/// After a failure, doubled with each further one.
const RETRY_MS_MIN: u64 = 5_000;
const RETRY_MS_MAX: u64 = 5 * 60 * 1_000;

/// Why a service gave nothing.
#[derive(Debug, Error)]
enum AskError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The settings' key or token, most of the time.
    #[error("it was refused by {0}")]
    Refused(u16),
    #[error("its answer names no server")]
    Unreadable,
}

/// For each service the end of the credentials that a browser got; `None` if it got none.
type Untils = [Option<UnixMillis>];

/// All services of the settings, each with its last credentials.
#[derive(Debug)]
pub(super) struct Hosted(Vec<ServiceState>);

#[derive(Debug)]
struct ServiceState {
    service: IceService,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    servers: Vec<IceServer>,
    until: UnixMillis,
    lifetime_ms: u64,
    answered: u64,
    failed: u64,
    /// In a row.
    failures: u32,
}

impl Held {
    /// How long to wait before the next question.
    fn handle_answer(&mut self, answer: Answer, now: UnixMillis) -> u64 {
        let lifetime_ms = answer.lifetime_seconds * 1_000;
        (self.servers, self.until, self.lifetime_ms) = (answer.servers, now.plus(lifetime_ms), lifetime_ms);
        self.answered += 1;
        self.failures = 0;
        (lifetime_ms * ASK_AGAIN_PERCENT / 100).max(RETRY_MS_MIN)
    }

    /// How long to wait before the next question.
    fn handle_failure(&mut self) -> u64 {
        self.failed += 1;
        let doubled = RETRY_MS_MIN.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        doubled.min(RETRY_MS_MAX)
    }

    fn left_ms_min(&self) -> u64 {
        LEFT_MS_MIN.min(self.lifetime_ms / 2)
    }

    /// For a browser whose credentials end then, or that has none.
    fn servers(&self, told: Option<UnixMillis>, now: UnixMillis) -> &[IceServer] {
        let lasts = now.plus(self.left_ms_min()) < self.until;
        if lasts || (told.is_some() && now < self.until) { &self.servers } else { &[] }
    }

    /// Whether a browser whose credentials end then, or that has none, should get these: its own end soon, or these
    /// last twice as long.
    fn is_due(&self, told: Option<UnixMillis>, now: UnixMillis) -> bool {
        let (theirs_ms, ours_ms) = (told.map_or(0, |told| told.since(now)), self.until.since(now));
        let is_ending = theirs_ms < self.left_ms_min() || 2 * theirs_ms <= ours_ms;
        is_ending && told < Some(self.until) && !self.servers(told, now).is_empty()
    }
}

impl Hosted {
    /// Nothing is held yet.
    pub(super) fn new(services: &[IceService]) -> Self {
        let state = |service: &IceService| ServiceState { service: service.clone(), held: Mutex::default() };
        Self(services.iter().map(state).collect())
    }

    /// Asks each again and again; runs until it is dropped.
    pub(super) async fn run(&self, outbound: &Outbound) {
        join_all(self.0.iter().map(|state| state.run(outbound))).await;
    }

    /// The servers for a browser whose credentials end then, and when these end.
    pub(super) fn servers(&self, told: &Untils, now: UnixMillis) -> (Vec<IceServer>, Box<Untils>) {
        let (mut all, mut untils) = (Vec::new(), Vec::with_capacity(self.0.len()));
        for (state, told) in self.0.iter().zip(told.iter().copied().chain(repeat(None))) {
            let held = state.held();
            let servers = held.servers(told, now);
            untils.push((!servers.is_empty()).then_some(held.until));
            all.extend_from_slice(servers);
        }
        (all, untils.into())
    }

    /// Whether a browser whose credentials end then should get others.
    pub(super) fn is_due(&self, told: &Untils, now: UnixMillis) -> bool {
        self.0.iter().zip(told).any(|(state, told)| state.held().is_due(*told, now))
    }

    /// For the operator.
    pub(super) fn stats(&self, now: UnixMillis) -> Vec<IceServiceStats> {
        let of = |state: &ServiceState| {
            let held = state.held();
            IceServiceStats {
                kind: state.service.name().to_owned(),
                servers: u32::try_from(held.servers(None, now).len()).unwrap_or(u32::MAX),
                answered: held.answered,
                failed: held.failed,
                is_failing: held.failures > 0,
            }
        };
        self.0.iter().map(of).collect()
    }
}

impl ServiceState {
    async fn run(&self, outbound: &Outbound) {
        loop {
            let asked = self.ask(outbound).await;
            let wait_ms = {
                let mut held = self.held();
                let was_failing = held.failures > 0;
                match asked {
                    Ok(answer) => {
                        if was_failing {
                            tracing::info!(service = ?self.service, "the TURN service answers again");
                        }
                        held.handle_answer(answer, clock::now())
                    }
                    Err(error) => {
                        if !was_failing {
                            tracing::warn!(service = ?self.service, %error, "a TURN service gave no credentials");
                        }
                        held.handle_failure()
                    }
                }
            };
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    async fn ask(&self, outbound: &Outbound) -> Result<Answer, AskError> {
        let question = self.service.question();
        let headers =
            [("authorization", question.authorization.as_str()), ("content-type", question.content_type)];
        let answer = outbound.post(&question.url, &headers, question.body).await?;
        if !matches!(answer.status, 200 | 201) {
            return Err(AskError::Refused(answer.status));
        }
        read(&answer.body).ok_or(AskError::Unreadable)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(lifetime_seconds: u64) -> Answer {
        let server = IceServer { urls: vec!["turn:a.example".to_owned()], username: None, credential: None };
        Answer { servers: vec![server], lifetime_seconds }
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
}
