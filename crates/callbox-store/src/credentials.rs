//! Credentials: the ways to open an account, and the proof that a change of them needs.
//!
//! One pure rule says which proof that is, the transaction that changes checks it, and one function makes every
//! change of address, password or identities. It voids each link and each approval that still waits for the user: a
//! secret that was asked for under the old credentials ends with them. Hashes and compares no passwords.
//! Bounds: a sign-in and a mailbox's approval prove something for ten minutes, an approval for one change.

use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::proof::{Change, Proof};
use callbox_protocol::time::UnixMillis;

use crate::db::WriteDb;
use crate::linked::{Identity, Linked, last_sign_in, linked_to};
use crate::sql::{Word, Work, rows, statements, values};
use crate::words::word;
use crate::{Store, StoreError};

/// How long a sign-in or a mailbox's yes proves that its owner asks.
const PROOF_MS: u64 = 10 * 60 * 1_000;

/// The result of a change; or the proof that was not shown.
pub type Proved<T> = Result<T, Proof>;

/// The evidence that comes with a request for a change.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The login that asks.
    pub login: LoginId,
    /// The hash whose password was given, and was right.
    pub password_hash: Option<String>,
    /// Whether mails reach people: those that are written to a folder reach nobody by themselves.
    pub has_mail: bool,
}

/// The credentials that open an account.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct WaysIn {
    pub(crate) has_email: bool,
    pub(crate) has_password: bool,
    pub(crate) has_identity: bool,
    pub(crate) has_mail: bool,
}

impl WaysIn {
    /// The rule: the proof that a change of credentials needs.
    ///
    /// An address counts as a mailbox also without a mail server, if it is the only way in: the operator hands mails
    /// out.
    pub(crate) const fn proof(self) -> Proof {
        if self.has_password {
            Proof::Password
        } else if self.has_email && (self.has_mail || !self.has_identity) {
            Proof::Mailbox
        } else if self.has_email || self.has_identity {
            Proof::SignIn
        } else {
            Proof::Nothing
        }
    }
}

/// The evidence that was shown and is true.
#[derive(Clone, Copy, Debug, Default)]
struct Evidence {
    is_password_right: bool,
    is_approved: bool,
    has_signed_in: bool,
}

/// The mailbox is above the password: it can set a new one.
const fn is_enough(needed: Proof, shown: Evidence) -> bool {
    match needed {
        Proof::Nothing => true,
        Proof::Password => shown.is_password_right || shown.is_approved,
        Proof::Mailbox => shown.is_approved,
        Proof::SignIn => shown.has_signed_in || shown.is_approved,
    }
}

