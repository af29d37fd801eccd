//! Locks: a use case locks the subject of its decision before it reads.
//!
//! PostgreSQL runs writes beside each other, and data that one has read another may change before the first one
//! writes. So a use case that checks first locks the subject of its check, then reads, and holds the lock to its end,
//! also through pgbouncer in transaction mode. SQLite has one writer and nothing to lock. The order is a matter
//! first, a user after it; if two users are locked and others do it the other way round, PostgreSQL ends one of them,
//! which is run again.

use callbox_protocol::id::UserId;

use crate::StoreError;
use crate::db::WriteDb;
use crate::secret::sha256;
use crate::sql::{Work, statements, values};

/// The subject of a decision that has no row: a name in ASCII, or the start of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matter<'a> {
    /// The users who may give roles, and the actions that only they may do.
    Roles,
    /// The owner of an address that is nobody's yet: its key.
    Address(&'a str),
}

impl Matter<'_> {
    fn number(self) -> i64 {
        match self {
            Self::Roles => i64::from_be_bytes(*b"cb-roles"),
            // Two addresses with one number would wait for each other, and nothing more.
            Self::Address(key) => {
                let hash = sha256(key.as_bytes());
                i64::from_be_bytes(hash[..8].try_into().expect("a hash is longer"))
            }
        }
    }
}

statements! {
    hot USER touches [] = "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL",
        // Rows that name the user may still be added meanwhile: that is no change of the user.
        "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE";
    some MATTER touches [] = "SELECT $1", "SELECT pg_advisory_xact_lock($1)";
}

/// Waits until nobody else decides about this user; whether there is such a user.
pub(crate) fn lock_if_there<'d>(db: &'d mut WriteDb<'_>, user: UserId) -> Work<'d, bool> {
    Box::pin(async move { db.exists(&USER, values![user]).await })
}

/// The same for the caller: fails if they were deleted since the call began.
pub(crate) fn lock_user<'d>(db: &'d mut WriteDb<'_>, user: UserId) -> Work<'d, ()> {
    Box::pin(async move { if lock_if_there(db, user).await? { Ok(()) } else { Err(StoreError::Gone) } })
}

/// Waits until nobody else decides about this matter.
pub(crate) fn lock<'d>(db: &'d mut WriteDb<'_>, matter: Matter<'_>) -> Work<'d, ()> {
    let number = matter.number();
    Box::pin(async move { db.exists(&MATTER, values![number]).await.map(|_| ()) })
}
