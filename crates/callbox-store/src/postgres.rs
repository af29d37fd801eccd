//! PostgreSQL: a few connections, shared by all.
//!
//! Reads are pipelined over a third of the connections, many at a time on each: that reads twice as much as a pool of
//! sixteen. Writes have a connection each for the length of their transaction, from a pool. Records whose answer
//! nobody awaits gather for half a second and are written in one transaction. Bounds: as many connections as the
//! settings say, 256 reads and 256 writes at once or waiting, 3 s in the queue, 10 s for an answer.

mod behind;
mod connection;
mod lease;
mod migrate;
mod owner;
mod target;
mod value;

use callbox_protocol::http::PoolStats;
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult};
use std::error::Error as _;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::cost::Stopwatch;
use crate::effects::{Effects, Pending};
use crate::sql::Work;
use crate::{Options, StoreError, StoreLoad};
use behind::Behind;
use connection::{Connection, Generation};
pub(crate) use lease::Lease;
pub(crate) use migrate::{MONITOR_STEPS, STEPS};
use owner::Owner;
pub(crate) use target::Target;

/// Asked at once over the connections that are shared: more would only wait in PostgreSQL.
const READS_MAX: usize = 256;
/// Writes that run or wait for a connection. They are spawned, so this bounds their tasks too.
const WRITES_MAX: usize = 256;
/// How long anybody waits for a connection. Longer, and the browser that asked is gone.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often a use case is run if others write in between. A caller that waits for a lock is next, so a second time
/// is rare.
const TRIES_MAX: u32 = 5;
/// How long a use case may take. Each of ours is a handful of index reads.
const WORK_TIMEOUT: Duration = Duration::from_secs(10);

/// A database of PostgreSQL.
pub(crate) struct Postgres {
    pool: managed::Pool<Maker>,
    shared: Vec<Shared>,
    next_shared: AtomicUsize,
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    behind: Behind,
    owner: Owner,
    waits: Arc<Waits>,
    connects: Arc<Connects>,
    effects: Arc<Effects>,
}

/// A connection that many read over at once; made anew when it is found closed.
struct Shared {
    maker: Arc<Maker>,
    current: tokio::sync::Mutex<Option<Arc<Connection>>>,
    /// The same, for those who need not make it.
    ready: Mutex<Option<Arc<Connection>>>,
}

/// Makes connections, and says which of them can be used again.
pub(crate) struct Maker {
    target: Target,
    prepares: bool,
    generation: Arc<Generation>,
    connects: Arc<Connects>,
}

/// How often somebody tried to connect, and how often in vain.
#[derive(Debug, Default)]
pub(crate) struct Connects {
    count: AtomicU64,
    failed: AtomicU64,
}

/// How long people waited for a connection.
pub(crate) struct Waits {
    stopwatch: Stopwatch,
    count: AtomicU64,
    total_ms: AtomicU64,
    longest_ms: AtomicU64,
    timeouts: AtomicU64,
}

