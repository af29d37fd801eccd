//! The connections to SQLite, and the order in which they are lent.
//!
//! SQLite forgets the pages that a connection has read as soon as another connection commits. The writer's own
//! commits leave its pages alone, so between two groups its connection is lent to a reader: it is warm. While it is
//! lent, readers have connections of their own. Nothing moves to another thread, and a waiting writer is next.

use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::keep_plans;
use crate::StoreError;
use crate::sql::{FromRow, See, Sql, Value};

/// How often a reader yields for the warm connection to return, before it takes a cold one. On one core the writer's
/// group is done meanwhile; with more cores this ends at once.
const YIELDS_MAX: usize = 8;
/// Idle connections that are kept for reading.
const READERS_MAX: usize = 8;

/// All connections to one database that are idle.
pub(crate) struct Connections {
    path: PathBuf,
    idle: Mutex<Idle>,
    /// Told when the warm one is back and the writer waits for it.
    is_back: Condvar,
}

#[derive(Default)]
struct Idle {
    /// The writer's, unless it is out.
    warm: Option<Connection>,
    /// Whether the writer waits for it: nobody else is lent it then.
    is_wanted: bool,
    readers: Vec<Connection>,
}

impl Idle {
    fn can_lend(&self) -> bool {
        self.warm.is_some() && !self.is_wanted
    }
}

impl Connections {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default(), is_back: Condvar::new() }
    }

    /// A connection to ask. As many are open as ask at once.
    pub(crate) fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        let mut idle = self.lock();
        for _ in 0..YIELDS_MAX {
            if idle.can_lend() {
                break;
            }
            drop(idle);
            std::thread::yield_now();
            idle = self.lock();
        }
        let warm = if idle.can_lend() { idle.warm.take() } else { None };
        let (home, found) = match warm {
            Some(warm) => (Home::Warm(Arc::clone(self)), Some(warm)),
            None => (Home::Reader(Arc::clone(self)), idle.readers.pop()),
        };
        drop(idle);
        let connection = found.map_or_else(|| self.connect(), Ok)?;
        Ok(Lease { connection: Some(connection), home })
    }

    /// The writer's connection, for the writer: it waits for the one question that may be using it.
    pub(super) fn take_warm(&self) -> Lease {
        let mut idle = self.lock();
        idle.is_wanted = true;
        loop {
            if let Some(warm) = idle.warm.take() {
                idle.is_wanted = false;
                return Lease { connection: Some(warm), home: Home::Writer };
            }
            idle = self.is_back.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The writer's connection, in no transaction.
    pub(super) fn put_warm(&self, connection: Connection) {
        let mut idle = self.lock();
        idle.warm = Some(connection);
        let is_wanted = idle.is_wanted;
        drop(idle);
        if is_wanted {
            self.is_back.notify_one();
        }
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        keep_plans(&connection)?;
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use; it goes back for the next question.
pub(crate) struct Lease {
    connection: Option<Connection>,
    home: Home,
}

/// The place that a connection returns to.
enum Home {
    /// To the writer, and to a reader that comes before.
    Warm(Arc<Connections>),
    /// To those that only read.
    Reader(Arc<Connections>),
    /// Nowhere by itself: if the writer panics, its connection may be within a transaction.
    Writer,
}

impl Lease {
    pub(super) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until the drop")
    }

    pub(super) fn into_connection(mut self) -> Connection {
        self.connection.take().expect("it is there until the drop")
    }

    pub(crate) fn execute(&self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.prepare(sql)?;
        Ok(statement.execute(params_from_iter(values)).map(|count| count as u64)?)
    }

    pub(crate) fn all<R: FromRow>(
        &self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Vec<R>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            see(row)?;
            all.push(R::read(row)?);
        }
        Ok(all)
    }

    /// A statement that writes has written all when its first row is there.
    pub(crate) fn first<R: FromRow>(
        &self,
        sql: &'static Sql,
        values: &[Value<'_>],
        see: &mut See<'_>,
    ) -> Result<Option<R>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        see(row)?;
        R::read(row).map(Some)
    }

    fn prepare(&self, sql: &'static Sql) -> rusqlite::Result<rusqlite::CachedStatement<'_>> {
        self.connection().prepare_cached(sql.sqlite)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match &self.home {
            Home::Warm(home) => home.put_warm(connection),
            Home::Reader(home) => {
                let mut idle = home.lock();
                if idle.readers.len() < READERS_MAX {
                    idle.readers.push(connection);
                }
            }
            Home::Writer => {}
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn connections(folder: &tempfile::TempDir) -> Arc<Connections> {
        let path = folder.path().join("test.sqlite");
        let connections = Arc::new(Connections::new(path.clone()));
        connections.put_warm(Connection::open(path).unwrap());
        connections
    }

    fn is_warm(lease: &Lease) -> bool {
        matches!(lease.home, Home::Warm(_))
    }

    #[test]
    fn one_reader_is_lent_the_warm_connection_and_the_writer_is_next() {
        let folder = tempfile::tempdir().unwrap();
        let connections = connections(&folder);
        let (first, second) = (connections.lease().unwrap(), connections.lease().unwrap());
        assert!(is_warm(&first) && !is_warm(&second));
        let writer = thread::spawn({
            let connections = Arc::clone(&connections);
            move || connections.take_warm()
        });
        while !connections.lock().is_wanted {
            thread::yield_now();
        }
        drop(first);
        let held = writer.join().unwrap();
        assert!(!is_warm(&connections.lease().unwrap()), "the writer has it");
        connections.put_warm(held.into_connection());
        assert!(is_warm(&connections.lease().unwrap()));
    }
}
