//! Accounts: what a user keeps with us, and the password that proves who they are.
//!
//! An address stands here once it is verified, and not before. A hash of a password is made and checked elsewhere: it
//! takes longer than anything here may.

use callbox_protocol::account::{Account, Attributes, Members, Profile, PublicProfile};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::proof::Change;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;

use crate::credentials::{Credential, Proved, Shown, WaysIn, check, set};
use crate::locks::lock_if_there;
use crate::logins::{NewLogin, add_login, end_others};
use crate::sql::{Row, statements, values};
use crate::words::{from_json, json};
use crate::{Durability, Store, StoreError};

/// How somebody who names an address may prove that it is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user of the address.
    pub user: User,
    /// The password, as a PHC string.
    pub password_hash: Option<String>,
}

/// A password that was found right.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The hash that it was compared with.
    pub hash: String,
    /// The same password, hashed anew by today's parameters, where that hash is old.
    pub rehashed: Option<String>,
}

/// Parts of attributes as JSON; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct NewAttributes {
    /// See [`Attributes::public`].
    pub public: Option<String>,
    /// See [`Attributes::private`].
    pub private: Option<String>,
}

statements! {
    hot read ACCOUNT = "SELECT id, age, email, password_hash IS NOT NULL, role, plan, name, bio, interests, languages, \
        country, public, private, created_at, \
        EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id) \
        FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot read PUBLIC_PROFILE = "SELECT name, bio, interests, languages, country, public FROM users \
        WHERE id = $1 AND deleted_at IS NULL";
    hot write SET_PROFILE = "UPDATE users SET name = $2, bio = $3, interests = $4, languages = $5, country = $6 \
        WHERE id = $1 AND deleted_at IS NULL";
    hot write SET_ATTRIBUTES = "UPDATE users SET public = coalesce($2, public), private = coalesce($3, private) \
        WHERE id = $1 AND deleted_at IS NULL RETURNING public, private";
    hot read BY_EMAIL = "SELECT id, age, password_hash FROM users WHERE email = $1 AND deleted_at IS NULL";
    hot read BY_EMAIL_IN = "SELECT id, age, password_hash, EXISTS (SELECT 1 FROM known_browsers WHERE \"user\" = users.id \
        AND device = $2) FROM users WHERE email = $1 AND deleted_at IS NULL";
    hot read PASSWORD = "SELECT email, password_hash FROM users WHERE id = $1 AND deleted_at IS NULL";
    // The same password.
    hot write REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1";
    hot read HAS_PASSWORD = "SELECT 1 FROM users WHERE id = $1 AND password_hash = $2";
}

impl Store {
    /// The user whole, as `login` sees them; `None` where there is no such user any more. `has_mail`: see [`Shown`].
    pub async fn account(
        &self,
        user: UserId,
        login: LoginId,
        has_mail: bool,
    ) -> Result<Option<Account>, StoreError> {
        self.reader().await?.first(&ACCOUNT, values![user], |row| account(row, login, has_mail)).await
    }

