//! The connection that a use case asks: of either engine, to read from or to write to.
//!
//! The top layer: it alone knows that there are two engines. A use case is written once and run by either. With
//! SQLite every step is done when it is asked for, so its futures never wait; with PostgreSQL they wait for the
//! network.

mod engine;

use std::ops::{Deref, DerefMut};

use crate::StoreError;
use crate::effects::{Pending, UserEvent};
use crate::sql::{FromRow, Reads, Sql, Statement, Value, Writes};
use crate::{postgres, sqlite};
pub(crate) use engine::Engine;

/// Somebody to read from: by itself, or within a transaction.
pub(crate) struct ReadDb<'s> {
    session: Session<'s>,
}

/// A transaction: all that a use case writes, and reads beside it.
pub(crate) struct WriteDb<'s> {
    db: ReadDb<'s>,
    pending: &'s mut Pending,
}

/// A connection of one of the engines.
enum Session<'s> {
    Sqlite(Held<'s, sqlite::Lease>),
    Postgres(Held<'s, postgres::Session>),
}

/// A session of one's own, or one that the engine lends for the length of a transaction.
enum Held<'s, T> {
    Own(T),
    Lent(&'s mut T),
}

impl ReadDb<'_> {
    /// All rows of an answer; the statement has a LIMIT, or something else bounds it.
    pub(crate) async fn all<R: FromRow + Send>(
        &mut self,
        query: &'static Statement<Reads, R>,
        values: &[Value<'_>],
    ) -> Result<Vec<R>, StoreError> {
        self.session.all(&query.sql, values).await
    }

    /// The first row of an answer.
    pub(crate) async fn first<R: FromRow + Send>(
        &mut self,
        query: &'static Statement<Reads, R>,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        self.session.first(&query.sql, values).await
    }

    /// Whether there is a row.
    pub(crate) async fn exists<R>(
        &mut self,
        query: &'static Statement<Reads, R>,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        Ok(self.session.first::<()>(&query.sql, values).await?.is_some())
    }
}

impl<'s> Deref for WriteDb<'s> {
    type Target = ReadDb<'s>;

    fn deref(&self) -> &ReadDb<'s> {
        &self.db
    }
}

impl<'s> DerefMut for WriteDb<'s> {
    fn deref_mut(&mut self) -> &mut ReadDb<'s> {
        &mut self.db
    }
}

impl WriteDb<'_> {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute<R>(
        &mut self,
        change: &'static Statement<Writes, R>,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let result = self.db.session.execute(&change.sql, values).await;
        if !matches!(result, Ok(0)) {
            self.pending.touch(change.sql.touches);
        }
        result
    }

    /// All rows of an answer, of either kind of statement.
    pub(crate) async fn all<K, R: FromRow + Send>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<Vec<R>, StoreError> {
        self.pending.touch(statement.sql.touches);
        self.db.session.all(&statement.sql, values).await
    }

    /// The first row of an answer, of either kind of statement. One that writes has written all by then.
    pub(crate) async fn first<K, R: FromRow + Send>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        self.pending.touch(statement.sql.touches);
        self.db.session.first(&statement.sql, values).await
    }

    /// Whether there is a row, for either kind of statement.
    pub(crate) async fn exists<K, R>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        self.pending.touch(statement.sql.touches);
        Ok(self.db.session.first::<()>(&statement.sql, values).await?.is_some())
    }

    /// To be sent once the transaction is committed.
    pub(crate) fn send(&mut self, event: UserEvent) {
        self.pending.push(event);
    }
}

impl Session<'_> {
    async fn execute(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.execute(sql, values),
            Self::Postgres(session) => session.execute(sql, values).await,
        }
    }

    async fn all<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<R>, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.all(sql, values),
            Self::Postgres(session) => session.all(sql, values).await,
        }
    }

    async fn first<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.first(sql, values),
            Self::Postgres(session) => session.first(sql, values).await,
        }
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Own(session) => session,
            Self::Lent(session) => session,
        }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Own(session) => session,
            Self::Lent(session) => session,
        }
    }
}
