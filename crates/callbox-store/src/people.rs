//! Users as admins and an app's own backend see them: with ids, roles and plans.

use callbox_core::cache::Dependent;
use callbox_protocol::account::{Attributes, Members, Role};
use callbox_protocol::id::UserId;
use callbox_protocol::moderation::UserItem;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};

use crate::credentials::{Credential, set, unlink_doubtful};
use crate::db::WriteDb;
use crate::locks::{Matter, lock, lock_user};
use crate::logins::{NewLogin, add_login, end_others};
use crate::sql::{Json, Word, rows, statements, values};
use crate::users::INSERT_USER;
use crate::words::word;
use crate::{Durability, Store, StoreError, Tagged};

statements! {
    hot PERSON reads [bans, users] tags [User($1), Bans($1)] -> PersonRow =
        "SELECT id, name, email, role, plan, age, created_at, public, private, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned, \
        (SELECT min(expires_at) FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND bans.expires_at > $2) AS ban_ends_at \
        FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot PEOPLE reads [bans, users] tags [User(any), Bans(any)] -> PersonRow =
        "SELECT id, name, email, role, plan, age, created_at, public, private, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned, \
        (SELECT min(expires_at) FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND bans.expires_at > $2) AS ban_ends_at \
        FROM users WHERE id < $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT $3";
    hot BY_EMAIL reads [users] -> UserRow = "SELECT id, age FROM users WHERE email = $1 AND deleted_at IS NULL";
    hot SET_ROLE touches [update users (role)] tags [User($1)] = "UPDATE users SET role = $2 WHERE id = $1 AND deleted_at IS NULL";
    hot SET_PLAN touches [update users (plan)] tags [User($1)] = "UPDATE users SET plan = $2 WHERE id = $1 AND deleted_at IS NULL";
    hot MAKE_ADMIN touches [update users (role)] tags [User($1)] = "UPDATE users SET role = 'admin' WHERE id = $1";
    hot ROLE reads [users] -> Word<Role> = "SELECT role FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot ADMIN reads [users] =
        "SELECT 1 FROM users WHERE role = 'admin' AND role <> 'user' AND deleted_at IS NULL LIMIT 1";
    hot OTHER_ADMIN reads [users] = "SELECT 1 FROM users WHERE role = 'admin' AND role <> 'user' AND id <> $1 \
        AND deleted_at IS NULL LIMIT 1";
}

rows! {
    struct PersonRow {
        id: UserId,
        name: String,
        email: Option<String>,
        role: Word<Role>,
        plan: Option<String>,
        age: Word<AgeClass>,
        created_at: UnixMillis,
        public: Json<Members>,
        private: Json<Members>,
        is_banned: bool,
        ban_ends_at: Option<UnixMillis>,
    }
    struct UserRow { id: UserId, age: Word<AgeClass> }
}

/// The result of a new role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetRoleOutcome {
    /// It is set.
    Set,
    /// There is no such user.
    NoSuchUser,
    /// Nobody would be left to give roles.
    LastAdmin,
    /// The caller is no admin any more.
    NotPermitted,
}

impl Store {
    /// One user.
    pub async fn person(&self, user: UserId, now: UnixMillis) -> Result<Option<UserItem>, StoreError> {
        Ok(self.tagged().person(user, now).await?.value)
    }

