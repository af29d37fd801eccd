//! The properties of the embedded database alone: its folder, its files, and their contents.

use callbox_protocol::call::{Outcome, Side};
use callbox_protocol::http::{ReportLine, ReportReason};
use callbox_protocol::id::{CallId, ReportId};
use callbox_protocol::signal::{QualityLevel, Sample};
use callbox_store::{NewReport, ReportOutcome, Store, StoreError};
use std::os::unix::fs::PermissionsExt;

use crate::world::{DAY_MS, NOW, World, call, guest, user};

#[tokio::test]
async fn the_record_of_a_call_has_its_stages_its_path_and_its_end() {
    let World { store, folder, .. } = World::sqlite();
    store.record_call(Box::new(call(1, Outcome::Left)));
    store.close().await;
    let database = rusqlite::Connection::open(folder.path().join("callbox.db")).unwrap();
    let row = database.query_row("SELECT * FROM calls", [], |row| {
        (0..row.as_ref().column_count())
            .map(|column| Ok((row.as_ref().column_name(column)?.to_owned(), row.get(column)?)))
            .collect::<rusqlite::Result<std::collections::HashMap<String, rusqlite::types::Value>>>()
    });
    let row = row.unwrap();
    let text = |name: &str| match &row[name] {
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    for (column, value) in [
        ("kind", "random"),
        ("matched_at", "1790000000000"),
        ("confirmed_ms", "12"),
        ("offer_ms", "13"),
        ("answer_ms", "Null"),
        ("caller_path", "host/prflx"),
        ("callee_path", "Null"),
        ("ended_ms", "5000"),
        ("cause", "peer_lost"),
        ("ended_by", "callee"),
        ("outcome", "left"),
    ] {
        assert_eq!(text(column), value, "{column}");
    }
}

#[tokio::test]
async fn samples_are_kept_beside_each_other() {
    let World { store, folder, .. } = World::sqlite();
    let sample = Sample {
        call: CallId::from_bytes([1; 16]),
        level: QualityLevel::Poor,
        score: 40,
        rtt_ms: 400,
        jitter_ms: 60,
        loss_permille: 80,
        received_kbps: 90,
        sent_kbps: 40,
        sends_picture: false,
    };
    for (side, ms) in [(Side::Caller, 0), (Side::Callee, 0), (Side::Caller, 10_000)] {
        store.record_sample(side, sample, NOW.plus(ms));
    }
    store.close().await;
    let database = rusqlite::Connection::open(folder.path().join("callbox.db")).unwrap();
    let question = "SELECT count(*) FROM call_samples WHERE level = 'poor' AND loss_permille = 80";
    assert_eq!(database.query_row(question, [], |row| row.get::<_, u32>(0)).unwrap(), 3);
}

#[tokio::test]
async fn a_report_replaces_the_one_before_and_there_are_twenty_a_day() {
    let World { store, folder, .. } = World::sqlite();
    store.create_guest(guest(1, None)).await.unwrap();
    let report = |id: ReportId, call: CallId, note: &str| NewReport {
        id,
        call,
        reporter: user(1),
        reported: user(2),
        reason: ReportReason::Harassment,
        note: note.to_owned(),
        // A reporter who says more after the lines were forgotten does not lose them.
        lines: if note == "more" {
            Vec::new()
        } else {
            vec![ReportLine { from: Side::Callee, text: "\"it's\" bad".to_owned() }]
        },
    };
    for number in 0..20 {
        let call = CallId::from_bytes([number; 16]);
        assert_eq!(
            store.report(report(ReportId::from_bytes(*call.as_bytes()), call, "x"), 0, NOW).await.unwrap(),
            ReportOutcome::Reported
        );
    }
    let [known, new] = [0, 99].map(|number| CallId::from_bytes([number; 16]));
    assert_eq!(
        store.report(report(ReportId::from_bytes(*new.as_bytes()), new, "x"), 0, NOW).await.unwrap(),
        ReportOutcome::TooMany
    );
    assert_eq!(
        store.report(report(ReportId::from_bytes([200; 16]), known, "more"), 0, NOW).await.unwrap(),
        ReportOutcome::Reported
    );
    let tomorrow = NOW.plus(DAY_MS + 1);
    assert_eq!(
        store.report(report(ReportId::from_bytes(*new.as_bytes()), new, "x"), 0, tomorrow).await.unwrap(),
        ReportOutcome::Reported
    );
    store.close().await;
    let database = rusqlite::Connection::open(folder.path().join("callbox.db")).unwrap();
    let question = "SELECT note || json_extract(lines, '$[0].text') FROM reports WHERE call = zeroblob(16)";
    let kept: String = database.query_row(question, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "more\"it's\" bad");
}

#[tokio::test]
async fn while_another_program_holds_the_lock_nothing_is_written_and_what_nobody_waits_for_is_written_after_it()
 {
    let World { store, folder, .. } = World::sqlite();
    let other = rusqlite::Connection::open(folder.path().join("callbox.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    store.record_call(Box::new(call(1, Outcome::Left)));
    // Both wait for the same lock; the first one fails when its wait has ended, and is not written later either.
    assert!(matches!(store.create_guest(guest(1, None)).await, Err(StoreError::Locked)));
    let (read, written) = tokio::join!(store.login_by_token_hash(&[1; 32], NOW), store.test_write(NOW));
    assert!(read.unwrap().is_none() && matches!(written, Err(StoreError::Locked)));
    other.execute_batch("ROLLBACK").unwrap();
    store.test_write(NOW).await.unwrap();
    assert!(store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_none());
    store.settle().await.unwrap();
    assert_eq!(store.outcomes().await.unwrap().left, 1);
}

#[tokio::test]
async fn a_closed_store_leaves_the_folder_to_the_next_one_though_somebody_still_holds_it() {
    let World { store, folder, .. } = World::sqlite();
    store.close().await;
    let next = Store::open(folder.path()).unwrap();
    next.test_write(NOW).await.unwrap();
    assert!(matches!(store.test_write(NOW).await, Err(StoreError::Closed)));
}

#[test]
fn a_second_open_and_a_later_schema_are_refused_with_the_reason() {
    let World { store, folder, .. } = World::sqlite();
    let second = Store::open(folder.path()).unwrap_err();
    assert!(second.to_string().contains("another callbox uses"));
    drop(store);
    let database = folder.path().join("callbox.db");
    rusqlite::Connection::open(&database).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(folder.path()).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }));
}

#[test]
fn the_folder_and_its_files_are_for_their_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _store = Store::open(&folder).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn whether_a_folder_is_in_use_is_told_without_making_anything() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    assert!(!callbox_store::is_in_use(&folder).unwrap() && !folder.exists());
    let store = Store::open(&folder).unwrap();
    assert!(callbox_store::is_in_use(&folder).unwrap());
    store.close().await;
    drop(store);
    assert!(!callbox_store::is_in_use(&folder).unwrap());
}
