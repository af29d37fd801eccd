//! The one thread that writes: it takes a group of jobs, runs each in a savepoint of its own, commits them together, and
//! answers. Its connection is lent to readers between two groups.

use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

use super::connections::{Connections, Lease};
use super::error::CommitError;
use super::log::Log;
use super::queue::{Queue, QueueError, Urgency};
use super::{BUSY_TIMEOUT, Schema, keep_plans, migrate};
use crate::effects::{Effects, Pending};
use crate::{Durability, StoreError};

/// A write, to be run in the writer's thread.
struct Job {
    durability: Durability,
    work: JobWork,
}

enum JobWork {
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

/// Is given its group, or why that could not begin. What it returns answers the asker after the commit.
type AwaitedWork = Box<dyn FnOnce(Result<&mut Group, &CommitError>) -> Reply + Send>;
type BehindWork = Box<dyn Fn(&mut Lease, &mut Pending) -> Result<(), StoreError> + Send + Sync>;
type Reply = Box<dyn FnOnce(&Result<(), CommitError>) + Send>;

/// A transaction that jobs share.
struct Group {
    lease: Lease,
    pending: Pending,
}

impl Behind {
    fn settle(&self, result: Result<(), StoreError>) {
        self.count.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = result {
            tracing::warn!(what = self.what, %error, "a write was lost");
        }
    }
}

/// The way to the writer's thread.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Arc<Queue<Job>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    /// Writes that nobody waits for and that are not committed yet.
    behind: Arc<AtomicUsize>,
}

impl Writer {
    /// Opens the database for writing, brings the schema up to date and starts the thread.
    pub(super) fn open(
        path: &Path,
        schema: &'static Schema,
        connections: Arc<Connections>,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        connections.put_warm(connect(path, schema)?);
        let jobs = Arc::new(Queue::new());
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(schema.thread.to_owned());
        let log = Log::open(path)?;
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
        work: impl FnOnce(&mut Lease, &mut Pending) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |group: Result<&mut Group, &CommitError>| -> Reply {
            let result = group.map_err(StoreError::from).and_then(|group| group.run(work));
            Box::new(move |commit| {
                // A caller that went away needs no answer; the write is kept.
                let _ = answer.send(commit.as_ref().map_err(StoreError::from).and(result));
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
        work: impl Fn(&mut Lease, &mut Pending) -> Result<(), StoreError> + Send + Sync + 'static,
    ) {
        let behind = Arc::new(Behind { what, work: Box::new(work), count: Arc::clone(&self.behind) });
        self.behind.fetch_add(1, Ordering::SeqCst);
        let job = Job { durability: Durability::Normal, work: JobWork::Behind(Arc::clone(&behind)) };
        if let Err(error) = self.enqueue(Urgency::Behind, job) {
            behind.settle(Err(error));
        }
    }

    /// Writes in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.len()
    }

    /// Waits until every write from before this can be read. At once if none is under way.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        if self.behind.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        self.write(Durability::Normal, |_, _| Ok(())).await
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
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
    }
}

/// The writer's connection, with the schema of this version.
fn connect(path: &Path, schema: &Schema) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit does not wait for the disk: `Log::sync` does if it must, and no reader waits along.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The writer empties the log itself, between groups.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -schema.cache_kib)?;
    keep_plans(&connection)?;
    migrate::migrate(&mut connection, schema.steps, Some(path))?;
    Ok(connection)
}

/// The callers that wait for a writer which panicked get an error.
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
        let lease = connections.take_warm();
        let begun = lease.connection().execute_batch("BEGIN IMMEDIATE");
        let (replies, mut commit) = match begun {
            Ok(()) => {
                let mut transaction = Group { lease, pending: Pending::new(Arc::clone(effects)) };
                let done = transaction.commit(group);
                let Group { lease, pending } = transaction;
                if done.1.is_ok() {
                    pending.apply();
                } else {
                    drop(pending);
                }
                connections.put_warm(lease.into_connection());
                done
            }
            Err(error) => {
                connections.put_warm(lease.into_connection());
                let error = CommitError::from(StoreError::from(error));
                (refuse(jobs, group, &error), Err(error))
            }
        };
        if durability == Durability::Full && commit.is_ok() {
            commit = log.sync();
        }
        match &commit {
            Ok(()) => {}
            Err(CommitError::Locked) => {
                tracing::error!(
                    "another program holds the lock of a database; `fuser -v callbox.db monitor.db` names it"
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

impl Group {
    /// Runs the jobs of a group within the transaction that has begun, and commits it.
    fn commit(&mut self, jobs: Vec<Job>) -> (Vec<Reply>, Result<(), CommitError>) {
        let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
        for job in jobs {
            replies.push(match job.work {
                JobWork::Awaited(work) => work(Ok(&mut *self)),
                JobWork::Behind(behind) => {
                    let result = self.run(&*behind.work);
                    Box::new(move |commit| {
                        behind.settle(commit.as_ref().map_err(StoreError::from).and(result));
                    })
                }
            });
        }
        let connection = self.lease.connection();
        let committed = connection.execute_batch("COMMIT");
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        (replies, committed.map_err(|error| StoreError::from(error).into()))
    }

    /// Runs one write of a group: its failure undoes it alone.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Lease, &mut Pending) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.step("SAVEPOINT job")?;
        let events = self.pending.len();
        let result = work(&mut self.lease, &mut self.pending);
        if result.is_err() {
            self.pending.truncate(events);
            self.step("ROLLBACK TO job")?;
        }
        self.step("RELEASE job")?;
        result
    }

    fn step(&self, text: &str) -> rusqlite::Result<usize> {
        self.lease.connection().prepare_cached(text)?.execute([])
    }
}

/// Nothing of a group that could not begin is run: outside of a transaction each write would be a transaction of its
/// own. The waiting callers get an error; if another program holds the lock, jobs that nobody waits for go back to
/// the queue.
fn refuse(jobs: &Queue<Job>, group: Vec<Job>, error: &CommitError) -> Vec<Reply> {
    let (mut replies, mut later): (Vec<Reply>, _) = (Vec::new(), Vec::new());
    for job in group {
        match job.work {
            JobWork::Awaited(work) => replies.push(work(Err(error))),
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
