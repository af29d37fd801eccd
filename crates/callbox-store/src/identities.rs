//! Identities: users' names at issuers of OpenID Connect, and the accounts that they open.
//!
//! An identity opens one account. Only its owner links it to an existing account: by a link in a mail to the
//! account's address, or by a person who is signed in as them and proves it. Whether the issuer spoke the truth is
//! checked elsewhere.
//! Bounds: 16 identities of one user, 5 such mails an hour.

use callbox_core::cache::Dependent;
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::proof::Change;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};

use crate::browsers::remember;
use crate::credentials::{Credential, Proved, Shown, check, set, set_proved, set_used};
use crate::db::WriteDb;
use crate::linked::{IDENTITIES_MAX, Identity, Linked, linked_to};
use crate::locks::{Matter, lock, lock_if_there, lock_user};
use crate::logins::{NewLogin, add_login, insert_login};
use crate::sql::{Word, Work, rows, statements, values};
use crate::{Durability, Redeemed, Store, StoreError, Tagged};

/// Mails to one account's address within an hour.
const LINKS_MAX: i64 = 5;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Ended links that go with each new one.
const SWEEP_MAX: i64 = 100;

/// A person whom an issuer has vouched for.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Their identity there.
    pub identity: Identity,
    /// The key of their address, if the issuer has verified it.
    pub email: Option<String>,
    /// The user that they were here until now, if any, and the login: a guest becomes an account.
    pub was: Option<(UserId, LoginId)>,
    /// The id of the user to be made, should one be needed.
    pub new_user: UserId,
    /// The login to be made.
    pub login: NewLogin,
}

/// The result of an arrival.
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

/// The result of a request to link an identity.
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

/// The result of a request to unlink an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlinkOutcome {
    /// It does not open the account any more.
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
    /// The identity to be linked.
    pub identity: Identity,
    /// The account's user.
    pub user: UserId,
    /// The key of the address it goes to.
    pub email: String,
    /// When it ends.
    pub expires_at: UnixMillis,
}

statements! {
    hot USER_OF reads [identities, users] -> UserRow =
        "SELECT users.id, users.age FROM identities JOIN users ON users.id = identities.\"user\" \
        WHERE issuer = $1 AND subject = $2 AND users.deleted_at IS NULL";
    // The identity of a user who is being erased does not block others.
    hot FORGET_ERASED touches [delete identities] tags [Identities(row)] -> UserId =
        "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND \"user\" IN \
        (SELECT id FROM users WHERE id = identities.\"user\" AND deleted_at IS NOT NULL) RETURNING \"user\"";
    hot OWNER reads [users] -> UserId = "SELECT id FROM users WHERE email = $1";
    hot GUEST reads [users, identities] -> UserRow =
        "SELECT id, age FROM users WHERE id = $1 AND email IS NULL AND password_hash IS NULL \
        AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id)";
    hot ACCOUNT reads [users] -> AccountRow = "SELECT id, age, email FROM users WHERE id = $1 AND deleted_at IS NULL";
    some INSERT_USER touches [insert users] tags [User($1)] =
        "INSERT INTO users (id, email, created_at, seen_at) VALUES ($1, $2, $3, $3)";
    hot COUNT reads [identities] -> i64 = "SELECT count(*) FROM identities WHERE \"user\" = $1";
    hot SWEEP touches [delete identity_links] = "DELETE FROM identity_links WHERE token_hash IN \
        (SELECT token_hash FROM identity_links WHERE expires_at <= $1 LIMIT $2)";
    hot RECENT reads [identity_links] -> i64 =
        "SELECT count(*) FROM identity_links WHERE \"user\" = $1 AND created_at > $2";
    some INSERT_LINK touches [insert identity_links] =
        "INSERT INTO identity_links (token_hash, issuer, subject, \"user\", email, created_at, \
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    hot TAKE touches [delete identity_links] -> LinkRow =
        "DELETE FROM identity_links WHERE token_hash = $1 AND expires_at > $2 \
        RETURNING issuer, subject, \"user\", email";
}

