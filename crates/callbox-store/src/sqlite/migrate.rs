//! The schema, brought up to date step by step, each step in a transaction of its own.
//!
//! A step that has landed is never changed: the next one fixes it. A database from a later version is refused.

use rusqlite::Connection;
use std::path::Path;

use super::snapshot::snapshot;
use crate::StoreError;

/// A schema, and how much of it a writer keeps in memory.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The name of the writer's thread.
    pub(super) thread: &'static str,
    pub(crate) steps: &'static [&'static str],
    /// Pages that the writer's connection keeps, in KiB.
    pub(super) cache_kib: i32,
}

/// The data of people and calls. The cache has the whole of a small database, and the part of a large one that is asked
/// for: SQLite's own 2 MiB hold less than the calls of a day.
pub(crate) const MAIN: Schema = Schema { thread: "store-writer", steps: STEPS, cache_kib: 32 << 10 };

/// The monitor's data: the rows of a day and an hour are written again each minute, and others are read once.
pub(crate) const MONITOR: Schema =
    Schema { thread: "monitor-writer", steps: MONITOR_STEPS, cache_kib: 4 << 10 };

/// The steps of the monitor's file.
pub(crate) const MONITOR_STEPS: &[&str] = &[
    include_str!("../../migrations/sqlite/monitor/0001_rollups.sql"),
    include_str!("../../migrations/sqlite/monitor/0002_browsers.sql"),
    include_str!("../../migrations/sqlite/monitor/0003_alerts.sql"),
    include_str!("../../migrations/sqlite/monitor/0004_smaller.sql"),
];

/// The steps, in order; the number of a step is its place, from 1.
pub(crate) const STEPS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_spine.sql"),
    include_str!("../../migrations/sqlite/0002_quality.sql"),
    include_str!("../../migrations/sqlite/0003_accounts.sql"),
    include_str!("../../migrations/sqlite/0004_history.sql"),
    include_str!("../../migrations/sqlite/0005_oidc.sql"),
    include_str!("../../migrations/sqlite/0006_left.sql"),
    include_str!("../../migrations/sqlite/0007_test_writes.sql"),
    include_str!("../../migrations/sqlite/0008_key_fingerprints.sql"),
    include_str!("../../migrations/sqlite/0009_credentials.sql"),
    include_str!("../../migrations/sqlite/0010_safety.sql"),
    include_str!("../../migrations/sqlite/0011_browsers.sql"),
    include_str!("../../migrations/sqlite/0012_causes.sql"),
    include_str!("../../migrations/sqlite/0013_bcrypt.sql"),
];

/// With the path of a database that has data, it is copied beside itself before its schema changes.
pub(super) fn migrate(
    connection: &mut Connection,
    steps: &[&str],
    path: Option<&Path>,
) -> Result<(), StoreError> {
    let known = i64::try_from(steps.len()).expect("there are few steps");
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if let Some(path) = path.filter(|_| (1..known).contains(&found)) {
        let mut copy = path.as_os_str().to_owned();
        copy.push(format!(".schema-{found}"));
        // One that is there already is from a try that failed, of the same data or older.
        if !Path::new(&copy).exists() {
            snapshot(path, Path::new(&copy))?;
        }
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (number, step) in (1_i64..).zip(steps).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::info!(number, "the schema was brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
