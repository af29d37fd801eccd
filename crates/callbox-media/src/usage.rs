//! The use that calls made of the relay, and the packets that could not be sent: written by the threads, read by the operator
//! and by the calls' records.
//!
//! Bounds: the bytes of the last 1,000 sides, and 16,384 uses that nobody has taken yet; the oldest are dropped.

use callbox_turn::CallKey;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Enough for the 99th percentile, and as many as the server tells of elsewhere.
const CALLS_MAX: usize = 1_000;

/// Uses that wait to be taken: the server takes them each second.
const USES_MAX: usize = 16_384;

/// The use that one side of a call made of one thread of the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallUse {
    /// The call.
    pub call: CallKey,
    /// Packets, both ways.
    pub packets: u64,
    /// Bytes of payload, both ways.
    pub bytes: u64,
    /// The code by which the side's last allocation was refused, if it then got none.
    pub refused: Option<u16>,
}

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
    /// Connections of all threads.
    streams: AtomicU64,
    /// Bytes of the last sides of calls that were relayed.
    recent: Mutex<VecDeque<u64>>,
    uses: Mutex<VecDeque<CallUse>>,
}

impl Usage {
    /// The system did not take so many packets: no room, or no way there.
    pub(crate) fn fail(&self, packets: usize) {
        if packets > 0 {
            self.unsent.fetch_add(packets as u64, Ordering::Relaxed);
        }
    }

    /// A thread has a connection more.
    pub(crate) fn add_stream(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them has ended.
    pub(crate) fn remove_stream(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    pub(crate) fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }

    /// A side of a call has ended.
    pub(crate) fn record(&self, one: CallUse) {
        if one.packets > 0 {
            push(&self.recent, one.bytes, CALLS_MAX);
        }
        push(&self.uses, one, USES_MAX);
    }

    /// The uses since the last time.
    pub(crate) fn take(&self) -> VecDeque<CallUse> {
        std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner))
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

/// Adds one, and drops the oldest if there are too many.
fn push<T>(queue: &Mutex<VecDeque<T>>, one: T, max: usize) {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    if queue.len() == max {
        queue.pop_front();
    }
    queue.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(call: u64, packets: u64) -> CallUse {
        CallUse { call: CallKey(call), packets, bytes: 100 * packets, refused: None }
    }

    #[test]
    fn each_use_is_taken_once_with_its_call_and_the_oldest_are_dropped() {
        let usage = Usage::default();
        usage.record(used(1, 3));
        usage.record(CallUse { refused: Some(486), ..used(2, 0) });
        let taken: Vec<_> =
            usage.take().into_iter().map(|one| (one.call.0, one.bytes, one.refused)).collect();
        assert_eq!(taken, [(1, 300, None), (2, 0, Some(486))]);
        assert_eq!(usage.call_bytes().count, 1, "who relayed nothing is none of those who relayed");
        assert!(usage.take().is_empty());
        for call in 0..=USES_MAX as u64 {
            usage.record(used(call, 1));
        }
        let taken = usage.take();
        assert_eq!((taken.len(), taken[0].call.0), (USES_MAX, 1));
    }
}
