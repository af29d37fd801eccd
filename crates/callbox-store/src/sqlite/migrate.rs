//! The schema, brought up to date step by step, each step in a transaction of its own.
//!
//! A step that has landed is never changed: the next one fixes it. A database from a later version is refused.

use rusqlite::Connection;
use std::path::Path;

use crate::{StoreError, backup};

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
];

/// With the path of a database that has data, it is copied beside itself before its schema changes.
pub(super) fn migrate(connection: &mut Connection, path: Option<&Path>) -> Result<(), StoreError> {
    let known = i64::try_from(STEPS.len()).expect("there are few steps");
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if let Some(path) = path.filter(|_| (1..known).contains(&found)) {
        let mut copy = path.as_os_str().to_owned();
        copy.push(format!(".schema-{found}"));
        // One that is there already is from a try that failed, of the same data or older.
        if !Path::new(&copy).exists() {
            backup::snapshot(path, Path::new(&copy))?;
        }
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (number, step) in (1_i64..).zip(STEPS).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::info!(number, "the schema was brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STATEMENTS;

    #[test]
    fn every_statement_can_be_prepared_and_the_hot_ones_are_answered_from_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None).unwrap();
        for sql in STATEMENTS.iter().copied().flatten() {
            let prepared = connection.prepare(sql.sqlite);
            let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error}", sql.name));
            // The writer's connection is lent to readers, and SQLite would let them write by it.
            assert!(!sql.only_reads || prepared.readonly(), "{} writes", sql.name);
            let names: Vec<_> = prepared.column_names().collect();
            assert!(sql.is_read_from(names.iter().copied()), "{}: {names:?}", sql.name);
            drop(prepared);
            if !sql.is_hot {
                continue;
            }
            let question = sql.sqlite;
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
            let parameters = vec![rusqlite::types::Null; plan.parameter_count()];
            let steps = plan.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3));
            for step in steps.unwrap() {
                let step = step.unwrap();
                // `mine` is the result of a part of the statement, of as many rows as a page has.
                let is_small = step == "SCAN mine";
                assert!(is_small || !step.starts_with("SCAN"), "{}: {step}", sql.name);
            }
        }
    }

    #[test]
    fn calls_from_before_a_step_are_there_after_it_and_are_not_counted_twice() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let columns = "id, kind, caller, callee, matched_at, ended_ms, cause, outcome";
        let call = "zeroblob(16), 'random', zeroblob(16), zeroblob(16), 1, 2, 'hangup', 'success'";
        connection.execute_batch(&format!("INSERT INTO calls ({columns}) VALUES ({call})")).unwrap();
        migrate(&mut connection, None).unwrap();
        let number = |question: &str| connection.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(number("SELECT count(*) FROM calls WHERE cause = 'hangup' AND ended_ms = 2"), 1);
        let call =
            call.replace("zeroblob(16), 'random'", "randomblob(16), 'random'").replace("hangup", "left");
        connection.execute_batch(&format!("INSERT INTO calls ({columns}) VALUES ({call})")).unwrap();
        assert_eq!(number("SELECT count FROM outcomes WHERE outcome = 'success'"), 2);
    }

    #[test]
    fn samples_and_summaries_from_before_frozen_pictures_were_told_are_there_after_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in &STEPS[..5] {
            connection.execute_batch(step).unwrap();
        }
        connection.pragma_update(None, "user_version", 5).unwrap();
        let sample = |level: &str, at: u8| {
            format!(
                "INSERT INTO call_samples VALUES (zeroblob(16), 'caller', {at}, '{level}', 9, 1, 2, 3, 4, 5, 0)"
            )
        };
        let summary = "INSERT INTO call_quality VALUES (zeroblob(16), 'callee', 1, 2, 3, 4, 50, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)";
        connection.execute_batch(&format!("{}; {summary}", sample("poor", 1))).unwrap();
        migrate(&mut connection, None).unwrap();
        connection.execute_batch(&sample("frozen", 2)).unwrap();
        let text =
            |question: &str| connection.query_row(question, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("SELECT group_concat(level || sent_kbps, ' ') FROM call_samples"), "poor5 frozen5");
        assert_eq!(text("SELECT poor_s || ' ' || frozen_s || ' ' || score FROM call_quality"), "3 0 50");
        connection.execute_batch(&sample("unheard of", 3)).unwrap_err();
    }

    #[test]
    fn a_database_with_data_is_copied_before_its_schema_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callbox.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection.execute_batch("INSERT INTO users (id, created_at) VALUES (zeroblob(16), 1)").unwrap();
        migrate(&mut connection, Some(&path)).unwrap();
        let copy = Connection::open(folder.path().join("callbox.db.schema-1")).unwrap();
        let number = |question: &str| copy.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((number("SELECT count(*) FROM users"), number("PRAGMA user_version")), (1, 1));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a new database is not copied");
    }

    #[test]
    fn a_second_run_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None).unwrap();
        migrate(&mut connection, None).unwrap();
    }
}
