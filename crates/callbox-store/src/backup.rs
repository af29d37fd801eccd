//! Backups of the embedded database, made while others write, and how to restore them.
//!
//! A backup is a data folder of its own: the database as it was at one moment, the keys that belong to it, and the
//! certificates that were got or made. It is
//! written and checked under a hidden name and gets its own only then, so a backup with a name is whole. With
//! `PostgreSQL` there is `pg_dump`; nothing here touches it.

use callbox_protocol::time::UnixMillis;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::sqlite::{MONITOR, STEPS, at, read_only, snapshot};
use crate::{StoreError, lock_folder, monitor, private_file};

/// The database's file in its folder.
pub(crate) const DATABASE: &str = "callbox.db";
/// The keys that belong to it: without that of bans, bans of browsers and addresses end.
const KEYS: [&str; 3] = ["operator-token", "call-grant-key", "mark-key"];
/// The databases of a folder, each with the number of steps that this version knows. That of the monitor may be missing:
/// older backups have none.
const DATABASES: [(&str, usize); 2] = [(DATABASE, STEPS.len()), (monitor::DATABASE, MONITOR.steps.len())];
/// A new machine goes on with these: nobody has to ask for another certificate, whose number is limited, or to compare
/// another fingerprint. The tries that failed are this machine's, and stay.
const CERTIFICATES: [&str; 3] = ["acme-account.json", "acme-certificate.pem", "tls-self-signed.pem"];
/// `SQLite`'s files beside a database.
const SIDE_FILES: [&str; 4] = ["callbox.db-wal", "callbox.db-shm", "monitor.db-wal", "monitor.db-shm"];

/// A backup that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its path.
    pub folder: PathBuf,
    /// When it was made.
    pub at: UnixMillis,
    /// How large its databases are.
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
    for (name, _) in DATABASES {
        if name == DATABASE || from.join(name).exists() {
            snapshot(&from.join(name), &to.join(name))?;
        }
    }
    for name in KEYS.into_iter().chain(CERTIFICATES) {
        if from.join(name).exists() {
            copy_private(&from.join(name), &to.join(name))?;
        }
    }
    check(to)?;
    sync(to).map_err(at(to))
}

/// Whether a folder holds databases that are whole, and none of a later version. Reads all of them.
pub fn check(folder: &Path) -> Result<(), StoreError> {
    let mut present = DATABASES.iter().filter(|(name, _)| *name == DATABASE || folder.join(name).exists());
    present.try_for_each(|(name, steps)| check_database(folder.join(name), *steps))
}

fn check_database(path: PathBuf, steps: usize) -> Result<(), StoreError> {
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let log = PathBuf::from(log);
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
    let known = i64::try_from(steps).expect("there are few steps");
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
    let names = || DATABASES.iter().map(|(name, _)| *name).chain(KEYS).chain(CERTIFICATES);
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
    let monitor_bytes = folder.join(monitor::DATABASE).metadata().map_or(0, |found| found.len());
    let made = found.modified().map_err(at(&database))?;
    let since = made.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let made_at = UnixMillis(u64::try_from(since).unwrap_or_default());
    Ok(Backup { folder: folder.to_owned(), at: made_at, bytes: found.len() + monitor_bytes })
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

#[cfg(test)]
mod tests;
