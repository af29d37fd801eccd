//! Figures that only the database knows: asked each ten seconds by the loop of the alerts, and read from here by whoever wants them.
//!
//! What was not answered lately is not known, which is not zero. Bound: three numbers.

use callbox_protocol::time::UnixMillis;
use callbox_store::Store;
use std::sync::{Mutex, PoisonError};

/// The last answers.
#[derive(Debug, Default)]
pub struct Observed(Mutex<Answers>);

#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    connections: Option<(u64, u64)>,
    /// How long the oldest open report waits; zero without one.
    report_open_ms: Option<u64>,
}

impl Observed {
    /// Asks the database. An answer that does not come leaves nothing of the one before.
    pub(crate) async fn ask(&self, store: &Store, now: UnixMillis) {
        let connections = store.database_connections().await;
        let report = store.oldest_open_report().await.ok();
        let report_open_ms = report.map(|came_at| came_at.map_or(0, |came_at| now.since(came_at)));
        if let Err(error) = &connections {
            tracing::debug!(%error, "the connections of PostgreSQL are not known");
        }
        let answers = Answers { connections: connections.unwrap_or_default(), report_open_ms };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// How many connections PostgreSQL has, and how many it takes.
    pub(crate) fn connections(&self) -> Option<(u64, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).connections
    }

    /// How long the oldest open report waits, in milliseconds; zero if there is none.
    pub(crate) fn report_open_ms(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).report_open_ms
    }
}
