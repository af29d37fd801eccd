//! Links in mails: single use, with an end, kept as their hash.
//!
//! Whoever opens a link has the mailbox. Whether they are also the user who asked for it is another question: an address
//! of somebody else's is easily typed. So a password that came with the wish is set only where the very login that asked
//! opens the link; elsewhere all other logins of the user end, and the password with them.

use callbox_protocol::http::User;
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::db::{Db, Row, Work, statements, values};
use crate::logins::{add_login, end_others};
use crate::users::NewLogin;
use crate::{Durability, Store, StoreError};

/// Links of one purpose that one user may have asked for within an hour.
const TOKENS_MAX: i64 = 5;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Ended ones that go with each new one.
const SWEEP_MAX: i64 = 100;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The address is the user's.
    Verify,
    /// Signs in.
    SignIn,
    /// Sets a new password.
    Reset,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::SignIn => "sign_in",
            Self::Reset => "reset",
        }
    }
}

/// A link to be sent.
#[derive(Clone, Debug)]
pub struct NewMailToken {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// What it is for.
    pub purpose: Purpose,
    /// Whose.
    pub user: UserId,
    /// The login that asked, where one did.
    pub login: Option<LoginId>,
    /// The key of the address it goes to.
    pub email: String,
    /// The password that comes with it, as a PHC string.
    pub password_hash: Option<String>,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// What became of a link that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The user it is for, whose logins have ended, and the address before, where it was another.
    Done {
        /// Whose it was.
        user: User,
        /// Logins that ended with it.
        ended: Vec<LoginId>,
        /// The address that the user had before.
        old_email: Option<String>,
        /// Whether a new login was made: not where the one that asked opened it.
        is_new_login: bool,
    },
    /// It was used, has ended, or never was.
    Invalid,
    /// The address became somebody else's in the meantime.
    Taken,
}

statements! {
    hot SWEEP = "DELETE FROM mail_tokens WHERE token_hash IN \
        (SELECT token_hash FROM mail_tokens WHERE expires_at <= $1 LIMIT $2)";
    hot RECENT = "SELECT count(*) FROM mail_tokens WHERE \"user\" = $1 AND purpose = $2 AND created_at > $3";
    some INSERT_TOKEN = "INSERT INTO mail_tokens (token_hash, purpose, \"user\", login, email, password_hash, \
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    hot TAKE = "DELETE FROM mail_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 \
        RETURNING \"user\", login, email, password_hash";
    hot FORGET = "DELETE FROM mail_tokens WHERE \"user\" = $1 AND purpose = $2";
    hot USER = "SELECT id, age, email FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot OWNER = "SELECT id FROM users WHERE email = $1";
    hot SET_EMAIL = "UPDATE users SET email = $2 WHERE id = $1";
    hot SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE id = $1";
}

struct Taken {
    user: UserId,
    login: Option<LoginId>,
    email: String,
    password_hash: Option<String>,
}

