//! The write-ahead log: when it is durable, and when it is emptied next. SQLite keeps the file as long as it is open.

use rusqlite::Connection;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::BUSY_TIMEOUT;
use super::connections::Connections;
use super::error::CommitError;
use crate::StoreError;

/// Size at which the log is emptied: pages that are written again and again until then are copied once. With one group more
/// it stays below 64 MiB; without a bound it grew to 607 MiB in a minute of load.
const BYTES_MAX: u64 = 48 << 20;

/// The log of an open database.
pub(super) struct Log {
    file: File,
    /// Grows while somebody holds the log.
    bytes_max: u64,
}

impl Log {
    /// Opens the log of a database that is open already.
    pub(super) fn open(database: &Path) -> Result<Self, StoreError> {
        let path = path_of(database);
        let file = File::open(&path).map_err(|source| StoreError::File { path, source })?;
        Ok(Self { file, bytes_max: BYTES_MAX })
    }

    /// Waits until all that was committed survives a power loss: as SQLite itself does at a commit in FULL, but after
    /// others may read it. A reader of data that were then lost had no promise that they were kept.
    pub(super) fn sync(&self) -> Result<(), CommitError> {
        self.file.sync_data().map_err(|error| match error.kind() {
            ErrorKind::StorageFull => CommitError::Full,
            _ => CommitError::Other(error.to_string()),
        })
    }

    /// Empties the log if it is long. A checkpoint after each group would wait for the disk three times more.
    pub(super) fn empty(&mut self, connections: &Connections) -> rusqlite::Result<()> {
        let Ok(bytes) = self.file.metadata().map(|log| log.len()) else { return Ok(()) };
        if bytes <= self.bytes_max {
            return Ok(());
        }
        let connection = connections.take_warm().into_connection();
        let is_held = checkpoint(&connection);
        connections.put_warm(connection);
        let is_held = is_held?;
        self.bytes_max = if is_held { bytes + BYTES_MAX } else { BYTES_MAX };
        Ok(())
    }
}

/// The path at which SQLite keeps the log of this database.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Whether somebody who reads for long, as a backup does, holds the log. Writes do not wait for them: it is tried again later.
fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::ZERO)?;
    let is_held = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    is_held
}
