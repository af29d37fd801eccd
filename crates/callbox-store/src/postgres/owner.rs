//! One process a database: two would not know of each other's bans, sign-outs and calls.
//!
//! A process that starts takes a session's advisory lock, which PostgreSQL releases as soon as the process is gone.
//! Behind a pool in transaction mode no lock is a client's own: there the row in `callbox_owner` counts, which its
//! owner renews each second, and which expires when it is 2.5 s old by the database's clock. It is renewed beside a
//! lock too: for processes that connect through a pool, and for a machine that died without a word. An owner writes
//! nothing once it cannot be sure, and never again after it has found another's name in the row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::connection::Connection;
use super::{Maker, QUEUE_TIMEOUT};
use crate::cost::Stopwatch;
use crate::{StoreError, new_token};

/// "callbox" in ASCII, and one more than the lock of the schema.
const LOCK: i64 = 28_009_438_012_440_441;
const RENEW_PAUSE: Duration = Duration::from_secs(1);
/// Between two looks at a database that another has, or that is away.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// How often a start looks: past this a lock is held by somebody who renews nothing, and cannot be ended either.
const LOOKS_MAX: u32 = 240;

/// How long a hold lasts without being renewed: an owner stops earlier than another begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// With a session's lock: the row says only whether a machine still lives.
    Lock,
    /// Behind a pool: the row alone.
    Row,
}

impl Kind {
    fn is_sure_ms(self) -> u64 {
        match self {
            Self::Lock => 8_000,
            Self::Row => 2_000,
        }
    }

    fn is_over_ms(self) -> i64 {
        match self {
            Self::Lock => 10_000,
            Self::Row => 2_500,
        }
    }
}

/// An owner's knowledge of its hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hold {
    Sure,
    /// The connection is gone, or does not answer: why.
    Unsure(Arc<str>),
    /// Another process has the database.
    Lost,
}

/// The hold of this process on the database, renewed as long as this is there.
pub(super) struct Owner {
    place: Arc<DataLocation>,
    task: JoinHandle<()>,
}

struct DataLocation {
    maker: Arc<Maker>,
    stopwatch: Stopwatch,
    /// The name of this process.
    name: String,
    kind: Kind,
    hold: watch::Sender<Hold>,
    /// When the last renewal that succeeded was begun, by the stopwatch.
    renewed_at_ms: AtomicU64,
}

/// The row as somebody finds it.
#[derive(Debug)]
struct Found {
    name: String,
    kind: Kind,
    renewals: i64,
    age_ms: i64,
}

impl Owner {
    /// Takes the database, or says that another has it: within a second, if that one renews its hold.
    pub(super) async fn take(maker: Arc<Maker>, stopwatch: Stopwatch) -> Result<Self, StoreError> {
        let (connection, other) = (maker.connect().await?, maker.connect().await?);
        let kind = if is_pooled(&connection, &other).await? { Kind::Row } else { Kind::Lock };
        drop(other);
        let (hold, _) = watch::channel(Hold::Sure);
        let place = DataLocation {
            maker,
            stopwatch,
            name: new_token(),
            kind,
            hold,
            renewed_at_ms: AtomicU64::new(0),
        };
        place.make_table(&connection).await?;
        let mut first_seen = None;
        for look in 1.. {
            let asked_at_ms = place.stopwatch.ms();
            let Some(found) = place.try_take(&connection).await? else {
                place.renewed_at_ms.store(asked_at_ms, Ordering::Relaxed);
                break;
            };
            let seen = (found.name, found.renewals);
            // The process that renews it is alive.
            if *first_seen.get_or_insert_with(|| seen.clone()) != seen || look == LOOKS_MAX {
                return Err(StoreError::DatabaseInUse);
            }
            sleep(RETRY_PAUSE).await;
        }
        let place = Arc::new(place);
        let task = tokio::spawn(run(Arc::clone(&place), connection));
        Ok(Self { place, task })
    }

