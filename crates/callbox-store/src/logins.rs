//! Logins of one user: listed, ended, and never too many.

use callbox_core::cache::Dependent;
use callbox_protocol::account::{LoginItem, LoginKind};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::browsers::{BROWSERS_MAX, remember};
use crate::credentials::set_signed_in;
use crate::db::WriteDb;
use crate::effects::UserEvent;
use crate::locks::lock_user;
use crate::sql::{Word, Work, rows, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError, Tagged};

/// Logins of one user: one for each browser. One more ends the one that was used least lately.
const LOGINS_MAX: i64 = BROWSERS_MAX;
/// A login ends when it was not used for this long.
pub(crate) const LOGIN_IDLE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A login to be made.
#[derive(Clone, Debug)]
pub struct NewLogin {
    /// Its name.
    pub id: LoginId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// How it was proved who this is.
    pub kind: LoginKind,
    /// The name by which people recognise it: "Firefox on Linux".
    pub label: String,
    /// Keyed hash of the device's own name, if it gave one.
    pub device: Option<[u8; 32]>,
    /// Keyed hash of the address it was made from.
    pub address: Option<[u8; 32]>,
}

statements! {
    some INSERT_LOGIN touches [insert logins] tags [Logins($2)] =
        "INSERT INTO logins (id, \"user\", token_hash, created_at, last_used_at, kind, label, device, \
        address, proved_at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)";
    hot MAKE_ROOM touches [delete logins] tags [Logins($1)] -> LoginId =
        "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE \"user\" = $1 \
        ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET $2) RETURNING id";
    hot LOGINS reads [logins] tags [Logins($1)] -> LoginRow = "SELECT id, label, kind, created_at, last_used_at FROM logins \
        WHERE \"user\" = $1 AND last_used_at > $2 ORDER BY last_used_at DESC, id DESC LIMIT $3";
    hot END_LOGIN touches [delete logins] tags [Logins($2)] = "DELETE FROM logins WHERE id = $1 AND \"user\" = $2";
    hot END_LOGINS touches [delete logins] tags [Logins($1)] -> LoginId = "DELETE FROM logins WHERE \"user\" = $1 RETURNING id";
    hot END_OTHER_LOGINS touches [delete logins] tags [Logins($1)] -> LoginId =
        "DELETE FROM logins WHERE \"user\" = $1 AND id <> $2 RETURNING id";
}

rows! {
    struct LoginRow {
        id: LoginId,
        label: String,
        kind: Word<LoginKind>,
        created_at: UnixMillis,
        last_used_at: UnixMillis,
    }
}

impl Store {
    /// The user's logins, as `current` sees them, the last used first.
    pub async fn logins(
        &self,
        user: UserId,
        current: LoginId,
        now: UnixMillis,
    ) -> Result<Vec<LoginItem>, StoreError> {
        Ok(self.tagged().logins(user, current, now).await?.value)
    }

    /// Ends a login of this user; whether there was one.
    pub async fn end_login(&self, user: UserId, login: LoginId) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let is_ended = db.execute(&END_LOGIN, values![login, user]).await? == 1;
                if is_ended {
                    db.send(UserEvent::LoginsEnded(user, vec![login]));
                }
                Ok(is_ended)
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::logins`].
    pub async fn logins(
        &self,
        user: UserId,
        current: LoginId,
        now: UnixMillis,
    ) -> Result<Dependent<Vec<LoginItem>>, StoreError> {
        let since = now.minus(LOGIN_IDLE_MS);
        let mut db = self.reader().await?;
        let found = db.all(&LOGINS, values![user, since, LOGINS_MAX]).await?;
        db.until(found.last().map(|oldest| oldest.last_used_at.plus(LOGIN_IDLE_MS)));
        let item = |row: LoginRow| LoginItem {
            id: row.id,
            label: row.label,
            kind: row.kind.0.unwrap_or(LoginKind::Guest),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            is_current: row.id == current,
        };
        Ok(db.dependent(found.into_iter().map(item).collect()))
    }
}

/// Gives a user one more login, and ends the oldest if there are too many.
pub(crate) fn add_login<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    login: &'d NewLogin,
    now: UnixMillis,
) -> Work<'d, ()> {
    Box::pin(async move {
        lock_user(db, user).await?;
        let ended = db.all(&MAKE_ROOM, values![user, LOGINS_MAX - 1]).await?;
        send_ended(db, user, ended);
        insert_login(db, user, login, now).await?;
        remember(db, user, login.device.as_ref(), now).await
    })
}

/// Gives a login to a user who has none.
pub(crate) fn insert_login<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    login: &'d NewLogin,
    now: UnixMillis,
) -> Work<'d, ()> {
    Box::pin(async move {
        let kind = word(&login.kind);
        let proved_at = (login.kind != LoginKind::Guest).then_some(now);
        let values = values![
            login.id,
            user,
            &login.token_hash,
            now,
            &kind,
            &login.label,
            &login.device,
            &login.address,
            proved_at,
        ];
        db.execute(&INSERT_LOGIN, values).await?;
        match login.kind {
            LoginKind::Password | LoginKind::Mail | LoginKind::Setup => {
                set_signed_in(db, user, Some(now)).await
            }
            // The proof of an identity's sign-in depends on when the identity was linked.
            LoginKind::Guest | LoginKind::Oidc => Ok(()),
        }
    })
}

/// Ends all logins of a user but one, if one is to stay.
pub(crate) fn end_others<'d>(db: &'d mut WriteDb<'_>, user: UserId, keep: Option<LoginId>) -> Work<'d, ()> {
    Box::pin(async move {
        let ended = match keep {
            Some(keep) => db.all(&END_OTHER_LOGINS, values![user, keep]).await?,
            None => db.all(&END_LOGINS, values![user]).await?,
        };
        send_ended(db, user, ended);
        Ok(())
    })
}

fn send_ended(db: &mut WriteDb<'_>, user: UserId, ended: Vec<LoginId>) {
    if !ended.is_empty() {
        db.send(UserEvent::LoginsEnded(user, ended));
    }
}
