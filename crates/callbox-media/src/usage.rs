//! The bytes that calls relayed, and the packets that could not be sent: written by the threads, read by the
//! operator.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Enough for the 99th percentile, and as many as the server tells of elsewhere.
const CALLS_MAX: usize = 1_000;

/// The bytes of the last sides of calls, both ways together: half, 95 % and 99 % of them had no more than this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallBytes {
    /// How many sides there are, of the last 1,000.
    pub count: usize,
    /// The median, in bytes.
    pub p50: u64,
    /// In bytes.
    pub p95: u64,
    /// In bytes.
    pub p99: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Usage {
    unsent: AtomicU64,
    /// Bytes of the last sides of calls that were relayed.
    recent: Mutex<VecDeque<u64>>,
}

impl Usage {
    /// The system did not take so many packets: no room, or no way there.
    pub(crate) fn fail(&self, packets: usize) {
        if packets > 0 {
            self.unsent.fetch_add(packets as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }

    /// A side of a call has ended that relayed so many bytes.
    pub(crate) fn record(&self, bytes: u64) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == CALLS_MAX {
            recent.pop_front();
        }
        recent.push_back(bytes);
    }

    pub(crate) fn call_bytes(&self) -> CallBytes {
        let mut all: Vec<u64> =
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        all.sort_unstable();
        let at = |percent: usize| {
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        CallBytes { count: all.len(), p50: at(50), p95: at(95), p99: at(99) }
    }
}
