//! One connection, and the statements that it has prepared.
//!
//! Statements are prepared once a connection. Behind a pgbouncer that does not keep them (before 1.21, in transaction
//! mode) they are sent whole each time, in one message with their values. A connection over which PostgreSQL says
//! that it cannot do its work is not used again: its server may not be usable any more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::target::Target;
use super::words;
use crate::StoreError;
use crate::sql::{Sql, Value};

/// Statements that one connection keeps: several times what there are.
const STATEMENTS_MAX: usize = 512;

/// One connection.
pub(crate) struct Connection {
    client: Client,
    prepares: bool,
    statements: Mutex<HashMap<&'static str, Statement>>,
    generation: Arc<Generation>,
    /// The generation of its connection.
    born_in: u64,
    is_bad: AtomicBool,
    ended: Arc<Notify>,
}

/// Counts the times that a server took no writes: connections from before are like the one that found it out.
#[derive(Debug, Default)]
pub(super) struct Generation(AtomicU64);

impl Connection {
    pub(super) async fn open(
        target: &Target,
        prepares: bool,
        generation: &Arc<Generation>,
    ) -> Result<Self, StoreError> {
        let born_in = generation.0.load(Ordering::Relaxed);
        let ended = Arc::<Notify>::default();
        Ok(Self {
            client: target.connect(Arc::clone(&ended)).await?,
            prepares,
            statements: Mutex::default(),
            generation: Arc::clone(generation),
            born_in,
            is_bad: AtomicBool::new(false),
            ended,
        })
    }

    /// Whether another one is to be made in its place.
    pub(super) fn is_spent(&self) -> bool {
        self.client.is_closed()
            || self.is_bad.load(Ordering::Relaxed)
            || self.born_in != self.generation.0.load(Ordering::Relaxed)
    }

    /// Waits for its end.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    /// For statements without values: of transactions and of the schema.
    pub(super) async fn batch(&self, text: &str) -> Result<(), StoreError> {
        self.noted(self.client.batch_execute(text).await)
    }

    /// The one number that a question without values comes to.
    pub(super) async fn number(&self, text: &str) -> Result<i64, StoreError> {
        let rows = self.noted(self.client.query_typed(text, &[]).await)?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get(0))?)
    }

    /// The one word that a question without values comes to.
    pub(super) async fn text(&self, text: &str) -> Result<String, StoreError> {
        let rows = self.noted(self.client.query_typed(text, &[]).await)?;
        Ok(rows.first().map_or(Ok(String::new()), |row| row.try_get(0))?)
    }

    pub(super) async fn rows(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        if !self.prepares {
            return self.noted(self.client.query_typed(sql.postgres, &typed(values)).await);
        }
        let statement = self.statement(sql, values).await?;
        let result = self.client.query(&statement, &untyped(values)).await;
        self.noted_of(sql, result)
    }

    pub(super) async fn execute(&self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        if !self.prepares {
            return self.noted(self.client.execute_typed(sql.postgres, &typed(values)).await);
        }
        let statement = self.statement(sql, values).await?;
        let result = self.client.execute(&statement, &untyped(values)).await;
        self.noted_of(sql, result)
    }

    async fn statement(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Statement, StoreError> {
        if let Some(statement) = self.lock().get(sql.postgres) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = values.iter().map(Value::kind).collect();
        let statement = self.noted(self.client.prepare_typed(sql.postgres, &types).await)?;
        let mut statements = self.lock();
        if statements.len() < STATEMENTS_MAX {
            statements.insert(sql.postgres, statement.clone());
        }
        Ok(statement)
    }

    /// A statement that the server no longer knows, or whose table was changed, is prepared anew the next time.
    fn noted_of<T>(&self, sql: &Sql, result: Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
        let is_stale = result.as_ref().is_err_and(|error| {
            matches!(
                error.code(),
                Some(&SqlState::INVALID_SQL_STATEMENT_NAME | &SqlState::FEATURE_NOT_SUPPORTED)
            )
        });
        if is_stale {
            self.lock().remove(sql.postgres);
        }
        self.noted(result)
    }

    /// Sees by the code of an error whether the connection is of further use.
    fn noted<T>(&self, result: Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
        let Err(error) = result else { return result.map_err(StoreError::from) };
        if error.code().is_some_and(spends) {
            self.is_bad.store(true, Ordering::Relaxed);
        }
        if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            // Once for each generation, however many find it out.
            let next = self.born_in + 1;
            let order = Ordering::Relaxed;
            let _ = self.generation.0.compare_exchange(self.born_in, next, order, order);
        }
        Err(error.into())
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

/// Whether a code's statement is true of the connection, or of the server behind it, and not of the SQL statement.
/// Classes are those of PostgreSQL's manual, appendix A.
fn spends(code: &SqlState) -> bool {
    match code {
        &SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => true,
        // A statement that was too slow, or a disk that is full.
        &SqlState::QUERY_CANCELED | &SqlState::DISK_FULL => false,
        // Connection exception, invalid authorization, insufficient resources, operator intervention, system error,
        // configuration file error, internal error.
        code => matches!(class(code), "08" | "28" | "53" | "57" | "58" | "F0" | "XX"),
    }
}

fn class(code: &SqlState) -> &str {
    code.code().get(..2).unwrap_or_default()
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            // No word of the server's: the network, or the end of a process.
            return Self::Unavailable(words(&error));
        };
        match code {
            &SqlState::DISK_FULL => Self::Full,
            &SqlState::UNIQUE_VIOLATION => Self::Taken,
            &SqlState::FOREIGN_KEY_VIOLATION => Self::Gone,
            &SqlState::TOO_MANY_CONNECTIONS | &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => {
                Self::Busy
            }
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Self::Contended,
            // The database is gone, or its owner took a right away: nothing that a request did.
            &SqlState::INVALID_CATALOG_NAME | &SqlState::INSUFFICIENT_PRIVILEGE => {
                Self::Unavailable(words(&error))
            }
            code if spends(code) && class(code) != "XX" => Self::Unavailable(words(&error)),
            _ => Self::Postgres(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_thrown_away_by_the_class_of_what_it_was_told() {
        for (code, expected) in [
            ("25006", true),
            ("57P01", true),
            ("57P03", true),
            ("08P01", true),
            ("28P01", true),
            ("53200", true),
            ("58030", true),
            ("XX002", true),
            ("57014", false),
            ("53100", false),
            ("23505", false),
            ("40001", false),
            ("42P01", false),
            ("25P02", false),
        ] {
            assert_eq!(spends(&SqlState::from_code(code)), expected, "{code}");
        }
    }
}
