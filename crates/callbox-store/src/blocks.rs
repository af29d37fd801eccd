//! Blocks: who never wants to meet whom again.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use rusqlite::params;
use std::collections::HashSet;

use crate::users::sql_time;
use crate::{Store, StoreError};

/// Blocks of one user: they are held in memory while the user is connected.
const BLOCKS_MAX: i64 = 1_000;

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOutcome {
    /// It stands, now or since before.
    Blocked,
    /// The user has as many as there may be.
    TooMany,
}

pub(crate) const BLOCKED_BY: &str = "SELECT blocked FROM blocks WHERE blocker = ?1";

impl Store {
    /// `user` never wants to meet `other` again.
    pub async fn block(
        &self,
        user: UserId,
        other: UserId,
        now: UnixMillis,
    ) -> Result<BlockOutcome, StoreError> {
        self.writer
            .write(move |connection| {
                let inserted = connection
                    .prepare_cached(
                        "INSERT INTO blocks (blocker, blocked, created_at) SELECT ?1, ?2, ?3 \
                         WHERE (SELECT count(*) FROM blocks WHERE blocker = ?1) < ?4 ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![user.as_bytes(), other.as_bytes(), sql_time(now), BLOCKS_MAX])?;
                let stands = inserted == 1
                    || connection
                        .prepare_cached("SELECT 1 FROM blocks WHERE blocker = ?1 AND blocked = ?2")?
                        .exists(params![user.as_bytes(), other.as_bytes()])?;
                Ok(if stands { BlockOutcome::Blocked } else { BlockOutcome::TooMany })
            })
            .await
    }

    /// Everybody whom this user has blocked.
    pub fn blocked_by(&self, user: UserId) -> Result<HashSet<UserId>, StoreError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(BLOCKED_BY)?;
            let rows = statement.query_map([user.as_bytes()], |row| row.get(0).map(UserId::from_bytes))?;
            rows.collect()
        })
    }
}
