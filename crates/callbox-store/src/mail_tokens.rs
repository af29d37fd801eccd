//! Links in mails: single use, with an end, kept as their hash.
//!
//! The person who opens a link has the mailbox. Whether they are also the user who asked for it is another question:
//! an address of somebody else's is easily typed. A guest who gives a first address becomes the owner of that
//! mailbox: in another browser than the one that asked, nothing that was set before survives. An account's other
//! address is verified, and nothing else: the person who opens that link gets neither a login nor a password.

use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::proof::{Change, Proof};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};

use crate::browsers::{forget, remember};
use crate::credentials::{
    Credential, Proved, Shown, approve, check, is_signed_in, set, set_proved, set_signed_in, unlink_doubtful,
};
use crate::db::WriteDb;
use crate::linked::{Linked, linked_to};
use crate::locks::{lock_if_there, lock_user};
use crate::logins::{NewLogin, add_login, end_others};
use crate::sql::{Word, Work, rows, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError};

/// Links of one purpose that one user may have asked for within an hour.
const TOKENS_MAX: i64 = 5;
/// The same for links that anybody may ask for. The caller counts the requests for each mailbox: strangers get eight
/// in an hour at most, and the rest is for the owner's browsers.
const ANYBODYS_TOKENS_MAX: i64 = 12;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Ended ones that go with each new one.
const SWEEP_MAX: i64 = 100;

/// The purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The address is the user's.
    Verify,
    /// Signs in.
    SignIn,
    /// Sets a new password.
    Reset,
    /// Says yes to one change.
    Approve,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::SignIn => "sign_in",
            Self::Reset => "reset",
            Self::Approve => "approve",
        }
    }
}

/// A link to be sent.
#[derive(Clone, Debug)]
pub struct NewMailToken {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Its purpose.
    pub purpose: Purpose,
    /// Its user.
    pub user: UserId,
    /// The login that asked, if there was one.
    pub login: Option<LoginId>,
    /// The key of the address it goes to.
    pub email: String,
    /// A guest's password that comes with it, as a PHC string.
    pub password_hash: Option<String>,
    /// The change to approve.
    pub change: Option<Change>,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// The result of a link that signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It was good.
    Done {
        /// Its user.
        user: User,
        /// Whether a new login was made: not if the browser was signed in as them.
        is_new_login: bool,
    },
    /// It was used, has ended, or never was.
    Invalid,
    /// The address or identity that it was for became somebody else's in the meantime.
    Taken,
}

/// The result of a link that verifies an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// A guest's first address, in the browser that asked: the login stays.
    Upgraded(User),
    /// A guest's first address, in another browser, which is alone in the account now, with the new login.
    TakenOver {
        /// Its user.
        user: User,
        /// Identities that do not open it any more.
        unlinked: Vec<Linked>,
    },
    /// An account's other address.
    Changed {
        /// Its user, if the browser is signed in as them.
        user: Option<User>,
        /// The address before, if it was another.
        old_email: Option<String>,
    },
    /// It was used, has ended, or never was; or the login that asked for another address has ended.
    Invalid,
    /// The address became somebody else's in the meantime.
    Taken,
}

/// The effects of a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The user whose password it is.
    pub user: User,
    /// Their address.
    pub email: String,
    /// Identities that were linked since they last signed in, and do not open the account any more.
    pub unlinked: Vec<Linked>,
    /// Identities that still do.
    pub kept: Vec<Linked>,
}

statements! {
    hot SWEEP touches [delete mail_tokens] = "DELETE FROM mail_tokens WHERE token_hash IN \
        (SELECT token_hash FROM mail_tokens WHERE expires_at <= $1 LIMIT $2)";
    hot RECENT reads [mail_tokens] -> i64 =
        "SELECT count(*) FROM mail_tokens WHERE \"user\" = $1 AND purpose = $2 AND created_at > $3";
    some INSERT_TOKEN touches [insert mail_tokens] =
        "INSERT INTO mail_tokens (token_hash, purpose, \"user\", login, email, password_hash, change, \
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    hot TAKE touches [delete mail_tokens] -> Taken =
        "DELETE FROM mail_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 \
        RETURNING \"user\", login, email, password_hash, change";
    hot MAILBOX reads [mail_tokens] -> String =
        "SELECT email FROM mail_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3";
    hot USER reads [users] -> UserRow = "SELECT id, age, email FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot OWNER reads [users] -> UserId = "SELECT id FROM users WHERE email = $1";
}

