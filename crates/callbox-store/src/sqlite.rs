//! SQLite: one thread that writes, connections that read, and the schema.
//!
//! Writes are committed in groups: whatever waits, 256 at most, becomes one transaction, and each is answered
//! after the commit. Where nobody waits for an answer, a group gathers for half a second first. A write that
//! fails is undone alone. A group is as durable as its most demanding write. The write-ahead log is emptied when it
//! is over 48 MiB and nobody reads for long.

mod connections;
mod migrate;
mod queue;
mod value;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::oneshot;

use crate::db::{Db, Session, Work};
use crate::effects::{Effects, Pending};
use crate::{Durability, StoreError};
use connections::Connections;
pub(crate) use connections::Lease;
pub(crate) use migrate::STEPS;
use queue::{Queue, QueueError, Urgency};

/// Size at which the log is emptied: pages that are written again and again until then are copied once. With one group more
/// it stays below 64 MiB; without a bound it grew to 607 MiB in a minute of load.
const WAL_BYTES_MAX: u64 = 48 << 20;
/// How long the writer waits for another program that holds the lock, such as somebody's `sqlite3`. Longer, and the
/// browser that asked is gone.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// Statements that a connection keeps: more than there are.
const STATEMENTS_MAX: usize = 256;
/// Pages that the writer's connection keeps, in KiB: the whole of a small database, and the part of a large one that is
/// asked for. SQLite's own 2 MiB hold less than the calls of a day.
const CACHE_KIB: i32 = 32 << 10;

/// A write, to be run in the writer's thread.
struct Job {
    durability: Durability,
    work: JobWork,
}

enum JobWork {
    /// Without a [`Db`] the group could not begin. What it returns answers the asker after the commit.
    Awaited(AwaitedWork),
    /// May be run again, with another group.
    Behind(Arc<Behind>),
}

/// A write that nobody waits for.
struct Behind {
    what: &'static str,
    work: BehindWork,
    /// How many of them are not committed yet.
    count: Arc<AtomicUsize>,
}

type AwaitedWork = Box<dyn FnOnce(Option<&mut Db>) -> Reply + Send>;
type BehindWork = Box<dyn for<'d> Fn(&'d mut Db) -> Work<'d, ()> + Send + Sync>;
type Reply = Box<dyn FnOnce(&Result<(), CommitError>) + Send>;

/// Why a whole group was not committed, for each of its askers.
#[derive(Clone, Debug)]
enum CommitError {
    Full,
    Locked,
    Unavailable(String),
    Other(String),
}

impl Behind {
    fn settle(&self, result: Result<(), StoreError>) {
        self.count.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = result {
            tracing::warn!(what = self.what, %error, "a write was lost");
        }
    }
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Locked => Self::Locked,
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&CommitError> for StoreError {
    fn from(error: &CommitError) -> Self {
        match error {
            CommitError::Full => Self::Full,
            CommitError::Locked => Self::Locked,
            CommitError::Unavailable(reason) => Self::Unavailable(reason.clone()),
            CommitError::Other(reason) => Self::Commit(reason.clone()),
        }
    }
}

/// The embedded database: who writes, and who reads.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) writer: Writer,
    pub(crate) connections: Arc<Connections>,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file, and brings its schema up to date.
    pub(crate) fn open(path: &Path, effects: Arc<Effects>) -> Result<Self, StoreError> {
        let connections = Arc::new(Connections::new(path.to_owned()));
        let writer = Writer::open(path, Arc::clone(&connections), effects)?;
        Ok(Self { writer, connections, path: path.to_owned() })
    }

