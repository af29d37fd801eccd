//! Credentials of hosted TURN services, asked for ahead: a hello takes the present ones and never waits.
//!
//! When the next are asked for, and who gets which, says `crates/callbox-identity/src/turn_service/held.rs`. Bounds: one
//! answer a service.

use callbox_identity::turn_service::held::Held;
use callbox_identity::turn_service::{IceService, ServiceCredentials, read};
use callbox_protocol::http::IceServiceStats;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;
use futures_util::future::join_all;
use std::iter::repeat;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;

use crate::clock::Clock;
use crate::outbound::{Outbound, OutboundError};

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
    clock: Clock,
}

impl Hosted {
    /// Nothing is held yet.
    pub(super) fn new(services: &[IceService], clock: &Clock) -> Self {
        let state = |service: &IceService| ServiceState {
            service: service.clone(),
            held: Mutex::default(),
            clock: clock.clone(),
        };
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
            untils.push((!servers.is_empty()).then_some(held.until()));
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
            let (answered, failed) = held.counts();
            IceServiceStats {
                kind: state.service.name().to_owned(),
                servers: u32::try_from(held.servers(None, now).len()).unwrap_or(u32::MAX),
                answered,
                failed,
                is_failing: held.is_failing(),
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
                let was_failing = held.is_failing();
                match asked {
                    Ok(answer) => {
                        if was_failing {
                            tracing::info!(service = ?self.service, "the TURN service answers again");
                        }
                        held.handle_answer(answer, self.clock.now())
                    }
                    Err(error) => {
                        if !was_failing {
                            tracing::warn!(service = ?self.service, %error, "a TURN service gave no credentials");
                        }
                        held.handle_failure()
                    }
                }
            };
            self.clock.sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    async fn ask(&self, outbound: &Outbound) -> Result<ServiceCredentials, AskError> {
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
