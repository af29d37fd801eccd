//! The acts of moderators, for each other: written in the transaction of the deed, and never changed.
//!
//! An act names its moderator and the user that it is about by their ids, as bans do; names are read when it is
//! shown.

use callbox_core::cache::Dependent;
use callbox_protocol::id::{ActId, UserId};
use callbox_protocol::moderation::{Act, ActItem};
use callbox_protocol::time::UnixMillis;

use crate::db::WriteDb;
use crate::sql::{Word, rows, statements, values};
use crate::words::word;
use crate::{Store, StoreError, Tagged};

/// The moderator who did it, and the name of the act.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The moderator.
    pub moderator: UserId,
    /// The act's name.
    pub act: ActId,
}

statements! {
    some INSERT touches [insert acts] tags [Acts($3)] =
        "INSERT INTO acts (id, act, moderator, \"user\", detail, at) VALUES ($1, $2, $3, $4, $5, $6)";
    hot ACTS reads [acts, users] tags [Acts(any), User(row moderator), User(row user)] -> ActRow =
        "SELECT acts.id, acts.act, acts.moderator, one.name AS moderator_name, acts.\"user\", \
        other.name AS user_name, acts.detail, acts.at FROM acts LEFT JOIN users one ON one.id = acts.moderator LEFT JOIN users other ON other.id = acts.\"user\" \
        WHERE acts.id < $1 ORDER BY acts.id DESC LIMIT $2";
}

rows! {
    struct ActRow {
        id: ActId,
        act: Word<Act>,
        moderator: UserId,
        moderator_name: Option<String>,
        user: Option<UserId>,
        user_name: Option<String>,
        detail: String,
        at: UnixMillis,
    }
}

impl Store {
    /// The acts of moderators before this one; `count` of them at most, the newest first.
    pub async fn acts(&self, before: Option<ActId>, count: usize) -> Result<Vec<ActItem>, StoreError> {
        Ok(self.tagged().acts(before, count).await?.value)
    }
}

impl Tagged<'_> {
    /// As [`Store::acts`].
    pub async fn acts(
        &self,
        before: Option<ActId>,
        count: usize,
    ) -> Result<Dependent<Vec<ActItem>>, StoreError> {
        let before = before.unwrap_or(ActId::from_bytes([0xFF; 16]));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut db = self.reader().await?;
        let found = db.all(&ACTS, values![before, limit]).await?;
        Ok(db.dependent(found.into_iter().map(ActItem::from).collect()))
    }
}

impl From<ActRow> for ActItem {
    fn from(row: ActRow) -> Self {
        Self {
            id: row.id,
            act: row.act.0.unwrap_or(Act::Dismissed),
            moderator: row.moderator,
            moderator_name: row.moderator_name.unwrap_or_default(),
            user: row.user,
            user_name: row.user_name.unwrap_or_default(),
            detail: row.detail,
            at: row.at,
        }
    }
}

/// Records an act of a moderator in this transaction.
pub(crate) async fn write_down(
    db: &mut WriteDb<'_>,
    by: By,
    act: Act,
    user: Option<UserId>,
    detail: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let act = word(&act);
    db.execute(&INSERT, values![by.act, &act, by.moderator, user, detail, now]).await?;
    Ok(())
}
