//! Data at rest: accounts, logins, profiles, invites, blocks, reports, bans and the record of calls.
//!
//! Use cases, not tables: a method is a question the app asks, and SQL is nowhere but here. Each is written once and
//! run by either engine: SQLite in the data folder, or PostgreSQL. With SQLite, writes go to one writer thread and
//! are answered once they are durable; reads run in the caller's thread, in microseconds.
//! Bounds: 1,024 writes in the queue; of one user 20 open invites, 1,000 blocks and 20 reports a day.

mod accounts;
mod acts;
mod backup;
mod bans;
mod blocks;
mod browsers;
mod cache;
mod call_attributes;
mod calls;
mod commits;
mod copy;
mod cost;
mod credentials;
mod db;
mod effects;
mod erasure;
mod export;
mod fingerprints;
mod history;
mod holds;
mod identities;
mod import;
mod invites;
mod keys;
mod linked;
mod locks;
mod login_cache;
mod logins;
mod mail_tokens;
mod moderation;
mod monitor;
mod people;
mod postgres;
mod quality;
mod recent;
mod reports;
mod secret;
mod sql;
mod sqlite;
mod stories;
mod tagged;
mod test_write;
mod users;
mod words;

use callbox_protocol::http::StoreStats;
use callbox_protocol::reading::StatementReading;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

use cost::Stopwatch;
use db::{Engine, ReadDb, WriteDb};
use effects::Effects;
use sql::Work;
use sqlite::Schema;

pub use accounts::{Credentials, NewAttributes, Proven};
pub use acts::By;
pub use backup::{Backup, back_up, backups, check as check_backup, restore, thin_out};
pub use bans::{BanOutcome, NewBan, Standing, Suspect};
pub use blocks::BlockOutcome;
pub use cache::SharedCache;
pub use copy::{CopyError, DataLocation, Step, copy_data};
pub use credentials::{Proved, Shown};
pub use effects::UserEvent;
pub use erasure::{DeleteOutcome, GUEST_IDLE_DAYS};
pub use fingerprints::NamedKey;
pub use holds::Reminder;
pub use identities::{Arrival, Arrived, LinkOutcome, NewIdentityLink, UnlinkOutcome};
pub use import::{IMPORT_BATCH, ImportOutcome, NewUser, SourceRow, SourceTable, SourceUsers};
pub use invites::{CreateInviteOutcome, InviteRow};
pub use keys::CreateKeyOutcome;
pub use linked::{Identity, Linked};
pub use login_cache::LoginFound;
pub use logins::NewLogin;
pub use mail_tokens::{NewMailToken, Purpose, Redeemed, Reset, Verification};
pub use moderation::Known;
pub use monitor::{
    ErrorFilter, Monitoring, RollupRow, RowName, Seen, SeenError, SeenUser, SeenView, VisitFound,
};
pub use people::SetRoleOutcome;
pub use reports::{NewReport, ReportOutcome};
pub use secret::{call_grant_key, hash_token, mark_key, new_code, new_token, operator_token, sha256};
pub use tagged::Tagged;
pub use users::{NewGuest, SetAgeOutcome};

/// Every statement of every family: a test prepares them all, and each has its cost.
static STATEMENTS: &[&[&sql::Sql]] = &[
    accounts::ALL,
    acts::ALL,
    bans::ALL,
    blocks::ALL,
    browsers::ALL,
    call_attributes::ALL,
    calls::ALL,
    credentials::ALL,
    erasure::ALL,
    export::ALL,
    fingerprints::ALL,
    history::ALL,
    holds::ALL,
    identities::ALL,
    import::ALL,
    invites::ALL,
    keys::ALL,
    linked::ALL,
    locks::ALL,
    logins::ALL,
    mail_tokens::ALL,
    moderation::ALL,
    people::ALL,
    quality::ALL,
    recent::ALL,
    stories::ALL,
    reports::ALL,
    test_write::ALL,
    users::ALL,
];

