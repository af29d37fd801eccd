//! The monitor: folds figures in memory, writes them each minute, and answers questions about them.
//!
//! Whoever observes waits for a lock of some hundred nanoseconds and never for a database. A crash loses what came since
//! the last write: a minute at most. The end of a process in order loses nothing. All arithmetic is
//! `callbox_monitor`'s. The desk of beacons is here too: a vital that may still grow is in the answers of this moment, and it
//! goes from the desk to the fold under the desk's lock, so that nobody sees it twice. Bounds: those of the fold and the desk; 2,000 rows that wait for a database that fails; 500 rows of one
//! transaction.

use callbox_monitor::{
    Changes, Counter, Desk, Dimensions, Distribution, Fold, Histogram, Intake, PROBE_MS, Query, Sample,
    Snapshot, Totals, Wanted, When, gap, kept_from, merged, minute_of,
};
use callbox_protocol::beacon::Beacon;
use callbox_protocol::figures::Figures;
use callbox_protocol::time::UnixMillis;
use callbox_settings::monitor::MonitorSettings;
use callbox_store::{Monitoring, RowName, Store, StoreError};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::RwLock;

use crate::clock::Clock;
use crate::counters;
use crate::doctor::is_ready;

/// How often gauges are read and the own probe looks.
const TICK: Duration = Duration::from_millis(PROBE_MS);
/// Ticks from one write to the next: a minute.
const TICKS: u64 = 6;
/// Ticks from one sweep to the next: an hour.
const SWEEP_TICKS: u64 = 360;
/// Rows that wait while the database takes none: those of some six hours. Past these some figures are lost: they are of no
/// use to an operator whose database has been away for so long.
const WAITING_MAX: usize = 2_000;
/// Rows of one transaction: a tenth of a second with PostgreSQL.
const ROWS_MAX: usize = 500;
/// Rows of one answer: 35 days of hours; and 48 hours of minutes, as the version before wrote them.
const ANSWER_ROWS_MAX: u32 = 3_000;

/// The figures of a running server.
pub struct Monitor {
    is_on: bool,
    data: Monitoring,
    /// Locked before the fold.
    desk: Mutex<Desk>,
    fold: Mutex<Fold>,
    /// All values since the start: the histograms of `/metrics`.
    totals: Mutex<Totals>,
    /// Rows that could not be written yet. Held for writing while rows go to the store: whoever asks meanwhile would
    /// see them twice, or not at all.
    waiting: RwLock<Changes>,
    /// The counters at the last tick, in the order of their indices.
    counters: Mutex<[u64; Counter::COUNT]>,
    clock: Clock,
}

impl Monitor {
    /// Not started yet: figures may come already.
    pub fn new(settings: MonitorSettings, store: &Store, clock: Clock) -> Self {
        Self {
            is_on: settings.is_on,
            data: store.monitoring(),
            desk: Mutex::new(Desk::new(clock.now())),
            fold: Mutex::default(),
            totals: Mutex::default(),
            waiting: RwLock::default(),
            counters: Mutex::new([0; Counter::COUNT]),
            clock,
        }
    }

    /// Whether figures are kept.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Notes a value that stands for `weight` ones. Returns false if it is dropped: it is none, or there is no room.
    pub fn observe(
        &self,
        distribution: Distribution,
        dimensions: &Dimensions<'_>,
        value: f64,
        weight: u32,
        when: When,
    ) -> bool {
        if !self.is_on {
            return false;
        }
        lock(&self.totals).observe(distribution, value, weight);
        self.lock().observe(distribution, dimensions, value, weight, when)
    }

    /// Takes a beacon that was checked, and counts its values that grow no more.
    pub(crate) fn take_beacon(&self, beacon: &mut Beacon, now: UnixMillis) -> Intake {
        let mut desk = lock(&self.desk);
        let intake = desk.take(beacon, now);
        if let Intake::New(noted) = &intake {
            self.observe_samples(&noted.samples, now);
        }
        intake
    }

    /// The vitals of views that ended without a word count by what was said last.
    pub(crate) fn settle(&self, now: UnixMillis) {
        let mut desk = lock(&self.desk);
        let samples = desk.settled(now);
        self.observe_samples(&samples, now);
    }

