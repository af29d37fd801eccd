//! Beacons between their route and the monitor: what each adds is counted at once, and what is kept of it is written
//! later, by a task of its own.
//!
//! The route waits for one lock of some microseconds and for no database. The end of a process in order writes all that
//! waits. Bounds: 512 beacons wait to be written (some
//! 8 MiB at most), and those beyond are counted as shed; 256 are written in one transaction, twice a second.

use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_monitor::{
    Counter, Cuts, FINGERPRINT_VERSION, GroupedError, Intake, Kept, Noted, RefusedBeacon, check_beacon, kept,
    other_group,
};
use callbox_protocol::beacon::{Beacon, ErrorKind};
use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use callbox_store::{Monitoring, Seen, SeenError, SeenUser, SeenView, StoreError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::counters;
use crate::monitor::Monitor;
use crate::source_maps::SourceMaps;

const WAITING_MAX: usize = 512;
const BATCH_MAX: usize = 256;
/// Several beacons in one transaction cost little more than one.
const PAUSE: Duration = Duration::from_millis(500);
const SETTLE: Duration = Duration::from_mins(1);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Where beacons come to.
#[derive(Debug)]
pub struct Beacons {
    waiting: mpsc::Sender<Taken>,
    hashes: Arc<KeyedHashes>,
    monitor: Arc<Monitor>,
    stop: watch::Sender<bool>,
    /// The task that writes, until somebody waits for its end.
    writing: Mutex<Option<JoinHandle<()>>>,
}

/// A beacon of which something is to be kept.
#[derive(Debug)]
pub struct Taken {
    /// All of it, within its bounds.
    pub beacon: Beacon,
    /// What the desk said of it.
    pub noted: Noted,
    /// The keyed hash of the user, if the app gives one.
    pub user: Option<[u8; 32]>,
    /// When it came.
    pub received_at: UnixMillis,
}

/// Writes what is kept.
#[derive(Debug)]
struct Writer {
    waiting: mpsc::Receiver<Taken>,
    monitor: Arc<Monitor>,
    store: Monitoring,
    maps: Arc<SourceMaps>,
    clock: Clock,
    stopped: watch::Receiver<bool>,
}

impl Beacons {
    /// Starts the task that writes.
    pub fn start(
        store: Monitoring,
        maps: SourceMaps,
        hashes: Arc<KeyedHashes>,
        monitor: Arc<Monitor>,
        clock: Clock,
    ) -> Arc<Self> {
        let (sender, waiting) = mpsc::channel(WAITING_MAX);
        let (stop, stopped) = watch::channel(false);
        let (own, maps) = (Arc::clone(&monitor), Arc::new(maps));
        let writer = Writer { waiting, monitor: own, store, maps, clock, stopped };
        let writing = Mutex::new(Some(tokio::spawn(writer.run())));
        Arc::new(Self { waiting: sender, hashes, monitor, stop, writing })
    }

    /// Writes what waits, and ends. A beacon that comes later is counted, and no more.
    pub(crate) async fn shut_down(&self) {
        self.stop.send_replace(true);
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writing) = writing
            && writing.await.is_err()
        {
            tracing::error!("the task that keeps what browsers report panicked");
        }
    }

    /// Whether beacons are counted.
    pub fn is_on(&self) -> bool {
        self.monitor.is_on()
    }

    /// Counts a beacon, and puts what is to be kept into the queue.
    pub fn take(&self, beacon: Beacon, now: UnixMillis) -> Result<(), RefusedBeacon> {
        let (mut beacon, Cuts { values, clocks }) = check_beacon(beacon, now)?;
        counters::add_many(Counter::BeaconValuesDropped, values.into());
        counters::add_many(Counter::BeaconValuesClocks, clocks.into());
        match self.monitor.take_beacon(&mut beacon, now) {
            Intake::Duplicate => counters::add(Counter::BeaconsDuplicate),
            Intake::Bot => counters::add(Counter::BeaconsBot),
            Intake::New(noted) => {
                counters::add(Counter::BeaconsAccepted);
                count(&beacon, &noted);
                for (name, count) in &noted.events {
                    self.monitor.feature(name, u64::from(noted.weight) * u64::from(*count), now);
                }
                self.keep(beacon, noted, now);
            }
        }
        Ok(())
    }

    fn keep(&self, beacon: Beacon, noted: Noted, received_at: UnixMillis) {
        let user = beacon.user.as_deref().map(|user| self.hashes.visitor(user));
        let is_of_user = user.is_some() && (noted.is_new_view || !noted.calls.is_empty());
        if !noted.is_kept && noted.errors.is_empty() && !is_of_user {
            return;
        }
        if self.waiting.try_send(Taken { beacon, noted, user, received_at }).is_err() {
            counters::add(Counter::BeaconsShed);
        }
    }
}

