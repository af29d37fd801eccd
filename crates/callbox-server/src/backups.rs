//! Backups of the embedded database: on a schedule while the server runs, by hand, and how to restore one.
//!
//! Each is a data folder of its own, named by its time. After a new one was checked the oldest are deleted; only
//! folders with such a name are counted, or deleted. One that fails is tried again an hour later and reported in
//! `/v1/stats`.

use anyhow::{Context as _, bail};
use callbox_monitor::Counter;
use callbox_protocol::http::BackupStats;
use callbox_protocol::time::UnixMillis;
use callbox_settings::data::BackupSettings;
use callbox_store::Backup;
use cookie::time::OffsetDateTime;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::counters;
use crate::disk::free_bytes;
use callbox_settings::data::DatabaseSettings;

const HOUR_MS: u64 = 60 * 60 * 1_000;
/// The first of a new server: not while it starts.
const FIRST_MS: u64 = 60 * 1_000;
/// The pause after a failed one, or less if they are due more often.
const RETRY_MS: u64 = HOUR_MS;

/// The folder of backups, how often they are made, and how many are kept.
#[derive(Clone, Debug)]
pub struct Plan {
    data: PathBuf,
    folder: PathBuf,
    every_ms: u64,
    keep: usize,
    /// The room that a backup leaves free: calls need it more.
    reserve_bytes: u64,
}

impl Plan {
    /// By the settings; `None` if there are none on a schedule.
    pub fn of(settings: &BackupSettings, database: &DatabaseSettings) -> Option<Self> {
        let every_ms = settings.hours * HOUR_MS;
        (every_ms > 0 && database.is_embedded()).then(|| Self {
            data: database.folder.clone(),
            folder: settings.folder.clone(),
            every_ms,
            keep: settings.keep,
            reserve_bytes: database.reserve_bytes,
        })
    }
}

/// The backups of a running server, and their results.
#[derive(Debug)]
pub struct Backups {
    clock: Clock,
    last: Mutex<Option<BackupStats>>,
}

impl Backups {
    /// None was made yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, last: Mutex::default() }
    }

    /// The last good one, and why the last try failed if it did; `None` before the first.
    pub fn stats(&self) -> Option<BackupStats> {
        self.lock().clone()
    }

    /// Makes them when they are due; runs until it is dropped.
    pub(crate) async fn run(self: Arc<Self>, plan: Plan) {
        // Those that are there are dated by the machine's clock; waiting goes by the one that is never set.
        let wall = self.clock.wall();
        let wait_ms = self.look(&plan, wall).since(wall).min(plan.every_ms.max(FIRST_MS));
        let mut due = self.clock.now().plus(wait_ms);
        loop {
            let wait = due.since(self.clock.now());
            self.clock.sleep(Duration::from_millis(wait)).await;
            let (job, wall) = (plan.clone(), self.clock.wall());
            let made = tokio::task::spawn_blocking(move || job.make(wall)).await;
            let made = made.unwrap_or_else(|panic| Err(anyhow::anyhow!("it panicked: {panic}")));
            due = self.note(&plan, made, self.clock.now());
        }
    }

    /// Reads the backups from before; returns when the next is due.
    fn look(&self, plan: &Plan, now: UnixMillis) -> UnixMillis {
        let newest = callbox_store::backups(&plan.folder, is_name).ok().and_then(|all| all.last().cloned());
        let Some(newest) = newest else { return now.plus(FIRST_MS) };
        *self.lock() = Some(stats(&newest));
        UnixMillis(newest.at.plus(plan.every_ms).0.max(now.plus(FIRST_MS).0))
    }

    fn note(&self, plan: &Plan, made: anyhow::Result<Backup>, now: UnixMillis) -> UnixMillis {
        match made {
            Ok(backup) => {
                counters::add(Counter::BackupsMade);
                tracing::info!(bytes = backup.bytes, "a backup was made and checked");
                *self.lock() = Some(stats(&backup));
                now.plus(plan.every_ms)
            }
            Err(error) => {
                counters::add(Counter::BackupsFailed);
                tracing::error!(error = format!("{error:#}"), "a backup failed; it is tried again");
                let mut last = self.lock();
                last.get_or_insert_default().failure = Some(format!("{error:#}"));
                now.plus(plan.every_ms.min(RETRY_MS))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<BackupStats>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn make(&self, now: UnixMillis) -> anyhow::Result<Backup> {
        let free = free_bytes(&self.folder).or_else(|| free_bytes(&self.data));
        let bytes = self.data.join("callbox.db").metadata().map_or(0, |found| found.len());
        if free.is_some_and(|free| free < bytes + self.reserve_bytes) {
            bail!("there is no room for {} MiB beside `disk_reserve_mb`", bytes >> 20);
        }
        let backup = callbox_store::back_up(&self.data, &self.folder.join(name(now)))?;
        let all = callbox_store::backups(&self.folder, is_name)?;
        callbox_store::thin_out(&all, self.keep).context("an old backup could not be deleted")?;
        Ok(backup)
    }
}

fn stats(backup: &Backup) -> BackupStats {
    BackupStats { at: Some(backup.at), bytes: backup.bytes, failure: None }
}

/// The newest one there.
pub(crate) fn newest(settings: &BackupSettings) -> Option<Backup> {
    callbox_store::backups(&settings.folder, is_name).ok()?.pop()
}

/// `callbox backup [TO]`: one more, now, also while a server runs.
pub fn create(
    settings: &BackupSettings,
    database: &DatabaseSettings,
    to: Option<PathBuf>,
    now: UnixMillis,
) -> anyhow::Result<Backup> {
    refuse_postgres(
        database,
        "back it up by pg_dump, or copy it into an embedded one by `callbox copy-data`",
    )?;
    let to = to.unwrap_or_else(|| settings.folder.join(name(now)));
    let made = callbox_store::back_up(&database.folder, &to);
    made.with_context(|| format!("no backup of {}", database.folder.display()))
}

/// `callbox restore FROM`: replaces the contents of the data folder by it; returns the path of the old files.
pub fn restore(database: &DatabaseSettings, from: &Path, now: UnixMillis) -> anyhow::Result<PathBuf> {
    refuse_postgres(
        database,
        "restore it by pg_restore, or copy an embedded one into it by `callbox copy-data`",
    )?;
    let aside = format!("before-restore-{}", name(now));
    let restored = callbox_store::restore(from, &database.folder, &aside);
    restored.with_context(|| format!("nothing of {} was restored", from.display()))
}

fn refuse_postgres(database: &DatabaseSettings, instead: &str) -> anyhow::Result<()> {
    if !database.is_embedded() {
        bail!("`database_url` names a PostgreSQL: {instead}");
    }
    Ok(())
}

/// Such as `2026-11-26T09-59-00Z`: sorts by time, and is a file's name everywhere.
fn name(now: UnixMillis) -> String {
    let seconds = i64::try_from(now.0 / 1_000).unwrap_or_default();
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = at.to_hms();
    format!("{}T{hour:02}-{minute:02}-{second:02}Z", at.date())
}

fn is_name(name: &str) -> bool {
    let shape = name.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00T00-00-00Z")
}

#[cfg(test)]
mod tests;
