//! SQLite's errors in the terms of the store's callers.

use rusqlite::{ErrorCode, ffi};

use crate::StoreError;

/// Why a whole group was not committed, for each of its askers.
#[derive(Clone, Debug)]
pub(super) enum CommitError {
    Full,
    Locked,
    Unavailable(String),
    Other(String),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Locked => Self::Locked,
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&CommitError> for StoreError {
    fn from(error: &CommitError) -> Self {
        match error {
            CommitError::Full => Self::Full,
            CommitError::Locked => Self::Locked,
            CommitError::Unavailable(reason) => Self::Unavailable(reason.clone()),
            CommitError::Other(reason) => Self::Commit(reason.clone()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let extended_code = error.sqlite_error().map(|code| code.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // The file beside the log could not grow.
            _ if extended_code == Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ConstraintViolation) => match extended_code {
                Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken,
                Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::Gone,
                _ => Self::Sqlite(error),
            },
            // The disk failed, or the file was made read-only or taken away.
            Some(ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}
