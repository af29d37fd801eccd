//! The monitor's own store: figures, and later errors and visits, away from accounts and calls.
//!
//! Embedded it is a second file, `monitor.db`, with a writer thread of its own: figures never wait for a group of
//! logins, nor these for figures. With `PostgreSQL` it is the schema `callbox_monitor` of the same database, over the same
//! connections. Nothing here is durable to the last moment: a power loss may take a second of it. Rows name their node,
//! so that several can share a schema; so far there is one.

mod alerts;
mod errors;
mod packed;
mod rollups;
mod users;
mod visits;

use std::sync::Arc;

use crate::Durability;
use crate::StoreError;
use crate::cost::Stopwatch;
use crate::db::{Engine, ReadDb, WriteDb};
use crate::sql::Work;
pub use errors::{ErrorFilter, SeenError};
pub use rollups::{RollupRow, RowName};
pub use users::SeenUser;
pub use visits::{Seen, SeenView, VisitFound};

/// The file's name in the data folder.
pub(crate) const DATABASE: &str = "monitor.db";

/// This node's number. The data have one owner so far.
const NODE: i64 = 0;

/// Every statement of every family of the monitor's store: a test prepares them all, and each has its cost.
pub(crate) static STATEMENTS: &[&[&crate::sql::Sql]] =
    &[alerts::ALL, errors::ALL, rollups::ALL, users::ALL, visits::ALL];

/// The monitor's data, open as long as the store is.
#[derive(Clone, Debug)]
pub struct Monitoring {
    engine: Arc<Engine>,
    stopwatch: Stopwatch,
}

impl Monitoring {
    pub(crate) fn new(engine: Arc<Engine>, stopwatch: Stopwatch) -> Self {
        Self { engine, stopwatch }
    }

    pub(crate) async fn reader(&self) -> Result<ReadDb<'static>, StoreError> {
        self.engine.reader(self.stopwatch).await
    }

    /// Runs a use case in a transaction of the monitor's store.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl for<'d, 's> FnOnce(&'d mut WriteDb<'s>) -> Work<'d, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.engine.write(self.stopwatch, Durability::Normal, work).await
    }

    /// Waits until every write from before this can be read.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.engine.settle().await
    }

    /// How large the file is, and its log; `None` with PostgreSQL.
    pub fn bytes(&self) -> Option<u64> {
        let stats = self.engine.stats();
        Some(stats.bytes? + stats.log_bytes.unwrap_or_default())
    }
}