    /// What others see of a user.
    pub async fn public_profile(&self, user: UserId) -> Result<Option<PublicProfile>, StoreError> {
        let read = |row: &Row<'_>| {
            let attributes = from_json(&row.get::<String>(5)?);
            Ok(PublicProfile { profile: profile(row, 0)?, attributes })
        };
        self.reader().await?.first(&PUBLIC_PROFILE, values![user], read).await
    }

    /// What the user tells of themselves from now on.
    pub async fn set_profile(&self, user: UserId, profile: Profile) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let (interests, languages) = (json(&profile.interests), json(&profile.languages));
                let Profile { name, bio, country, .. } = &profile;
                db.execute(&SET_PROFILE, values![user, name, bio, &interests, &languages, country]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Sets parts of the user's attributes; what they are then.
    pub async fn set_attributes(
        &self,
        user: UserId,
        new: NewAttributes,
    ) -> Result<Option<Attributes>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let values = values![user, &new.public, &new.private];
                db.first(&SET_ATTRIBUTES, values, |row| attributes(row, 0)).await
            })
        })
        .await
    }

    /// Who has this verified address, by its key.
    pub async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let read = |row: &Row<'_>| {
            let user = User { id: row.id(0)?, age: row.word(1)? };
            Ok(Credentials { user, password_hash: row.get(2)? })
        };
        self.reader().await?.first(&BY_EMAIL, values![email], read).await
    }

    /// The same, and whether they were signed in with this browser before: one question, whatever the answer.
    pub async fn credentials_in(
        &self,
        email: &str,
        device: Option<&[u8; 32]>,
    ) -> Result<Option<(Credentials, bool)>, StoreError> {
        let read = |row: &Row<'_>| {
            let user = User { id: row.id(0)?, age: row.word(1)? };
            Ok((Credentials { user, password_hash: row.get(2)? }, row.get(3)?))
        };
        let device = device.map(<[u8; 32]>::as_slice);
        self.reader().await?.first(&BY_EMAIL_IN, values![email, device], read).await
    }

    /// The user's address and password.
    pub async fn password(&self, user: UserId) -> Result<(Option<String>, Option<String>), StoreError> {
        let found = self
            .reader()
            .await?
            .first(&PASSWORD, values![user], |row| Ok((row.get(0)?, row.get(1)?)))
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// Sets the password, and ends all logins of the user but the one that asks.
    pub async fn set_password(
        &self,
        user: UserId,
        password_hash: String,
        shown: Shown,
        now: UnixMillis,
    ) -> Result<Proved<()>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                if let Err(needed) = check(db, user, &shown, Change::Password, now).await? {
                    return Ok(Err(needed));
                }
                set(db, user, Credential::Password(Some(&password_hash)), now).await?;
                end_others(db, user, Some(shown.login)).await.map(Ok)
            })
        })
        .await
    }

    /// Gives the user one more login; the oldest go where there are too many. Whether the password that was found right is
    /// still the user's: one that was changed meanwhile proves nothing.
    pub async fn sign_in(
        &self,
        user: UserId,
        proven: Proven,
        login: NewLogin,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                if !lock_if_there(db, user).await?
                    || !db.exists(&HAS_PASSWORD, values![user, &proven.hash]).await?
                {
                    return Ok(false);
                }
                if let Some(rehashed) = &proven.rehashed {
                    db.execute(&REHASH, values![user, rehashed]).await?;
                }
                add_login(db, user, &login, now).await?;
                Ok(true)
            })
        })
        .await
    }
}

fn account(row: &Row<'_>, login: LoginId, has_mail: bool) -> Result<Account, StoreError> {
    let (email, has_password) = (row.get::<Option<String>>(2)?, row.get(3)?);
    let ways = WaysIn { has_email: email.is_some(), has_password, has_identity: row.get(14)?, has_mail };
    Ok(Account {
        id: row.id(0)?,
        age: row.word(1)?,
        email,
        has_password,
        proof: ways.proof(),
        role: row.word(4)?.unwrap_or_default(),
        plan: row.get(5)?,
        profile: profile(row, 6)?,
        attributes: attributes(row, 11)?,
        created_at: row.time(13)?,
        login,
    })
}

/// Five columns from this one on.
fn profile(row: &Row<'_>, first: usize) -> Result<Profile, StoreError> {
    Ok(Profile {
        name: row.get(first)?,
        bio: row.get(first + 1)?,
        interests: from_json(&row.get::<String>(first + 2)?),
        languages: from_json(&row.get::<String>(first + 3)?),
        country: row.get(first + 4)?,
    })
}

/// Two columns from this one on.
fn attributes(row: &Row<'_>, first: usize) -> Result<Attributes, StoreError> {
    let part = |column| row.get::<String>(column).map(|text| from_json::<Members>(&text));
    Ok(Attributes { public: part(first)?, private: part(first + 1)? })
}