rows! {
    struct UserRow { id: UserId, age: Word<AgeClass> }
    struct AccountRow { id: UserId, age: Word<AgeClass>, email: Option<String> }
    struct LinkRow { issuer: String, subject: String, user: UserId, email: String }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self { id: row.id, age: row.age.0 }
    }
}

impl Store {
    /// Signs in the user of the identity; else makes an account of a verified address that is nobody's.
    pub async fn arrive(&self, arrival: Arrival, now: UnixMillis) -> Result<Arrived, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                if let Some(user) = locked_user_of(db, &arrival.identity).await? {
                    set_used(db, &arrival.identity, now).await?;
                    add_login(db, user.id, &arrival.login, now).await?;
                    return Ok(Arrived::SignedIn(user));
                }
                let Some(email) = &arrival.email else { return Ok(Arrived::NoAddress) };
                lock(db, Matter::Address(email)).await?;
                // Another tab of theirs may have been first.
                if let Some(user) = locked_user_of(db, &arrival.identity).await? {
                    set_used(db, &arrival.identity, now).await?;
                    add_login(db, user.id, &arrival.login, now).await?;
                    return Ok(Arrived::SignedIn(user));
                }
                if let Some(owner) = db.first(&OWNER, values![email]).await? {
                    return Ok(Arrived::AddressTaken(owner));
                }
                let guest = match arrival.was {
                    Some((was, _)) => {
                        lock_if_there(db, was).await?;
                        db.first(&GUEST, values![was]).await?.map(User::from)
                    }
                    None => None,
                };
                if let (Some(guest), Some((_, login))) = (guest, arrival.was) {
                    set(db, guest.id, Credential::Email(email), now).await?;
                    found(db, &arrival.identity, guest.id, email, now).await?;
                    set_proved(db, guest.id, login, now).await?;
                    remember(db, guest.id, arrival.login.device.as_ref(), now).await?;
                    return Ok(Arrived::Upgraded(guest));
                }
                let user = User { id: arrival.new_user, age: None };
                db.execute(&INSERT_USER, values![user.id, email, now]).await?;
                found(db, &arrival.identity, user.id, email, now).await?;
                insert_login(db, user.id, &arrival.login, now).await?;
                Ok(Arrived::SignedIn(user))
            })
        })
        .await
    }

    /// The user whose account the identity opens.
    pub async fn user_of_identity(&self, identity: &Identity) -> Result<Option<UserId>, StoreError> {
        let values = values![&identity.issuer, &identity.subject];
        Ok(self.reader().await?.first(&USER_OF, values).await?.map(|user| user.id))
    }

    /// Links the identity to the account of the person who asked for it. `email`: see [`Linked`].
    pub async fn link_identity(
        &self,
        identity: Identity,
        email: Option<String>,
        user: UserId,
        shown: Shown,
        now: UnixMillis,
    ) -> Result<Proved<LinkOutcome>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                if let Err(needed) = check(db, user, &shown, Change::Identities, now).await? {
                    return Ok(Err(needed));
                }
                link(db, &identity, email.as_deref(), user, now).await.map(Ok)
            })
        })
        .await
    }

    /// The identities that open this account, the oldest first.
    pub async fn identities(&self, user: UserId) -> Result<Vec<Linked>, StoreError> {
        Ok(self.tagged().identities(user).await?.value)
    }

    /// Unlinks one, if another way in is left: a password, another identity, or a mail, if there is a mail server.
    pub async fn unlink_identity(
        &self,
        identity: Identity,
        user: UserId,
        shown: Shown,
        now: UnixMillis,
    ) -> Result<Proved<UnlinkOutcome>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock_user(db, user).await?;
                let all = linked_to(db, user).await?;
                if all.iter().all(|one| one.identity != identity) {
                    return Ok(Ok(UnlinkOutcome::NoSuchIdentity));
                }
                let ways = match check(db, user, &shown, Change::Identities, now).await? {
                    Ok(ways) => ways,
                    Err(needed) => return Ok(Err(needed)),
                };
                let has_other = ways.has_password || (ways.has_mail && ways.has_email);
                if all.len() == 1 && !has_other {
                    return Ok(Ok(UnlinkOutcome::LastWayIn));
                }
                set(db, user, Credential::NoIdentity(&identity), now).await?;
                Ok(Ok(UnlinkOutcome::Unlinked))
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
                lock_user(db, link.user).await?;
                db.execute(&SWEEP, values![now, SWEEP_MAX]).await?;
                let values = values![link.user, now.minus(HOUR_MS)];
                let recent = db.first(&RECENT, values).await?;
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
                let taken = db.first(&TAKE, values![&token_hash, now]).await?;
                let Some(LinkRow { issuer, subject, user: owner, email }) = taken else {
                    return Ok(Redeemed::Invalid);
                };
                let identity = Identity { issuer, subject };
                lock_if_there(db, owner).await?;
                let found = db.first(&ACCOUNT, values![owner]).await?;
                // The mailbox proves nothing any more if the account has another address by now.
                let Some(account) = found.filter(|account| account.email.as_ref() == Some(&email)) else {
                    return Ok(Redeemed::Invalid);
                };
                let user = User { id: account.id, age: account.age.0 };
                match link(db, &identity, Some(&email), user.id, now).await? {
                    LinkOutcome::Taken | LinkOutcome::TooMany => return Ok(Redeemed::Taken),
                    LinkOutcome::Linked | LinkOutcome::Already => {}
                }
                let is_new_login = asking != Some(user.id);
                if is_new_login {
                    add_login(db, user.id, &login, now).await?;
                }
                Ok(Redeemed::Done { user, is_new_login })
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::identities`].
    pub async fn identities(&self, user: UserId) -> Result<Dependent<Vec<Linked>>, StoreError> {
        let mut db = self.reader().await?;
        let found = linked_to(&mut db, user).await?;
        Ok(db.dependent(found))
    }
}

fn link<'d>(
    db: &'d mut WriteDb<'_>,
    identity: &'d Identity,
    email: Option<&'d str>,
    user: UserId,
    now: UnixMillis,
) -> Work<'d, LinkOutcome> {
    Box::pin(async move {
        lock_user(db, user).await?;
        match user_of(db, identity).await? {
            Some(owner) if owner.id == user => return Ok(LinkOutcome::Already),
            Some(_) => return Ok(LinkOutcome::Taken),
            None => {}
        }
        let count = db.first(&COUNT, values![user]).await?;
        if count.unwrap_or_default() >= IDENTITIES_MAX {
            return Ok(LinkOutcome::TooMany);
        }
        forget_erased(db, identity).await?;
        set(db, user, Credential::Identity { identity, email, is_founder: false }, now).await?;
        Ok(LinkOutcome::Linked)
    })
}

/// The identity that an account is made of: its owner has just signed in by it.
async fn found(
    db: &mut WriteDb<'_>,
    identity: &Identity,
    user: UserId,
    email: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    forget_erased(db, identity).await?;
    set(db, user, Credential::Identity { identity, email: Some(email), is_founder: true }, now).await?;
    set_used(db, identity, now).await
}

async fn forget_erased(db: &mut WriteDb<'_>, identity: &Identity) -> Result<(), StoreError> {
    db.first(&FORGET_ERASED, values![&identity.issuer, &identity.subject]).await.map(|_| ())
}

async fn user_of(db: &mut WriteDb<'_>, identity: &Identity) -> Result<Option<User>, StoreError> {
    Ok(db.first(&USER_OF, values![&identity.issuer, &identity.subject]).await?.map(User::from))
}

/// The same, locked. If it was unlinked before the lock was held, it is nobody's.
async fn locked_user_of(db: &mut WriteDb<'_>, identity: &Identity) -> Result<Option<User>, StoreError> {
    let Some(found) = user_of(db, identity).await? else { return Ok(None) };
    lock_if_there(db, found.id).await?;
    Ok(user_of(db, identity).await?.filter(|user| user.id == found.id))
}