    /// Counts what is held and what was counted since the last tick, and writes all. The process ends: the next one counts
    /// no view that has begun before.
    pub(crate) async fn shut_down(&self, last: &Snapshot) {
        if self.is_on {
            self.tick(last, self.clock.now());
        }
        {
            let mut desk = lock(&self.desk);
            let samples = desk.release_all();
            self.observe_samples(&samples, self.clock.now());
        }
        self.write().await;
    }

    /// Gives the values of a view to the minute that it began in.
    fn observe_samples(&self, samples: &[Sample], now: UnixMillis) {
        for Sample { distribution, value, weight, route, release, device, nav, at } in samples {
            let dimensions = Dimensions { route, device, release, nav };
            // What is dropped is counted with the fold.
            let _ = self.observe(*distribution, &dimensions, *value, *weight, When { at: *at, now });
        }
    }

    /// All values since the start.
    pub(crate) fn totals(&self) -> Totals {
        lock(&self.totals).clone()
    }

    /// A histogram of each distribution that has values.
    pub(crate) fn histograms(&self) -> Vec<Histogram> {
        lock(&self.totals).histograms()
    }

    /// Counts something in the minute that it is about; what happens now is counted by `counters.rs`, and comes from there.
    pub fn count(&self, counter: Counter, count: u64, when: When) {
        if self.is_on {
            self.lock().count(counter, count, when);
        }
    }

    /// Counts that a feature was used so often, by its name. The desk bounds the names.
    pub(crate) fn feature(&self, name: &str, count: u64, now: UnixMillis) {
        if self.is_on {
            self.lock().feature(name, count, When::now(now));
        }
    }

    /// Notes all gauges, and how far the counters went up since the last time.
    fn tick(&self, snapshot: &Snapshot, now: UnixMillis) {
        let (mut before, mut fold) = (lock(&self.counters), self.lock());
        for (counter, count) in snapshot.counters() {
            let last = std::mem::replace(&mut before[counter.index()], count);
            fold.count(counter, count.saturating_sub(last), When::now(now));
        }
        for (gauge, value) in snapshot.gauges() {
            fold.gauge(gauge, value, When::now(now));
        }
    }

    /// Runs until it is dropped. `read` gives the figures of the moment; `addr` is where the server listens.
    pub(crate) async fn run(
        self: Arc<Self>,
        addr: SocketAddr,
        is_tls: bool,
        read: impl Fn() -> Snapshot + Send,
    ) {
        self.begin().await;
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        for number in 0_u64.. {
            ticks.tick().await;
            if !self.is_on {
                return;
            }
            self.probe(addr, is_tls).await;
            self.tick(&read(), self.clock.now());
            if number % TICKS == TICKS - 1 {
                self.write().await;
            }
            if number % SWEEP_TICKS == SWEEP_TICKS - 1 {
                self.sweep(self.clock.now()).await;
            }
        }
    }

    /// Counts the time without a process as down.
    async fn begin(&self) {
        let now = self.clock.now();
        let found = if self.is_on {
            self.data.alive_at().await
        } else {
            self.data.forget_node().await.map(|()| None)
        };
        match found {
            Ok(Some(alive_at)) => self.keep(gap(alive_at, now)).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the time without a process is not known"),
        }
    }

    /// Asks the server whether it can do its work, as a load balancer does: through its own listener.
    async fn probe(&self, addr: SocketAddr, is_tls: bool) {
        let begun = self.clock.now();
        let asked = tokio::task::spawn_blocking(move || is_ready(addr, is_tls)).await;
        let now = self.clock.now();
        let is_up = asked.unwrap_or(false);
        counters::add(if is_up { Counter::ProbesUp } else { Counter::ProbesDown });
        let took_ms = u32::try_from(now.since(begun)).unwrap_or(u32::MAX);
        self.observe(Distribution::Probe, &Dimensions::default(), took_ms.into(), 1, When::now(now));
    }

    /// Writes all figures so far.
    pub async fn write(&self) {
        self.keep(Changes::new()).await;
    }

