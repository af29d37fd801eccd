//! Backups of the embedded database, made while others write, and how to restore them.
//!
//! A backup is a data folder of its own: the database as it was at one moment, and the keys that belong to it. It is
//! written and checked under a hidden name and gets its own only then, so a backup with a name is whole. With
//! `PostgreSQL` there is `pg_dump`; nothing here touches it.

use callbox_protocol::time::UnixMillis;
use rusqlite::{Connection, OpenFlags, ffi};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::sqlite::STEPS;
use crate::{StoreError, lock_folder, private_file};

/// The database's file in its folder.
pub(crate) const DATABASE: &str = "callbox.db";
/// The keys that belong to it: without that of bans, bans of browsers and addresses end.
const KEYS: [&str; 3] = ["operator-token", "call-grant-key", "mark-key"];
/// `SQLite`'s files beside the database.
const SIDE_FILES: [&str; 2] = ["callbox.db-wal", "callbox.db-shm"];

/// A backup that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its path.
    pub folder: PathBuf,
    /// When it was made.
    pub at: UnixMillis,
    /// How large its database is.
    pub bytes: u64,
}

/// Copies the data folder `from` to the new folder `to`. A process that has `from` open continues. This takes seconds
/// for a gigabyte, and holds the write-ahead log as long.
pub fn back_up(from: &Path, to: &Path) -> Result<Backup, StoreError> {
    if to.exists() {
        return Err(at(to)(io::ErrorKind::AlreadyExists.into()));
    }
    let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(at(to)(io::ErrorKind::InvalidInput.into()));
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    private_folders(parent)?;
    let hidden = parent.join(format!(".{}.part", name.to_string_lossy()));
    remove_folder(&hidden)?;
    let made = private_folders(&hidden)
        .and_then(|()| copy_whole(from, &hidden))
        .and_then(|()| fs::rename(&hidden, to).and_then(|()| sync(parent)).map_err(at(to)));
    if let Err(error) = made {
        // The rest of a failed copy would keep a full disk full.
        let _ = remove_folder(&hidden);
        return Err(error);
    }
    backup_in(to)
}

fn copy_whole(from: &Path, to: &Path) -> Result<(), StoreError> {
    snapshot(&from.join(DATABASE), &to.join(DATABASE))?;
    for name in KEYS {
        if from.join(name).exists() {
            copy_private(&from.join(name), &to.join(name))?;
        }
    }
    check(to)?;
    sync(to).map_err(at(to))
}

/// The database as it is at one moment, in a file of its own, durable.
pub(crate) fn snapshot(from: &Path, to: &Path) -> Result<(), StoreError> {
    let source = read_only(from)?;
    source.busy_timeout(Duration::from_secs(5))?;
    // Made first, so that it is its owner's alone from the first byte on.
    let file = private_file(to).map_err(at(to))?;
    source.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    file.sync_all().map_err(at(to))
}

/// Whether a folder holds a database that is whole, and none of a later version. Reads all of it.
pub fn check(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(DATABASE);
    let log = folder.join(SIDE_FILES[0]);
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let what = "has a write-ahead log beside it: it was copied from a running server";
        return Err(StoreError::Damaged(path, what.to_owned()));
    }
    let damaged = |what: String| StoreError::Damaged(path.clone(), what);
    let database = read_only(&path)?;
    let found = database.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0));
    match found {
        Ok(word) if word == "ok" => {}
        Ok(words) => return Err(damaged(words)),
        Err(error) => return Err(damaged(error.to_string())),
    }
    let known = i64::try_from(STEPS.len()).expect("there are few steps");
    let found: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => Err(damaged("is no database of Callbox".to_owned())),
        found if found > known => Err(StoreError::Newer { found, known }),
        _ => Ok(()),
    }
}

/// Replaces the contents of the folder `to` by the backup `from`; the old files are kept beside it under the name
/// `aside`. No server may run on it.
pub fn restore(from: &Path, to: &Path, aside: &str) -> Result<PathBuf, StoreError> {
    check(from)?;
    let _lock = lock_folder(to)?;
    let aside = to.join(aside);
    let present = |folder: &Path, name: &&str| folder.join(name).exists();
    let names = || std::iter::once(DATABASE).chain(KEYS);
    // All that can fail for want of room comes before anything is moved.
    let arriving = |name: &str| to.join(format!(".restore-{name}"));
    for name in names().filter(|name| present(from, name)) {
        copy_private(&from.join(name), &arriving(name))?;
    }
    private_folders(&aside)?;
    for name in names().chain(SIDE_FILES).filter(|name| present(to, name)) {
        fs::rename(to.join(name), aside.join(name)).map_err(at(&aside))?;
    }
    for name in names().filter(|name| present(from, name)) {
        fs::rename(arriving(name), to.join(name)).map_err(at(to))?;
    }
    sync(to).map_err(at(to))?;
    Ok(aside)
}

/// The backups in a folder whose names `is_ours`, the oldest first: names sort as their times.
pub fn backups(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<Vec<Backup>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder)(error)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_str().is_some_and(&is_ours)));
    paths.sort_unstable();
    Ok(paths.iter().filter_map(|path| backup_in(path).ok()).collect())
}

/// Deletes all but the newest `keep` of these.
pub fn thin_out(backups: &[Backup], keep: usize) -> Result<(), StoreError> {
    let surplus = backups.len().saturating_sub(keep);
    backups.iter().take(surplus).try_for_each(|backup| remove_folder(&backup.folder))
}

fn backup_in(folder: &Path) -> Result<Backup, StoreError> {
    let database = folder.join(DATABASE);
    let found = database.metadata().map_err(at(&database))?;
    let made = found.modified().map_err(at(&database))?;
    let since = made.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let made_at = UnixMillis(u64::try_from(since).unwrap_or_default());
    Ok(Backup { folder: folder.to_owned(), at: made_at, bytes: found.len() })
}

fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    connection.map_err(|error| match error.sqlite_error() {
        Some(code) if code.code == ffi::ErrorCode::CannotOpen => at(path)(io::ErrorKind::NotFound.into()),
        _ => error.into(),
    })
}

fn copy_private(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = File::open(from).map_err(at(from))?;
    let mut file = private_file(to).map_err(at(to))?;
    file.set_len(0).and_then(|()| io::copy(&mut source, &mut file)).map_err(at(to))?;
    file.sync_all().map_err(at(to))
}

fn private_folders(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))
}

fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn at(path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::File { path: path.clone(), source },
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!((backup.folder, backup.bytes), (to.clone(), to.join(DATABASE).metadata().unwrap().len()));
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(to.clone()), mode(to.join(DATABASE)), mode(to.join("mark-key"))),
            (0o700, 0o600, 0o600)
        );
        store.close().await;
        assert_eq!(count(&data), 600, "the backup cost a write");
    }

    #[tokio::test]
    async fn a_backup_brings_all_back_and_what_was_there_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let (data, to) = (home.path().join("data"), home.path().join("one"));
        let store = Store::open(&data).unwrap();
        let key = crate::mark_key(&data).unwrap();
        make_guests(&store, 0..3).await;
        back_up(&data, &to).unwrap();
        make_guests(&store, 3..9).await;
        assert!(matches!(restore(&to, &data, "before"), Err(StoreError::InUse(_))));
        store.close().await;
        drop(store);
        fs::remove_file(data.join("mark-key")).unwrap();
        let aside = restore(&to, &data, "before").unwrap();
        assert_eq!((count(&data), count(&aside)), (3, 9));
        assert_eq!(crate::mark_key(&data).unwrap(), key, "bans of browsers would be over");
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
}
