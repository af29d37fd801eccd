//! Credentials of hosted TURN services, asked for ahead: a hello takes what is there and never waits.
//!
//! Everybody gets the same until the next are there, after a quarter of their lifetime, so that what is handed out lasts for
//! a call. Where a service fails, the last ones serve until their end, then there are none. Bounds: one answer a service.

use callbox_protocol::http::IceServiceStats;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;
use futures_util::future::join_all;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;

use super::service::{Answer, IceService, read};
use crate::clock;
use crate::outbound::{Outbound, OutboundError};

/// What is left when the next are asked for: calls that began just before may still take three quarters.
const ASK_AGAIN_PERCENT: u64 = 25;
/// What has less to live is not handed out: a call would lose its relay in the middle.
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

/// All services of the settings, each with what it gave last.
#[derive(Debug)]
pub struct Hosted(Vec<Place>);

#[derive(Debug)]
struct Place {
    service: IceService,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    servers: Vec<IceServer>,
    until: UnixMillis,
    answered: u64,
    failed: u64,
    /// In a row.
    failures: u32,
}

impl Held {
    /// How long to wait before the next question.
    fn handle_answer(&mut self, answer: Answer, now: UnixMillis) -> u64 {
        let lifetime_ms = answer.lifetime_seconds * 1_000;
        (self.servers, self.until) = (answer.servers, now.plus(lifetime_ms));
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

    fn servers(&self, now: UnixMillis) -> &[IceServer] {
        if now.plus(LEFT_MS_MIN) < self.until { &self.servers } else { &[] }
    }
}

impl Hosted {
    /// Nothing is held yet.
    pub fn new(services: &[IceService]) -> Self {
        let place = |service: &IceService| Place { service: service.clone(), held: Mutex::default() };
        Self(services.iter().map(place).collect())
    }

    /// Asks each again and again; runs until it is dropped.
    pub async fn run(&self, outbound: &Outbound) {
        join_all(self.0.iter().map(|place| place.run(outbound))).await;
    }

    /// What a hello may name now.
    pub fn servers(&self, now: UnixMillis) -> Vec<IceServer> {
        self.0.iter().flat_map(|place| place.held().servers(now).to_vec()).collect()
    }

    /// For the operator.
    pub fn stats(&self, now: UnixMillis) -> Vec<IceServiceStats> {
        let of = |place: &Place| {
            let held = place.held();
            IceServiceStats {
                kind: place.service.name().to_owned(),
                servers: u32::try_from(held.servers(now).len()).unwrap_or(u32::MAX),
                answered: held.answered,
                failed: held.failed,
                is_failing: held.failures > 0,
            }
        };
        self.0.iter().map(of).collect()
    }
}

impl Place {
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
        assert_eq!(held.servers(now), []);
        assert_eq!(held.handle_answer(answer(3_600), now), 900_000);
        for (after_ms, count) in [(0, 1), (2_999_999, 1), (3_000_000, 0)] {
            held.handle_failure();
            assert_eq!(held.servers(now.plus(after_ms)).len(), count, "{after_ms}");
        }
        assert_eq!((held.answered, held.failed), (1, 3));
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