impl Store {
    /// Keeps a link that is about to be sent; whether it may be: one user gets so many an hour.
    pub async fn create_mail_token(&self, token: NewMailToken, now: UnixMillis) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                db.execute(&SWEEP, values![now, SWEEP_MAX]).await?;
                let (user, purpose) = (token.user, token.purpose.word());
                let since = now.minus(HOUR_MS);
                let recent =
                    db.first(&RECENT, values![user, purpose, since], |row| row.get::<i64>(0)).await?;
                if recent.unwrap_or_default() >= TOKENS_MAX {
                    return Ok(false);
                }
                let login = token.login.map(|login| *login.as_bytes());
                let values = values![
                    &token.token_hash,
                    purpose,
                    user,
                    login,
                    &token.email,
                    &token.password_hash,
                    now,
                    token.expires_at,
                ];
                db.execute(&INSERT_TOKEN, values).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Opens a link that verifies an address; `asking` is the login of the browser that does.
    pub async fn redeem_verification(
        &self,
        token_hash: [u8; 32],
        asking: Option<LoginId>,
        login: NewLogin,
        now: UnixMillis,
    ) -> Result<Redeemed, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some(taken) = take(db, &token_hash, Purpose::Verify, now).await? else {
                    return Ok(Redeemed::Invalid);
                };
                let Some((user, old_email)) = user(db, taken.user).await? else {
                    return Ok(Redeemed::Invalid);
                };
                let owner = db.first(&OWNER, values![&taken.email], |row| row.id::<UserId>(0)).await?;
                if owner.is_some_and(|owner| owner != user.id) {
                    return Ok(Redeemed::Taken);
                }
                db.execute(&SET_EMAIL, values![user.id, &taken.email]).await?;
                let is_asker = asking.is_some() && asking == taken.login;
                let old_email = old_email.filter(|old| *old != taken.email);
                let ended = if is_asker {
                    if taken.password_hash.is_some() {
                        db.execute(&SET_PASSWORD, values![user.id, &taken.password_hash]).await?;
                    }
                    Vec::new()
                } else {
                    db.execute(&SET_PASSWORD, values![user.id, None::<&str>]).await?;
                    let ended = end_others(db, user.id, None).await?;
                    add_login(db, user.id, &login, now).await?;
                    ended
                };
                Ok(Redeemed::Done { user, ended, old_email, is_new_login: !is_asker })
            })
        })
        .await
    }

    /// Opens a link that signs in.
    pub async fn redeem_sign_in(
        &self,
        token_hash: [u8; 32],
        login: NewLogin,
        now: UnixMillis,
    ) -> Result<Redeemed, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some(user) = user_of(db, &token_hash, Purpose::SignIn, now).await? else {
                    return Ok(Redeemed::Invalid);
                };
                add_login(db, user.id, &login, now).await?;
                Ok(Redeemed::Done { user, ended: Vec::new(), old_email: None, is_new_login: true })
            })
        })
        .await
    }

    /// Opens a link that sets a new password: all logins of the user end.
    pub async fn redeem_reset(
        &self,
        token_hash: [u8; 32],
        password_hash: String,
        now: UnixMillis,
    ) -> Result<Redeemed, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some(user) = user_of(db, &token_hash, Purpose::Reset, now).await? else {
                    return Ok(Redeemed::Invalid);
                };
                db.execute(&SET_PASSWORD, values![user.id, &password_hash]).await?;
                // Whoever had the mailbox for a while must not come back by an older link.
                for purpose in [Purpose::SignIn, Purpose::Reset] {
                    db.execute(&FORGET, values![user.id, purpose.word()]).await?;
                }
                let ended = end_others(db, user.id, None).await?;
                Ok(Redeemed::Done { user, ended, old_email: None, is_new_login: false })
            })
        })
        .await
    }
}

/// Links that would verify an address of this user are worth nothing any more.
pub(crate) async fn forget_verifications(db: &mut Db, user: UserId) -> Result<(), StoreError> {
    db.execute(&FORGET, values![user, Purpose::Verify.word()]).await.map(|_| ())
}

/// The user of a link, where their address is still the one that the link went to.
async fn user_of(
    db: &mut Db,
    token_hash: &[u8; 32],
    purpose: Purpose,
    now: UnixMillis,
) -> Result<Option<User>, StoreError> {
    let Some(taken) = take(db, token_hash, purpose, now).await? else { return Ok(None) };
    let found = user(db, taken.user).await?;
    Ok(found.filter(|(_, email)| email.as_ref() == Some(&taken.email)).map(|(user, _)| user))
}

fn take<'d>(
    db: &'d mut Db,
    token_hash: &'d [u8; 32],
    purpose: Purpose,
    now: UnixMillis,
) -> Work<'d, Option<Taken>> {
    Box::pin(async move {
        let read = |row: &Row<'_>| {
            let (user, login) = (row.id(0)?, row.id_or_none(1)?);
            Ok(Taken { user, login, email: row.get(2)?, password_hash: row.get(3)? })
        };
        db.first(&TAKE, values![token_hash, purpose.word(), now], read).await
    })
}

async fn user(db: &mut Db, user: UserId) -> Result<Option<(User, Option<String>)>, StoreError> {
    let read = |row: &Row<'_>| Ok((User { id: row.id(0)?, age: row.word(1)? }, row.get(2)?));
    db.first(&USER, values![user], read).await
}
