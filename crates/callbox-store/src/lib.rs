//! Data at rest: users, logins, invites, blocks, reports and the record of calls, in one folder.
//!
//! Use cases, not tables: a method is a question the app asks, and SQL stands nowhere but here. Writes go to
//! one writer thread and are answered once they are durable; reads are made where they are asked, in
//! microseconds. Bounds: 1,024 writes in the queue; of one user 20 open invites, 1,000 blocks and 20 reports a day.

mod blocks;
mod calls;
mod invites;
mod quality;
mod recent;
mod reports;
mod secret;
mod sqlite;
mod users;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

use sqlite::{Readers, Writer};

pub use blocks::BlockOutcome;
pub use calls::{NewCall, Outcome};
pub use invites::{CreateInviteOutcome, InviteRow};
pub use reports::ReportOutcome;
pub use secret::{call_grant_key, hash_token, new_code, new_token, operator_token, sha256};
pub use users::{LoginFound, NewGuest, SetAgeOutcome};

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Another process has the folder.
    #[error("another callbox uses {0}: stop it, or choose another folder with --data-dir")]
    InUse(PathBuf),
    /// The database was written by a later version.
    #[error("the database has schema {found}, and this version knows {known}: use the newer callbox again")]
    Newer {
        /// In the file.
        found: i64,
        /// The newest of this version.
        known: i64,
    },
    /// Too many writes wait.
    #[error("too many writes wait")]
    Busy,
    /// The store is closed, or its writer is gone.
    #[error("the store is closed")]
    Closed,
    /// The database failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The writes of one group could not be made durable.
    #[error("a group of writes could not be committed: {0}")]
    Commit(String),
}

/// The data folder, open.
#[derive(Debug)]
pub struct Store {
    writer: Writer,
    readers: Readers,
    /// Held as long as the store is open, so that no second process writes here.
    _lock: File,
}

impl Store {
    /// Opens the folder; makes it, for its owner alone, and brings the schema up to date.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::File { path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
        let lock_path = folder.join("lock");
        let lock = private_file(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(&lock_path)(source)),
        }
        let database = folder.join("callbox.db");
        // SQLite gives its side files the mode of this one.
        private_file(&database).map_err(failed(&database))?;
        let writer = Writer::open(&database)?;
        Ok(Self { writer, readers: Readers::new(database), _lock: lock })
    }

    /// Writes what still waits and ends the writer; writes after this fail.
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Whether the store can be asked and written to.
    pub fn ping(&self) -> Result<(), StoreError> {
        if !self.writer.is_alive() {
            return Err(StoreError::Closed);
        }
        self.readers.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())))
    }
}

/// Whether a process has the folder open. Makes nothing; a process that starts in the same microseconds would be told
/// that another has it.
pub fn is_in_use(folder: &Path) -> io::Result<bool> {
    let lock = match File::open(folder.join("lock")) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens a file that only its owner may read; makes it if it is missing.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
