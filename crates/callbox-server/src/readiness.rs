//! Whether the server can do its work: whether the database takes a test write.
//!
//! A database that is read-only, locked or full still answers readers. Asked by `/readyz`; with any number of callers
//! there is one test write a second at most, and a caller who comes while one is under way gets its answer. A change
//! is logged with its reason. Bound: an answer comes within 4 s.

use callbox_protocol::time::UnixMillis;
use callbox_store::Store;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::clock::Clock;

/// How long an answer holds.
const FRESH_MS: u64 = 1_000;
/// Longer than the store itself waits for a lock or a connection, so that its reason is the one that is logged.
const TEST_TIMEOUT: Duration = Duration::from_secs(4);

/// The last result.
#[derive(Debug)]
pub struct Readiness {
    clock: Clock,
    last: Mutex<Option<(UnixMillis, bool)>>,
}

impl Readiness {
    /// Nobody has asked yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, last: Mutex::default() }
    }

    /// The last result; `None` before the first, and while one is under way.
    pub fn last(&self) -> Option<bool> {
        self.last.try_lock().ok()?.map(|(_, is_ready)| is_ready)
    }

    /// Tries, unless somebody did a moment ago.
    pub async fn check(&self, store: &Store) -> bool {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if let Some((at, is_ready)) = *last
            && now.since(at) < FRESH_MS
        {
            return is_ready;
        }
        let was_ready = last.is_none_or(|(_, is_ready)| is_ready);
        let tested = timeout(TEST_TIMEOUT, store.test_write(now)).await;
        let reason = match tested {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("a test write was not answered in time".to_owned()),
        };
        let is_ready = reason.is_none();
        *last = Some((self.clock.now(), is_ready));
        match reason {
            Some(reason) if was_ready => {
                tracing::error!(reason, "not ready: the database takes no writes");
            }
            None if !was_ready => tracing::info!("ready again: the database takes writes"),
            _ => {}
        }
        is_ready
    }
}