    /// Whether this process may write now.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.place.check()
    }

    /// The same, for those who outlive a borrow.
    pub(super) fn checker(&self) -> impl Fn() -> Result<(), StoreError> + Clone + Send + Sync + use<> {
        let place = Arc::clone(&self.place);
        move || place.check()
    }

    /// Waits until another process has the database.
    pub(super) async fn lost(&self) {
        // The sender is in `place`.
        let _ = self.place.hold.subscribe().wait_for(|hold| *hold == Hold::Lost).await;
    }

    /// Leaves the database to the next process.
    pub(super) async fn release(&self) {
        self.task.abort();
        let free = async {
            let connection = self.place.maker.connect().await?;
            let name = &self.place.name;
            connection.batch(&format!("DELETE FROM callbox_owner WHERE name = '{name}'")).await
        };
        // If that fails the next process waits until the row has expired.
        let _ = timeout(QUEUE_TIMEOUT, free).await;
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Renews the hold until it is lost, or the task is aborted; its connection, and so its lock, goes with it.
async fn run(place: Arc<DataLocation>, connection: Connection) {
    let mut connection = Some(connection);
    let mut is_logged = false;
    loop {
        match &connection {
            Some(connection) => {
                tokio::select! {
                    () = sleep(RENEW_PAUSE) => {}
                    () = connection.ended() => {
                        // Its lock is gone with it: others may have it from now on.
                        if place.kind == Kind::Lock {
                            place.hold.send_replace(Hold::Unsure("its connection was closed".into()));
                        }
                    }
                }
            }
            None => sleep(RETRY_PAUSE).await,
        }
        let asked_at_ms = place.stopwatch.ms();
        let renewed = timeout(QUEUE_TIMEOUT, place.renew(&mut connection)).await;
        let renewed = renewed.unwrap_or_else(|_| Err(StoreError::Unavailable("no answer".to_owned())));
        match renewed {
            Ok(None) => {
                place.renewed_at_ms.store(asked_at_ms, Ordering::Relaxed);
                if std::mem::take(&mut is_logged) {
                    tracing::info!("the hold on the database is renewed again");
                }
                place.hold.send_replace(Hold::Sure);
            }
            Ok(Some(_)) => {
                tracing::error!("another callbox has taken the database: this one writes nothing any more");
                place.hold.send_replace(Hold::Lost);
                return;
            }
            Err(error) => {
                connection = None;
                if !std::mem::replace(&mut is_logged, true) {
                    tracing::warn!(%error, "the hold on the database cannot be renewed; soon nothing is written until it is");
                }
                // Behind a pool nobody else has it before the row has expired.
                if place.kind == Kind::Lock {
                    place.hold.send_replace(Hold::Unsure(error.to_string().into()));
                }
            }
        }
    }
}

impl DataLocation {
    fn check(&self) -> Result<(), StoreError> {
        let is_fresh = || {
            let renewed_at_ms = self.renewed_at_ms.load(Ordering::Relaxed);
            self.stopwatch.ms().saturating_sub(renewed_at_ms) < self.kind.is_sure_ms()
        };
        match &*self.hold.borrow() {
            Hold::Sure if is_fresh() => Ok(()),
            Hold::Sure => Err(StoreError::Unavailable("the hold on it was not renewed in time".to_owned())),
            Hold::Unsure(reason) => Err(StoreError::Unavailable(reason.to_string())),
            Hold::Lost => Err(StoreError::Lost),
        }
    }

    /// Not in the schema, which only an owner may bring up to date.
    async fn make_table(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .batch(&format!(
                "BEGIN; SELECT pg_advisory_xact_lock({LOCK} + 1); CREATE TABLE IF NOT EXISTS callbox_owner (\
                one bigint PRIMARY KEY CHECK (one = 1), name text NOT NULL, has_lock boolean NOT NULL, \
                renewals bigint NOT NULL, renewed_at timestamptz NOT NULL); COMMIT"
            ))
            .await
    }

    /// Renews the hold; over a new connection, if the last one is gone. Returns the owner of the database, if it is
    /// another process.
    async fn renew(&self, connection: &mut Option<Connection>) -> Result<Option<Found>, StoreError> {
        if let Some(connection) = connection.as_ref().filter(|connection| !connection.is_spent()) {
            let renew = format!(
                "UPDATE callbox_owner SET renewals = renewals + 1, renewed_at = clock_timestamp() \
                WHERE one = 1 AND name = '{}' RETURNING renewals",
                self.name
            );
            if connection.number(&renew).await? > 0 {
                return Ok(None);
            }
        }
        // With the old one goes the lock that it may have.
        *connection = None;
        let new = self.maker.connect().await?;
        let found = self.look(&new).await?;
        // A process that had it in between has written data that this process does not know of.
        if let Some(found) = found.filter(|found| found.name != self.name) {
            return Ok(Some(found));
        }
        match self.try_take(&new).await? {
            None => {
                *connection = Some(new);
                Ok(None)
            }
            Some(found) if found.name != self.name && !found.name.is_empty() => Ok(Some(found)),
            Some(_) => Err(StoreError::Unavailable("its last session still has the lock".to_owned())),
        }
    }

    /// One try; returns the owner, if it cannot be taken.
    async fn try_take(&self, connection: &Connection) -> Result<Option<Found>, StoreError> {
        // One at a time looks and takes. Behind a pool it is one server's connection for as long.
        connection.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK} + 1)")).await?;
        let result = self.try_take_alone(connection).await;
        connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        result
    }

    async fn try_take_alone(&self, connection: &Connection) -> Result<Option<Found>, StoreError> {
        let found = self.look(connection).await?;
        let is_own = found.as_ref().is_none_or(|found| found.name == self.name);
        let is_over = found.as_ref().is_none_or(|found| found.age_ms > found.kind.is_over_ms());
        let is_free = match self.kind {
            Kind::Row => is_own || is_over,
            Kind::Lock => {
                let has_lock =
                    connection.number(&format!("SELECT pg_try_advisory_lock({LOCK})::int::int8")).await? == 1;
                // A free lock shows that the process which renewed the row a moment ago is gone, if it had a lock.
                let is_gone = found.as_ref().is_none_or(|found| found.kind == Kind::Lock);
                if has_lock && !(is_own || is_over || is_gone) {
                    connection.batch(&format!("SELECT pg_advisory_unlock({LOCK})")).await?;
                }
                if !has_lock && found.is_some() && (is_own || is_over) {
                    // Of a session that is dead, or a process that hangs: the lock is there for the next try.
                    connection.batch(&end_holder()).await?;
                }
                has_lock && (is_own || is_over || is_gone)
            }
        };
        if !is_free {
            return Ok(Some(found.unwrap_or_else(Found::nobody)));
        }
        let (name, has_lock) = (&self.name, self.kind == Kind::Lock);
        let take = format!(
            "INSERT INTO callbox_owner VALUES (1, '{name}', {has_lock}, 1, clock_timestamp()) ON CONFLICT (one) DO UPDATE \
            SET name = excluded.name, has_lock = excluded.has_lock, renewals = 1, renewed_at = excluded.renewed_at"
        );
        connection.batch(&take).await?;
        Ok(None)
    }

    async fn look(&self, connection: &Connection) -> Result<Option<Found>, StoreError> {
        let question = "SELECT concat_ws(' ', name, has_lock::int, renewals, \
            floor(extract(epoch FROM clock_timestamp() - renewed_at) * 1000)::int8) FROM callbox_owner WHERE one = 1";
        Ok(Found::read(&connection.text(question).await?))
    }
}

