//! A user's own calls, and the people whom they blocked: the newest first, page by page.
//!
//! Ids begin with their time, so a page is a range of an index; a user's calls are in two of them, as caller and as
//! callee, and are merged.

use callbox_protocol::account::{BlockItem, HistoryCall};
use callbox_protocol::call::{CallKind, EndCause};
use callbox_protocol::id::{BlockId, CallId, UserId};
use std::cmp::Reverse;

use crate::effects::UserEvent;
use crate::sql::{Row, statements, values};
use crate::{Durability, Store, StoreError};

statements! {
    /// Both seats are ranges of indexes that have all that is asked of a call, and are merged as far as the page goes:
    /// nothing is sorted on the way.
    hot read CALLS = "SELECT mine.id, kind, matched_at, ended_ms, outcome, cause, users.name, blocks.blocker IS NOT NULL, \
        ratings.stars FROM (SELECT id, kind, matched_at, ended_ms, outcome, cause, callee AS partner FROM calls \
        WHERE caller = $1 AND id < $2 AND outcome <> 'unconfirmed' \
        UNION ALL SELECT id, kind, matched_at, ended_ms, outcome, cause, caller FROM calls \
        WHERE callee = $1 AND id < $2 AND outcome <> 'unconfirmed' ORDER BY 1 DESC LIMIT $3) AS mine \
        LEFT JOIN users ON users.id = partner \
        LEFT JOIN blocks ON blocks.blocker = $1 AND blocks.blocked = partner \
        LEFT JOIN ratings ON ratings.\"user\" = $1 AND ratings.call = mine.id";
    hot read BLOCKS = "SELECT blocks.id, users.name, blocks.created_at FROM blocks JOIN users ON users.id = blocks.blocked \
        WHERE blocker = $1 AND blocks.id < $2 ORDER BY blocks.id DESC LIMIT $3";
    hot write UNBLOCK = "DELETE FROM blocks WHERE blocker = $1 AND id = $2 RETURNING blocked";
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
        self.settle().await?;
        let mut db = self.reader().await?;
        let before = before.unwrap_or(CallId::from_bytes(NEWEST));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut calls = db.all(&CALLS, values![user, before, limit], history_call).await?;
        // A join owes nobody an order.
        calls.sort_unstable_by_key(|call| Reverse(call.id));
        Ok(calls)
    }

    /// Whom the user blocked, before this block; `count` of them at most.
    pub async fn blocks_of(
        &self,
        user: UserId,
        before: Option<BlockId>,
        count: usize,
    ) -> Result<Vec<BlockItem>, StoreError> {
        let before = before.unwrap_or(BlockId::from_bytes(NEWEST));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| Ok(BlockItem { id: row.id(0)?, name: row.get(1)?, at: row.time(2)? });
        self.reader().await?.all(&BLOCKS, values![user, before, limit], read).await
    }

    /// The user may meet whom they blocked again; whether there was such a block.
    pub async fn unblock(&self, user: UserId, block: BlockId) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let blocked = db.first(&UNBLOCK, values![user, block], |row| row.id(0)).await?;
                let Some(blocked) = blocked else { return Ok(false) };
                db.send(UserEvent::Unblocked(user, blocked));
                Ok(true)
            })
        })
        .await
    }
}

fn history_call(row: &Row<'_>) -> Result<HistoryCall, StoreError> {
    let stars = row.number_or_none(8)?;
    Ok(HistoryCall {
        id: row.id(0)?,
        kind: row.word(1)?.unwrap_or(CallKind::Random),
        at: row.time(2)?,
        duration_ms: row.number(3)?,
        is_success: row.get::<String>(4)? == "success",
        cause: row.word(5)?.unwrap_or(EndCause::Hangup),
        partner_name: row.get::<Option<String>>(6)?.unwrap_or_default(),
        is_blocked: row.get(7)?,
        stars: stars.and_then(|stars| u8::try_from(stars).ok()),
    })
}
