//! The figures of this moment: the counters, and gauges that are read from their owners when somebody asks.
//!
//! Cheap enough for every second: some locks that are held for microseconds, four files of `/proc`, and no walk over
//! sessions or connections. What cannot be known is left out.

use callbox_core::cache::Counts;
use callbox_monitor::{Counter, Gauge, Snapshot, share};
use callbox_protocol::http::PoolStats;
use callbox_store::StoreLoad;
use callbox_turn::{Dropped, Refused};
use std::path::Path;

use crate::app::App;
use crate::{counters, disk, files, relay};

/// All counters and gauges now.
pub fn snapshot(app: &App) -> Snapshot {
    let mut snapshot = Snapshot::new(counters::counts());
    people(app, &mut snapshot);
    database(app, &mut snapshot);
    answers(app, &mut snapshot);
    relays(app, &mut snapshot);
    process(app, &mut snapshot);
    snapshot
}

fn people(app: &App, snapshot: &mut Snapshot) {
    let hub = app.hub.stats();
    snapshot.set_gauge(Gauge::Sockets, float(app.sockets.receiver_count() as u64));
    snapshot.set_gauge(Gauge::Sessions, hub.sessions.into());
    snapshot.set_gauge(Gauge::Waiting, hub.waiting.into());
    snapshot.set_gauge(Gauge::Proposed, hub.proposed.into());
    snapshot.set_gauge(Gauge::Calls, hub.calls.into());
}

fn database(app: &App, snapshot: &mut Snapshot) {
    let mut set = |gauge, value: Option<f64>| {
        if let Some(value) = value {
            snapshot.set_gauge(gauge, value);
        }
    };
    let stats = app.store.stats();
    let StoreLoad { write_queue, logins, connects, connects_failed, statements } = app.store.load();
    set(Gauge::DatabaseBytes, stats.bytes.map(float));
    set(Gauge::DatabaseLogBytes, stats.log_bytes.map(float));
    set(Gauge::WriteQueue, Some(float(write_queue)));
    set(Gauge::LoginCache, Some(float(logins)));
    set(Gauge::ConnectFailed, share(connects_failed, connects.saturating_sub(connects_failed)));
    set(Gauge::Ready, app.readiness.last().map(|is_ready| f64::from(u8::from(is_ready))));
    if let Some((count, most)) = app.alerts.observed.connections() {
        set(Gauge::PostgresConnections, Some(float(count)));
        set(Gauge::PostgresConnectionsMax, Some(float(most)));
        set(Gauge::PostgresConnectionsUsed, (most > 0).then(|| float(count) / float(most)));
    }
    let report_open_ms = app.alerts.observed.report_open_ms();
    set(Gauge::ReportOpen, report_open_ms.map(|ms| float(ms) / 1_000.0));
    let backup_at = app.backups.stats().and_then(|backup| backup.at);
    set(Gauge::BackupAge, backup_at.map(|at| float(app.clock.wall().since(at)) / 1_000.0));
    if let Some(pool) = stats.pool {
        let PoolStats {
            connections_max, checked_out, reading, waiting, waits, wait_ms_max, timeouts, ..
        } = pool;
        set(Gauge::PoolMax, Some(connections_max.into()));
        set(Gauge::PoolCheckedOut, Some(checked_out.into()));
        set(Gauge::PoolReading, Some(reading.into()));
        set(Gauge::PoolWaiting, Some(waiting.into()));
        set(Gauge::PoolWaitMax, Some(float(wait_ms_max)));
        set(Gauge::PoolTimedOut, share(timeouts, waits.saturating_sub(timeouts)));
        snapshot.set_counter(Counter::DatabaseWaitsServed, waits.saturating_sub(timeouts));
        snapshot.set_counter(Counter::DatabaseWaitsTimedOut, timeouts);
        snapshot.set_counter(Counter::DatabaseWait, pool.wait_ms_total);
    }
    snapshot.set_counter(Counter::DatabaseConnected, connects.saturating_sub(connects_failed));
    snapshot.set_counter(Counter::DatabaseConnectFailed, connects_failed);
    snapshot.set_counter(Counter::DatabaseStatements, statements);
    snapshot.set_counter(Counter::DiskRefused, app.disk.refused());
}

