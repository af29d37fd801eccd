//! A copy of a database while others write to it: whole, durable, and its owner's alone.
//!
//! It reads as any reader does, so writers continue; the write-ahead log stays as long. Bound: it waits 5 s for a lock.

use rusqlite::{Connection, OpenFlags, ffi};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::{StoreError, private_file};

/// The database as it is at one moment, in a file of its own, durable.
pub(crate) fn snapshot(from: &Path, to: &Path) -> Result<(), StoreError> {
    let source = read_only(from)?;
    source.busy_timeout(Duration::from_secs(5))?;
    // Made first, so that it is its owner's alone from the first byte on.
    let file = private_file(to).map_err(at(to))?;
    source.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    file.sync_all().map_err(at(to))
}

/// Opens a database to read; one that is missing is not made.
pub(crate) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    connection.map_err(|error| match error.sqlite_error() {
        Some(code) if code.code == ffi::ErrorCode::CannotOpen => at(path)(io::ErrorKind::NotFound.into()),
        _ => error.into(),
    })
}

/// A failure of the file system at a path.
pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::File { path: path.clone(), source },
    }
}
