//! The store's story, told to the real engine in a folder of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use callbox_protocol::http::{AgeClass, Outcomes, ReportCall, ReportLine, ReportReason};
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::signal::{
    CallKind, CandidateKind, EndCause, Path, Quality, QualityLevel, Sample, Side,
};
use callbox_protocol::time::UnixMillis;
use callbox_store::{
    BlockOutcome, CreateInviteOutcome, NewCall, NewGuest, Outcome, ReportOutcome, SetAgeOutcome, Store,
    StoreError,
};
use std::os::unix::fs::PermissionsExt;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

struct Fresh {
    store: Store,
    folder: tempfile::TempDir,
}

fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    Fresh { store: Store::open(folder.path()).unwrap(), folder }
}

fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

fn guest(number: u8, age: Option<AgeClass>) -> NewGuest {
    let login = LoginId::from_bytes([number; 16]);
    NewGuest { user: user(number), login, token_hash: [number; 32], age, now: NOW }
}

fn call(number: u8, outcome: Outcome) -> NewCall {
    NewCall {
        call: CallId::from_bytes([number; 16]),
        kind: CallKind::Random,
        caller: user(1),
        callee: user(2),
        matched_at: NOW,
        confirmed_ms: Some(12),
        offer_ms: Some(13),
        answer_ms: None,
        caller_connected_ms: None,
        callee_connected_ms: None,
        caller_dtls_ms: Some(20),
        callee_dtls_ms: None,
        caller_first_frame_ms: None,
        callee_first_frame_ms: None,
        caller_path: Some(Path { local: CandidateKind::Host, remote: CandidateKind::Prflx }),
        callee_path: None,
        ended_ms: 5_000,
        cause: EndCause::PeerLost,
        ended_by: Some(Side::Callee),
        outcome,
    }
}

#[tokio::test]
async fn a_guest_is_found_by_the_hash_of_its_token_also_after_a_restart() {
    let Fresh { store, folder } = fresh();
    store.create_guest(guest(1, Some(AgeClass::Minor))).await.unwrap();
    store.close().await;
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let found = store.login_by_token_hash(&[1; 32], NOW).unwrap().unwrap();
    assert_eq!((found.user.id, found.user.age), (user(1), Some(AgeClass::Minor)));
    assert_eq!(store.login_by_token_hash(&[2; 32], NOW).unwrap(), None);
}

#[tokio::test]
async fn a_login_ends_after_thirty_days_without_use_and_not_before() {
    let Fresh { store, folder: _folder } = fresh();
    store.create_guest(guest(1, None)).await.unwrap();
    let day = |days: u64| NOW.plus(days * DAY_MS);
    assert!(store.login_by_token_hash(&[1; 32], day(29)).unwrap().is_some());
    // The use on day 29 is written behind; a write that is awaited comes after it.
    store.create_guest(guest(2, None)).await.unwrap();
    assert!(store.login_by_token_hash(&[1; 32], day(58)).unwrap().is_some());
    store.create_guest(guest(3, None)).await.unwrap();
    assert!(store.login_by_token_hash(&[1; 32], day(89)).unwrap().is_none());
}

#[tokio::test]
async fn the_age_question_is_answered_once() {
    let Fresh { store, folder: _folder } = fresh();
    store.create_guest(guest(1, None)).await.unwrap();
    assert_eq!(store.set_age(user(1), AgeClass::Minor).await.unwrap(), SetAgeOutcome::Set);
    assert_eq!(store.set_age(user(1), AgeClass::Minor).await.unwrap(), SetAgeOutcome::Same);
    assert_eq!(store.set_age(user(1), AgeClass::Adult).await.unwrap(), SetAgeOutcome::AlreadyOther);
    assert_eq!(store.set_age(user(9), AgeClass::Adult).await.unwrap(), SetAgeOutcome::NoSuchUser);
}

#[tokio::test]
async fn an_invite_is_open_until_its_end_and_a_user_has_twenty_at_most() {
    let Fresh { store, folder: _folder } = fresh();
    store.create_guest(guest(1, None)).await.unwrap();
    let end = NOW.plus(1_000);
    for number in 0..20 {
        let created = store.create_invite([number; 32], user(1), end, NOW).await.unwrap();
        assert_eq!(created, CreateInviteOutcome::Created);
    }
    let one_more = store.create_invite([99; 32], user(1), end, NOW.plus(400)).await.unwrap();
    assert_eq!(one_more, CreateInviteOutcome::TooMany { retry_after_ms: 600 });
    assert_eq!(store.invite(&[0; 32], NOW).unwrap().unwrap().user, user(1));
    assert_eq!(store.invite(&[0; 32], end).unwrap(), None);
    assert_eq!(store.invite(&[99; 32], NOW).unwrap(), None);
    let later = store.create_invite([99; 32], user(1), end.plus(1_000), end).await.unwrap();
    assert_eq!(later, CreateInviteOutcome::Created);
}

