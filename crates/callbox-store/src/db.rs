//! The one language of the store: statements, values and rows that both engines understand.
//!
//! A use case is written once and run by either engine. With SQLite every step is done when it is asked for, so its
//! futures never wait; with PostgreSQL they wait for the network. Refuses to be a query builder: SQL is text, in the
//! family that asks it, and a test prepares every statement on both engines.

use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, CallId, LoginId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;
use serde::de::DeserializeOwned;
use std::pin::Pin;
use std::sync::Arc;

use crate::effects::{Effects, Pending, UserEvent};
use crate::words::parse;
use crate::{StoreError, postgres, sqlite};

/// A statement, with its parameters as `$1`, `$2`, ... in the order of their first use.
#[derive(Debug)]
pub(crate) struct Sql {
    /// As it stands in its family: for messages of tests.
    #[cfg(test)]
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// Whether logins that are known must be asked for again.
    pub(crate) ends_logins: bool,
    /// Asked so often that a test forbids it to read whole tables.
    #[cfg(test)]
    pub(crate) is_hot: bool,
}

/// The text with `?1` for `$1`: to SQLite `$1` is a name, and would be numbered by its place.
pub(crate) const fn question_marks<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut place = 0;
    while place < N {
        let byte = text.as_bytes()[place];
        bytes[place] = if byte == b'$' { b'?' } else { byte };
        place += 1;
    }
    bytes
}

/// Declares the statements of a family, and the list of them all, so that none escapes the test that prepares them.
///
/// `hot NAME = "..."` is one that must be answered from an index; two texts are for SQLite and PostgreSQL, where they
/// cannot be the same.
macro_rules! statements {
    ($($(#[$doc:meta])* $kind:ident $name:ident = $text:expr $(, $postgres:expr)?;)*) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::db::Sql = {
                const TEXT: &str = $text;
                const BYTES: &[u8] = &$crate::db::question_marks::<{ TEXT.len() }>(TEXT);
                const SQLITE: &str = match std::str::from_utf8(BYTES) {
                    Ok(text) => text,
                    Err(_) => panic!("SQL is UTF-8"),
                };
                #[allow(unused_mut, unused_assignments, reason = "where both have one text")]
                const POSTGRES: &str = { let mut text = TEXT; $(text = $postgres;)? text };
                $crate::db::Sql {
                    #[cfg(test)]
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sqlite: SQLITE,
                    postgres: POSTGRES,
                    ends_logins: $crate::login_cache::ends_logins(TEXT),
                    #[cfg(test)]
                    is_hot: statements!(@$kind),
                }
            };
        )*
        /// Every statement of this family.
        #[cfg(test)]
        pub(crate) const ALL: &[&$crate::db::Sql] = &[$(&$name),*];
    };
    (@hot) => { true };
    (@some) => { false };
}
pub(crate) use statements;

/// A value of a parameter. `None` is SQL's NULL, of a known type, so that PostgreSQL need not guess.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Bool(bool),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
    Id(Option<[u8; 16]>),
}

macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
pub(crate) use values;

impl From<UnixMillis> for Value<'_> {
    fn from(time: UnixMillis) -> Self {
        // The year 292 million is the end of time.
        Self::Int(Some(i64::try_from(time.0).unwrap_or(i64::MAX)))
    }
}

