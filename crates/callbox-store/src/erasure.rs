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
        private, plan, role)] =
        "UPDATE users SET deleted_at = $2, email = NULL, password_hash = NULL, name = '', bio = '', \
        interests = '[]', languages = '[]', country = NULL, public = '{}', private = '{}', plan = NULL, role = 'user' \
        WHERE id = $1 AND deleted_at IS NULL";
    hot MARK_IDLE touches [update users (deleted_at)] =
        "UPDATE users SET deleted_at = $1 WHERE id IN (SELECT id FROM users WHERE email IS NULL \
        AND seen_at < $2 AND deleted_at IS NULL AND role = 'user' AND plan IS NULL LIMIT $3)";
    hot MARKED reads [users] -> UserId = "SELECT id FROM users WHERE deleted_at IS NOT NULL LIMIT $1";
    hot LOGINS touches [delete logins] =
        "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE \"user\" = $1 LIMIT $2)";
    hot INVITES touches [delete invites] =
        "DELETE FROM invites WHERE code_hash IN (SELECT code_hash FROM invites WHERE \"user\" = $1 LIMIT $2)";
    hot MAIL_TOKENS touches [delete mail_tokens] = "DELETE FROM mail_tokens WHERE token_hash IN \
        (SELECT token_hash FROM mail_tokens WHERE \"user\" = $1 LIMIT $2)";
    hot BLOCKS_BY touches [delete blocks] = "DELETE FROM blocks WHERE blocker = $1 AND blocked IN \
        (SELECT blocked FROM blocks WHERE blocker = $1 LIMIT $2)";
    hot BLOCKS_OF touches [delete blocks] = "DELETE FROM blocks WHERE blocked = $1 AND blocker IN \
        (SELECT blocker FROM blocks WHERE blocked = $1 LIMIT $2)";
    hot RATINGS touches [delete ratings] = "DELETE FROM ratings WHERE \"user\" = $1 AND call IN \
        (SELECT call FROM ratings WHERE \"user\" = $1 LIMIT $2)";
    hot IDENTITIES touches [delete identities] = "DELETE FROM identities WHERE \"user\" = $1 AND subject IN \
        (SELECT subject FROM identities WHERE \"user\" = $1 LIMIT $2)";
    hot IDENTITY_LINKS touches [delete identity_links] = "DELETE FROM identity_links WHERE token_hash IN \
        (SELECT token_hash FROM identity_links WHERE \"user\" = $1 LIMIT $2)";
    /// Rows that name the user are deleted with them, as the schema says.
    hot USER touches [delete users, delete logins, delete invites, delete mail_tokens, delete blocks, delete ratings,
        delete identities, delete identity_links, delete known_browsers] =
        "DELETE FROM users WHERE id = $1 AND deleted_at IS NOT NULL";
}

/// The rows that belong to a user, in the order in which they are deleted.
const STEPS: [&Statement<Writes>; 8] =
    [&LOGINS, &INVITES, &MAIL_TOKENS, &IDENTITY_LINKS, &BLOCKS_BY, &BLOCKS_OF, &RATINGS, &IDENTITIES];

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
        let idle_since = now.minus(GUEST_IDLE_DAYS * DAY_MS);
        self.write(Durability::Normal, move |db| {
            Box::pin(
                async move { db.execute(&MARK_IDLE, values![now, idle_since, USERS_MAX]).await.map(|_| ()) },
            )
        })
        .await?;
        let marked: Vec<UserId> = self.reader().await?.all(&MARKED, values![USERS_MAX]).await?;
        for user in &marked {
            self.erase(*user).await?;
        }
        Ok(marked.len())
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
        if is_empty {
            self.write(Durability::Normal, move |db| {
                Box::pin(async move { db.execute(&USER, values![user]).await.map(|_| ()) })
            })
            .await?;
        }
        Ok(())
    }
}