#[tokio::test]
async fn blocks_stand_once_and_have_a_bound() {
    let Fresh { store, folder: _folder } = fresh();
    for number in 1..=3 {
        store.create_guest(guest(number, None)).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(store.block(user(1), user(2), NOW).await.unwrap(), BlockOutcome::Blocked);
    }
    assert_eq!(store.blocked_by(user(1)).unwrap(), [user(2)].into());
    assert!(store.blocked_by(user(2)).unwrap().is_empty());
    for number in 0..999_u32 {
        let mut id = [0xFF; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let mut other = guest(0, None);
        (other.user, other.login) = (UserId::from_bytes(id), LoginId::from_bytes(id));
        other.token_hash[..16].copy_from_slice(&id);
        // Both writes are in one group, in this order.
        let (made, blocked) =
            tokio::join!(store.create_guest(other), store.block(user(1), UserId::from_bytes(id), NOW));
        made.unwrap();
        blocked.unwrap();
    }
    assert_eq!(store.blocked_by(user(1)).unwrap().len(), 1_000);
    assert_eq!(store.block(user(1), user(3), NOW).await.unwrap(), BlockOutcome::TooMany);
    assert_eq!(store.block(user(1), user(2), NOW).await.unwrap(), BlockOutcome::Blocked);
}

#[tokio::test]
async fn calls_are_recorded_once_and_counted_by_outcome() {
    let Fresh { store, folder: _folder } = fresh();
    for (number, outcome) in
        [(1, Outcome::Success), (1, Outcome::Success), (2, Outcome::Left), (3, Outcome::Unconfirmed)]
    {
        store.record_call(Box::new(call(number, outcome)));
    }
    // An awaited write comes after those that nobody waits for.
    store.create_guest(guest(1, None)).await.unwrap();
    assert_eq!(store.outcomes().unwrap(), Outcomes { success: 1, left: 1, ..Outcomes::default() });
    assert_eq!(store.call_parties(CallId::from_bytes([2; 16])).await.unwrap(), Some((user(1), user(2))));
    assert_eq!(store.call_parties(CallId::from_bytes([9; 16])).await.unwrap(), None);
}

#[tokio::test]
async fn the_record_of_a_call_has_its_stages_its_path_and_its_end() {
    let Fresh { store, folder } = fresh();
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

/// A call that ended at this time, with a set-up of its own length.
fn recent_call(at: u64, first_frame_ms: u32, outcome: Outcome, cause: EndCause) -> NewCall {
    NewCall {
        call: CallId::new(NOW.plus(at), [0; 10]),
        answer_ms: Some(30),
        caller_connected_ms: Some(80),
        caller_first_frame_ms: Some(first_frame_ms),
        cause,
        ..call(1, outcome)
    }
}

fn quality(call: CallId, score: u8, poor_s: u32) -> Quality {
    Quality {
        call,
        excellent_s: 90,
        good_s: 0,
        poor_s,
        disconnected_s: 0,
        score,
        score_min: 1,
        rtt_ms: 40,
        jitter_ms: 2,
        loss_permille: 3,
        received_kbps: 500,
        sent_kbps: 400,
        freezes: 0,
        freeze_ms: 0,
        interruptions: 0,
        restarts: 0,
        audio_only_s: 0,
    }
}

#[tokio::test]
async fn recent_calls_are_counted_and_old_ones_and_those_that_never_began_are_not() {
    let Fresh { store, folder: _folder } = fresh();
    store.create_guest(guest(1, None)).await.unwrap();
    let now = NOW.plus(DAY_MS + 1_000);
    let calls = [
        recent_call(1_000, 200, Outcome::Success, EndCause::Hangup),
        recent_call(2_000, 400, Outcome::Success, EndCause::MediaLost),
        recent_call(3_000, 300, Outcome::Failure, EndCause::MediaFailed),
        recent_call(4_000, 100, Outcome::Left, EndCause::Next),
        recent_call(5_000, 100, Outcome::Unconfirmed, EndCause::Unconfirmed),
        recent_call(999, 9_999, Outcome::Failure, EndCause::MediaFailed),
    ];
    for call in &calls {
        store.record_call(Box::new(call.clone()));
    }
    store.record_quality(Side::Caller, Box::new(quality(calls[0].call, 90, 0)));
    store.record_quality(Side::Callee, Box::new(quality(calls[0].call, 60, 20)));
    // A second word of the same side is none.
    store.record_quality(Side::Caller, Box::new(quality(calls[0].call, 1, 999)));
    for stars in [1, 4] {
        store.rate_call(calls[0].call, user(1), stars, now).await.unwrap();
    }
    let recent = store.recent_calls(now).await.unwrap();
    assert_eq!((recent.calls, recent.dropped), (4, 1));
    assert!((recent.success_percent.unwrap() - 200.0 / 3.0).abs() < 0.01);
    assert_eq!(recent.causes[&EndCause::MediaLost], 1);
    assert_eq!(recent.paths, [(CandidateKind::Prflx, 4)].into());
    assert_eq!((recent.setup.first_frame.count, recent.setup.first_frame.p50_ms), (4, 200));
    // Connected 50 ms after the answer, of which DTLS took 20.
    assert_eq!((recent.setup.ice.p99_ms, recent.setup.dtls.p99_ms), (30, 20));
    assert_eq!((recent.quality.summaries, recent.quality.score), (2, Some(75.0)));
    assert!((recent.quality.poor_percent - 10.0).abs() < 0.01);
    assert_eq!((recent.quality.ratings, recent.quality.stars), (1, Some(4.0)));
}

#[tokio::test]
async fn samples_are_kept_beside_each_other() {
    let Fresh { store, folder } = fresh();
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
    let Fresh { store, folder } = fresh();
    let both = [user(1), user(2)];
    let report = |note: &str| ReportCall {
        reason: ReportReason::Harassment,
        note: note.to_owned(),
        lines: vec![ReportLine { from: Side::Callee, text: "\"it's\" bad".to_owned() }],
    };
    for number in 0..20 {
        let call = CallId::from_bytes([number; 16]);
        assert_eq!(store.report(call, both, report("x"), NOW).await.unwrap(), ReportOutcome::Reported);
    }
    let [known, new] = [0, 99].map(|number| CallId::from_bytes([number; 16]));
    assert_eq!(store.report(new, both, report("x"), NOW).await.unwrap(), ReportOutcome::TooMany);
    assert_eq!(store.report(known, both, report("more"), NOW).await.unwrap(), ReportOutcome::Reported);
    let tomorrow = NOW.plus(DAY_MS + 1);
    assert_eq!(store.report(new, both, report("x"), tomorrow).await.unwrap(), ReportOutcome::Reported);
    store.close().await;
    let database = rusqlite::Connection::open(folder.path().join("callbox.db")).unwrap();
    let question = "SELECT note || json_extract(lines, '$[0].text') FROM reports WHERE call = zeroblob(16)";
    let kept: String = database.query_row(question, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "more\"it's\" bad");
}

#[tokio::test]
async fn a_failing_write_does_not_spoil_its_neighbours() {
    let Fresh { store, folder: _folder } = fresh();
    store.create_guest(guest(1, None)).await.unwrap();
    let mut twin = guest(2, None);
    twin.token_hash = [1; 32];
    let (before, failing, after) = tokio::join!(
        store.create_guest(guest(3, None)),
        store.create_guest(twin),
        store.create_guest(guest(4, None))
    );
    assert!(before.is_ok() && after.is_ok());
    assert!(matches!(failing, Err(StoreError::Sqlite(_))));
    assert_eq!(store.set_age(user(2), AgeClass::Adult).await.unwrap(), SetAgeOutcome::NoSuchUser);
    assert!(store.login_by_token_hash(&[4; 32], NOW).unwrap().is_some());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let Fresh { store, folder: _folder } = fresh();
    store.ping().unwrap();
    store.close().await;
    assert!(matches!(store.create_guest(guest(1, None)).await, Err(StoreError::Closed)));
    assert!(store.ping().is_err());
}

#[test]
fn a_second_open_and_a_later_schema_are_refused_with_the_reason() {
    let Fresh { store, folder } = fresh();
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
