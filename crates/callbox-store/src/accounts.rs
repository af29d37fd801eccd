//! Accounts: the data that a user keeps with us, and the password that proves who they are.
//!
//! An address is here once it is verified, and not before. A hash of a password is made and checked elsewhere: that
//! takes longer than anything here may.

use callbox_core::cache::Dependent;
use callbox_protocol::account::{Account, Attributes, Members, Profile, PublicProfile, Role};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::proof::Change;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};

use crate::credentials::{Credential, Proved, Shown, WaysIn, check, set};
use crate::locks::lock_if_there;
use crate::logins::{NewLogin, add_login, end_others};
use crate::sql::{Json, Word, rows, statements, values};
use crate::words::json;
use crate::{Durability, Store, StoreError, Tagged};

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
    /// The same password, hashed anew by today's parameters, if that hash is old.
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
    hot ACCOUNT reads [identities, users] tags [User($1), Identities($1)] -> AccountRow =
        "SELECT id, age, email, password_hash IS NOT NULL AS has_password, role, plan, name, \
        bio, interests, languages, country, public, private, created_at, \
        EXISTS (SELECT 1 FROM identities WHERE identities.\"user\" = users.id) AS has_identity \
        FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot PUBLIC_PROFILE reads [users] tags [User($1)] -> ProfileRow =
        "SELECT name, bio, interests, languages, country, public FROM users \
        WHERE id = $1 AND deleted_at IS NULL";
    hot SET_PROFILE touches [update users (name, bio, interests, languages, country)] tags [User($1)] =
        "UPDATE users SET name = $2, bio = $3, interests = $4, languages = $5, country = $6 \
        WHERE id = $1 AND deleted_at IS NULL";
    hot SET_ATTRIBUTES touches [update users (public, private)] tags [User($1)] -> AttributesRow =
        "UPDATE users SET public = coalesce($2, public), private = coalesce($3, private) \
        WHERE id = $1 AND deleted_at IS NULL RETURNING public, private";
    hot BY_EMAIL reads [users] tags [User(any)] -> CredentialsRow =
        "SELECT id, age, password_hash FROM users WHERE email = $1 AND deleted_at IS NULL";
    hot BY_EMAIL_IN reads [known_browsers, users] -> CredentialsInRow =
        "SELECT id, age, password_hash, EXISTS (SELECT 1 FROM known_browsers \
        WHERE \"user\" = users.id AND device = $2) AS knows_browser FROM users WHERE email = $1 AND deleted_at IS NULL";
    hot PASSWORD reads [users] -> PasswordRow =
        "SELECT email, password_hash FROM users WHERE id = $1 AND deleted_at IS NULL";
    // The same password.
    hot REHASH touches [update users (password_hash)] tags [User($1)] = "UPDATE users SET password_hash = $2 WHERE id = $1";
    hot HAS_PASSWORD reads [users] = "SELECT 1 FROM users WHERE id = $1 AND password_hash = $2";
}

rows! {
    struct AccountRow {
        id: UserId,
        age: Word<AgeClass>,
        email: Option<String>,
        has_password: bool,
        role: Word<Role>,
        plan: Option<String>,
        name: String,
        bio: String,
        interests: Json<Vec<String>>,
        languages: Json<Vec<String>>,
        country: Option<String>,
        public: Json<Members>,
        private: Json<Members>,
        created_at: UnixMillis,
        has_identity: bool,
    }
    struct ProfileRow {
        name: String,
        bio: String,
        interests: Json<Vec<String>>,
        languages: Json<Vec<String>>,
        country: Option<String>,
        public: Json<Members>,
    }
    /// Both parts, as they are then.
    struct AttributesRow { public: Json<Members>, private: Json<Members> }
    struct CredentialsRow { id: UserId, age: Word<AgeClass>, password_hash: Option<String> }
    struct CredentialsInRow {
        id: UserId,
        age: Word<AgeClass>,
        password_hash: Option<String>,
        knows_browser: bool,
    }
    struct PasswordRow { email: Option<String>, password_hash: Option<String> }
}

impl Store {
    /// The user whole, as `login` sees them; `None` if the user is deleted. `has_mail`: see [`Shown`].
    pub async fn account(
        &self,
        user: UserId,
        login: LoginId,
        has_mail: bool,
    ) -> Result<Option<Account>, StoreError> {
        Ok(self.tagged().account(user, login, has_mail).await?.value)
    }

