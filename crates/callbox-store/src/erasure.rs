//! The end of an account: at once for its user, and in bounded steps for the database.
//!
//! The mark, the address and the logins go in one transaction: nobody is signed in after it. Rows go later, so many
//! at a time, so that nobody waits behind somebody's thousand blocks. The record of a call stays, and names a user
//! who no longer exists. Guests whom nobody used for 90 days are deleted in the same way.

use callbox_protocol::id::UserId;
use callbox_protocol::proof::Change;
use callbox_protocol::time::UnixMillis;

use crate::credentials::{Credential, Proved, Shown, check, set};
use crate::locks::{Matter, lock};
use crate::logins::end_others;
use crate::people::is_last_admin;
use crate::sql::{Statement, Writes, statements, values};
use crate::{Durability, Store, StoreError};

/// Days without a use after which a guest is gone; a login ends after 30 already.
pub const GUEST_IDLE_DAYS: u64 = 90;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Rows of one step.
const ROWS_MAX: i64 = 200;
/// Users of one round.
const USERS_MAX: i64 = 50;

/// The result of a request to delete an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is deleted, and its logins with it.
    Deleted,
    /// Nobody would be left to give roles. Nothing was changed.
    LastAdmin,
}

statements! {
    hot MARK touches [update users (deleted_at, email, password_hash, name, bio, interests, languages, country, public,
        private, plan, role)] tags [User($1)] =
        "UPDATE users SET deleted_at = $2, email = NULL, password_hash = NULL, name = '', bio = '', \
        interests = '[]', languages = '[]', country = NULL, public = '{}', private = '{}', plan = NULL, role = 'user' \
        WHERE id = $1 AND deleted_at IS NULL";
    hot MARK_IDLE touches [update users (deleted_at)] tags [User(row)] -> UserId =
        "UPDATE users SET deleted_at = $1 WHERE id IN (SELECT id FROM users WHERE email IS NULL \
        AND seen_at < $2 AND deleted_at IS NULL AND role = 'user' AND plan IS NULL LIMIT $3) RETURNING id";
    hot MARKED reads [users] -> UserId = "SELECT id FROM users WHERE deleted_at IS NOT NULL LIMIT $1";
    hot LOGINS touches [delete logins] tags [Logins($1)] =
        "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE \"user\" = $1 LIMIT $2)";
    hot INVITES touches [delete invites] =
        "DELETE FROM invites WHERE code_hash IN (SELECT code_hash FROM invites WHERE \"user\" = $1 LIMIT $2)";
    hot MAIL_TOKENS touches [delete mail_tokens] = "DELETE FROM mail_tokens WHERE token_hash IN \
        (SELECT token_hash FROM mail_tokens WHERE \"user\" = $1 LIMIT $2)";
    hot BLOCKS_BY touches [delete blocks] tags [Blocks($1)] = "DELETE FROM blocks WHERE blocker = $1 AND blocked IN \
        (SELECT blocked FROM blocks WHERE blocker = $1 LIMIT $2)";
    hot BLOCKS_OF touches [delete blocks] tags [Blocks(row)] -> UserId = "DELETE FROM blocks WHERE blocked = $1 AND blocker IN \
        (SELECT blocker FROM blocks WHERE blocked = $1 LIMIT $2) RETURNING blocker";
    hot RATINGS touches [delete ratings] tags [Ratings($1)] = "DELETE FROM ratings WHERE \"user\" = $1 AND call IN \
        (SELECT call FROM ratings WHERE \"user\" = $1 LIMIT $2)";
    hot IDENTITIES touches [delete identities] tags [Identities($1)] = "DELETE FROM identities WHERE \"user\" = $1 AND subject IN \
        (SELECT subject FROM identities WHERE \"user\" = $1 LIMIT $2)";
    hot IDENTITY_LINKS touches [delete identity_links] = "DELETE FROM identity_links WHERE token_hash IN \
        (SELECT token_hash FROM identity_links WHERE \"user\" = $1 LIMIT $2)";
    hot ENDED touches [] = "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NOT NULL",
        "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NOT NULL FOR UPDATE";
    /// Rows that name the user are deleted with them, as the schema says.
    hot USER touches [delete users, delete logins, delete invites, delete mail_tokens, delete blocks, delete ratings,
        delete identities, delete identity_links, delete known_browsers]
        tags [User($1), Logins($1), Blocks($1), Ratings($1), Identities($1)] =
        "DELETE FROM users WHERE id = $1 AND deleted_at IS NOT NULL";
}