impl From<Option<UnixMillis>> for Value<'_> {
    fn from(time: Option<UnixMillis>) -> Self {
        time.map_or(Self::Int(None), Self::from)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a, const N: usize> From<&'a Option<[u8; N]>> for Value<'a> {
    fn from(bytes: &'a Option<[u8; N]>) -> Self {
        Self::Bytes(bytes.as_ref().map(<[u8; N]>::as_slice))
    }
}

macro_rules! value_from {
    ($($kind:ty => $value:ident => $made:expr),* $(,)?) => {$(
        impl<'a> From<$kind> for Value<'a> {
            fn from($value: $kind) -> Self {
                $made
            }
        }
    )*};
}

value_from! {
    i64 => number => Self::Int(Some(number)),
    u32 => number => Self::Int(Some(number.into())),
    u16 => number => Self::Int(Some(number.into())),
    u8 => number => Self::Int(Some(number.into())),
    Option<u32> => number => Self::Int(number.map(i64::from)),
    bool => truth => Self::Bool(truth),
    &'a str => text => Self::Text(Some(text)),
    Option<&'a str> => text => Self::Text(text),
    &'a [u8] => bytes => Self::Bytes(Some(bytes)),
    Option<&'a [u8]> => bytes => Self::Bytes(bytes),
    [u8; 16] => id => Self::Id(Some(id)),
    Option<[u8; 16]> => id => Self::Id(id),
    UserId => id => Self::Id(Some(*id.as_bytes())),
    Option<UserId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    LoginId => id => Self::Id(Some(*id.as_bytes())),
    CallId => id => Self::Id(Some(*id.as_bytes())),
    BlockId => id => Self::Id(Some(*id.as_bytes())),
    ReportId => id => Self::Id(Some(*id.as_bytes())),
    BanId => id => Self::Id(Some(*id.as_bytes())),
    Option<BanId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    Option<ReportId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    ActId => id => Self::Id(Some(*id.as_bytes())),
    ApiKeyId => id => Self::Id(Some(*id.as_bytes())),
}

/// What both engines can read into.
pub(crate) trait Column:
    rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a>
{
}

impl<T: rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a>> Column for T {}

/// One row of an answer.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// An id as both engines keep it: 16 bytes, and `uuid`.
pub(crate) struct IdBytes(pub(crate) [u8; 16]);

impl Row<'_> {
    /// The value of a column, from 0.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// An id that is there.
    pub(crate) fn id<T: From<[u8; 16]>>(&self, column: usize) -> Result<T, StoreError> {
        self.get::<IdBytes>(column).map(|id| T::from(id.0))
    }

    /// An id that may be there.
    pub(crate) fn id_or_none<T: From<[u8; 16]>>(&self, column: usize) -> Result<Option<T>, StoreError> {
        self.get::<Option<IdBytes>>(column).map(|id| id.map(|id| T::from(id.0)))
    }

    /// A time that is there.
    pub(crate) fn time(&self, column: usize) -> Result<UnixMillis, StoreError> {
        self.get::<i64>(column).map(time)
    }

    /// A time that may be there.
    pub(crate) fn time_or_none(&self, column: usize) -> Result<Option<UnixMillis>, StoreError> {
        self.get::<Option<i64>>(column).map(|found| found.map(time))
    }

    /// The enum that a word stands for; `None` where there is none, or one of another version.
    pub(crate) fn word<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>, StoreError> {
        Ok(self.get::<Option<String>>(column)?.as_deref().and_then(parse))
    }

    /// A count, or anything that is never below zero and small.
    pub(crate) fn number(&self, column: usize) -> Result<u32, StoreError> {
        self.get::<i64>(column).map(number)
    }

    /// The same, where it may be missing.
    pub(crate) fn number_or_none(&self, column: usize) -> Result<Option<u32>, StoreError> {
        self.get::<Option<i64>>(column).map(|found| found.map(number))
    }
}

fn time(millis: i64) -> UnixMillis {
    UnixMillis(u64::try_from(millis).unwrap_or_default())
}

fn number(found: i64) -> u32 {
    u32::try_from(found.max(0)).unwrap_or(u32::MAX)
}

/// What a use case promises to do.
pub(crate) type Work<'d, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'd>>;

/// Somebody to ask: a connection of either engine, in a transaction where a use case writes.
pub(crate) struct Db {
    session: Session,
    pending: Pending,
}

/// A connection of one of the engines.
pub(crate) enum Session {
    Sqlite(sqlite::Lease),
    Postgres(postgres::Session),
}

impl Db {
    pub(crate) fn new(session: Session, effects: Arc<Effects>) -> Self {
        Self { session, pending: Pending::new(effects) }
    }

    /// For what only one engine does.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The connection, and what is to be applied once whatever was done over it is committed.
    pub(crate) fn into_parts(self) -> (Session, Pending) {
        (self.session, self.pending)
    }

    /// To be sent once the transaction is committed.
    pub(crate) fn send(&mut self, event: UserEvent) {
        self.pending.push(event);
    }

    /// The effects of the transaction so far.
    pub(crate) fn pending(&mut self) -> &mut Pending {
        &mut self.pending
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let result = match &mut self.session {
            Session::Sqlite(lease) => lease.execute(sql, values),
            Session::Postgres(session) => session.execute(sql, values).await,
        };
        if !matches!(result, Ok(0)) {
            self.mark(sql);
        }
        result
    }

    /// All rows of an answer; the statement has a LIMIT, or something else bounds it.
    pub(crate) async fn all<T: Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.mark(sql);
        match &mut self.session {
            Session::Sqlite(lease) => lease.all(sql, values, read),
            Session::Postgres(session) => {
                let rows = session.rows(sql, values).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// The first row of an answer.
    pub(crate) async fn first<T: Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        self.mark(sql);
        match &mut self.session {
            Session::Sqlite(lease) => lease.first(sql, values, read),
            Session::Postgres(session) => {
                let rows = session.rows(sql, values).await?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// Whether there is a row.
    pub(crate) async fn exists(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        Ok(self.first(sql, values, |_| Ok(())).await?.is_some())
    }

    fn mark(&mut self, sql: &Sql) {
        if sql.ends_logins {
            self.pending.end_logins();
        }
    }
}