    /// Writes these rows, those that wait and those of the fold. What cannot be written waits.
    async fn keep(&self, more: Changes) {
        let mut waiting = self.waiting.write().await;
        let fold = std::mem::take(&mut *self.lock());
        let now = self.clock.now();
        let (dropped, _) = fold.lost();
        counters::add_many(Counter::MonitorDropped, dropped);
        // Beside a flood of beacons this takes a while.
        let made = tokio::task::spawn_blocking(move || fold.changes(|_| true)).await.unwrap_or_default();
        add(&mut waiting, more);
        add(&mut waiting, made);
        while !waiting.is_empty() {
            let rest = waiting.keys().nth(ROWS_MAX).copied().map(|key| waiting.split_off(&key));
            let part = std::mem::replace(&mut *waiting, rest.unwrap_or_default());
            let part = Arc::new(part);
            if let Err(error) = self.change(Arc::clone(&part), now).await {
                tracing::warn!(%error, "figures could not be written; this is tried again");
                add(&mut waiting, Arc::unwrap_or_clone(part));
                break;
            }
        }
        while waiting.len() > WAITING_MAX {
            waiting.pop_first();
        }
    }

    async fn change(&self, part: Arc<Changes>, now: UnixMillis) -> Result<(), StoreError> {
        let name = |key: &callbox_monitor::RowKey| RowName {
            metric: key.metric,
            step: key.step.minutes(),
            split: key.split.number(),
            at: key.at,
        };
        let names = part.keys().map(name).collect();
        let changes: Vec<_> = part.values().cloned().collect();
        let merge = move |place: usize, before: Option<&[u8]>| {
            let (bytes, error) = merged(before, &changes[place]);
            if let Some(error) = error {
                tracing::warn!(%error, "a row of figures could not be read, and is begun anew");
            }
            bytes
        };
        self.data.change_rollups(names, merge, now).await
    }

    async fn sweep(&self, now: UnixMillis) {
        let now = minute_of(now);
        match self.data.sweep_rollups(move |step, split| kept_from(step, split, now)).await {
            Ok(rows) => tracing::debug!(rows, "old figures were deleted"),
            Err(error) => tracing::warn!(%error, "old figures could not be deleted; this is tried again"),
        }
    }

    /// Answers a question, by the store and by what is not there yet.
    pub async fn query(&self, query: Query) -> Result<Figures, StoreError> {
        if let Some(stretches) = query.days_of_users() {
            let mut counts = Vec::with_capacity(stretches.len());
            for days in stretches {
                counts.push(self.data.active_users(days).await?);
            }
            return Ok(query.of_users(counts));
        }
        let waiting = self.waiting.read().await;
        let wanted = query.wanted();
        let (step, split) = (wanted.step.minutes(), wanted.split.number());
        let first = RowName { metric: wanted.metric, step, split, at: wanted.from };
        let rows = self.data.rollups(first, wanted.to, ANSWER_ROWS_MAX).await?;
        let mut reading = query.read();
        for row in rows {
            if let Err(error) = reading.take(row.at, &row.cells) {
                tracing::warn!(%error, "a row of figures could not be read");
            }
        }
        reading.take_changes(&waiting);
        for unwritten in self.unwritten(&wanted, self.clock.now()) {
            reading.take_changes(&unwritten);
        }
        Ok(reading.finish())
    }

    /// What is in memory of these rows: in the fold, and at the desk.
    fn unwritten(&self, wanted: &Wanted, now: UnixMillis) -> [Changes; 2] {
        let desk = lock(&self.desk);
        let folded = self.lock().changes(|key| wanted.is_met(key));
        let samples: Vec<_> =
            desk.held().filter(|sample| sample.distribution.name() == wanted.metric).collect();
        drop(desk);
        let mut held = Fold::default();
        for Sample { distribution, value, weight, route, release, device, nav, at } in &samples {
            let dimensions = Dimensions { route, device, release, nav };
            held.observe(*distribution, &dimensions, *value, *weight, When { at: *at, now });
        }
        [folded, held.changes(|key| wanted.is_met(key))]
    }

    fn lock(&self) -> MutexGuard<'_, Fold> {
        lock(&self.fold)
    }
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor").field("is_on", &self.is_on).finish_non_exhaustive()
    }
}

fn add(changes: &mut Changes, more: Changes) {
    for (key, cells) in more {
        changes.entry(key).or_default().merge(&cells);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
