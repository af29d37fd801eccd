//! Invites: secret codes, by their hash, with an end.
//!
//! Participants are not kept here: they come and go in seconds, and the hub knows them.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;

use crate::locks::lock_user;
use crate::sql::{rows, statements, values};
use crate::{Durability, Store, StoreError};

/// Open invites of one user. Enough for a family; too few for a spammer.
const INVITES_MAX: i64 = 20;
/// Ended invites that go with each new one, so that the table stays as large as its use.
const SWEEP_MAX: i64 = 100;

/// An invite that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteRow {
    /// The user who made it.
    pub user: UserId,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// The result of a new invite.
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

statements! {
    hot INVITE_BY_CODE reads [invites] -> OpenRow =
        "SELECT \"user\", expires_at FROM invites WHERE code_hash = $1 AND expires_at > $2";
    hot OPEN_INVITES reads [invites] -> CountRow =
        "SELECT count(*) AS count, min(expires_at) AS first_end FROM invites WHERE \"user\" = $1 AND expires_at > $2";
    hot SWEEP touches [delete invites] = "DELETE FROM invites WHERE code_hash IN \
        (SELECT code_hash FROM invites WHERE expires_at <= $1 LIMIT $2)";
    some INSERT_INVITE touches [insert invites] =
        "INSERT INTO invites (code_hash, \"user\", created_at, expires_at) VALUES ($1, $2, $3, $4)";
}

rows! {
    struct OpenRow { user: UserId, expires_at: UnixMillis }
    struct CountRow { count: i64, first_end: Option<UnixMillis> }
}

impl Store {
    /// Makes an invite, and forgets some that have ended.
    pub async fn create_invite(
        &self,
        code_hash: [u8; 32],
        user: UserId,
        expires_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<CreateInviteOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock_user(db, user).await?;
                db.execute(&SWEEP, values![now, SWEEP_MAX]).await?;
                let open = db.first(&OPEN_INVITES, values![user, now]).await?;
                if let Some(CountRow { count, first_end }) = open
                    && count >= INVITES_MAX
                {
                    let retry_after_ms = first_end.map_or(0, |end| end.since(now));
                    return Ok(CreateInviteOutcome::TooMany { retry_after_ms });
                }
                db.execute(&INSERT_INVITE, values![&code_hash, user, now, expires_at]).await?;
                Ok(CreateInviteOutcome::Created)
            })
        })
        .await
    }

    /// The open invite behind a code, by its hash.
    pub async fn invite(
        &self,
        code_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<InviteRow>, StoreError> {
        let found = self.reader().await?.first(&INVITE_BY_CODE, values![code_hash, now]).await?;
        Ok(found.map(|OpenRow { user, expires_at }| InviteRow { user, expires_at }))
    }
}
