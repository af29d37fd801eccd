//! The engine: one thread that writes, connections that read, and the schema.
//!
//! Writes are committed in groups: whatever waits, 256 at most, becomes one transaction, and each is answered
//! after the commit. Where nobody waits for an answer, a group gathers for half a second first. A write that
//! fails is undone alone. The write-ahead log is emptied when it is over 16 MiB.

mod migrate;
mod queue;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

use crate::StoreError;
use queue::{Queue, QueueError, Urgency};

/// Size at which the log is emptied. Without this it grew to 607 MiB in a minute of load.
const WAL_BYTES_MAX: u64 = 16 << 20;
/// Idle connections that are kept for reading.
const READERS_MAX: usize = 8;

/// A write, to be run in the writer's thread; what it returns answers the asker after the commit.
type Job = Box<dyn FnOnce(&Connection) -> Reply + Send>;
type Reply = Box<dyn FnOnce(&Result<(), String>) + Send>;

/// The one thread that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Arc<Queue<Job>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    /// Writes that nobody waits for and that are not committed yet.
    behind: Arc<AtomicUsize>,
}

impl Writer {
    /// Opens the database for writing, brings the schema up to date and starts the thread.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        // A crash must not lose what was acknowledged: accounts are not made twice.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // The writer empties the log itself, between groups.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        keep_plans(&connection)?;
        migrate::migrate(&mut connection)?;
        let jobs = Arc::new(Queue::new());
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let queue = Arc::clone(&jobs);
        let started = thread.spawn(move || {
            run(&connection, Path::new(&log), &queue);
            drop(connection);
            let _ = end.send(());
        });
        started.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { jobs, ended: Mutex::new(Some(ended)), behind: Arc::default() })
    }

    /// Runs `work` in the writer's thread; returns once its result is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Urgency::Awaited, work, move |result| {
            // An asker that went away needs no answer; the write stands.
            let _ = answer.send(result);
        })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Self::write`], but nobody waits: a failure is logged.
    pub(crate) fn write_behind(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        let lost = move |error: StoreError| tracing::warn!(what, %error, "a write was lost");
        let behind = Arc::clone(&self.behind);
        behind.fetch_add(1, Ordering::SeqCst);
        let enqueued = self.enqueue(Urgency::Behind, work, move |result: Result<(), StoreError>| {
            behind.fetch_sub(1, Ordering::SeqCst);
            result.unwrap_or_else(lost);
        });
        if let Err(error) = enqueued {
            self.behind.fetch_sub(1, Ordering::SeqCst);
            lost(error);
        }
    }

    /// Waits until every write from before this can be read. At once where none is on its way.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        if self.behind.load(Ordering::SeqCst) == 0 { Ok(()) } else { self.write(|_| Ok(())).await }
    }

    fn enqueue<T: Send + 'static>(
        &self,
        urgency: Urgency,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        answer: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, work);
            Box::new(move |commit| {
                answer(match commit {
                    Ok(()) => result.map_err(StoreError::from),
                    Err(reason) => Err(StoreError::Commit(reason.clone())),
                });
            })
        });
        self.jobs.push(job, urgency).map_err(|error| match error {
            QueueError::Full => StoreError::Busy,
            QueueError::Closed => StoreError::Closed,
        })
    }

    pub(crate) fn is_alive(&self) -> bool {
        lock(&self.ended)
            .as_mut()
            .is_some_and(|ended| ended.try_recv() == Err(oneshot::error::TryRecvError::Empty))
    }

    /// Takes no more writes, and waits until the last one is done.
    pub(crate) async fn close(&self) {
        self.jobs.close();
        let ended = lock(&self.ended).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
    }
}

fn run(connection: &Connection, log: &Path, jobs: &Queue<Job>) {
    while let Some(group) = jobs.next_group() {
        let (replies, commit) = match commit_group(connection, group) {
            (replies, Ok(())) => (replies, Ok(())),
            (replies, Err(error)) => {
                tracing::error!(%error, "a group of writes was not committed");
                (replies, Err(error.to_string()))
            }
        };
        for reply in replies {
            reply(&commit);
        }
        if let Err(error) = empty_log(connection, log) {
            tracing::warn!(%error, "the write-ahead log was not emptied");
        }
    }
    // The last checkpoint, so that a copied folder is whole.
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

fn commit_group(connection: &Connection, group: Vec<Job>) -> (Vec<Reply>, rusqlite::Result<()>) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let replies: Vec<Reply> = group.into_iter().map(|job| job(connection)).collect();
    let committed = begun.and_then(|()| connection.execute_batch("COMMIT"));
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    (replies, committed)
}

/// One write of a group: its failure undoes it alone.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = work(connection);
    if result.is_err() {
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    connection.prepare_cached("RELEASE job")?.execute([])?;
    result
}

/// A plan is made once for a statement, whatever values are bound: ours would plan anew for each
/// value, which took half the time of looking a login up.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

fn empty_log(connection: &Connection, log: &Path) -> rusqlite::Result<()> {
    // A checkpoint after each group would wait for the disk three times more.
    if log.metadata().is_ok_and(|log| log.len() > WAL_BYTES_MAX) {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Connections that read, kept for the next question.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Asks a question. As many connections are open as threads ask at once.
    pub(crate) fn read<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let answer = question(&connection);
        let mut idle = lock(&self.idle);
        if idle.len() < READERS_MAX {
            idle.push(connection);
        }
        Ok(answer?)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        keep_plans(&connection)?;
        Ok(connection)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_log_is_emptied_once_it_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let writer = Writer::open(&path).unwrap();
        let log_bytes = || folder.path().join("test.sqlite-wal").metadata().unwrap().len();
        writer.write(|db| db.execute_batch("CREATE TABLE much (bytes BLOB)")).await.unwrap();
        assert!(log_bytes() > 0);
        writer.write(|db| db.execute("INSERT INTO much VALUES (zeroblob(20000000))", [])).await.unwrap();
        // The next one waits behind the emptying, and is in the log again.
        writer.write(|db| db.execute("INSERT INTO much VALUES (1)", [])).await.unwrap();
        assert!(log_bytes() < 100_000, "{}", log_bytes());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_there_for_whoever_settles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let writer = Writer::open(&path).unwrap();
        writer.write(|db| db.execute_batch("CREATE TABLE few (one)")).await.unwrap();
        for _ in 0..3 {
            writer.write_behind("a test", |db| db.execute("INSERT INTO few VALUES (1)", []).map(|_| ()));
        }
        writer.settle().await.unwrap();
        let count = "SELECT count(*) FROM few";
        let count = Readers::new(path).read(|db| db.query_row(count, [], |row| row.get::<_, u32>(0)));
        assert_eq!(count.unwrap(), 3);
    }
}
