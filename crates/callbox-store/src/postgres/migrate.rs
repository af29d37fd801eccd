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
];

pub(super) async fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let table = "CREATE TABLE IF NOT EXISTS callbox_schema (number bigint PRIMARY KEY)";
    // Within one transaction, so that it also holds behind pgbouncer; the number is "callbox" in ASCII.
    connection.batch("BEGIN; SELECT pg_advisory_xact_lock(28009438012440440)").await?;
    let result = steps(connection, table).await;
    connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    result
}

async fn steps(connection: &Connection, table: &str) -> Result<(), StoreError> {
    connection.batch(table).await?;
    let found = connection.number("SELECT coalesce(max(number), 0) FROM callbox_schema").await?;
    let known = i64::try_from(STEPS.len()).expect("there are few steps");
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (number, step) in (1_i64..).zip(STEPS).skip(done) {
        connection.batch(step).await?;
        connection.batch(&format!("INSERT INTO callbox_schema (number) VALUES ({number})")).await?;
        tracing::info!(number, "the schema was brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STATEMENTS;
    use tokio_postgres::{NoTls, SimpleQueryMessage};

    #[tokio::test]
    async fn every_statement_can_be_prepared_and_the_hot_ones_are_answered_from_an_index() {
        let Ok(url) = std::env::var("CALLBOX_TEST_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL in CALLBOX_TEST_POSTGRES; `cargo xtask test` starts one");
            return;
        };
        let (client, driver) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let driver = tokio::spawn(driver);
        // All of it in a transaction that comes to nothing.
        client.batch_execute("BEGIN; CREATE SCHEMA plans; SET LOCAL search_path TO plans").await.unwrap();
        for step in STEPS {
            client.batch_execute(step).await.unwrap();
        }
        // With so few rows PostgreSQL would rather read them all: only unavoidable scans remain.
        let plans = "SET LOCAL enable_seqscan TO off; SET LOCAL plan_cache_mode TO force_generic_plan";
        client.batch_execute(plans).await.unwrap();
        for (number, sql) in STATEMENTS.iter().copied().flatten().enumerate() {
            // Not `s0` and so on: so the client names its own.
            let prepare = format!("PREPARE plan{number} AS {}", sql.postgres);
            client.batch_execute(&prepare).await.unwrap_or_else(|error| panic!("{}: {error:?}", sql.name));
            let prepared = client.prepare(sql.postgres).await.unwrap();
            let names = prepared.columns().iter().map(tokio_postgres::Column::name);
            assert!(sql.is_read_from(names), "{}: {:?}", sql.name, prepared.columns());
            if !sql.is_hot {
                continue;
            }
            let count = (1..100).take_while(|n| sql.postgres.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; count].join(", ");
            let nulls = if count == 0 { String::new() } else { format!("({nulls})") };
            let plan = client.simple_query(&format!("EXPLAIN EXECUTE plan{number}{nulls}")).await.unwrap();
            for message in plan {
                let SimpleQueryMessage::Row(row) = message else { continue };
                let line = row.get(0).unwrap();
                assert!(!line.contains("Seq Scan"), "{}: {line}", sql.name);
            }
        }
        drop(client);
        driver.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn triggers_and_cascades_are_those_of_sqlite_where_tags_are_tested() {
        let Ok(url) = std::env::var("CALLBOX_TEST_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL in CALLBOX_TEST_POSTGRES; `cargo xtask test` starts one");
            return;
        };
        let (client, driver) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let driver = tokio::spawn(driver);
        client.batch_execute("BEGIN; CREATE SCHEMA chains; SET LOCAL search_path TO chains").await.unwrap();
        for step in STEPS {
            client.batch_execute(step).await.unwrap();
        }
        let chains = "SELECT conrelid::regclass || ' ' || confrelid::regclass || ' ' || confdeltype::text FROM pg_constraint \
            WHERE contype = 'f' AND connamespace = 'chains'::regnamespace \
            UNION ALL SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger \
            JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = 'chains'::regnamespace";
        let found = client.query(chains, &[]).await.unwrap();
        let mut found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        drop(client);
        driver.await.unwrap().unwrap();

        let embedded = rusqlite::Connection::open_in_memory().unwrap();
        embedded.execute_batch(&crate::sqlite::STEPS.concat()).unwrap();
        let chains = "SELECT tables.name || ' ' || keys.\"table\" || ' ' || \
            CASE on_delete WHEN 'CASCADE' THEN 'c' ELSE on_delete END \
            FROM sqlite_schema AS tables, pragma_foreign_key_list(tables.name) AS keys WHERE tables.type = 'table' \
            UNION ALL SELECT tbl_name || ' ' || name FROM sqlite_schema WHERE type = 'trigger'";
        let mut chains = embedded.prepare(chains).unwrap();
        let expected = chains.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut expected: Vec<_> = expected.map(Result::unwrap).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert!(found.contains(&"logins users c".to_owned()));
    }
}
