//! Identities: who somebody is to an issuer of OpenID Connect, and whose account that opens.
//!
//! An identity opens one account. It is linked to an account that is there only by its owner: by a link in a mail to the
//! account's address, or by whoever is signed in as them. Whether the issuer spoke the truth is checked elsewhere.
//! Bounds: 16 identities of one user, 5 such mails an hour.

use callbox_protocol::http::User;
use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;

use crate::db::{Db, Row, Work, statements, values};
use crate::logins::{add_login, insert_login};
use crate::mail_tokens::forget_verifications;
use crate::users::NewLogin;
use crate::{Durability, Redeemed, Store, StoreError};

/// More services than anybody signs in with.
const IDENTITIES_MAX: i64 = 16;
/// Mails to one account's address within an hour.
const LINKS_MAX: i64 = 5;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Ended links that go with each new one.
const SWEEP_MAX: i64 = 100;

/// Somebody, as an issuer names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer's URL.
    pub issuer: String,
    /// The issuer's own name for them, which never changes.
    pub subject: String,
}

/// An identity of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Who they are there.
    pub identity: Identity,
    /// Since when.
    pub at: UnixMillis,
}

/// Somebody whom an issuer has vouched for.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who they are there.
    pub identity: Identity,
    /// The key of their address, if the issuer has verified it.
    pub email: Option<String>,
    /// Who they were here until now, if anybody: a guest becomes an account.
    pub was: Option<UserId>,
    /// The id of the user to be made, should one be needed.
    pub new_user: UserId,
    /// The login to be made.
    pub login: NewLogin,
}

/// What became of an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// They have a new login; the user may be new too.
    SignedIn(User),
    /// The guest has an account now, and the login that it had.
    Upgraded(User),
    /// This user has the address. Nothing was changed.
    AddressTaken(UserId),
    /// The identity is new, and there is no verified address to make an account of. Nothing was changed.
    NoAddress,
}

/// What became of a wish to link an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// It opens the account from now on.
    Linked,
    /// It did before.
    Already,
    /// It opens another account.
    Taken,
    /// The account has as many as it may.
    TooMany,
}

/// What became of a wish to unlink an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlinkOutcome {
    /// It opens the account no more.
    Unlinked,
    /// It was none of the user's.
    NoSuchIdentity,
    /// There is no other way in.
    LastWayIn,
}

/// A link to be sent to an account's address.
#[derive(Clone, Debug)]
pub struct NewIdentityLink {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// What is to be linked.
    pub identity: Identity,
    /// Whose account.
    pub user: UserId,
    /// The key of the address it goes to.
    pub email: String,
    /// When it ends.
    pub expires_at: UnixMillis,
}

statements! {
    hot USER_OF = "SELECT users.id, users.age FROM identities JOIN users ON users.id = identities.\"user\" \
        WHERE issuer = $1 AND subject = $2 AND users.deleted_at IS NULL";
    // That of a user who is being erased stands in nobody's way.
    hot FORGET_ERASED = "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND \"user\" IN \
        (SELECT id FROM users WHERE id = identities.\"user\" AND deleted_at IS NOT NULL)";
    hot OWNER = "SELECT id FROM users WHERE email = $1";
    hot GUEST = "SELECT id, age FROM users WHERE id = $1 AND email IS NULL AND deleted_at IS NULL";
    hot ACCOUNT = "SELECT id, age, email, password_hash IS NOT NULL FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot SET_EMAIL = "UPDATE users SET email = $2 WHERE id = $1";
    some INSERT_USER = "INSERT INTO users (id, email, created_at, seen_at) VALUES ($1, $2, $3, $3)";
    hot COUNT = "SELECT count(*) FROM identities WHERE \"user\" = $1";
    some INSERT = "INSERT INTO identities (issuer, subject, \"user\", created_at) VALUES ($1, $2, $3, $4)";
    hot OF_USER = "SELECT issuer, subject, created_at FROM identities WHERE \"user\" = $1 \
        ORDER BY created_at, issuer, subject LIMIT $2";
    hot DELETE = "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND \"user\" = $3";
    hot SWEEP = "DELETE FROM identity_links WHERE token_hash IN \
        (SELECT token_hash FROM identity_links WHERE expires_at <= $1 LIMIT $2)";
    hot RECENT = "SELECT count(*) FROM identity_links WHERE \"user\" = $1 AND created_at > $2";
    some INSERT_LINK = "INSERT INTO identity_links (token_hash, issuer, subject, \"user\", email, created_at, \
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    hot TAKE = "DELETE FROM identity_links WHERE token_hash = $1 AND expires_at > $2 \
        RETURNING issuer, subject, \"user\", email";
}

