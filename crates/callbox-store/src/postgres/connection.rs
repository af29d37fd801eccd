//! One connection, and the statements that it has prepared.
//!
//! Statements are prepared once a connection. Behind a pgbouncer that does not keep them (before 1.21, in transaction
//! mode) they are sent whole each time, in one message with their values.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::target::Target;
use super::words;
use crate::StoreError;
use crate::db::{Sql, Value};

/// Statements that one connection keeps: several times what there are.
const STATEMENTS_MAX: usize = 512;

/// One connection.
pub(crate) struct Connection {
    client: Client,
    prepares: bool,
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl Connection {
    pub(super) async fn open(target: &Target, prepares: bool) -> Result<Self, StoreError> {
        Ok(Self { client: target.connect().await?, prepares, statements: Mutex::default() })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// For statements without values: of transactions and of the schema.
    pub(super) async fn batch(&self, text: &str) -> Result<(), StoreError> {
        Ok(self.client.batch_execute(text).await?)
    }

    /// The one number that a question without values comes to.
    pub(super) async fn number(&self, text: &str) -> Result<i64, StoreError> {
        let rows = self.client.query_typed(text, &[]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get(0))?)
    }

    pub(super) async fn rows(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        if !self.prepares {
            return Ok(self.client.query_typed(sql.postgres, &typed(values)).await?);
        }
        let statement = self.statement(sql, values).await?;
        let result = self.client.query(&statement, &untyped(values)).await;
        result.map_err(|error| self.failed(sql, error))
    }

    pub(super) async fn execute(&self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        if !self.prepares {
            return Ok(self.client.execute_typed(sql.postgres, &typed(values)).await?);
        }
        let statement = self.statement(sql, values).await?;
        let result = self.client.execute(&statement, &untyped(values)).await;
        result.map_err(|error| self.failed(sql, error))
    }

    async fn statement(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Statement, StoreError> {
        if let Some(statement) = self.lock().get(sql.postgres) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = values.iter().map(Value::kind).collect();
        let statement = self.client.prepare_typed(sql.postgres, &types).await?;
        let mut statements = self.lock();
        if statements.len() < STATEMENTS_MAX {
            statements.insert(sql.postgres, statement.clone());
        }
        Ok(statement)
    }

    /// A statement that the server no longer knows, or whose table was changed, is prepared anew the next time.
    fn failed(&self, sql: &Sql, error: tokio_postgres::Error) -> StoreError {
        let is_stale = matches!(
            error.code(),
            Some(&SqlState::INVALID_SQL_STATEMENT_NAME | &SqlState::FEATURE_NOT_SUPPORTED)
        );
        if is_stale {
            self.lock().remove(sql.postgres);
        }
        error.into()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn untyped<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn typed<'a>(values: &'a [Value<'_>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect()
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            // No word of the server's: the network, or the end of a process.
            return Self::Unavailable(words(&error));
        };
        match *code {
            SqlState::DISK_FULL => Self::Full,
            SqlState::TOO_MANY_CONNECTIONS
            | SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED => Self::Busy,
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
                Self::Unavailable(words(&error))
            }
            _ => Self::Postgres(error),
        }
    }
}
