//! The schema in PostgreSQL, step by step, under the same numbers as SQLite's.
//!
//! An advisory lock lets one of several nodes do it. A step that has landed is never changed.

use super::connection::Connection;
use crate::StoreError;

/// The steps, in order; the number of a step is its place, from 1.
pub(crate) const STEPS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_spine.sql"),
    include_str!("../../migrations/postgres/0002_quality.sql"),
    include_str!("../../migrations/postgres/0003_accounts.sql"),
    include_str!("../../migrations/postgres/0004_history.sql"),
    include_str!("../../migrations/postgres/0005_oidc.sql"),
    include_str!("../../migrations/postgres/0006_left.sql"),
    include_str!("../../migrations/postgres/0007_test_writes.sql"),
    include_str!("../../migrations/postgres/0008_key_fingerprints.sql"),
    include_str!("../../migrations/postgres/0009_credentials.sql"),
    include_str!("../../migrations/postgres/0010_safety.sql"),
    include_str!("../../migrations/postgres/0011_browsers.sql"),
    include_str!("../../migrations/postgres/0012_causes.sql"),
    include_str!("../../migrations/postgres/0013_bcrypt.sql"),
];

/// The steps of the monitor's schema, which is one of its own in the same database.
pub(crate) const MONITOR_STEPS: &[&str] = &[
    include_str!("../../migrations/postgres/monitor/0001_rollups.sql"),
    include_str!("../../migrations/postgres/monitor/0002_browsers.sql"),
    include_str!("../../migrations/postgres/monitor/0003_alerts.sql"),
    include_str!("../../migrations/postgres/monitor/0004_smaller.sql"),
];

pub(super) async fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // Within one transaction, so that it also holds behind pgbouncer; the number is "callbox" in ASCII.
    connection.batch("BEGIN; SELECT pg_advisory_xact_lock(28009438012440440)").await?;
    let result = schemas(connection).await;
    connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    result
}

async fn schemas(connection: &Connection) -> Result<(), StoreError> {
    steps(connection, "callbox_schema", STEPS).await?;
    // Not `IF NOT EXISTS`: that asks for the right to make one also if it is there.
    let made = "SELECT count(*) FROM pg_namespace WHERE nspname = 'callbox_monitor'";
    if connection.number(made).await? == 0 {
        connection.batch("CREATE SCHEMA callbox_monitor").await?;
    }
    steps(connection, "callbox_monitor.callbox_schema", MONITOR_STEPS).await
}

/// Brings one schema up to date; `table` has the numbers of its steps.
async fn steps(connection: &Connection, table: &str, steps: &[&str]) -> Result<(), StoreError> {
    connection.batch(&format!("CREATE TABLE IF NOT EXISTS {table} (number bigint PRIMARY KEY)")).await?;
    let found = connection.number(&format!("SELECT coalesce(max(number), 0) FROM {table}")).await?;
    let known = i64::try_from(steps.len()).expect("there are few steps");
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (number, step) in (1_i64..).zip(steps).skip(done) {
        connection.batch(step).await?;
        connection.batch(&format!("INSERT INTO {table} (number) VALUES ({number})")).await?;
        tracing::info!(number, "the schema was brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