/// A credential as it is to be from now on.
#[derive(Debug)]
pub(crate) enum Credential<'a> {
    Email(&'a str),
    Password(Option<&'a str>),
    /// An identity more.
    Identity {
        identity: &'a Identity,
        email: Option<&'a str>,
        is_founder: bool,
    },
    /// An identity less.
    NoIdentity(&'a Identity),
    /// No identity any more.
    NoIdentities,
    /// The account ends; the columns are `erasure.rs`'s.
    Nothing,
}

statements! {
    hot STANDING touches [] -> WaysInRow = "SELECT email, password_hash, \
        EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id) AS has_identity \
        FROM users WHERE id = $1 AND deleted_at IS NULL",
        // A concurrent change of the same account waits, and is judged by the state after this one.
        "SELECT email, password_hash, \
        EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id) AS has_identity \
        FROM users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";
    hot WAYS_IN reads [identities, users] -> WaysInRow = "SELECT email, password_hash, \
        EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id) AS has_identity \
        FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot LOGIN reads [logins] -> LoginRow =
        "SELECT proved_at, approved, approved_at FROM logins WHERE id = $1 AND \"user\" = $2";
    hot APPROVE touches [update logins (approved, approved_at)] =
        "UPDATE logins SET approved = $3, approved_at = $4 WHERE id = $1 AND \"user\" = $2";
    hot SPEND touches [update logins (approved, approved_at)] =
        "UPDATE logins SET approved = NULL, approved_at = NULL WHERE id = $1";
    hot VOID_APPROVALS touches [update logins (approved, approved_at)] =
        "UPDATE logins SET approved = NULL, approved_at = NULL WHERE \"user\" = $1 \
        AND approved IS NOT NULL";
    hot VOID_MAIL_TOKENS touches [delete mail_tokens] = "DELETE FROM mail_tokens WHERE \"user\" = $1";
    hot VOID_IDENTITY_LINKS touches [delete identity_links] = "DELETE FROM identity_links WHERE \"user\" = $1";
    hot SET_EMAIL touches [update users (email)] tags [User($1)] = "UPDATE users SET email = $2 WHERE id = $1";
    hot SET_PASSWORD touches [update users (password_hash)] tags [User($1)] = "UPDATE users SET password_hash = $2 WHERE id = $1";
    some INSERT_IDENTITY touches [insert identities] tags [Identities($3)] =
        "INSERT INTO identities (issuer, subject, \"user\", created_at, email, is_founder) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    hot DELETE_IDENTITY touches [delete identities] tags [Identities($3)] =
        "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND \"user\" = $3";
    hot DELETE_IDENTITIES touches [delete identities] tags [Identities($1)] = "DELETE FROM identities WHERE \"user\" = $1";
    hot SIGNED_IN_AT reads [users] -> SignedInRow = "SELECT email, signed_in_at FROM users WHERE id = $1";
    hot SET_SIGNED_IN touches [update users (signed_in_at)] = "UPDATE users SET signed_in_at = $2 WHERE id = $1";
    hot USED touches [update identities (used_at)] tags [Identities(row)] -> UserId =
        "UPDATE identities SET used_at = $3 WHERE issuer = $1 AND subject = $2 RETURNING \"user\"";
    hot SET_PROVED touches [update logins (proved_at)] =
        "UPDATE logins SET proved_at = $3 WHERE id = $1 AND \"user\" = $2";
}

rows! {
    struct WaysInRow { email: Option<String>, password_hash: Option<String>, has_identity: bool }
    struct LoginRow {
        proved_at: Option<UnixMillis>,
        approved: Word<Change>,
        approved_at: Option<UnixMillis>,
    }
    struct SignedInRow { email: Option<String>, signed_in_at: Option<UnixMillis> }
}

impl Store {
    /// The proof that a change of this user's credentials needs.
    pub async fn proof_of(&self, user: UserId, has_mail: bool) -> Result<Proof, StoreError> {
        let found = self.reader().await?.first(&WAYS_IN, values![user]).await?;
        Ok(found.map(|row| row.ways_in(has_mail)).unwrap_or_default().proof())
    }
}

impl WaysInRow {
    fn ways_in(&self, has_mail: bool) -> WaysIn {
        let (has_email, has_password) = (self.email.is_some(), self.password_hash.is_some());
        WaysIn { has_email, has_password, has_identity: self.has_identity, has_mail }
    }
}

/// Whether the evidence is enough for this change. A mailbox's approval is used up by it.
pub(crate) fn check<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    shown: &'d Shown,
    change: Change,
    now: UnixMillis,
) -> Work<'d, Proved<WaysIn>> {
    Box::pin(async move {
        let Some(standing) = db.first(&STANDING, values![user]).await? else {
            return Ok(Err(Proof::SignIn));
        };
        // The login may have ended since the request was let in.
        let Some(login) = db.first(&LOGIN, values![shown.login, user]).await? else {
            return Ok(Err(Proof::SignIn));
        };
        let hash = &standing.password_hash;
        let is_fresh = |at: Option<UnixMillis>| at.is_some_and(|at| now.since(at) < PROOF_MS);
        let evidence = Evidence {
            is_password_right: hash.is_some() && *hash == shown.password_hash,
            is_approved: login.approved.0 == Some(change) && is_fresh(login.approved_at),
            has_signed_in: is_fresh(login.proved_at),
        };
        let ways = standing.ways_in(shown.has_mail);
        let needed = ways.proof();
        if !is_enough(needed, evidence) {
            return Ok(Err(needed));
        }
        db.execute(&SPEND, values![shown.login]).await?;
        Ok(Ok(ways))
    })
}

