//! Users who come from another system: into the store, and out of that system's PostgreSQL.
//!
//! A user who is here already stays as they are, so an import that was cut short is simply run again. Bounds: the caller
//! gives [`IMPORT_BATCH`] users at a time; of the other database one row at a time is in memory.

mod source;

use callbox_protocol::account::Profile;
use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;

use crate::db::WriteDb;
use crate::locks::{Matter, lock};
use crate::sql::{Work, statements, values};
use crate::words::json;
use crate::{Durability, Store, StoreError};

pub use source::{SourceRow, SourceTable, SourceUsers};

/// Users that one transaction brings.
pub const IMPORT_BATCH: usize = 500;

/// A user who comes from another system. The age is not among it: it is asked at the first sign-in.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// As it is there.
    pub id: UserId,
    /// The key of a confirmed address.
    pub email: String,
    /// As it is there; checked and hashed anew at the first sign-in.
    pub password_hash: Option<String>,
    /// When the account was made there.
    pub created_at: UnixMillis,
    /// The user's own description.
    pub profile: Profile,
    /// The app's own word.
    pub plan: Option<String>,
    /// The public part of the attributes, as JSON.
    pub public: Option<String>,
    /// The private part of the attributes, as JSON.
    pub private: Option<String>,
}

/// What became of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// They are here now; or would be, if it was a dry run.
    Taken,
    /// A user with this id is here, or is being erased.
    Here,
    /// Another user has the address.
    AddressTaken,
}

statements! {
    hot WITH_ID reads [users] = "SELECT 1 FROM users WHERE id = $1";
    hot WITH_EMAIL reads [users] = "SELECT 1 FROM users WHERE email = $1";
    // The `2` of `$2a$10$`, and its cost.
    hot HIGHEST_BCRYPT reads [users] -> Option<String> =
        "SELECT max(substr(password_hash, 5, 2)) FROM users WHERE substr(password_hash, 2, 1) = '2'";
    some INSERT touches [insert users] tags [User($1)] =
        "INSERT INTO users (id, created_at, seen_at, email, password_hash, name, bio, interests, languages, country, \
        plan, public, private) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, '{}'), \
        coalesce($13, '{}'))";
}

impl Store {
    /// Takes users, all or none; says of each what became of them.
    pub async fn import_users(
        &self,
        users: Vec<NewUser>,
        now: UnixMillis,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let mut outcomes = Vec::with_capacity(users.len());
                for user in &users {
                    outcomes.push(import(db, user, now).await?);
                }
                Ok(outcomes)
            })
        })
        .await
    }

    /// The highest cost of a bcrypt hash that is kept; `None` if there is none.
    pub async fn highest_bcrypt_cost(&self) -> Result<Option<u32>, StoreError> {
        let cost = self.reader().await?.first(&HIGHEST_BCRYPT, values![]).await?.flatten();
        Ok(cost.and_then(|cost| cost.parse().ok()))
    }

    /// What would become of a user; nothing is written.
    pub async fn would_import(&self, id: UserId, email: &str) -> Result<ImportOutcome, StoreError> {
        let mut db = self.reader().await?;
        if db.exists(&WITH_ID, values![id]).await? {
            return Ok(ImportOutcome::Here);
        }
        let is_taken = db.exists(&WITH_EMAIL, values![email]).await?;
        Ok(if is_taken { ImportOutcome::AddressTaken } else { ImportOutcome::Taken })
    }
}

fn import<'d>(db: &'d mut WriteDb<'_>, user: &'d NewUser, now: UnixMillis) -> Work<'d, ImportOutcome> {
    Box::pin(async move {
        let NewUser { id, email, password_hash, created_at, profile, plan, public, private } = user;
        lock(db, Matter::Address(email)).await?;
        if db.exists(&WITH_ID, values![*id]).await? {
            return Ok(ImportOutcome::Here);
        }
        if db.exists(&WITH_EMAIL, values![email]).await? {
            return Ok(ImportOutcome::AddressTaken);
        }
        let Profile { name, bio, interests, languages, country } = profile;
        let (interests, languages) = (json(interests), json(languages));
        let account = values![
            *id,
            *created_at,
            now,
            email,
            password_hash,
            name,
            bio,
            &interests,
            &languages,
            country,
            plan,
            public,
            private
        ];
        db.execute(&INSERT, account).await?;
        Ok(ImportOutcome::Taken)
    })
}
