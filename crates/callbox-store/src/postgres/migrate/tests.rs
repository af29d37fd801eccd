//! Tests of `migrate.rs`.

use super::*;
use crate::{STATEMENTS, monitor};
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
    let schemas = "BEGIN; CREATE SCHEMA plans; SET LOCAL search_path TO plans; \
            DROP SCHEMA IF EXISTS callbox_monitor CASCADE; CREATE SCHEMA callbox_monitor";
    client.batch_execute(schemas).await.unwrap();
    for step in STEPS.iter().chain(MONITOR_STEPS) {
        client.batch_execute(step).await.unwrap();
    }
    // With so few rows PostgreSQL would rather read them all: only unavoidable scans remain.
    let plans = "SET LOCAL enable_seqscan TO off; SET LOCAL plan_cache_mode TO force_generic_plan";
    client.batch_execute(plans).await.unwrap();
    for (number, sql) in STATEMENTS.iter().chain(monitor::STATEMENTS).copied().flatten().enumerate() {
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