    /// Users before this one, the newest first; `count` of them at most.
    pub async fn people(
        &self,
        before: Option<UserId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Vec<UserItem>, StoreError> {
        Ok(self.tagged().people(before, count, now).await?.value)
    }

    /// An admin gives a user another role.
    pub async fn set_role(&self, user: UserId, role: Role, by: UserId) -> Result<SetRoleOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock(db, Matter::Roles).await?;
                if role_of(db, by).await? != Role::Admin {
                    return Ok(SetRoleOutcome::NotPermitted);
                }
                if role != Role::Admin && !db.exists(&OTHER_ADMIN, values![user]).await? {
                    return Ok(SetRoleOutcome::LastAdmin);
                }
                let role = word(&role);
                let is_there = db.execute(&SET_ROLE, values![user, &role]).await? == 1;
                Ok(if is_there { SetRoleOutcome::Set } else { SetRoleOutcome::NoSuchUser })
            })
        })
        .await
    }

    /// Gives a user a plan, in the app's own words; whether there is such a user.
    pub async fn set_plan(&self, user: UserId, plan: Option<String>) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move { Ok(db.execute(&SET_PLAN, values![user, &plan]).await? == 1) })
        })
        .await
    }

    /// Whether there is an admin.
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        self.reader().await?.exists(&ADMIN, &[]).await
    }

    /// Makes the user with this address an admin, with this password; a new user, if nobody has it. `login` is for
    /// the browser that did it. For an existing user it has the effects of a reset.
    pub async fn create_admin(
        &self,
        id: UserId,
        email: String,
        password_hash: String,
        login: Option<NewLogin>,
        now: UnixMillis,
    ) -> Result<User, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock(db, Matter::Roles).await?;
                let found = db.first(&BY_EMAIL, values![&email]).await?;
                let user = if let Some(UserRow { id, age }) = found {
                    lock_user(db, id).await?;
                    User { id, age: age.0 }
                } else {
                    db.execute(&INSERT_USER, values![id, None::<&str>, now]).await?;
                    User { id, age: None }
                };
                db.execute(&MAKE_ADMIN, values![user.id]).await?;
                set(db, user.id, Credential::Email(&email), now).await?;
                set(db, user.id, Credential::Password(Some(&password_hash)), now).await?;
                unlink_doubtful(db, user.id, now).await?;
                end_others(db, user.id, None).await?;
                if let Some(login) = login {
                    add_login(db, user.id, &login, now).await?;
                }
                Ok(user)
            })
        })
        .await
    }

    /// Ends every login of a user.
    pub async fn end_all_logins(&self, user: UserId) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| Box::pin(async move { end_others(db, user, None).await }))
            .await
    }
}

impl Tagged<'_> {
    /// As [`Store::person`].
    pub async fn person(
        &self,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Dependent<Option<UserItem>>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.first(&PERSON, values![user, now]).await?;
        db.until(found.as_ref().and_then(|row| row.ban_ends_at));
        Ok(db.dependent(found.map(UserItem::from)))
    }

    /// As [`Store::people`].
    pub async fn people(
        &self,
        before: Option<UserId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Dependent<Vec<UserItem>>, StoreError> {
        let before = before.unwrap_or(UserId::from_bytes([0xFF; 16]));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut db = self.reader().await?;
        let found = db.all(&PEOPLE, values![before, now, limit]).await?;
        db.until(found.iter().filter_map(|row| row.ban_ends_at).min());
        Ok(db.dependent(found.into_iter().map(UserItem::from).collect()))
    }
}

/// Whether this user is an admin, and there is no other.
pub(crate) async fn is_last_admin(db: &mut WriteDb<'_>, user: UserId) -> Result<bool, StoreError> {
    Ok(role_of(db, user).await? == Role::Admin && !db.exists(&OTHER_ADMIN, values![user]).await?)
}

/// The present rights of this user; of nobody, the least. To be asked under [`Matter::Roles`] if it decides
/// something.
pub(crate) async fn role_of(db: &mut WriteDb<'_>, user: UserId) -> Result<Role, StoreError> {
    let role = db.first(&ROLE, values![user]).await?;
    Ok(role.and_then(|role| role.0).unwrap_or_default())
}

impl From<PersonRow> for UserItem {
    fn from(row: PersonRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role.0.unwrap_or_default(),
            plan: row.plan,
            age: row.age.0,
            created_at: row.created_at,
            attributes: Attributes { public: row.public.0, private: row.private.0 },
            is_banned: row.is_banned,
        }
    }
}