rows! {
    /// A link that was opened, and is deleted.
    struct Taken {
        user: UserId,
        login: Option<LoginId>,
        email: String,
        password_hash: Option<String>,
        change: Word<Change>,
    }
    struct UserRow { id: UserId, age: Word<AgeClass>, email: Option<String> }
}

impl Store {
    /// Keeps a link that is about to be sent; whether it may be: one user gets so many an hour.
    pub async fn create_mail_token(&self, token: NewMailToken, now: UnixMillis) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| Box::pin(async move { keep(db, &token, now).await })).await
    }

    /// The same for a link that verifies another address, for a caller who proves that the account is theirs.
    pub async fn create_verification(
        &self,
        token: NewMailToken,
        shown: Shown,
        now: UnixMillis,
    ) -> Result<Proved<bool>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let ways = match check(db, token.user, &shown, Change::Address, now).await? {
                    Ok(ways) => ways,
                    Err(needed) => return Ok(Err(needed)),
                };
                // A password comes with a guest's first address, and with no other.
                let password_hash = token.password_hash.filter(|_| ways.proof() == Proof::Nothing);
                keep(db, &NewMailToken { password_hash, ..token }, now).await.map(Ok)
            })
        })
        .await
    }

    /// The address that a link went to, if it is still valid: nothing costly is done for an invented one.
    pub async fn mailbox_of_link(
        &self,
        token_hash: &[u8; 32],
        purpose: Purpose,
        now: UnixMillis,
    ) -> Result<Option<String>, StoreError> {
        self.reader().await?.first(&MAILBOX, values![token_hash, purpose.word(), now]).await
    }

    /// Opens a link that verifies an address; `asking` is who the browser is that does.
    pub async fn redeem_verification(
        &self,
        token_hash: [u8; 32],
        asking: Option<(UserId, LoginId)>,
        login: NewLogin,
        now: UnixMillis,
    ) -> Result<Verification, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some(taken) = take(db, &token_hash, Purpose::Verify, now).await? else {
                    return Ok(Verification::Invalid);
                };
                let Some((user, email)) = user(db, taken.user).await? else {
                    return Ok(Verification::Invalid);
                };
                let owner = db.first(&OWNER, values![&taken.email]).await?;
                if owner.is_some_and(|owner| owner != user.id) {
                    return Ok(Verification::Taken);
                }
                match email {
                    Some(old) => verify_other(db, user, old, &taken, asking.map(|(user, _)| user), now).await,
                    None => verify_first(db, user, &taken, asking.map(|(_, login)| login), &login, now).await,
                }
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
                let Some((user, _)) = user_of(db, &token_hash, Purpose::SignIn, now).await? else {
                    return Ok(Redeemed::Invalid);
                };
                add_login(db, user.id, &login, now).await?;
                Ok(Redeemed::Done { user, is_new_login: true })
            })
        })
        .await
    }

    /// Opens a link that sets a new password: all logins of the user end, and identities that may be a stranger's go.
    pub async fn redeem_reset(
        &self,
        token_hash: [u8; 32],
        password_hash: String,
        now: UnixMillis,
    ) -> Result<Option<Reset>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some((user, taken)) = user_of(db, &token_hash, Purpose::Reset, now).await? else {
                    return Ok(None);
                };
                set(db, user.id, Credential::Password(Some(&password_hash)), now).await?;
                let (unlinked, kept) = unlink_doubtful(db, user.id, now).await?;
                end_others(db, user.id, None).await?;
                Ok(Some(Reset { user, email: taken.email, unlinked, kept }))
            })
        })
        .await
    }

    /// Opens a link that says yes to a change: the login that asked may make it once. What that is.
    pub async fn redeem_approval(
        &self,
        token_hash: [u8; 32],
        now: UnixMillis,
    ) -> Result<Option<Change>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let Some((user, taken)) = user_of(db, &token_hash, Purpose::Approve, now).await? else {
                    return Ok(None);
                };
                let (Some(login), Some(change)) = (taken.login, taken.change.0) else { return Ok(None) };
                let is_there = approve(db, user.id, login, change, now).await?;
                Ok(is_there.then_some(change))
            })
        })
        .await
    }
}