fn count(beacon: &Beacon, noted: &Noted) {
    let weight = u64::from(noted.weight);
    let view = if noted.nav == "soft" { Counter::PageViewsSoft } else { Counter::PageViewsHard };
    counters::add_many(view, weight * u64::from(noted.is_new_view));
    counters::add_many(Counter::PageViewsFailed, weight * u64::from(noted.failed_views));
    counters::add_many(Counter::Visits, weight * u64::from(noted.is_new_visit));
    counters::add_many(Counter::VisibleTime, weight * u64::from(noted.visible_ms));
    counters::add_many(Counter::Complaints, weight * u64::from(noted.complaints));
    for (place, count) in &noted.errors {
        let counter = match beacon.errors[*place].kind {
            ErrorKind::Error | ErrorKind::Other => Counter::BrowserErrorsUncaught,
            ErrorKind::Rejection => Counter::BrowserErrorsRejection,
            ErrorKind::Resource => Counter::BrowserErrorsResource,
            ErrorKind::Sdk => Counter::BrowserErrorsSdk,
            ErrorKind::Media => Counter::BrowserErrorsMedia,
        };
        counters::add_many(counter, weight * u64::from(*count));
    }
    counters::add_many(Counter::BrowserErrorsUncaught, weight * u64::from(noted.errors_dropped));
    let used: u64 = noted.events.iter().map(|(_, count)| u64::from(*count)).sum();
    counters::add_many(Counter::FeatureEvents, weight * used);
    for call in noted.calls.iter().map(|place| &beacon.calls[*place]) {
        // What became of a call of ours is the server's to say.
        if let (None, Some(outcome)) = (call.call, call.outcome) {
            counters::add_many(Counter::of_reported(outcome), weight);
        }
    }
    let [routes, releases, events] = noted.capped;
    counters::add_many(Counter::BeaconCappedRoute, routes.into());
    counters::add_many(Counter::BeaconCappedRelease, releases.into());
    counters::add_many(Counter::BeaconCappedEvent, events.into());
}

/// Deletes what beacons told about a user of ours whose account ends.
pub async fn forget(
    store: &Monitoring,
    hashes: &KeyedHashes,
    user: UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store.erase_user(hashes.visitor(&user.to_string()), now).await
}

impl Writer {
    /// Runs until it is stopped and has written all.
    async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        let mut settling = tokio::time::interval(SETTLE);
        let mut swept_day = None;
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                () = stop_of(&mut stopped) => break,
                _ = self.waiting.recv_many(&mut batch, BATCH_MAX) => {
                    self.write(batch).await;
                    // The end does not wait for the rest of the pause.
                    tokio::select! {
                        () = self.clock.sleep(PAUSE) => {}
                        () = stop_of(&mut stopped) => break,
                    }
                }
                _ = settling.tick() => self.sweep(&mut swept_day).await,
            }
        }
        self.waiting.close();
        loop {
            let mut batch = Vec::new();
            if self.waiting.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            self.write(batch).await;
        }
    }

    async fn write(&self, batch: Vec<Taken>) {
        let maps = Arc::clone(&self.maps);
        // Source maps are files of some MB.
        let seen = tokio::task::spawn_blocking(move || seen(&batch, &maps)).await;
        let Ok(seen) = seen else { return };
        match self.store.add_seen(Arc::new(seen)).await {
            Ok(capped) => counters::add_many(Counter::BeaconCappedError, capped.into()),
            Err(error) => tracing::warn!(%error, "what browsers reported could not be kept"),
        }
    }

    /// Removes what is old; users' days once a day, since all users of a month are looked at.
    async fn sweep(&self, swept_day: &mut Option<u64>) {
        let now = self.clock.now();
        self.monitor.settle(now);
        let today = Some(now.0 / DAY_MS);
        let swept = async {
            self.store.sweep_errors(now).await?;
            self.store.sweep_visits(now).await?;
            if *swept_day != today {
                self.store.sweep_users(now).await?;
                *swept_day = today;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "old visits and errors could not be removed; this is tried again");
        }
    }
}

/// Waits until the end.
async fn stop_of(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// What is to be written of a batch.
pub fn seen(batch: &[Taken], maps: &SourceMaps) -> Seen {
    let mut seen = Seen::default();
    for Taken { beacon, noted, user, received_at } in batch {
        let release = beacon.release.as_deref().unwrap_or_default();
        let Kept { errors, view } = kept(beacon, noted, |frame| maps.original(release, frame));
        seen.errors.extend(errors.into_iter().map(|error| both(error, release)));
        if noted.is_kept {
            let (visit, view_id, sequence) = (beacon.visit, beacon.view, beacon.sequence);
            seen.views.push(SeenView {
                visit,
                view: view_id,
                user: *user,
                sequence,
                at: *received_at,
                body: view,
            });
        }
        if let Some(user) = *user {
            seen.users.push(SeenUser { user, at: *received_at });
        }
    }
    seen
}

/// An error as its group counts it, and as the group of all others does.
fn both(error: GroupedError, release: &str) -> (SeenError, SeenError) {
    let GroupedError { group, kind, name, at, count, weighted, sample } = error;
    let other = other_group();
    let own = SeenError {
        fingerprint: group.fingerprint,
        version: FINGERPRINT_VERSION,
        kind,
        name,
        message: group.message,
        why: group.why,
        at,
        count,
        weighted,
        release: release.to_owned(),
        sample,
    };
    let others = SeenError {
        fingerprint: other.fingerprint,
        kind: "other",
        name: String::new(),
        message: other.message,
        why: other.why,
        ..own.clone()
    };
    (own, others)
}
