//! The connection that a use case asks: of either engine, to read from or to write to.
//!
//! The top layer: it alone knows that there are two engines. A use case is written once and run by either. With
//! SQLite every step is done when it is asked for, so its futures never wait; with PostgreSQL they wait for the
//! network.

mod engine;

use callbox_core::cache::{Commit, Dependent, Tag, Tags, earlier};
use callbox_protocol::time::UnixMillis;
use std::ops::{Deref, DerefMut};

use crate::StoreError;
use crate::cost::Stopwatch;
use crate::effects::{Pending, UserEvent};
use crate::sql::{FromRow, Reads, See, Sql, Statement, Value, Writes};
use crate::{postgres, sqlite};
pub(crate) use engine::Engine;

/// Somebody to read from: by itself, or within a transaction.
pub(crate) struct ReadDb<'s> {
    lease: EngineLease<'s>,
    stopwatch: Stopwatch,
    /// What was read so far, for an answer that may be kept.
    seen: Option<Seen>,
}

/// What an answer depends on.
struct Seen {
    as_of: Commit,
    tags: Tags,
    deadline: Option<UnixMillis>,
    reads: u32,
}

/// A transaction: all that a use case writes, and reads beside it.
pub(crate) struct WriteDb<'s> {
    db: ReadDb<'s>,
    pending: &'s mut Pending,
}