/// The cause for which the store could not do a task.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
    /// Another process has the folder.
    #[error("another callbox uses {0}: stop it, or choose another folder with --data-dir")]
    InUse(PathBuf),
    /// Another process has the database.
    #[error(
        "another callbox uses this database: stop it first, since neither would know of the other's bans, sign-outs and calls"
    )]
    DatabaseInUse,
    /// Another process has taken the database since.
    #[error("another callbox has taken the database: this one writes nothing any more")]
    Lost,
    /// The folder has other keys than those that the data were made with.
    #[error(
        "the data were made with another {}: copy it from the data folder that was used before, or from a backup; where it is lost, \
        `callbox accept-keys` takes the new one (bans of browsers and addresses, and calls under way, end with the old one)",
        .0.join(" and ")
    )]
    OtherKeys(Vec<&'static str>),
    /// A copy that was to be kept or to be used is not whole.
    #[error("{0} cannot be used: {1}")]
    Damaged(PathBuf, String),
    /// The database was written by a later version.
    #[error("the database has schema {found}, and this version knows {known}: use the newer callbox again")]
    Newer {
        /// In the file.
        found: i64,
        /// The newest of this version.
        known: i64,
    },
    /// Too many wait for the database, or it took too long.
    #[error("too many wait for the database")]
    Busy,
    /// The disk is full: nothing was written, and reads continue.
    #[error("the disk is full")]
    Full,
    /// The URL of the database cannot be read.
    #[error("the URL of the database: {0}")]
    Url(String),
    /// Another program holds the lock of the embedded database.
    #[error("another program holds the lock of the database")]
    Locked,
    /// The database cannot be reached, or does not do its work now.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// PostgreSQL's encoding of text is not UTF-8.
    #[error(
        "the database keeps text as {0}, and Callbox needs UTF8: make one by `CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding(String),
    /// PostgreSQL failed.
    #[error("PostgreSQL failed: {}", postgres::words(.0))]
    Postgres(#[source] tokio_postgres::Error),
    /// Somebody else has it already: an address, an identity, a name that there is one of.
    #[error("somebody else has this already")]
    Taken,
    /// The user that it is about is deleted.
    #[error("whom this is about is no more")]
    Gone,
    /// Others changed the same in the same moment, and the database asks for another try.
    #[error("others changed the same in the same moment")]
    Contended,
    /// The store is closed, or its writer is gone.
    #[error("the store is closed")]
    Closed,
    /// A use case waited for something other than the database, which SQLite's one writer does for nobody. It was undone.
    #[error("a use case waited for something other than the database")]
    Waited,
    /// The database has nothing where a value is required.
    #[error("the database has nothing in {0}, where something was to be")]
    Null(&'static str),
    /// The database failed.
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// The writes of one group could not be made durable.
    #[error("a group of writes could not be committed: {0}")]
    Commit(String),
}

/// How durable a write is once it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// It outlives the end of the process; the last moment may be lost with the power.
    Normal,
    /// It outlives the power.
    Full,
}

/// The place of the data, and the way to reach it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder: of the embedded database, and of secrets and copies in any case.
    pub folder: PathBuf,
    /// `postgres://...`; `None` is the embedded database.
    pub url: Option<String>,
    /// The most connections to PostgreSQL.
    pub connections: usize,
    /// Whether statements are prepared once a connection.
    pub prepares: bool,
    /// Nanoseconds of a clock that never goes back, for measuring how long something takes: statements, waits, and the hold on
    /// PostgreSQL. `None`: nothing is measured.
    pub stopwatch: Option<fn() -> u64>,
}

impl Options {
    /// The embedded database in this folder.
    pub fn embedded(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { folder, url: None, connections: 12, prepares: true, stopwatch: None }
    }
}

/// How busy the way to the database is, beside [`StoreStats`]: for the operator's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreLoad {
    /// Writes that wait for the database.
    pub write_queue: u64,
    /// Logins that are kept in memory.
    pub logins: u64,
    /// Attempts to connect to PostgreSQL.
    pub connects: u64,
    /// How many of them failed.
    pub connects_failed: u64,
    /// Statements that ran, as far as they are measured.
    pub statements: u64,
}

/// The data, open.
#[derive(Debug)]
pub struct Store {
    engine: Arc<Engine>,
    /// The monitor's: a file of its own, or with PostgreSQL the same.
    monitor: Arc<Engine>,
    effects: Arc<Effects>,
    logins: login_cache::LoginCache,
    keys: login_cache::KeyCache,
    /// Held as long as the store is open, so that no second process writes here.
    lock: File,
    stopwatch: Stopwatch,
}

