//! Users and their logins: guests, for now.
//!
//! The age question is answered once, in SQL, so that two answers at once cannot both win.

use callbox_protocol::http::{AgeClass, User};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use rusqlite::{OptionalExtension, Row, params};

use crate::{Store, StoreError};

/// A login ends when it was not used for this long.
const LOGIN_IDLE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The last use is written at most this often.
const LAST_USE_STEP_MS: u64 = 60 * 60 * 1_000;

/// A guest to be made.
#[derive(Clone, Debug)]
pub struct NewGuest {
    /// Who.
    pub user: UserId,
    /// The first login.
    pub login: LoginId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// The answer to the age question, if it was given.
    pub age: Option<AgeClass>,
    /// When.
    pub now: UnixMillis,
}

/// Who a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFound {
    /// The user.
    pub user: User,
    /// The login.
    pub login: LoginId,
}

/// What became of an answer to the age question.
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

pub(crate) const LOGIN_BY_TOKEN: &str = "SELECT users.id, users.age, logins.id, logins.last_used_at \
     FROM logins JOIN users ON users.id = logins.user WHERE logins.token_hash = ?1";

impl Store {
    /// Makes a user with a login.
    pub async fn create_guest(&self, guest: NewGuest) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                let now = sql_time(guest.now);
                connection
                    .prepare_cached("INSERT INTO users (id, age, created_at) VALUES (?1, ?2, ?3)")?
                    .execute(params![guest.user.as_bytes(), guest.age.map(age_text), now])?;
                connection
                    .prepare_cached(
                        "INSERT INTO logins (id, user, token_hash, created_at, last_used_at) \
                         VALUES (?1, ?2, ?3, ?4, ?4)",
                    )?
                    .execute(params![guest.login.as_bytes(), guest.user.as_bytes(), guest.token_hash, now])?;
                Ok(())
            })
            .await
    }

    /// Who a token stands for, by its hash; `None` where there is no such login, or not any more.
    pub fn login_by_token_hash(
        &self,
        token_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<LoginFound>, StoreError> {
        let found = self.readers.read(|connection| {
            connection
                .prepare_cached(LOGIN_BY_TOKEN)?
                .query_row([token_hash], |row| Ok((found(row)?, read_time(row, 3)?)))
                .optional()
        })?;
        let Some((found, last_used_at)) = found else { return Ok(None) };
        let idle_ms = now.since(last_used_at);
        if idle_ms > LOGIN_IDLE_MS {
            return Ok(None);
        }
        if idle_ms > LAST_USE_STEP_MS {
            let login = found.login;
            self.writer.write_behind("a login's last use", move |connection| {
                connection
                    .prepare_cached("UPDATE logins SET last_used_at = max(last_used_at, ?2) WHERE id = ?1")?
                    .execute(params![login.as_bytes(), sql_time(now)])?;
                Ok(())
            });
        }
        Ok(Some(found))
    }

    /// Answers the age question, once.
    pub async fn set_age(&self, user: UserId, age: AgeClass) -> Result<SetAgeOutcome, StoreError> {
        self.writer
            .write(move |connection| {
                let id = user.as_bytes();
                let set = connection
                    .prepare_cached("UPDATE users SET age = ?2 WHERE id = ?1 AND age IS NULL")?
                    .execute(params![id, age_text(age)])?;
                if set == 1 {
                    return Ok(SetAgeOutcome::Set);
                }
                let there: Option<String> = connection
                    .prepare_cached("SELECT age FROM users WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))
                    .optional()?;
                Ok(match there {
                    None => SetAgeOutcome::NoSuchUser,
                    Some(there) if there == age_text(age) => SetAgeOutcome::Same,
                    Some(_) => SetAgeOutcome::AlreadyOther,
                })
            })
            .await
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<LoginFound> {
    let age: Option<String> = row.get(1)?;
    let user = User { id: UserId::from_bytes(row.get(0)?), age: age.as_deref().and_then(age_class) };
    Ok(LoginFound { user, login: LoginId::from_bytes(row.get(2)?) })
}

fn age_text(age: AgeClass) -> &'static str {
    match age {
        AgeClass::Adult => "adult",
        AgeClass::Minor => "minor",
    }
}

fn age_class(text: &str) -> Option<AgeClass> {
    [AgeClass::Adult, AgeClass::Minor].into_iter().find(|age| age_text(*age) == text)
}

/// A time as the database keeps it; the year 292 million is the end of time.
pub(crate) fn sql_time(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// A time as it was kept.
pub(crate) fn read_time(row: &Row<'_>, column: usize) -> rusqlite::Result<UnixMillis> {
    let millis: i64 = row.get(column)?;
    Ok(UnixMillis(u64::try_from(millis).unwrap_or_default()))
}
