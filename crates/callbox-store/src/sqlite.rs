//! The engine: one thread that writes, connections that read, and the schema.
//!
//! Writes are committed in groups: whatever waits, 256 at most, becomes one transaction, and each is answered
//! after the commit. A write that fails is undone alone. The write-ahead log is emptied when it is over 16 MiB.

mod migrate;

use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

use crate::StoreError;

/// Writes that may wait: a second's worth of a slow disk.
const QUEUE_MAX: usize = 1_024;
/// Writes in one transaction: past this, waiting for more gains nothing.
const GROUP_MAX: usize = 256;
/// Pages of 4 KiB after which the log is emptied. Without this it grew to 607 MiB in a minute of load.
const WAL_PAGES_MAX: i64 = 4_096;
/// Idle connections that are kept for reading.
const READERS_MAX: usize = 8;

/// A write, to be run in the writer's thread; what it returns answers the asker after the commit.
type Job = Box<dyn FnOnce(&Connection) -> Reply + Send>;
type Reply = Box<dyn FnOnce(&Result<(), String>) + Send>;

/// The one thread that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// `None` once the store is closed.
    jobs: Mutex<Option<SyncSender<Job>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
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
        migrate::migrate(&mut connection)?;
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let started = thread.spawn(move || {
            run(&mut connection, &queue);
            drop(connection);
            let _ = end.send(());
        });
        started.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), ended: Mutex::new(Some(ended)) })
    }

    /// Runs `work` in the writer's thread; returns once its result is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(work, move |result| {
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
        let log = move |result: Result<(), StoreError>| {
            if let Err(error) = result {
                tracing::warn!(what, %error, "a write was lost");
            }
        };
        if let Err(error) = self.enqueue(work, log) {
            log(Err(error));
        }
    }

    fn enqueue<T: Send + 'static>(
        &self,
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
        match lock(&self.jobs).as_ref().ok_or(StoreError::Closed)?.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        lock(&self.ended)
            .as_mut()
            .is_some_and(|ended| ended.try_recv() == Err(oneshot::error::TryRecvError::Empty))
    }

    /// Takes no more writes, and waits until the last one is done.
    pub(crate) async fn close(&self) {
        lock(&self.jobs).take();
        let ended = lock(&self.ended).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
    }
}

fn run(connection: &mut Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let group = std::iter::once(first).chain(queue.try_iter().take(GROUP_MAX - 1));
        let (replies, commit) = match commit_group(connection, group.collect()) {
            (replies, Ok(())) => (replies, Ok(())),
            (replies, Err(error)) => {
                tracing::error!(%error, "a group of writes was not committed");
                (replies, Err(error.to_string()))
            }
        };
        for reply in replies {
            reply(&commit);
        }
        if let Err(error) = empty_log(connection) {
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
    connection.execute_batch("SAVEPOINT job")?;
    let result = work(connection);
    let end = if result.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    connection.execute_batch(end)?;
    result
}

fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    // PASSIVE only tells how long the log is and writes back what it may; TRUNCATE waits for readers.
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    if pages > WAL_PAGES_MAX {
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
        Ok(connection)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