impl Store {
    /// Signs in whom the identity stands for; else makes an account of a verified address that is nobody's.
    pub async fn arrive(&self, arrival: Arrival, now: UnixMillis) -> Result<Arrived, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                if let Some(user) = user_of(db, &arrival.identity).await? {
                    add_login(db, user.id, &arrival.login, now).await?;
                    return Ok(Arrived::SignedIn(user));
                }
                let Some(email) = &arrival.email else { return Ok(Arrived::NoAddress) };
                if let Some(owner) = db.first(&OWNER, values![email], |row| row.id(0)).await? {
                    return Ok(Arrived::AddressTaken(owner));
                }
                let guest = match arrival.was {
                    Some(was) => db.first(&GUEST, values![was], user).await?,
                    None => None,
                };
                if let Some(guest) = guest {
                    db.execute(&SET_EMAIL, values![guest.id, email]).await?;
                    // Else another address that was asked for before would take this one's place.
                    forget_verifications(db, guest.id).await?;
                    insert(db, &arrival.identity, guest.id, now).await?;
                    return Ok(Arrived::Upgraded(guest));
                }
                let user = User { id: arrival.new_user, age: None };
                db.execute(&INSERT_USER, values![user.id, email, now]).await?;
                insert(db, &arrival.identity, user.id, now).await?;
                insert_login(db, user.id, &arrival.login, now).await?;
                Ok(Arrived::SignedIn(user))
            })
        })
        .await
    }

    /// Whose account the identity opens.
    pub async fn user_of_identity(&self, identity: &Identity) -> Result<Option<UserId>, StoreError> {
        let values = values![&identity.issuer, &identity.subject];
        self.reader().await?.first(&USER_OF, values, |row| row.id(0)).await
    }

    /// Links the identity to the account of whoever asked for it.
    pub async fn link_identity(
        &self,
        identity: Identity,
        user: UserId,
        now: UnixMillis,
    ) -> Result<LinkOutcome, StoreError> {
        self.write(Durability::Full, move |db| Box::pin(async move { link(db, &identity, user, now).await }))
            .await
    }

    /// The identities that open this account, the oldest first.
    pub async fn identities(&self, user: UserId) -> Result<Vec<Linked>, StoreError> {
        self.reader().await?.all(&OF_USER, values![user, IDENTITIES_MAX], linked).await
    }

    /// Unlinks one, where another way in is left: a password, another identity, or a mail, if there is a mail server.
    pub async fn unlink_identity(
        &self,
        identity: Identity,
        user: UserId,
        has_mail: bool,
    ) -> Result<UnlinkOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let all = db.all(&OF_USER, values![user, IDENTITIES_MAX], linked).await?;
                if all.iter().all(|one| one.identity != identity) {
                    return Ok(UnlinkOutcome::NoSuchIdentity);
                }
                let read = |row: &Row<'_>| Ok((row.get::<Option<String>>(2)?, row.get::<bool>(3)?));
                let (email, has_password) =
                    db.first(&ACCOUNT, values![user], read).await?.unwrap_or_default();
                let has_other = has_password || (has_mail && email.is_some());
                if all.len() == 1 && !has_other {
                    return Ok(UnlinkOutcome::LastWayIn);
                }
                db.execute(&DELETE, values![&identity.issuer, &identity.subject, user]).await?;
                Ok(UnlinkOutcome::Unlinked)
            })
        })
        .await
    }

    /// Keeps a link that is about to be sent; whether it may be: one account gets so many an hour.
    pub async fn create_identity_link(
        &self,
        link: NewIdentityLink,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                db.execute(&SWEEP, values![now, SWEEP_MAX]).await?;
                let values = values![link.user, now.minus(HOUR_MS)];
                let recent = db.first(&RECENT, values, |row| row.get::<i64>(0)).await?;
                if recent.unwrap_or_default() >= LINKS_MAX {
                    return Ok(false);
                }
                let Identity { issuer, subject } = &link.identity;
                let values =
                    values![&link.token_hash, issuer, subject, link.user, &link.email, now, link.expires_at];
                db.execute(&INSERT_LINK, values).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Opens a link that was sent: the identity opens the account from now on. `asking` is who the browser is already.
    pub async fn redeem_identity_link(
        &self,
        token_hash: [u8; 32],
        asking: Option<UserId>,
        login: NewLogin,
        now: UnixMillis,
    ) -> Result<Redeemed, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let read = |row: &Row<'_>| {
                    let identity = Identity { issuer: row.get(0)?, subject: row.get(1)? };
                    Ok((identity, row.id::<UserId>(2)?, row.get::<String>(3)?))
                };
                let taken = db.first(&TAKE, values![&token_hash, now], read).await?;
                let Some((identity, owner, email)) = taken else { return Ok(Redeemed::Invalid) };
                let read = |row: &Row<'_>| Ok((user(row)?, row.get::<Option<String>>(2)?));
                let found = db.first(&ACCOUNT, values![owner], read).await?;
                // The mailbox proves nothing any more where the account has another address by now.
                let Some((user, _)) = found.filter(|(_, now)| now.as_ref() == Some(&email)) else {
                    return Ok(Redeemed::Invalid);
                };
                match link(db, &identity, user.id, now).await? {
                    LinkOutcome::Taken | LinkOutcome::TooMany => return Ok(Redeemed::Taken),
                    LinkOutcome::Linked | LinkOutcome::Already => {}
                }
                let is_new_login = asking != Some(user.id);
                if is_new_login {
                    add_login(db, user.id, &login, now).await?;
                }
                Ok(Redeemed::Done { user, ended: Vec::new(), old_email: None, is_new_login })
            })
        })
        .await
    }
}

