//! The engine that keeps the data, and how it runs a use case.

use callbox_protocol::http::StoreStats;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{EngineLease, Held, ReadDb, WriteDb};
use crate::cost::Stopwatch;
use crate::effects::{Effects, Pending};
use crate::postgres::{self, Postgres};
use crate::sql::Work;
use crate::sqlite::{self, Schema, Sqlite};
use crate::{Durability, Options, StoreError, StoreLoad};

const _: () = assert!(sqlite::STEPS.len() == postgres::STEPS.len(), "both engines have the same steps");
const _: () = assert!(sqlite::MONITOR.steps.len() == postgres::MONITOR_STEPS.len(), "here too");

/// One of the two.
#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Engine {
    /// Opens an embedded database, and brings its schema up to date.
    pub(crate) fn embedded(
        path: &Path,
        schema: &'static Schema,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        Sqlite::open(path, schema, effects).map(Self::Sqlite)
    }

    /// Connects to a PostgreSQL, and brings its schema up to date.
    pub(crate) async fn connect(
        url: &str,
        options: &Options,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        Postgres::open(url, options, effects).await.map(Self::Postgres)
    }

    /// Writes all that still waits; writes after this fail.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Waits until another process has taken the database.
    pub(crate) async fn lost(&self) {
        match self {
            Self::Sqlite(_) => std::future::pending().await,
            Self::Postgres(postgres) => postgres.lost().await,
        }
    }

    /// How large the database is, or how busy the way to it.
    pub(crate) fn stats(&self) -> StoreStats {
        match self {
            Self::Sqlite(sqlite) => {
                let (bytes, log_bytes) = sqlite.bytes();
                StoreStats { bytes: Some(bytes), log_bytes: Some(log_bytes), ..StoreStats::default() }
            }
            Self::Postgres(postgres) => StoreStats { pool: Some(postgres.stats()), ..StoreStats::default() },
        }
    }

    /// How many connections it has by its own count, and how many it takes; `None` with the embedded one.
    pub(crate) async fn connections(&self) -> Result<Option<(u64, u64)>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(postgres) => postgres.connections().await.map(Some),
        }
    }

    /// How busy the way to it is; the statements and the logins are counted elsewhere.
    pub(crate) fn load(&self) -> StoreLoad {
        match self {
            Self::Sqlite(sqlite) => {
                StoreLoad { write_queue: sqlite.writer.waiting() as u64, ..StoreLoad::default() }
            }
            Self::Postgres(postgres) => postgres.load(),
        }
    }

    /// Somebody to read from, until it is dropped.
    pub(crate) async fn reader(&self, stopwatch: Stopwatch) -> Result<ReadDb<'static>, StoreError> {
        let lease = match self {
            Self::Sqlite(sqlite) => EngineLease::Sqlite(Held::Own(sqlite.connections.lease()?)),
            Self::Postgres(postgres) => EngineLease::Postgres(Held::Own(postgres.reader().await?)),
        };
        Ok(ReadDb { lease, stopwatch, seen: None })
    }

    /// Runs a use case in a transaction; see [`crate::Store::write`].
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        stopwatch: Stopwatch,
        durability: Durability,
        work: impl for<'d, 's> FnOnce(&'d mut WriteDb<'s>) -> Work<'d, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => {
                let job = move |lease: &mut sqlite::Lease, pending: &mut Pending| {
                    at_once(work(&mut WriteDb::sqlite(lease, pending, stopwatch)))
                };
                sqlite.writer.write(durability, job).await
            }
            Self::Postgres(postgres) => {
                let job = postgres.write(move |lease, pending| {
                    Box::pin(async move { work(&mut WriteDb::postgres(lease, pending, stopwatch)).await })
                });
                job.await
            }
        }
    }

    /// As [`Self::write`], but nobody waits.
    pub(crate) fn write_behind(
        &self,
        stopwatch: Stopwatch,
        what: &'static str,
        work: impl for<'d, 's> Fn(&'d mut WriteDb<'s>) -> Work<'d, ()> + Send + Sync + 'static,
    ) {
        match self {
            Self::Sqlite(sqlite) => {
                let job = move |lease: &mut sqlite::Lease, pending: &mut Pending| {
                    at_once(work(&mut WriteDb::sqlite(lease, pending, stopwatch)))
                };
                sqlite.writer.write_behind(what, job);
            }
            Self::Postgres(postgres) => {
                let work = Arc::new(work);
                postgres.write_behind(what, move |lease, pending| {
                    let work = Arc::clone(&work);
                    Box::pin(async move { work(&mut WriteDb::postgres(lease, pending, stopwatch)).await })
                });
            }
        }
    }

    /// Waits until every write from before this can be read.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.settle().await,
            Self::Postgres(postgres) => postgres.settle().await,
        }
    }
}

impl<'s> WriteDb<'s> {
    fn sqlite(lease: &'s mut sqlite::Lease, pending: &'s mut Pending, stopwatch: Stopwatch) -> Self {
        Self { db: ReadDb { lease: EngineLease::Sqlite(Held::Lent(lease)), stopwatch, seen: None }, pending }
    }

    fn postgres(lease: &'s mut postgres::Lease, pending: &'s mut Pending, stopwatch: Stopwatch) -> Self {
        Self {
            db: ReadDb { lease: EngineLease::Postgres(Held::Lent(lease)), stopwatch, seen: None },
            pending,
        }
    }
}

/// The result of a use case with SQLite, where no step waits: one that waited for something else would hold up all
/// that write.
fn at_once<T>(mut work: Work<'_, T>) -> Result<T, StoreError> {
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StoreError::Waited),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{statements, values};

    statements! {
        some MAKE_TABLE touches [] = "CREATE TABLE much (number BIGINT)";
        some FILL touches [] = "INSERT INTO much VALUES ($1)";
        some COUNT reads [] -> i64 = "SELECT count(*) FROM much";
    }

    #[tokio::test]
    async fn a_use_case_that_waits_for_something_else_is_undone_and_the_next_one_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let engine =
            Engine::embedded(&folder.path().join("test.sqlite"), &sqlite::MAIN, Arc::default()).unwrap();
        let made = engine
            .write(Stopwatch::default(), Durability::Normal, |db| Box::pin(db.execute(&MAKE_TABLE, &[])));
        made.await.unwrap();
        let waits = engine.write(Stopwatch::default(), Durability::Normal, |db| {
            Box::pin(async {
                db.execute(&FILL, values![1_i64]).await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        });
        assert!(matches!(waits.await, Err(StoreError::Waited)));
        let filled = engine.write(Stopwatch::default(), Durability::Normal, |db| {
            Box::pin(async { db.execute(&FILL, values![2_i64]).await })
        });
        assert_eq!(filled.await.unwrap(), 1);
        let count = engine.reader(Stopwatch::default()).await.unwrap().first(&COUNT, &[]).await;
        assert_eq!((count.unwrap(), ALL.len()), (Some(1), 3));
    }
}
