//! The live feeds that are open: so many at once.
//!
//! A place is given back when its feed is dropped. Bound: `FEEDS_MAX`.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Operators who look at once; each has a page open.
const FEEDS_MAX: usize = 16;

/// The places for live feeds.
#[derive(Debug)]
pub struct Feeds(Arc<Semaphore>);

impl Default for Feeds {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(FEEDS_MAX)))
    }
}

impl Feeds {
    /// A place, if there is one.
    pub(crate) fn open(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}
