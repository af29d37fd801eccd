//! The store's story, told to the real engine in a folder of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use callbox_protocol::http::{AgeClass, Outcomes};
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::signal::{CallKind, CandidateKind, EndCause, Path, Side};
use callbox_protocol::time::UnixMillis;
use callbox_store::{
    BlockOutcome, CreateInviteOutcome, NewCall, NewGuest, Outcome, SetAgeOutcome, Store, StoreError,
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
