//! Blocks: users who never want to meet certain others again.

use callbox_protocol::id::{BlockId, UserId};
use callbox_protocol::time::UnixMillis;
use std::collections::HashSet;

use crate::effects::UserEvent;
use crate::locks::lock_user;
use crate::sql::{statements, values};
use crate::{Durability, Store, StoreError};

/// Blocks of one user: they are held in memory while the user is connected.
const BLOCKS_MAX: i64 = 1_000;

/// The result of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOutcome {
    /// It exists, now or since before.
    Blocked,
    /// The user has as many as there may be.
    TooMany,
}

statements! {
    some INSERT_BLOCK touches [insert blocks] tags [Blocks($2)] =
        "INSERT INTO blocks (id, blocker, blocked, created_at) SELECT $1, $2, $3, $4 \
        WHERE (SELECT count(*) FROM blocks WHERE blocker = $2) < $5 ON CONFLICT DO NOTHING";
    hot IS_BLOCKED reads [blocks] = "SELECT 1 FROM blocks WHERE blocker = $1 AND blocked = $2";
    hot BLOCKED_BY reads [blocks] -> UserId = "SELECT blocked FROM blocks WHERE blocker = $1";
}

impl Store {
    /// `user` never wants to meet `other` again; `id` names the block, if it is new.
    pub async fn block(
        &self,
        id: BlockId,
        user: UserId,
        other: UserId,
        now: UnixMillis,
    ) -> Result<BlockOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock_user(db, user).await?;
                let inserted = db.execute(&INSERT_BLOCK, values![id, user, other, now, BLOCKS_MAX]).await?;
                let stands = inserted == 1 || db.exists(&IS_BLOCKED, values![user, other]).await?;
                if !stands {
                    return Ok(BlockOutcome::TooMany);
                }
                db.send(UserEvent::Blocked(user, other));
                Ok(BlockOutcome::Blocked)
            })
        })
        .await
    }

    /// All users whom this user has blocked.
    pub async fn blocked_by(&self, user: UserId) -> Result<HashSet<UserId>, StoreError> {
        let all = self.reader().await?.all(&BLOCKED_BY, values![user]).await?;
        Ok(all.into_iter().collect())
    }
}
