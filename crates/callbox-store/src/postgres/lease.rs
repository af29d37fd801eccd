//! The connection of a use case while it asks: a shared one to read over, or one of its own within a transaction.
//!
//! A transaction begins together with its first statement, in one journey. A lease that is dropped within its
//! transaction closes the connection, so that nobody after it continues in a transaction of somebody else's.

use deadpool::managed::Object;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::Row;

use super::Maker;
use super::connection::Connection;
use crate::StoreError;
use crate::sql::{FromRow, See, Sql, Value};

pub(crate) struct Lease {
    /// `None` once it was given back.
    connection: Option<Held>,
    transaction: Transaction,
    _permit: Option<OwnedSemaphorePermit>,
}

enum Held {
    Shared(Arc<Connection>),
    Own(Box<Object<Maker>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transaction {
    /// Each statement is a transaction of its own.
    Never,
    /// It begins with the first statement.
    Ahead,
    Running,
}

impl Lease {
    /// To read over a connection that others read over too.
    pub(super) fn reading(connection: Arc<Connection>, permit: OwnedSemaphorePermit) -> Self {
        Self {
            connection: Some(Held::Shared(connection)),
            transaction: Transaction::Never,
            _permit: Some(permit),
        }
    }

    /// To write over a connection of one's own.
    pub(super) fn writing(connection: Object<Maker>) -> Self {
        Self {
            connection: Some(Held::Own(Box::new(connection))),
            transaction: Transaction::Ahead,
            _permit: None,
        }
    }

    /// A lease over an exclusive connection, where each statement is its own transaction or the caller frames them.
    pub(super) fn plain(connection: Arc<Connection>) -> Self {
        Self { connection: Some(Held::Shared(connection)), transaction: Transaction::Never, _permit: None }
    }

    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let begins = self.begins();
        let connection = self.connection();
        if !begins {
            return connection.execute(sql, values).await;
        }
        let (begun, result) = tokio::join!(connection.batch("BEGIN"), connection.execute(sql, values));
        begun.and(result)
    }

    pub(crate) async fn all<R: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Vec<R>, StoreError> {
        let rows = self.rows(sql, values).await?;
        rows.iter().map(|row| see(row).and_then(|()| R::read(row))).collect()
    }

    pub(crate) async fn first<R: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Option<R>, StoreError> {
        let rows = self.rows(sql, values).await?;
        rows.first().map(|row| see(row).and_then(|()| R::read(row))).transpose()
    }

    async fn rows(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let begins = self.begins();
        let connection = self.connection();
        if !begins {
            return connection.rows(sql, values).await;
        }
        let (begun, result) = tokio::join!(connection.batch("BEGIN"), connection.rows(sql, values));
        begun.and(result)
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    pub(super) async fn roll_back(mut self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, word: &str) -> Result<(), StoreError> {
        if self.transaction == Transaction::Running {
            self.connection().batch(word).await?;
            self.transaction = Transaction::Ahead;
        }
        Ok(())
    }

    /// Whether the next statement begins the transaction.
    fn begins(&mut self) -> bool {
        let begins = self.transaction == Transaction::Ahead;
        if begins {
            self.transaction = Transaction::Running;
        }
        begins
    }

    fn connection(&self) -> &Connection {
        match self.connection.as_ref().expect("it is there until the drop") {
            Held::Shared(connection) => connection,
            Held::Own(connection) => connection,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.transaction == Transaction::Running
            && let Some(Held::Own(connection)) = self.connection.take()
        {
            drop(Object::take(*connection));
        }
    }
}
