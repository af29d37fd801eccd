//! Invites: secret codes, by their hash, with an end.
//!
//! Who sits where is not kept here: seats are a matter of seconds, and the hub's.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use rusqlite::{OptionalExtension, params};

use crate::users::{read_time, sql_time};
use crate::{Store, StoreError};

/// Open invites of one user. Enough for a family; too few for a spammer.
const INVITES_MAX: i64 = 20;
/// Ended invites that go with each new one, so that the table stays as large as its use.
const SWEEP_MAX: i64 = 100;

/// An invite that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteRow {
    /// Who made it.
    pub user: UserId,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// What became of a new invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateInviteOutcome {
    /// It is open.
    Created,
    /// The user has as many open ones as there may be.
    TooMany {
        /// Until the first of them ends.
        retry_after_ms: u64,
    },
}

pub(crate) const INVITE_BY_CODE: &str =
    "SELECT user, expires_at FROM invites WHERE code_hash = ?1 AND expires_at > ?2";
pub(crate) const OPEN_INVITES: &str =
    "SELECT count(*), min(expires_at) FROM invites WHERE user = ?1 AND expires_at > ?2";

impl Store {
    /// Makes an invite, and forgets some that have ended.
    pub async fn create_invite(
        &self,
        code_hash: [u8; 32],
        user: UserId,
        expires_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<CreateInviteOutcome, StoreError> {
        self.writer
            .write(move |connection| {
                let (id, sql_now) = (user.as_bytes(), sql_time(now));
                connection
                    .prepare_cached(
                        "DELETE FROM invites WHERE code_hash IN \
                         (SELECT code_hash FROM invites WHERE expires_at <= ?1 LIMIT ?2)",
                    )?
                    .execute(params![sql_now, SWEEP_MAX])?;
                let (open, first_end): (i64, Option<i64>) = connection
                    .prepare_cached(OPEN_INVITES)?
                    .query_row(params![id, sql_now], |row| Ok((row.get(0)?, row.get(1)?)))?;
                if open >= INVITES_MAX {
                    let wait_ms = first_end.unwrap_or(sql_now).saturating_sub(sql_now);
                    let retry_after_ms = u64::try_from(wait_ms).unwrap_or_default();
                    return Ok(CreateInviteOutcome::TooMany { retry_after_ms });
                }
                connection
                    .prepare_cached(
                        "INSERT INTO invites (code_hash, user, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![code_hash, id, sql_now, sql_time(expires_at)])?;
                Ok(CreateInviteOutcome::Created)
            })
            .await
    }

    /// The open invite behind a code, by its hash.
    pub fn invite(&self, code_hash: &[u8; 32], now: UnixMillis) -> Result<Option<InviteRow>, StoreError> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(INVITE_BY_CODE)?
                .query_row(params![code_hash, sql_time(now)], |row| {
                    Ok(InviteRow { user: UserId::from_bytes(row.get(0)?), expires_at: read_time(row, 1)? })
                })
                .optional()
        })
    }
}
