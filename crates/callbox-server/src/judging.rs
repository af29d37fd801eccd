//! Says why calls failed, and gives the values of each call to the monitor: a moment after its end, by what browsers,
//! server and relay know of it.
//!
//! The hub hands over ends and evidence while it holds its lock, so nothing here waits. The relay's part is fetched each
//! second. What is judged, and what bounds it, is `callbox_monitor`'s.

use callbox_core::exchange::Action;
use callbox_media::Relays;
use callbox_monitor::{Counter, Dimensions, EndedCalls, Judged, When};
use callbox_protocol::story::RelayUse;
use callbox_store::Store;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::counters;
use crate::monitor::Monitor;
use crate::relay::call_key;

const PAUSE: Duration = Duration::from_secs(1);

/// Calls that ended a moment ago.
pub(crate) struct Judging {
    calls: Mutex<EndedCalls>,
    store: Arc<Store>,
    relays: Option<Arc<Relays>>,
    monitor: Arc<Monitor>,
    clock: Clock,
}

impl Judging {
    pub(crate) fn new(
        store: Arc<Store>,
        relays: Option<Arc<Relays>>,
        monitor: Arc<Monitor>,
        clock: Clock,
    ) -> Self {
        Self { calls: Mutex::default(), store, relays, monitor, clock }
    }

    /// The exchange's actions on calls that end; all others are not for this.
    pub(crate) fn handle(&self, action: &Action) {
        match action {
            Action::Record(record) => {
                self.calls().handle_end(record, call_key(record.call).0, self.clock.now());
            }
            Action::Quality(side, quality) => self.calls().handle_quality(*side, quality, self.clock.now()),
            Action::Evidence(side, evidence) => {
                self.calls().handle_evidence(*side, evidence, self.clock.now());
            }
            _ => {}
        }
    }

    /// Runs until it is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.judge(|calls| calls.handle_timeout(self.clock.now()));
            self.clock.sleep(PAUSE).await;
        }
    }

    /// The process ends, and so does the relay: nothing more is waited for.
    pub(crate) fn shut_down(&self) {
        self.judge(EndedCalls::handle_shutdown);
    }

    fn judge(&self, due: impl FnOnce(&mut EndedCalls)) {
        let mut calls = self.calls();
        for used in self.relays.iter().flat_map(|relays| relays.take_uses()) {
            let (packets, bytes, refused) = (used.packets, used.bytes, used.refused);
            calls.handle_relay(used.call.0, &RelayUse { packets, bytes, refused });
        }
        due(&mut calls);
        while let Some(Judged { call, outcome, failure, relay, ended_at, values }) = calls.next_action() {
            let when = When { at: ended_at, now: self.clock.now() };
            for (distribution, value) in values {
                // What is dropped is counted with the fold.
                let _ = self.monitor.observe(distribution, &Dimensions::default(), value, 1, when);
            }
            tracing::debug!(%call, ?outcome, ?failure, "call judged");
            if let Some(cause) = failure {
                counters::add(Counter::of_failure(cause));
            }
            if failure.is_some() || relay != RelayUse::default() {
                self.store.record_judgement(call, failure, relay);
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, EndedCalls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
