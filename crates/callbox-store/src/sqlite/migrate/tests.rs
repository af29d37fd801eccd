//! Tests of `migrate.rs`.

use super::*;
use crate::{STATEMENTS, monitor};

#[test]
fn every_statement_can_be_prepared_and_the_hot_ones_are_answered_from_an_index() {
    can_be_prepared(STEPS, STATEMENTS);
    can_be_prepared(MONITOR_STEPS, monitor::STATEMENTS);
}

fn can_be_prepared(steps: &[&str], statements: &[&[&crate::sql::Sql]]) {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, steps, None).unwrap();
    for sql in statements.iter().copied().flatten() {
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
    migrate(&mut connection, STEPS, None).unwrap();
    let number = |question: &str| connection.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM calls WHERE cause = 'hangup' AND ended_ms = 2"), 1);
    let call = call.replace("zeroblob(16), 'random'", "randomblob(16), 'random'").replace("hangup", "left");
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
    migrate(&mut connection, STEPS, None).unwrap();
    connection.execute_batch(&sample("frozen", 2)).unwrap();
    let text = |question: &str| connection.query_row(question, [], |row| row.get::<_, String>(0)).unwrap();
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
    migrate(&mut connection, STEPS, Some(&path)).unwrap();
    let copy = Connection::open(folder.path().join("callbox.db.schema-1")).unwrap();
    let number = |question: &str| copy.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((number("SELECT count(*) FROM users"), number("PRAGMA user_version")), (1, 1));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a new database is not copied");
}

#[test]
fn a_second_run_changes_nothing() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, STEPS, None).unwrap();
    migrate(&mut connection, STEPS, None).unwrap();
}

#[test]
fn visits_and_days_of_users_from_before_they_were_packed_are_there_after_it() {
    let mut connection = Connection::open_in_memory().unwrap();
    for step in &MONITOR_STEPS[..2] {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", 2).unwrap();
    let view = "INSERT INTO visit_views VALUES (zeroblob(16), zeroblob(16), 2, 5, '{\"number\":1}')";
    let day = |user: &str, day: u32| {
        format!(
            "INSERT INTO user_days VALUES (x'{user}00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', {day}, 1, 2, 3)"
        )
    };
    let days = [day("01", 64), day("01", 95), day("01", 96), day("02", 64)].join(";");
    connection.execute_batch(&format!("{view}; {days}")).unwrap();
    migrate(&mut connection, MONITOR_STEPS, None).unwrap();
    let text = |question: &str| connection.query_row(question, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(
        text("SELECT sequence || ' ' || started_at || ' ' || CAST(body AS TEXT) FROM visit_views"),
        "2 5 {\"number\":1}"
    );
    let spans = "SELECT group_concat(span || ' ' || hex(user_hash) || ' ' || days, ',') FROM user_spans";
    let hash = "00112233445566778899AABBCCDDEE";
    assert_eq!(text(spans), format!("2 01{hash} {},2 02{hash} 1,3 01{hash} 1", 1_u64 | 1 << 31));
}