fn answers(app: &App, snapshot: &mut Snapshot) {
    let (answers, bytes) = app.answers.size();
    snapshot.set_gauge(Gauge::CacheAnswers, float(answers as u64));
    snapshot.set_gauge(Gauge::Watches, float(app.hub.pushes().size().1 as u64));
    snapshot.set_gauge(Gauge::CacheBytes, float(bytes as u64));
    let Counts { hits, misses, shared, not_modified, evicted, reads_avoided, .. } = app.answers.total();
    for (counter, count) in [
        (Counter::CacheHit, hits),
        (Counter::CacheShared, shared),
        (Counter::CacheRead, misses.saturating_sub(shared)),
        (Counter::CacheNotModified, not_modified),
        (Counter::CacheEvicted, evicted),
        (Counter::CacheReadsAvoided, reads_avoided),
    ] {
        snapshot.set_counter(counter, count);
    }
}

fn relays(app: &App, snapshot: &mut Snapshot) {
    let services = app.ice.stats(app.clock.now());
    snapshot.set_counter(Counter::IceServicesAnswered, services.iter().map(|one| one.answered).sum());
    snapshot.set_counter(Counter::IceServicesFailed, services.iter().map(|one| one.failed).sum());
    let Some(relays) = &app.relays else { return };
    let callbox_media::Stats { counters, unsent_packets, rcvbuf_errors, streams, .. } = relays.stats();
    snapshot.set_gauge(Gauge::RelayAllocations, float(counters.allocations));
    snapshot.set_gauge(Gauge::RelayStreams, float(streams));
    for (counter, count) in [
        (Counter::RelayAllocated, counters.allocated),
        (Counter::RelayPacketsOut, counters.out_packets),
        (Counter::RelayPacketsIn, counters.in_packets),
        (Counter::RelayBytesOut, counters.out_bytes),
        (Counter::RelayBytesIn, counters.in_bytes),
        (Counter::RelayPacketsDirect, counters.direct_packets),
        (Counter::RelayPacketsUnsent, unsent_packets),
        (Counter::RelayOverflowed, rcvbuf_errors),
    ] {
        snapshot.set_counter(counter, count);
    }
    for (counter, (reason, _)) in relay::DROPPED.into_iter().zip(Dropped::ALL) {
        snapshot.set_counter(counter, counters.dropped(reason));
    }
    for (counter, (reason, _, _)) in relay::REFUSED.into_iter().zip(Refused::ALL) {
        snapshot.set_counter(counter, counters.refused(reason));
    }
}

fn process(app: &App, snapshot: &mut Snapshot) {
    let read = [
        (Gauge::Memory, resident_bytes()),
        (Gauge::OpenFiles, files::open()),
        (Gauge::OpenFilesMax, files::open_max()),
        (Gauge::DiskFree, disk::free_bytes(&app.data_dir)),
        (Gauge::ClockDrift, Some(app.clock.drift_ms())),
    ];
    for (gauge, value) in read {
        if let Some(value) = value {
            snapshot.set_gauge(gauge, float(value));
        }
    }
    snapshot.set_gauge(Gauge::Uptime, float(app.clock.uptime_ms()) / 1_000.0);
    if let Some(days) = app.tls.as_ref().and_then(|tls| tls.days_left(app.clock.wall())) {
        snapshot.set_gauge(Gauge::CertificateLeft, days.into());
    }
}

/// The second number of `/proc/self/statm`, in pages.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string(Path::new("/proc/self/statm")).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of 2^53 bytes needs no more digits")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_open_files() {
        assert!(resident_bytes().unwrap() > 100_000);
        let before = files::open().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let held: Vec<_> =
            (0..20).map(|n| std::fs::File::create(folder.path().join(n.to_string())).unwrap()).collect();
        assert!(files::open().unwrap() >= before + 10, "{}", held.len());
        assert!(files::open_max().unwrap() > 20);
    }
}