/// The rows that belong to a user, in the order in which they are deleted; blocks of others come last.
const STEPS: [&Statement<Writes>; 7] =
    [&LOGINS, &INVITES, &MAIL_TOKENS, &IDENTITY_LINKS, &BLOCKS_BY, &RATINGS, &IDENTITIES];

impl Store {
    /// Ends an account.
    pub async fn delete_account(
        &self,
        user: UserId,
        shown: Shown,
        now: UnixMillis,
    ) -> Result<Proved<DeleteOutcome>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock(db, Matter::Roles).await?;
                if let Err(needed) = check(db, user, &shown, Change::Deletion, now).await? {
                    return Ok(Err(needed));
                }
                if is_last_admin(db, user).await? {
                    return Ok(Ok(DeleteOutcome::LastAdmin));
                }
                db.execute(&MARK, values![user, now]).await?;
                set(db, user, Credential::Nothing, now).await?;
                end_others(db, user, None).await?;
                Ok(Ok(DeleteOutcome::Deleted))
            })
        })
        .await
    }

    /// Marks guests that nobody used for long, and goes one step with each of some marked users; how many there were.
    pub async fn sweep(&self, now: UnixMillis) -> Result<usize, StoreError> {
        self.mark_idle(now).await?;
        let marked = self.ended_users().await?;
        self.erase_users(&marked).await?;
        Ok(marked.len())
    }

    /// Marks some guests that nobody used for long.
    pub async fn mark_idle(&self, now: UnixMillis) -> Result<(), StoreError> {
        let idle_since = now.minus(GUEST_IDLE_DAYS * DAY_MS);
        self.write(Durability::Normal, move |db| {
            Box::pin(async move { db.all(&MARK_IDLE, values![now, idle_since, USERS_MAX]).await.map(|_| ()) })
        })
        .await
    }

    /// Some users who are marked. What is kept of them elsewhere goes before [`Self::erase_users`] takes the last row
    /// that names them.
    pub async fn ended_users(&self) -> Result<Vec<UserId>, StoreError> {
        self.reader().await?.all(&MARKED, values![USERS_MAX]).await
    }

    /// Goes one step with each of these marked users.
    pub async fn erase_users(&self, marked: &[UserId]) -> Result<(), StoreError> {
        for user in marked {
            self.erase(*user).await?;
        }
        Ok(())
    }

    /// One step for each kind of row; the user if nothing is left.
    async fn erase(&self, user: UserId) -> Result<(), StoreError> {
        let mut is_empty = true;
        for step in STEPS {
            let erased = self.write(Durability::Normal, move |db| {
                Box::pin(async move { db.execute(step, values![user, ROWS_MAX]).await })
            });
            is_empty &= i64::try_from(erased.await?).is_ok_and(|count| count < ROWS_MAX);
        }
        self.write(Durability::Normal, move |db| {
            Box::pin(async move {
                // From here on nobody adds a row that names the user: none goes with them that no tag names.
                db.exists(&ENDED, values![user]).await?;
                let unblocked = db.all(&BLOCKS_OF, values![user, ROWS_MAX]).await?.len();
                if is_empty && i64::try_from(unblocked).is_ok_and(|count| count < ROWS_MAX) {
                    db.execute(&USER, values![user]).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