/// Makes one change. All links and all yeses that wait for this user are void from then on.
pub(crate) fn set<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    new: Credential<'d>,
    now: UnixMillis,
) -> Work<'d, ()> {
    Box::pin(async move {
        match new {
            Credential::Email(email) => db.execute(&SET_EMAIL, values![user, email]).await?,
            Credential::Password(hash) => db.execute(&SET_PASSWORD, values![user, hash]).await?,
            Credential::Identity { identity: Identity { issuer, subject }, email, is_founder } => {
                let values = values![issuer, subject, user, now, email, is_founder];
                db.execute(&INSERT_IDENTITY, values).await?
            }
            Credential::NoIdentity(Identity { issuer, subject }) => {
                db.execute(&DELETE_IDENTITY, values![issuer, subject, user]).await?
            }
            Credential::NoIdentities => db.execute(&DELETE_IDENTITIES, values![user]).await?,
            Credential::Nothing => 0,
        };
        for void in [&VOID_MAIL_TOKENS, &VOID_IDENTITY_LINKS, &VOID_APPROVALS] {
            db.execute(void, values![user]).await?;
        }
        Ok(())
    })
}

/// The mailbox's yes: this login may make this change, once. Whether there is such a login still.
pub(crate) async fn approve(
    db: &mut WriteDb<'_>,
    user: UserId,
    login: LoginId,
    change: Change,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let change = word(&change);
    Ok(db.execute(&APPROVE, values![login, user, &change, now]).await? == 1)
}

/// Whether this user has this login.
pub(crate) async fn is_signed_in(
    db: &mut WriteDb<'_>,
    user: UserId,
    login: LoginId,
) -> Result<bool, StoreError> {
    db.exists(&LOGIN, values![login, user]).await
}

/// Somebody proved by a password or a mailbox that they are this user; or nobody has so far, with `None`.
pub(crate) async fn set_signed_in(
    db: &mut WriteDb<'_>,
    user: UserId,
    at: Option<UnixMillis>,
) -> Result<(), StoreError> {
    db.execute(&SET_SIGNED_IN, values![user, at]).await.map(|_| ())
}

/// Somebody signed in by this identity.
pub(crate) async fn set_used(
    db: &mut WriteDb<'_>,
    identity: &Identity,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let Identity { issuer, subject } = identity;
    db.first(&USED, values![issuer, subject, now]).await.map(|_| ())
}

/// The holder of this login proved who they are without a new login.
pub(crate) async fn set_proved(
    db: &mut WriteDb<'_>,
    user: UserId,
    login: LoginId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(&SET_PROVED, values![login, user, now]).await.map(|_| ())
}

/// Unlinks the identities that were linked since the owner last signed in; returns those, and the ones that stay.
pub(crate) fn unlink_doubtful<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    now: UnixMillis,
) -> Work<'d, (Vec<Linked>, Vec<Linked>)> {
    Box::pin(async move {
        let found = db.first(&SIGNED_IN_AT, values![user]).await?;
        let (email, signed_in_at) = found.map(|row| (row.email, row.signed_in_at)).unwrap_or_default();
        let all = linked_to(db, user).await?;
        let since = last_sign_in(&all, email.as_deref(), signed_in_at);
        let (kept, doubtful): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|one| one.is_owners(email.as_deref(), since));
        for one in &doubtful {
            set(db, user, Credential::NoIdentity(&one.identity), now).await?;
        }
        Ok((doubtful, kept))
    })
}

#[cfg(test)]
mod tests;