fn keep<'d>(db: &'d mut WriteDb<'_>, token: &'d NewMailToken, now: UnixMillis) -> Work<'d, bool> {
    Box::pin(async move {
        lock_user(db, token.user).await?;
        db.execute(&SWEEP, values![now, SWEEP_MAX]).await?;
        let (user, purpose) = (token.user, token.purpose.word());
        let since = now.minus(HOUR_MS);
        let recent = db.first(&RECENT, values![user, purpose, since]).await?;
        let most = match token.purpose {
            Purpose::SignIn | Purpose::Reset => ANYBODYS_TOKENS_MAX,
            _ => TOKENS_MAX,
        };
        if recent.unwrap_or_default() >= most {
            return Ok(false);
        }
        let login = token.login.map(|login| *login.as_bytes());
        let change = token.change.map(|change| word(&change));
        let values = values![
            &token.token_hash,
            purpose,
            user,
            login,
            &token.email,
            &token.password_hash,
            &change,
            now,
            token.expires_at,
        ];
        db.execute(&INSERT_TOKEN, values).await?;
        Ok(true)
    })
}

/// A guest's first address: the owner of the mailbox gets the account.
async fn verify_first(
    db: &mut WriteDb<'_>,
    user: User,
    taken: &Taken,
    asking: Option<LoginId>,
    login: &NewLogin,
    now: UnixMillis,
) -> Result<Verification, StoreError> {
    set(db, user.id, Credential::Email(&taken.email), now).await?;
    if let Some(asking) = asking.filter(|asking| Some(*asking) == taken.login) {
        if let Some(hash) = &taken.password_hash {
            set(db, user.id, Credential::Password(Some(hash)), now).await?;
        }
        set_signed_in(db, user.id, Some(now)).await?;
        set_proved(db, user.id, asking, now).await?;
        remember(db, user.id, login.device.as_ref(), now).await?;
        return Ok(Verification::Upgraded(user));
    }
    let unlinked = linked_to(db, user.id).await?;
    set(db, user.id, Credential::Password(None), now).await?;
    set(db, user.id, Credential::NoIdentities, now).await?;
    end_others(db, user.id, None).await?;
    forget(db, user.id).await?;
    add_login(db, user.id, login, now).await?;
    Ok(Verification::TakenOver { user, unlinked })
}

/// An account's other address: it is verified, and that is all.
async fn verify_other(
    db: &mut WriteDb<'_>,
    user: User,
    old: String,
    taken: &Taken,
    asking: Option<UserId>,
    now: UnixMillis,
) -> Result<Verification, StoreError> {
    // A request ends with the login that made it, however that ended.
    let Some(login) = taken.login else { return Ok(Verification::Invalid) };
    if !is_signed_in(db, user.id, login).await? {
        return Ok(Verification::Invalid);
    }
    set(db, user.id, Credential::Email(&taken.email), now).await?;
    let is_own = asking == Some(user.id);
    if !is_own {
        // The mailbox may be somebody else's: identities that were linked before are not known to be theirs.
        set_signed_in(db, user.id, None).await?;
    }
    let old_email = Some(old).filter(|old| *old != taken.email);
    Ok(Verification::Changed { user: is_own.then_some(user), old_email })
}

/// The user of a link, if their address is still the one that the link went to.
async fn user_of(
    db: &mut WriteDb<'_>,
    token_hash: &[u8; 32],
    purpose: Purpose,
    now: UnixMillis,
) -> Result<Option<(User, Taken)>, StoreError> {
    let Some(taken) = take(db, token_hash, purpose, now).await? else { return Ok(None) };
    let found = user(db, taken.user).await?;
    let user = found.filter(|(_, email)| email.as_ref() == Some(&taken.email)).map(|(user, _)| user);
    Ok(user.map(|user| (user, taken)))
}

async fn take(
    db: &mut WriteDb<'_>,
    token_hash: &[u8; 32],
    purpose: Purpose,
    now: UnixMillis,
) -> Result<Option<Taken>, StoreError> {
    db.first(&TAKE, values![token_hash, purpose.word(), now]).await
}

/// Locked, with their address.
async fn user(db: &mut WriteDb<'_>, user: UserId) -> Result<Option<(User, Option<String>)>, StoreError> {
    lock_if_there(db, user).await?;
    let found = db.first(&USER, values![user]).await?;
    Ok(found.map(|row| (User { id: row.id, age: row.age.0 }, row.email)))
}