    /// The size of the database, and of its log.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let bytes = |path: &Path| path.metadata().map_or(0, |found| found.len());
        (bytes(&self.path), bytes(&log_of(&self.path)))
    }
}

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
    pub(crate) fn open(
        path: &Path,
        connections: Arc<Connections>,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit does not wait for the disk: `Log::sync` does, where it must, and nobody who reads waits along.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // The writer empties the log itself, between groups.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        keep_plans(&connection)?;
        migrate::migrate(&mut connection, Some(path))?;
        connections.put_warm(connection);
        let jobs = Arc::new(Queue::new());
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let log_path = log_of(path);
        let log = File::open(&log_path);
        let log = log.map_err(|source| StoreError::File { path: log_path, source })?;
        let log = Log { file: log, bytes_max: WAL_BYTES_MAX };
        let queue = Arc::clone(&jobs);
        let started = thread.spawn(move || {
            let queue = Closing(queue);
            run(&connections, &effects, log, &queue.0);
            let _ = end.send(());
        });
        started.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { jobs, ended: Mutex::new(Some(ended)), behind: Arc::default() })
    }

    /// Runs `work` in the writer's thread; returns once its result is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl for<'d> FnOnce(&'d mut Db) -> Work<'d, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |db: Option<&mut Db>| -> Reply {
            let result = db.map(|db| in_savepoint(db, work));
            Box::new(move |commit| {
                let answered = match (result, commit) {
                    (_, Err(error)) => Err(error.into()),
                    (Some(result), Ok(())) => result,
                    (None, Ok(())) => unreachable!("a group that did not begin is not committed"),
                };
                // An asker that went away needs no answer; the write stands.
                let _ = answer.send(answered);
            })
        });
        self.enqueue(Urgency::Awaited, Job { durability, work: JobWork::Awaited(job) })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Self::write`], but nobody waits: it is tried again while another program holds the lock, and a failure is
    /// logged.
    pub(crate) fn write_behind(
        &self,
        what: &'static str,
        work: impl for<'d> Fn(&'d mut Db) -> Work<'d, ()> + Send + Sync + 'static,
    ) {
        let behind = Arc::new(Behind { what, work: Box::new(work), count: Arc::clone(&self.behind) });
        self.behind.fetch_add(1, Ordering::SeqCst);
        let job = Job { durability: Durability::Normal, work: JobWork::Behind(Arc::clone(&behind)) };
        if let Err(error) = self.enqueue(Urgency::Behind, job) {
            behind.settle(Err(error));
        }
    }

    /// Waits until every write from before this can be read. At once where none is on its way.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        if self.behind.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        self.write(Durability::Normal, |_| Box::pin(async { Ok(()) })).await
    }

    fn enqueue(&self, urgency: Urgency, job: Job) -> Result<(), StoreError> {
        self.jobs.push(job, urgency).map_err(|error| match error {
            QueueError::Full => StoreError::Busy,
            QueueError::Closed => StoreError::Closed,
        })
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

/// Whoever waits for a writer that panicked is told so.
struct Closing(Arc<Queue<Job>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
        while self.0.next_group().is_some() {}
    }
}

fn run(connections: &Connections, effects: &Arc<Effects>, mut log: Log, jobs: &Queue<Job>) {
    while let Some(group) = jobs.next_group() {
        let durability = group.iter().map(|job| job.durability).max().unwrap_or(Durability::Normal);
        let mut db = Db::new(Session::Sqlite(connections.take_warm()), Arc::clone(effects));
        let begun = connection(&db).execute_batch("BEGIN IMMEDIATE");
        let (replies, mut commit) = match begun {
            Ok(()) => commit_group(&mut db, group),
            Err(error) => {
                let error = CommitError::from(StoreError::from(error));
                (refuse_group(jobs, group, &error), Err(error))
            }
        };
        let (connection, pending) = into_parts(db);
        if commit.is_ok() {
            pending.apply();
        } else {
            drop(pending);
        }
        connections.put_warm(connection);
        if durability == Durability::Full && commit.is_ok() {
            commit = log.sync();
        }
        match &commit {
            Ok(()) => {}
            Err(CommitError::Locked) => {
                tracing::error!(
                    "another program holds the lock of the database; `fuser -v callbox.db` names it"
                );
            }
            Err(error) => tracing::error!(?error, "a group of writes was not committed"),
        }
        for reply in replies {
            reply(&commit);
        }
        if let Err(error) = log.empty(connections) {
            tracing::warn!(%error, "the write-ahead log was not emptied");
        }
    }
    // The last checkpoint, so that a copied folder is whole.
    let connection = connections.take_warm().into_connection();
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

/// Runs a group within the transaction that has begun, and commits it.
fn commit_group(db: &mut Db, group: Vec<Job>) -> (Vec<Reply>, Result<(), CommitError>) {
    let mut replies: Vec<Reply> = Vec::with_capacity(group.len());
    for job in group {
        replies.push(match job.work {
            JobWork::Awaited(work) => work(Some(db)),
            JobWork::Behind(behind) => {
                let result = in_savepoint(db, &*behind.work);
                Box::new(move |commit| behind.settle(commit.as_ref().map_err(StoreError::from).and(result)))
            }
        });
    }
    let committed = connection(db).execute_batch("COMMIT");
    if committed.is_err() && !connection(db).is_autocommit() {
        let _ = connection(db).execute_batch("ROLLBACK");
    }
    (replies, committed.map_err(|error| StoreError::from(error).into()))
}

/// Nothing of a group that could not begin is run: outside of a transaction each write would stand by itself. Whoever waits
/// is told; where another program holds the lock, what nobody waits for goes back to the queue.
fn refuse_group(jobs: &Queue<Job>, group: Vec<Job>, error: &CommitError) -> Vec<Reply> {
    let (mut replies, mut later): (Vec<Reply>, _) = (Vec::new(), Vec::new());
    for job in group {
        match job.work {
            JobWork::Awaited(work) => replies.push(work(None)),
            JobWork::Behind(_) if matches!(error, CommitError::Locked) => later.push(job),
            JobWork::Behind(behind) => behind.settle(Err(error.into())),
        }
    }
    for job in jobs.put_back(later) {
        if let JobWork::Behind(behind) = job.work {
            behind.settle(Err(error.into()));
        }
    }
    replies
}

/// One write of a group: its failure undoes it alone.
fn in_savepoint<T>(
    db: &mut Db,
    work: impl for<'d> FnOnce(&'d mut Db) -> Work<'d, T>,
) -> Result<T, StoreError> {
    connection(db).prepare_cached("SAVEPOINT job")?.execute([])?;
    let events = db.pending().len();
    let result = finish(work(db));
    if result.is_err() {
        db.pending().truncate(events);
        connection(db).prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    connection(db).prepare_cached("RELEASE job")?.execute([])?;
    result
}

/// What a use case comes to: with SQLite it has nothing to wait for.
fn finish<T>(mut work: Work<'_, T>) -> Result<T, StoreError> {
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("a use case waits for the database alone"),
    }
}

/// A plan is made once for a statement, whatever values are bound: ours would plan anew for each
/// value, which took half the time of looking a login up.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

fn log_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// The write-ahead log: when it is durable, and when it is emptied next. SQLite keeps the file as long as it is open.
struct Log {
    file: File,
    bytes_max: u64,
}

impl Log {
    /// Waits until all that was committed outlives the power: what SQLite itself does at a commit in FULL, but after others
    /// may read it. Who read what then was lost was not told that it was kept.
    fn sync(&self) -> Result<(), CommitError> {
        self.file.sync_data().map_err(|error| match error.kind() {
            ErrorKind::StorageFull => CommitError::Full,
            _ => CommitError::Other(error.to_string()),
        })
    }

    /// Empties the log where it is long. A checkpoint after each group would wait for the disk three times more.
    fn empty(&mut self, connections: &Connections) -> rusqlite::Result<()> {
        let Ok(bytes) = self.file.metadata().map(|log| log.len()) else { return Ok(()) };
        if bytes <= self.bytes_max {
            return Ok(());
        }
        let connection = connections.take_warm().into_connection();
        let is_held = checkpoint(&connection);
        connections.put_warm(connection);
        let is_held = is_held?;
        self.bytes_max = if is_held { bytes + WAL_BYTES_MAX } else { WAL_BYTES_MAX };
        Ok(())
    }
}

/// Whether somebody who reads for long, as a backup does, holds the log. Writes do not wait for them: it is tried again later.
fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::ZERO)?;
    let is_held = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    is_held
}

/// SQLite's own, for what only it does.
fn connection(db: &Db) -> &Connection {
    match db.session() {
        Session::Sqlite(lease) => lease.connection(),
        Session::Postgres(_) => unreachable!("the writer of SQLite has a connection of SQLite"),
    }
}

fn into_parts(db: Db) -> (Connection, Pending) {
    let (session, pending) = db.into_parts();
    match session {
        Session::Sqlite(lease) => (lease.into_connection(), pending),
        Session::Postgres(_) => unreachable!("the writer of SQLite has a connection of SQLite"),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // SHMSIZE: the file beside the log could not grow.
            Some(ErrorCode::DiskFull) => Self::Full,
            _ if error
                .sqlite_error()
                .is_some_and(|code| code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) =>
            {
                Self::Full
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ConstraintViolation) => {
                match error.sqlite_error().map(|code| code.extended_code) {
                    Some(
                        rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
                    ) => Self::Taken,
                    Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::Gone,
                    _ => Self::Sqlite(error),
                }
            }
            // The disk failed, or the file was made read-only or taken away.
            Some(ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{statements, values};

    statements! {
        some MAKE_TABLE = "CREATE TABLE much (bytes BLOB)";
        some FILL = "INSERT INTO much VALUES (zeroblob($1))";
        some COUNT = "SELECT count(*) FROM much";
    }

    async fn fill(writer: &Writer, bytes: i64) {
        let filled = writer.write(Durability::Full, move |db| {
            Box::pin(async move { db.execute(&FILL, values![bytes]).await })
        });
        filled.await.unwrap();
    }

    async fn with_table(path: &Path) -> Sqlite {
        let sqlite = Sqlite::open(path, Arc::default()).unwrap();
        let made = sqlite.writer.write(Durability::Full, |db| Box::pin(db.execute(&MAKE_TABLE, &[])));
        made.await.unwrap();
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
            writer.write_behind("a test", |db| {
                Box::pin(async { db.execute(&FILL, values![1_i64]).await.map(|_| ()) })
            });
        }
        writer.settle().await.unwrap();
        let count = connections.lease().unwrap().first(&COUNT, &[], |row| row.number(0));
        assert_eq!(count.unwrap(), Some(3));
        assert_eq!(ALL.len(), 3);
    }
}