    /// The part of a user that others see.
    pub async fn public_profile(&self, user: UserId) -> Result<Option<PublicProfile>, StoreError> {
        Ok(self.tagged().public_profile(user).await?.value)
    }

    /// Sets the user's own description.
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

    /// Sets parts of the user's attributes; returns the attributes after that.
    pub async fn set_attributes(
        &self,
        user: UserId,
        new: NewAttributes,
    ) -> Result<Option<Attributes>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let values = values![user, &new.public, &new.private];
                Ok(db.first(&SET_ATTRIBUTES, values).await?.map(AttributesRow::into_attributes))
            })
        })
        .await
    }

    /// The user who has this verified address, by its key.
    pub async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let found = self.reader().await?.first(&BY_EMAIL, values![email]).await?;
        Ok(found.map(|row| Credentials {
            user: User { id: row.id, age: row.age.0 },
            password_hash: row.password_hash,
        }))
    }

    /// The same, and whether they were signed in with this browser before: one question, whatever the answer.
    pub async fn credentials_in(
        &self,
        email: &str,
        device: Option<&[u8; 32]>,
    ) -> Result<Option<(Credentials, bool)>, StoreError> {
        let device = device.map(<[u8; 32]>::as_slice);
        let found = self.reader().await?.first(&BY_EMAIL_IN, values![email, device]).await?;
        Ok(found.map(|row| {
            let user = User { id: row.id, age: row.age.0 };
            (Credentials { user, password_hash: row.password_hash }, row.knows_browser)
        }))
    }

    /// The user's address and password.
    pub async fn password(&self, user: UserId) -> Result<(Option<String>, Option<String>), StoreError> {
        let found = self.reader().await?.first(&PASSWORD, values![user]).await?;
        Ok(found.map(|row| (row.email, row.password_hash)).unwrap_or_default())
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

    /// Gives the user one more login; if there are too many, the oldest are deleted. Returns whether the password
    /// that was found right is still the user's: one that was changed meanwhile proves nothing.
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

impl Tagged<'_> {
    /// As [`Store::account`].
    pub async fn account(
        &self,
        user: UserId,
        login: LoginId,
        has_mail: bool,
    ) -> Result<Dependent<Option<Account>>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.first(&ACCOUNT, values![user]).await?;
        Ok(db.dependent(found.map(|row| account(row, login, has_mail))))
    }

    /// As [`Store::public_profile`].
    pub async fn public_profile(&self, user: UserId) -> Result<Dependent<Option<PublicProfile>>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.first(&PUBLIC_PROFILE, values![user]).await?;
        Ok(db.dependent(found.map(PublicProfile::from)))
    }

    /// The user with this verified address, by its key.
    pub async fn user_by_email(&self, email: &str) -> Result<Dependent<Option<UserId>>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.first(&BY_EMAIL, values![email]).await?;
        Ok(db.dependent(found.map(|row| row.id)))
    }
}

impl From<ProfileRow> for PublicProfile {
    fn from(row: ProfileRow) -> Self {
        Self {
            profile: Profile {
                name: row.name,
                bio: row.bio,
                interests: row.interests.0,
                languages: row.languages.0,
                country: row.country,
            },
            attributes: row.public.0,
        }
    }
}

fn account(row: AccountRow, login: LoginId, has_mail: bool) -> Account {
    let AccountRow { email, has_password, has_identity, .. } = row;
    let ways = WaysIn { has_email: email.is_some(), has_password, has_identity, has_mail };
    Account {
        id: row.id,
        age: row.age.0,
        email,
        has_password,
        proof: ways.proof(),
        role: row.role.0.unwrap_or_default(),
        plan: row.plan,
        profile: Profile {
            name: row.name,
            bio: row.bio,
            interests: row.interests.0,
            languages: row.languages.0,
            country: row.country,
        },
        attributes: Attributes { public: row.public.0, private: row.private.0 },
        created_at: row.created_at,
        login,
    }
}

impl AttributesRow {
    /// As its owner sees them.
    pub(crate) fn into_attributes(self) -> Attributes {
        Attributes { public: self.public.0, private: self.private.0 }
    }
}
