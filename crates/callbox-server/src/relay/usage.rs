//! What calls took of the relay, and what could not be sent: told by the threads, read by the operator.

use callbox_protocol::http::BytesPercentiles;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// As many as `/v1/stats` tells of elsewhere.
const CALLS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Usage {
    unsent: AtomicU64,
    /// Bytes of the last sides of calls that were relayed.
    recent: Mutex<VecDeque<u64>>,
}

impl Usage {
    /// The system did not take so many packets: no room, or no way there.
    pub(super) fn fail(&self, packets: usize) {
        if packets > 0 {
            self.unsent.fetch_add(packets as u64, Ordering::Relaxed);
        }
    }

    pub(super) fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }

    /// A side of a call is over that took so many bytes.
    pub(super) fn record(&self, bytes: u64) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == CALLS_MAX {
            recent.pop_front();
        }
        recent.push_back(bytes);
    }

    pub(super) fn call_bytes(&self) -> BytesPercentiles {
        let mut all: Vec<u64> =
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        all.sort_unstable();
        let at = |percent: usize| {
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        BytesPercentiles {
            count: u32::try_from(all.len()).unwrap_or(u32::MAX),
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}
