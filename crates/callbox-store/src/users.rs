//! Users and the logins by which they are known: made with one click, found by the hash of a token.
//!
//! The age question is answered once, in SQL, so that two answers at once cannot both win.

use callbox_core::cache::{Dependent, earlier};
use callbox_protocol::account::Role;
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::moderation::UserItem;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};

use crate::effects::UserEvent;
use crate::login_cache::{Known, LoginFound};
use crate::logins::{LOGIN_IDLE_MS, NewLogin, insert_login};
use crate::sql::{Word, rows, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError, Tagged};

/// The last use is written at most this often.
const LAST_USE_STEP_MS: u64 = 60 * 60 * 1_000;

/// A guest to be made.
#[derive(Clone, Debug)]
pub struct NewGuest {
    /// The user's id.
    pub user: UserId,
    /// The answer to the age question, if it was given.
    pub age: Option<AgeClass>,
    /// The first login.
    pub login: NewLogin,
    /// When.
    pub now: UnixMillis,
}

/// The result of an answer to the age question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAgeOutcome {
    /// It was taken.
    Set,
    /// The same answer was there.
    Same,
    /// Another answer was there, and stays.
    AlreadyOther,
    /// There is no such user.
    NoSuchUser,
}

statements! {
    /// A login under a ban is nobody's, also if it was made in the moment of the ban.
    hot LOGIN_BY_TOKEN reads [logins, users, bans] tags [Logins(row user), User(row user), Bans(any)] -> LoginRow =
        "SELECT users.id AS \"user\", users.age, users.role, logins.id AS login, \
        logins.last_used_at \
        FROM logins JOIN users ON users.id = logins.\"user\" WHERE logins.token_hash = $1 AND users.deleted_at IS NULL \
        AND NOT EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $2)) \
        AND NOT EXISTS (SELECT 1 FROM bans WHERE bans.subject IN (logins.device, logins.address) \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $2))";
    some INSERT_USER touches [insert users] tags [User($1)] =
        "INSERT INTO users (id, age, created_at, seen_at) VALUES ($1, $2, $3, $3)";
    hot TOUCH_LOGIN touches [update logins (last_used_at)] tags [Logins($3)] =
        "UPDATE logins SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2 AND \"user\" = $3";
    hot TOUCH_USER touches [update users (seen_at)] = "UPDATE users SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    hot SET_AGE touches [update users (age)] tags [User($1)] =
        "UPDATE users SET age = $2 WHERE id = $1 AND age IS NULL AND deleted_at IS NULL";
    hot AGE reads [users] -> Option<String> = "SELECT age FROM users WHERE id = $1 AND deleted_at IS NULL";
}

rows! {
    struct LoginRow {
        user: UserId,
        age: Word<AgeClass>,
        role: Word<Role>,
        login: LoginId,
        last_used_at: UnixMillis,
    }
}

impl Store {
    /// Makes a user with a login.
    pub async fn create_guest(&self, guest: NewGuest) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let age = guest.age.map(|age| word(&age));
                db.execute(&INSERT_USER, values![guest.user, &age, guest.now]).await?;
                insert_login(db, guest.user, &guest.login, guest.now).await
            })
        })
        .await
    }

    /// The user of a token, by its hash; `None` if there is no such login, or not any more.
    pub async fn login_by_token_hash(
        &self,
        token_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<LoginFound>, StoreError> {
        let known = self
            .logins
            .get(token_hash, now, async { Box::pin(self.read_login(token_hash, now)).await })
            .await?
            .value;
        Ok(known.filter(|known| !known.is_over(now)).map(|known| self.used(token_hash, known, now)))
    }

    async fn read_login(
        &self,
        token_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Dependent<Option<Known>>, StoreError> {
        let mut db = self.tagged().reader().await?;
        let found = db.first(&LOGIN_BY_TOKEN, values![token_hash, now]).await?;
        if found.is_none() {
            db.not_kept();
        }
        Ok(db.dependent(found.map(Known::from)))
    }

    /// Writes the use of a login down, unless that was done a short while ago.
    fn used(
        &self,
        token_hash: &[u8; 32],
        Known { found, last_used_at }: Known,
        now: UnixMillis,
    ) -> LoginFound {
        if now.since(last_used_at) > LAST_USE_STEP_MS {
            let (login, user) = (found.login, found.user.id);
            // Nobody else needs to write it.
            self.logins.update(token_hash, |known| {
                if let Some(known) = known {
                    known.last_used_at = now;
                }
            });
            self.write_behind("a login's last use", move |db| {
                Box::pin(async move {
                    db.execute(&TOUCH_LOGIN, values![login, now, user]).await?;
                    db.execute(&TOUCH_USER, values![user, now]).await?;
                    Ok(())
                })
            });
        }
        found
    }

    /// Answers the age question, once.
    pub async fn set_age(&self, user: UserId, age: AgeClass) -> Result<SetAgeOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let answer = word(&age);
                if db.execute(&SET_AGE, values![user, &answer]).await? == 1 {
                    db.send(UserEvent::AgeSet(user, age));
                    return Ok(SetAgeOutcome::Set);
                }
                let there = db.first(&AGE, values![user]).await?;
                Ok(match there {
                    None => SetAgeOutcome::NoSuchUser,
                    Some(there) if there.as_ref() == Some(&answer) => SetAgeOutcome::Same,
                    Some(_) => SetAgeOutcome::AlreadyOther,
                })
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// The user of a token and the login, as an app's own backend is told; `None` if there is no such login, or not any
    /// more. It counts as a use of the login, each time that it is read.
    pub async fn introspected(
        &self,
        token_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Dependent<Option<(UserItem, LoginId)>>, StoreError> {
        let login = self.store.read_login(token_hash, now).await?;
        let Some(known) = login.value.clone().filter(|known| !known.is_over(now)) else {
            return Ok(login.map(|_| None));
        };
        let ends_at = known.last_used_at.plus(LOGIN_IDLE_MS);
        let found = self.store.used(token_hash, known, now);
        let person = self.person(found.user.id, now).await?;
        let mut both =
            login.and(person, |_, user| user.filter(|user| !user.is_banned).map(|user| (user, found.login)));
        both.deadline = earlier(both.deadline, Some(ends_at));
        Ok(both)
    }
}

impl Known {
    /// Whether nobody used it for so long that it has ended.
    fn is_over(&self, now: UnixMillis) -> bool {
        now.since(self.last_used_at) > LOGIN_IDLE_MS
    }
}

impl From<LoginRow> for Known {
    fn from(row: LoginRow) -> Self {
        let user = User { id: row.user, age: row.age.0 };
        let found = LoginFound { user, role: row.role.0.unwrap_or_default(), login: row.login };
        Self { found, last_used_at: row.last_used_at }
    }
}
