//! Tests of `backup.rs`.

use super::*;
use crate::{NewGuest, NewLogin, Store};
use callbox_protocol::account::LoginKind;
use callbox_protocol::id::{LoginId, UserId};
use std::os::unix::fs::PermissionsExt as _;

fn guest(number: u64) -> NewGuest {
    let login = NewLogin {
        id: LoginId::new(UnixMillis(number), [1; 10]),
        token_hash: crate::sha256(&number.to_be_bytes()),
        kind: LoginKind::Guest,
        label: String::new(),
        device: None,
        address: None,
    };
    let user = UserId::new(UnixMillis(number), [1; 10]);
    NewGuest { user, age: None, login, now: UnixMillis(number) }
}

async fn make_guests(store: &Store, numbers: std::ops::Range<u64>) {
    for number in numbers {
        store.create_guest(guest(number)).await.unwrap();
    }
}

fn count(folder: &Path) -> i64 {
    let database = read_only(&folder.join(DATABASE)).unwrap();
    database.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_backup_that_is_made_while_others_write_is_whole_and_misses_nothing_from_before() {
    let home = tempfile::tempdir().unwrap();
    let (data, to) = (home.path().join("data"), home.path().join("backups/one"));
    let store = std::sync::Arc::new(Store::open(&data).unwrap());
    crate::mark_key(&data).unwrap();
    make_guests(&store, 0..200).await;
    let writing = tokio::spawn({
        let store = std::sync::Arc::clone(&store);
        async move { make_guests(&store, 200..600).await }
    });
    let backup = tokio::task::spawn_blocking({
        let (data, to) = (data.clone(), to.clone());
        move || back_up(&data, &to)
    });
    let backup = backup.await.unwrap().unwrap();
    writing.await.unwrap();
    assert!((200..=600).contains(&count(&to)), "{}", count(&to));
    let bytes = |name| to.join(name).metadata().unwrap().len();
    assert_eq!((backup.folder, backup.bytes), (to.clone(), bytes(DATABASE) + bytes(monitor::DATABASE)));
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(to.clone()), mode(to.join(DATABASE)), mode(to.join("mark-key"))), (0o700, 0o600, 0o600));
    store.close().await;
    assert_eq!(count(&data), 600, "the backup cost a write");
}

#[tokio::test]
async fn a_backup_brings_all_back_and_what_was_there_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let (data, to) = (home.path().join("data"), home.path().join("one"));
    let store = Store::open(&data).unwrap();
    let key = crate::mark_key(&data).unwrap();
    fs::write(data.join("acme-certificate.pem"), "as it was").unwrap();
    make_guests(&store, 0..3).await;
    back_up(&data, &to).unwrap();
    make_guests(&store, 3..9).await;
    assert!(matches!(restore(&to, &data, "before"), Err(StoreError::InUse(_))));
    store.close().await;
    drop(store);
    fs::remove_file(data.join("mark-key")).unwrap();
    fs::write(data.join("acme-certificate.pem"), "later").unwrap();
    fs::write(data.join("acme-failures.json"), "of this machine").unwrap();
    let aside = restore(&to, &data, "before").unwrap();
    assert_eq!((count(&data), count(&aside)), (3, 9));
    assert_eq!(crate::mark_key(&data).unwrap(), key, "bans of browsers would be over");
    let read = |folder: &Path, name| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read(&data, "acme-certificate.pem"), "as it was");
    assert_eq!(read(&aside, "acme-certificate.pem"), "later");
    assert_eq!(read(&data, "acme-failures.json"), "of this machine", "limits of others are not forgotten");
    Store::open(&data).unwrap().close().await;
    // Also if there was nothing.
    let other = home.path().join("other");
    restore(&to, &other, "before").unwrap();
    assert_eq!(count(&other), 3);
}

#[tokio::test]
async fn a_backup_that_is_damaged_or_none_at_all_is_refused_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (data, to) = (home.path().join("data"), home.path().join("one"));
    let store = Store::open(&data).unwrap();
    make_guests(&store, 0..500).await;
    back_up(&data, &to).unwrap();
    store.close().await;
    drop(store);
    assert!(matches!(back_up(&data, &to), Err(StoreError::File { .. })), "a backup was written over");
    let mut bytes = fs::read(to.join(DATABASE)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0xA5);
    fs::write(to.join(DATABASE), bytes).unwrap();
    assert!(matches!(restore(&to, &data, "before"), Err(StoreError::Damaged(..))));
    assert!(matches!(restore(&home.path().join("none"), &data, "before"), Err(StoreError::File { .. })));
    fs::write(to.join(DATABASE), b"").unwrap();
    assert!(matches!(restore(&to, &data, "before"), Err(StoreError::Damaged(..))));
    assert_eq!(count(&data), 500);
    assert!(!data.join("before").exists());
}

#[tokio::test]
async fn the_oldest_backups_go_and_nothing_else_does() {
    let home = tempfile::tempdir().unwrap();
    let (data, all) = (home.path().join("data"), home.path().join("all"));
    Store::open(&data).unwrap().close().await;
    for name in ["2026-1", "2026-2", "2026-3", "mine"] {
        back_up(&data, &all.join(name)).unwrap();
    }
    let is_ours = |name: &str| name.starts_with("2026-");
    thin_out(&backups(&all, is_ours).unwrap(), 2).unwrap();
    let mut left: Vec<_> = fs::read_dir(&all).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort_unstable();
    assert_eq!(left, ["2026-2", "2026-3", "mine"]);
}
