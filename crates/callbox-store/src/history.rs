//! A user's own calls, and the people whom they blocked: the newest first, page by page.
//!
//! Ids begin with their time, so a page is a range of an index; a user's calls are in two of them, as caller and as
//! callee, and are merged.

use callbox_core::cache::Dependent;
use callbox_protocol::account::{BlockItem, HistoryCall};
use callbox_protocol::call::{CallKind, EndCause};
use callbox_protocol::id::{BlockId, CallId, UserId};
use callbox_protocol::time::UnixMillis;
use std::cmp::Reverse;

use crate::effects::UserEvent;
use crate::sql::{Word, rows, statements, values};
use crate::{Durability, Store, StoreError, Tagged};

statements! {
    /// Both sides are ranges of indexes that have all that is asked of a call, and are merged as far as the page goes:
    /// nothing is sorted on the way.
    hot CALLS reads [calls, users, blocks, ratings]
        tags [Calls($1), Blocks($1), Ratings($1), User(row partner)] -> CallRow =
        "SELECT mine.id, kind, matched_at, ended_ms, outcome, cause, partner, users.name, \
        blocks.blocker IS NOT NULL AS is_blocked, ratings.stars FROM (SELECT id, kind, matched_at, ended_ms, outcome, cause, callee AS partner FROM calls \
        WHERE caller = $1 AND id < $2 AND outcome <> 'unconfirmed' \
        UNION ALL SELECT id, kind, matched_at, ended_ms, outcome, cause, caller FROM calls \
        WHERE callee = $1 AND id < $2 AND outcome <> 'unconfirmed' ORDER BY 1 DESC LIMIT $3) AS mine \
        LEFT JOIN users ON users.id = partner \
        LEFT JOIN blocks ON blocks.blocker = $1 AND blocks.blocked = partner \
        LEFT JOIN ratings ON ratings.\"user\" = $1 AND ratings.call = mine.id";
    hot BLOCKS reads [blocks, users] tags [Blocks($1), User(row blocked)] -> BlockRow =
        "SELECT blocks.id, blocks.blocked, users.name, blocks.created_at FROM blocks JOIN users ON users.id = blocks.blocked \
        WHERE blocker = $1 AND blocks.id < $2 ORDER BY blocks.id DESC LIMIT $3";
    hot UNBLOCK touches [delete blocks] tags [Blocks($1)] -> UserId =
        "DELETE FROM blocks WHERE blocker = $1 AND id = $2 RETURNING blocked";
}

rows! {
    /// `partner` is named by a tag, and told nobody.
    #[expect(dead_code, reason = "a tag reads it")]
    struct CallRow {
        id: CallId,
        kind: Word<CallKind>,
        matched_at: UnixMillis,
        ended_ms: u32,
        outcome: String,
        cause: Word<EndCause>,
        partner: UserId,
        name: Option<String>,
        is_blocked: bool,
        stars: Option<u32>,
    }
    #[expect(dead_code, reason = "likewise")]
    struct BlockRow { id: BlockId, blocked: UserId, name: String, created_at: UnixMillis }
}

/// Above every id that there is.
const NEWEST: [u8; 16] = [0xFF; 16];

impl Store {
    /// The user's calls before this one; `count` of them at most.
    pub async fn calls_of(
        &self,
        user: UserId,
        before: Option<CallId>,
        count: usize,
    ) -> Result<Vec<HistoryCall>, StoreError> {
        Ok(self.tagged().calls_of(user, before, count).await?.value)
    }

    /// The users that this one blocked, before this block; `count` of them at most.
    pub async fn blocks_of(
        &self,
        user: UserId,
        before: Option<BlockId>,
        count: usize,
    ) -> Result<Vec<BlockItem>, StoreError> {
        Ok(self.tagged().blocks_of(user, before, count).await?.value)
    }

    /// The user may meet the blocked person again; returns whether there was such a block.
    pub async fn unblock(&self, user: UserId, block: BlockId) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let blocked = db.first(&UNBLOCK, values![user, block]).await?;
                let Some(blocked) = blocked else { return Ok(false) };
                db.send(UserEvent::Unblocked(user, blocked));
                Ok(true)
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::calls_of`].
    pub async fn calls_of(
        &self,
        user: UserId,
        before: Option<CallId>,
        count: usize,
    ) -> Result<Dependent<Vec<HistoryCall>>, StoreError> {
        self.store.settle().await?;
        let mut db = self.reader().await?;
        let before = before.unwrap_or(CallId::from_bytes(NEWEST));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let found = db.all(&CALLS, values![user, before, limit]).await?;
        let mut calls: Vec<_> = found.into_iter().map(HistoryCall::from).collect();
        // A join owes nobody an order.
        calls.sort_unstable_by_key(|call| Reverse(call.id));
        Ok(db.dependent(calls))
    }

    /// As [`Store::blocks_of`].
    pub async fn blocks_of(
        &self,
        user: UserId,
        before: Option<BlockId>,
        count: usize,
    ) -> Result<Dependent<Vec<BlockItem>>, StoreError> {
        let before = before.unwrap_or(BlockId::from_bytes(NEWEST));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut db = self.reader().await?;
        let found = db.all(&BLOCKS, values![user, before, limit]).await?;
        let block = |row: BlockRow| BlockItem { id: row.id, name: row.name, at: row.created_at };
        Ok(db.dependent(found.into_iter().map(block).collect()))
    }
}

impl From<CallRow> for HistoryCall {
    fn from(row: CallRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind.0.unwrap_or(CallKind::Random),
            at: row.matched_at,
            duration_ms: row.ended_ms,
            is_success: row.outcome == "success",
            cause: row.cause.0.unwrap_or(EndCause::Hangup),
            partner_name: row.name.unwrap_or_default(),
            is_blocked: row.is_blocked,
            stars: row.stars.and_then(|stars| u8::try_from(stars).ok()),
        }
    }
}