/// A connection of one of the engines.
enum EngineLease<'s> {
    Sqlite(Held<'s, sqlite::Lease>),
    Postgres(Held<'s, postgres::Lease>),
}

/// A lease of one's own, or one that the engine lends for the length of a transaction.
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
        let mut rows = self.seen.as_ref().map(|_| Tags::default());
        let result = self.all_of(&query.sql, values, rows.as_mut()).await;
        self.see(&query.sql, values, rows);
        result
    }

    /// The first row of an answer.
    pub(crate) async fn first<R: FromRow + Send>(
        &mut self,
        query: &'static Statement<Reads, R>,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        let mut rows = self.seen.as_ref().map(|_| Tags::default());
        let result = self.first_of(&query.sql, values, rows.as_mut()).await;
        self.see(&query.sql, values, rows);
        result
    }

    /// Whether there is a row.
    pub(crate) async fn exists<R>(
        &mut self,
        query: &'static Statement<Reads, R>,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        let mut rows = self.seen.as_ref().map(|_| Tags::default());
        let result = self.first_of::<()>(&query.sql, values, rows.as_mut()).await;
        self.see(&query.sql, values, rows);
        Ok(result?.is_some())
    }

    /// From here on, what is read is noted: see [`Self::dependent`].
    pub(crate) fn noting(self, as_of: Commit) -> Self {
        Self { seen: Some(Seen { as_of, tags: Tags::default(), deadline: None, reads: 0 }), ..self }
    }

    /// What was read changes by itself then.
    pub(crate) fn until(&mut self, time: Option<UnixMillis>) {
        if let Some(seen) = &mut self.seen {
            seen.deadline = earlier(seen.deadline, time);
        }
    }

    /// What was read is not to be kept: nothing names what would change it.
    pub(crate) fn not_kept(&mut self) {
        self.until(Some(UnixMillis(0)));
    }

    /// The answer, with all that was noted since the beginning.
    pub(crate) fn dependent<T>(self, value: T) -> Dependent<T> {
        let seen = self.seen.expect("a tagged answer is read by a reader that notes");
        let Seen { as_of, tags, deadline, reads } = seen;
        Dependent { value, tags: tags.into_sorted(), deadline, as_of, reads }
    }

    fn see(&mut self, sql: &'static Sql, values: &[Value<'_>], rows: Option<Tags>) {
        let (Some(seen), Some(rows)) = (&mut self.seen, rows) else { return };
        debug_assert!(sql.rows.is_some(), "{} is read for a tagged answer and has no tags", sql.name);
        seen.reads += 1;
        seen.tags.extend(sql.tags_of_values(values));
        seen.tags.extend(rows.into_sorted());
        if sql.rows.is_none() {
            self.not_kept();
        }
    }

    async fn execute(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let run = self.stopwatch.begin(&sql.cost);
        let result = self.lease.execute(sql, values).await;
        sql.cost.end(run, *result.as_ref().unwrap_or(&0));
        result
    }

    /// `tags`: for the rows that the answer names.
    async fn all_of<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        tags: Option<&mut Tags>,
    ) -> Result<Vec<R>, StoreError> {
        let run = self.stopwatch.begin(&sql.cost);
        let result = match tags {
            Some(tags) => self.lease.all(sql, values, &mut |cells| sql.add_row(cells, tags)).await,
            None => self.lease.all(sql, values, &mut |_| Ok(())).await,
        };
        sql.cost.end(run, result.as_ref().map_or(0, Vec::len) as u64);
        result
    }

    async fn first_of<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        tags: Option<&mut Tags>,
    ) -> Result<Option<R>, StoreError> {
        let run = self.stopwatch.begin(&sql.cost);
        let result = match tags {
            Some(tags) => self.lease.first(sql, values, &mut |cells| sql.add_row(cells, tags)).await,
            None => self.lease.first(sql, values, &mut |_| Ok(())).await,
        };
        sql.cost.end(run, u64::from(matches!(result, Ok(Some(_)))));
        result
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
        let result = self.db.execute(&change.sql, values).await;
        if !matches!(result, Ok(0)) {
            self.touch(&change.sql, values, None);
        }
        result
    }

    /// All rows of an answer, of either kind of statement.
    pub(crate) async fn all<K, R: FromRow + Send>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<Vec<R>, StoreError> {
        let sql = &statement.sql;
        let mut rows = (!sql.only_reads).then(Tags::default);
        let result = self.db.all_of(sql, values, rows.as_mut()).await;
        self.touch(sql, values, rows.filter(|_| result.is_ok()));
        result
    }

    /// The first row of an answer, of either kind of statement. One that writes has written all by then.
    pub(crate) async fn first<K, R: FromRow + Send>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        let sql = &statement.sql;
        if !sql.only_reads && sql.kinds_of_columns().next().is_some() {
            // Each row says what it changed.
            return Ok(self.all(statement, values).await?.into_iter().next());
        }
        self.touch(sql, values, None);
        self.db.first_of(sql, values, None).await
    }

    /// Whether there is a row, for either kind of statement.
    pub(crate) async fn exists<K, R>(
        &mut self,
        statement: &'static Statement<K, R>,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        let sql = &statement.sql;
        self.touch(sql, values, None);
        Ok(self.db.first_of::<()>(sql, values, None).await?.is_some())
    }

    /// To be sent once the transaction is committed.
    pub(crate) fn send(&mut self, event: UserEvent) {
        self.pending.push(event);
    }

    /// A statement has changed what its tags say. Without its rows, those that they name may be any.
    fn touch(&mut self, sql: &'static Sql, values: &[Value<'_>], rows: Option<Tags>) {
        if sql.only_reads {
            return;
        }
        self.pending.touch(sql.tags_of_values(values));
        match rows {
            Some(rows) => self.pending.touch(rows.into_sorted()),
            None => self.pending.touch(sql.kinds_of_columns().map(Tag::any)),
        }
    }
}

impl EngineLease<'_> {
    async fn execute(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.execute(sql, values),
            Self::Postgres(lease) => lease.execute(sql, values).await,
        }
    }

    async fn all<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Vec<R>, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.all(sql, values, see),
            Self::Postgres(lease) => lease.all(sql, values, see).await,
        }
    }

    async fn first<R: FromRow + Send>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Option<R>, StoreError> {
        match self {
            Self::Sqlite(lease) => lease.first(sql, values, see),
            Self::Postgres(lease) => lease.first(sql, values, see).await,
        }
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Own(lease) => lease,
            Self::Lent(lease) => lease,
        }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Own(lease) => lease,
            Self::Lent(lease) => lease,
        }
    }
}