impl Postgres {
    /// Connects, and brings the schema up to date.
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        effects: Arc<Effects>,
    ) -> Result<Self, StoreError> {
        let target = Target::parse(url).map_err(StoreError::Url)?;
        // One at the least for each of the two, one for records whose answer nobody awaits, and the owner's.
        let all = options.connections.max(4);
        let readers = (all / 3).max(1);
        let connects = Arc::<Connects>::default();
        let maker = || Maker {
            target: target.clone(),
            prepares: options.prepares,
            generation: Arc::default(),
            connects: Arc::clone(&connects),
        };
        // Data that were read have nothing to do with connections that take no writes.
        let (maker, shared_maker) = (maker(), Arc::new(maker()));
        let mut first = maker.connect().await?;
        let encoding = first.text("SELECT current_setting('server_encoding')").await?;
        if encoding != "UTF8" {
            return Err(StoreError::Encoding(encoding));
        }
        let owner = Owner::take(Arc::clone(&shared_maker), Stopwatch(options.stopwatch)).await?;
        migrate::migrate(&mut first).await?;
        drop(first);
        let shared = (0..readers).map(|_| Shared::new(Arc::clone(&shared_maker))).collect();
        let pool = managed::Pool::builder(maker)
            .max_size(all - readers - 2)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(QUEUE_TIMEOUT))
            .create_timeout(Some(QUEUE_TIMEOUT))
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let waits = Arc::new(Waits {
            stopwatch: Stopwatch(options.stopwatch),
            count: AtomicU64::new(0),
            total_ms: AtomicU64::new(0),
            longest_ms: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
        });
        Ok(Self {
            pool,
            shared,
            next_shared: AtomicUsize::new(0),
            reads: Arc::new(Semaphore::new(READS_MAX)),
            writes: Arc::new(Semaphore::new(WRITES_MAX)),
            behind: Behind::start(shared_maker, Arc::clone(&effects), Box::new(owner.checker())),
            owner,
            effects,
            waits,
            connects,
        })
    }

    /// Somebody to read from, beside everybody else.
    pub(crate) async fn reader(&self) -> Result<Lease, StoreError> {
        let permit = self.waits.measure(permit(&self.reads)).await?;
        let turn = self.next_shared.fetch_add(1, Ordering::Relaxed);
        let connection = self.shared[turn % self.shared.len()].connection().await?;
        Ok(Lease::reading(connection, permit))
    }

    /// Runs a use case in a transaction, and again if others wrote in between: its checks then see those writes. It
    /// runs to its end also if the caller goes away.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl for<'d> FnOnce(&'d mut Lease, &'d mut Pending) -> Work<'d, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.owner.check()?;
        let permit = permit(&self.writes).await?;
        let (pool, waits, effects) = (self.pool.clone(), Arc::clone(&self.waits), Arc::clone(&self.effects));
        let check = self.owner.checker();
        let task = tokio::spawn(async move {
            let _permit = permit;
            let mut last = StoreError::Busy;
            for _ in 0..TRIES_MAX {
                let get = async { pool.get().await.map_err(pool_error) };
                let lease = Lease::writing(waits.measure(get).await?);
                match transact(lease, Arc::clone(&effects), &check, work.clone()).await {
                    // The next try sees the winner of a race for a unique value.
                    Err(error @ (StoreError::Contended | StoreError::Taken)) => last = error,
                    result => return result,
                }
            }
            Err(if matches!(last, StoreError::Contended) { StoreError::Busy } else { last })
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Self::write`], but no caller waits: it is tried again if the database is unreachable, and a failure is
    /// logged.
    pub(crate) fn write_behind(
        &self,
        what: &'static str,
        work: impl for<'d> Fn(&'d mut Lease, &'d mut Pending) -> Work<'d, ()> + Send + Sync + 'static,
    ) {
        self.behind.push(what, Box::new(work));
    }

    /// Waits until every write from before this can be read.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        self.behind.settle().await
    }

    /// Waits until another process has the database.
    pub(crate) async fn lost(&self) {
        self.owner.lost().await;
    }

    /// Writes all that still waits, and leaves the database to the next process.
    pub(crate) async fn close(&self) {
        self.behind.close().await;
        self.pool.close();
        self.owner.release().await;
    }

    /// How many connections the whole server has, of all programs, and how many it takes.
    ///
    /// Those of people are counted, and not its own workers'. Who may not see other users' sessions sees no type, but the
    /// database of each.
    pub(crate) async fn connections(&self) -> Result<(u64, u64), StoreError> {
        const COUNT: &str = "SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL \
            AND (backend_type IS NULL OR backend_type = 'client backend')";
        const MOST: &str = "SELECT current_setting('max_connections')::bigint";
        let turn = self.next_shared.fetch_add(1, Ordering::Relaxed);
        let asked = async {
            let connection = self.shared[turn % self.shared.len()].connection().await?;
            Ok((connection.number(COUNT).await?, connection.number(MOST).await?))
        };
        let late = |_| Err(StoreError::Unavailable("PostgreSQL did not answer".to_owned()));
        let (count, most) = timeout(QUEUE_TIMEOUT, asked).await.unwrap_or_else(late)?;
        Ok((count.unsigned_abs(), most.unsigned_abs()))
    }

    /// How busy the way to the database is.
    pub(crate) fn load(&self) -> StoreLoad {
        let writes = WRITES_MAX - self.writes.available_permits();
        // The failures first, so that there are never more of them than attempts.
        let connects_failed = self.connects.failed.load(Ordering::Relaxed);
        StoreLoad {
            write_queue: (writes + self.behind.waiting()) as u64,
            connects: self.connects.count.load(Ordering::Relaxed),
            connects_failed,
            ..StoreLoad::default()
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let status = self.pool.status();
        PoolStats {
            connections_max: number(status.max_size + self.shared.len() + 2),
            checked_out: number(status.size.saturating_sub(status.available)),
            reading: number(READS_MAX - self.reads.available_permits()),
            waiting: number(status.waiting),
            waits: self.waits.count.load(Ordering::Relaxed),
            wait_ms_total: self.waits.total_ms.load(Ordering::Relaxed),
            wait_ms_max: self.waits.longest_ms.load(Ordering::Relaxed),
            timeouts: self.waits.timeouts.load(Ordering::Relaxed),
        }
    }
}

/// PostgreSQL's own message, without the detail, which may have values in it; or the fault of the connection.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

async fn permit(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
    if let Ok(permit) = Arc::clone(semaphore).try_acquire_owned() {
        return Ok(permit);
    }
    match timeout(QUEUE_TIMEOUT, Arc::clone(semaphore).acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(StoreError::Closed),
        Err(_) => Err(StoreError::Busy),
    }
}

async fn transact<T: Send>(
    mut lease: Lease,
    effects: Arc<Effects>,
    check: impl Fn() -> Result<(), StoreError>,
    work: impl for<'d> FnOnce(&'d mut Lease, &'d mut Pending) -> Work<'d, T>,
) -> Result<T, StoreError> {
    let mut pending = Pending::new(effects);
    // A lease that is dropped within its transaction takes its connection along.
    let done = timeout(WORK_TIMEOUT, work(&mut lease, &mut pending)).await;
    let result = done.unwrap_or(Err(StoreError::Busy));
    match result.and_then(|value| check().map(|()| value)) {
        Ok(value) => {
            let committed = timeout(WORK_TIMEOUT, lease.commit()).await;
            let committed = committed
                .unwrap_or_else(|_| Err(StoreError::Unavailable("a commit was not answered".to_owned())));
            match committed {
                Ok(()) => pending.apply(),
                Err(error) => {
                    pending.doubt();
                    return Err(error);
                }
            }
            Ok(value)
        }
        Err(error) => {
            let _ = timeout(WORK_TIMEOUT, lease.roll_back()).await;
            Err(error)
        }
    }
}

impl Waits {
    async fn measure<T>(&self, wait: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let begun = self.stopwatch.ms();
        let result = wait.await;
        let waited_ms = self.stopwatch.ms().saturating_sub(begun);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.total_ms.fetch_add(waited_ms, Ordering::Relaxed);
        self.longest_ms.fetch_max(waited_ms, Ordering::Relaxed);
        if matches!(result, Err(StoreError::Busy)) {
            self.timeouts.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl Shared {
    fn new(maker: Arc<Maker>) -> Self {
        Self { maker, current: tokio::sync::Mutex::new(None), ready: Mutex::new(None) }
    }

    async fn connection(&self) -> Result<Arc<Connection>, StoreError> {
        let is_open = |connection: &Arc<Connection>| !connection.is_spent();
        if let Some(connection) = lock(&self.ready).clone().filter(is_open) {
            return Ok(connection);
        }
        // One makes it, the others wait for that one.
        let mut current = timeout(QUEUE_TIMEOUT, self.current.lock()).await.map_err(|_| StoreError::Busy)?;
        if let Some(connection) = current.clone().filter(is_open) {
            return Ok(connection);
        }
        let connection = Arc::new(self.maker.connect().await?);
        *current = Some(Arc::clone(&connection));
        *lock(&self.ready) = Some(Arc::clone(&connection));
        Ok(connection)
    }
}

impl Maker {
    async fn connect(&self) -> Result<Connection, StoreError> {
        let opening = Connection::open(&self.target, self.prepares, &self.generation);
        let result = timeout(QUEUE_TIMEOUT, opening)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("PostgreSQL did not answer".to_owned())));
        self.connects.count.fetch_add(1, Ordering::Relaxed);
        if result.is_err() {
            self.connects.failed.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl managed::Manager for Maker {
    type Type = Connection;
    type Error = StoreError;

    async fn create(&self) -> Result<Connection, StoreError> {
        self.connect().await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<StoreError> {
        if connection.is_spent() { Err(RecycleError::message("the connection is spent")) } else { Ok(()) }
    }
}

fn pool_error(error: PoolError<StoreError>) -> StoreError {
    match error {
        PoolError::Timeout(_) => StoreError::Busy,
        PoolError::Backend(error) => error,
        PoolError::Closed => StoreError::Closed,
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