fn link<'d>(db: &'d mut Db, identity: &'d Identity, user: UserId, now: UnixMillis) -> Work<'d, LinkOutcome> {
    Box::pin(async move {
        match user_of(db, identity).await? {
            Some(owner) if owner.id == user => return Ok(LinkOutcome::Already),
            Some(_) => return Ok(LinkOutcome::Taken),
            None => {}
        }
        let count = db.first(&COUNT, values![user], |row| row.get::<i64>(0)).await?;
        if count.unwrap_or_default() >= IDENTITIES_MAX {
            return Ok(LinkOutcome::TooMany);
        }
        insert(db, identity, user, now).await?;
        Ok(LinkOutcome::Linked)
    })
}

async fn insert(db: &mut Db, identity: &Identity, user: UserId, now: UnixMillis) -> Result<(), StoreError> {
    let Identity { issuer, subject } = identity;
    db.execute(&FORGET_ERASED, values![issuer, subject]).await?;
    db.execute(&INSERT, values![issuer, subject, user, now]).await?;
    Ok(())
}

async fn user_of(db: &mut Db, identity: &Identity) -> Result<Option<User>, StoreError> {
    db.first(&USER_OF, values![&identity.issuer, &identity.subject], user).await
}

fn user(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User { id: row.id(0)?, age: row.word(1)? })
}

fn linked(row: &Row<'_>) -> Result<Linked, StoreError> {
    let identity = Identity { issuer: row.get(0)?, subject: row.get(1)? };
    Ok(Linked { identity, at: row.time(2)? })
}