impl Store {
    /// Opens the embedded database of a folder; makes it, for its owner alone, and brings the schema up to date.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_measured(folder, Stopwatch::default())
    }

    fn open_measured(folder: &Path, stopwatch: Stopwatch) -> Result<Self, StoreError> {
        let lock = lock_folder(folder)?;
        let effects = Arc::<Effects>::default();
        let engine = embedded(&folder.join(backup::DATABASE), &sqlite::MAIN, Arc::clone(&effects))?;
        // Nothing in it is about logins, or for people who are connected.
        let monitor = embedded(&folder.join(monitor::DATABASE), &sqlite::MONITOR, Arc::default())?;
        Ok(Self::of(engine, monitor, effects, lock, stopwatch))
    }

    /// Opens whichever database the options name.
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        let stopwatch = Stopwatch(options.stopwatch);
        let Some(url) = &options.url else { return Self::open_measured(&options.folder, stopwatch) };
        let lock = lock_folder(&options.folder)?;
        let effects = Arc::<Effects>::default();
        let engine = Arc::new(Engine::connect(url, options, Arc::clone(&effects)).await?);
        Ok(Self::of(Arc::clone(&engine), engine, effects, lock, stopwatch))
    }

    fn of(
        engine: Arc<Engine>,
        monitor: Arc<Engine>,
        effects: Arc<Effects>,
        lock: File,
        stopwatch: Stopwatch,
    ) -> Self {
        let (logins, keys) = (login_cache::logins(&effects.commits), login_cache::keys(&effects.commits));
        Self { engine, monitor, effects, logins, keys, lock, stopwatch }
    }

    /// Writes all that still waits, and lets another process open the folder; writes after this fail.
    pub async fn close(&self) {
        self.engine.close().await;
        if !Arc::ptr_eq(&self.engine, &self.monitor) {
            self.monitor.close().await;
        }
        // Not with the last `Arc`: a task that is being stopped may keep one for a moment longer.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the lock of the data folder was not released");
        }
    }

    /// Waits until another process has taken the database; for ever with the embedded one, whose folder is locked.
    pub async fn lost(&self) {
        self.engine.lost().await;
    }

    /// How large the database is, and how busy the way to it. Backups are not the store's.
    pub fn stats(&self) -> StoreStats {
        self.engine.stats()
    }

    /// How many connections PostgreSQL has by its own count, other programs' included, and how many it takes; `None`
    /// with the embedded database.
    pub async fn database_connections(&self) -> Result<Option<(u64, u64)>, StoreError> {
        self.engine.connections().await
    }

    /// The monitor's data.
    pub fn monitoring(&self) -> Monitoring {
        Monitoring::new(Arc::clone(&self.monitor), self.stopwatch)
    }

    /// How busy the way to it is. It reads some numbers, and one for each statement.
    pub fn load(&self) -> StoreLoad {
        StoreLoad {
            logins: self.logins.size().0 as u64,
            statements: all_statements().map(|sql| sql.cost.count()).sum(),
            ..self.engine.load()
        }
    }

    /// What each statement has cost since the start of the process.
    pub fn statements(&self) -> Vec<StatementReading> {
        let short = |name: &'static str| name.strip_prefix("callbox_store::").unwrap_or(name);
        all_statements().map(|sql| sql.cost.reading(short(sql.name))).collect()
    }

    /// Somebody to ask. Not to be held while a write is awaited: with SQLite it may be the writer's own connection.
    async fn reader(&self) -> Result<ReadDb<'static>, StoreError> {
        self.engine.reader(self.stopwatch).await
    }

    /// Sets the listener to the changes of writes for people who may be connected: it is called after the commit and
    /// before the answer. It must not wait. The first listener is the only one.
    pub fn listen(&self, listener: impl Fn(&[UserEvent]) + Send + Sync + 'static) {
        self.effects.listen(Box::new(listener));
    }

    /// Runs a use case in a transaction; returns once it is as durable as it should be. It is run again if others
    /// wrote in between, until nobody does.
    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl for<'d, 's> FnOnce(&'d mut WriteDb<'s>) -> Work<'d, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.engine.write(self.stopwatch, durability, work).await
    }

    /// As [`Self::write`], but nobody waits: a failure is logged. It may be run more than once, until it succeeds.
    fn write_behind(
        &self,
        what: &'static str,
        work: impl for<'d, 's> Fn(&'d mut WriteDb<'s>) -> Work<'d, ()> + Send + Sync + 'static,
    ) {
        self.engine.write_behind(self.stopwatch, what, work);
    }

    /// Waits until every write from before this can be read. At once if none is under way.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.engine.settle().await
    }
}

/// Opens a file of SQLite, its owner's alone.
fn embedded(path: &Path, schema: &'static Schema, effects: Arc<Effects>) -> Result<Arc<Engine>, StoreError> {
    // SQLite gives its side files the mode of this one.
    private_file(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    Ok(Arc::new(Engine::embedded(path, schema, effects)?))
}

/// Those of both stores.
fn all_statements() -> impl Iterator<Item = &'static sql::Sql> {
    STATEMENTS.iter().chain(monitor::STATEMENTS).copied().flatten().copied()
}

/// Checks a URL of PostgreSQL; the sentence names the fault, without the password.
pub fn check_database_url(url: &str) -> Result<(), String> {
    postgres::Target::parse(url).map(|_| ())
}

fn lock_folder(folder: &Path) -> Result<File, StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::File { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
    let path = folder.join("lock");
    let lock = private_file(&path).map_err(failed(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
    }
}

/// Whether a process has the folder open. Creates nothing; a process that starts in the same microseconds would find
/// the folder in use.
pub fn is_in_use(folder: &Path) -> io::Result<bool> {
    let lock = match File::open(folder.join("lock")) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens a file that only its owner may read; makes it if it is missing.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