/// Ends the session that holds the lock: a lock of one number shows as its two halves.
fn end_holder() -> String {
    format!(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
        AND classid::int8 = {} AND objid::int8 = {}",
        LOCK >> 32,
        LOCK & 0xffff_ffff
    )
}

impl Found {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let name = words.next()?.to_owned();
        let kind = if words.next()? == "1" { Kind::Lock } else { Kind::Row };
        let mut number = || words.next()?.parse().ok();
        Some(Self { name, kind, renewals: number()?, age_ms: number()? })
    }

    /// The process that has the lock, and has not written its name yet.
    fn nobody() -> Self {
        Self { name: String::new(), kind: Kind::Lock, renewals: 0, age_ms: 0 }
    }
}

/// Whether a client's connection is not one of the server's: then nothing of a session is the client's own. Two that are both
/// open tell it: they had the same, or one of them has another while its first one is in use.
async fn is_pooled(one: &Connection, other: &Connection) -> Result<bool, StoreError> {
    const WHO: &str = "SELECT pg_backend_pid()::int8";
    // Others of the pool may come in between; not each time.
    for _ in 0..3 {
        let first = one.number(WHO).await?;
        other.batch("BEGIN").await?;
        let second = other.number(WHO).await?;
        let third = one.number(WHO).await?;
        other.batch("ROLLBACK").await?;
        if first == second || first != third {
            return Ok(true);
        }
    }
    Ok(false)
}
