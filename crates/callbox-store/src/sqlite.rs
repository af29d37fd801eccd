//! SQLite: one thread that writes, connections that read, and the schema.
//!
//! Writes are committed in groups: all that wait, 256 at most, become one transaction, and each is answered after the
//! commit. If nobody waits for an answer, a group gathers for half a second first. A write that fails is undone
//! alone. A group is as durable as its most demanding write. The write-ahead log is emptied when it is over 48 MiB
//! and nobody reads for long.

mod connections;
mod error;
mod log;
mod migrate;
mod queue;
mod snapshot;
#[cfg(test)]
mod tags;
mod value;
mod writer;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::StoreError;
use crate::effects::Effects;
use connections::Connections;
pub(crate) use connections::Lease;
pub(crate) use migrate::{MAIN, MONITOR, STEPS, Schema};
pub(crate) use snapshot::{at, read_only, snapshot};
use writer::Writer;

/// How long the writer waits for another program that holds the lock, such as somebody's `sqlite3`. Longer, and the
/// browser that asked is gone.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// Statements that a connection keeps: more than there are.
const STATEMENTS_MAX: usize = 256;

/// The embedded database: who writes, and who reads.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) writer: Writer,
    pub(crate) connections: Arc<Connections>,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file, and brings its schema up to date.
    pub(crate) fn open(
        path: &Path,
        schema: &'static Schema,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        let connections = Arc::new(Connections::new(path.to_owned()));
        let writer = Writer::open(path, schema, Arc::clone(&connections), effects)?;
        Ok(Self { writer, connections, path: path.to_owned() })
    }

    /// The size of the database, and of its log.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let bytes = |path: &Path| path.metadata().map_or(0, |found| found.len());
        (bytes(&self.path), bytes(&log::path_of(&self.path)))
    }
}

/// A plan is made once for a statement, whatever values are bound: ours would plan anew for each
/// value, which took half the time of looking a login up.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;
    use crate::effects::Pending;
    use crate::sql::{statements, values};

    statements! {
        some MAKE_TABLE touches [] = "CREATE TABLE much (bytes BLOB)";
        some FILL touches [] = "INSERT INTO much VALUES (zeroblob($1))";
        some COUNT reads [] -> i64 = "SELECT count(*) FROM much";
    }

    async fn fill(writer: &Writer, bytes: i64) {
        let fill = move |lease: &mut Lease, _: &mut Pending| lease.execute(&FILL.sql, values![bytes]);
        writer.write(Durability::Full, fill).await.unwrap();
    }

    async fn with_table(path: &Path) -> Sqlite {
        let sqlite = Sqlite::open(path, &MAIN, Arc::default()).unwrap();
        let make = |lease: &mut Lease, _: &mut Pending| lease.execute(&MAKE_TABLE.sql, &[]);
        sqlite.writer.write(Durability::Full, make).await.unwrap();
        sqlite
    }

    #[tokio::test]
    async fn the_log_is_emptied_once_it_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let Sqlite { writer, .. } = with_table(&path).await;
        let log_bytes = || folder.path().join("test.sqlite-wal").metadata().unwrap().len();
        assert!(log_bytes() > 0);
        fill(&writer, 60_000_000).await;
        // The next one waits behind the emptying, and is in the log again.
        fill(&writer, 1).await;
        assert!(log_bytes() < 100_000, "{}", log_bytes());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_there_for_whoever_settles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let Sqlite { writer, connections, .. } = with_table(&path).await;
        for _ in 0..3 {
            writer.write_behind("a test", |lease, _| lease.execute(&FILL.sql, values![1_i64]).map(|_| ()));
        }
        writer.settle().await.unwrap();
        let count = connections.lease().unwrap().first::<i64>(&COUNT.sql, &[], &mut |_| Ok(()));
        assert_eq!(count.unwrap(), Some(3));
        assert_eq!(ALL.len(), 3);
    }
}
