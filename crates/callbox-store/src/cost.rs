//! What each statement costs: how often it ran, the rows, and the time.
//!
//! Each statement has its own numbers, so that counting a run is a few additions and no lock. A clock costs more than that:
//! it is read for the first runs of a statement and then for one in eight. The store reads no clock of its own: it is
//! given one, and counts nothing without it. Bound: a fixed array for each statement of the sources, of the process and
//! not of one store.

use callbox_protocol::reading::StatementReading;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many runs are all timed: rare statements have no others.
const ALL_TIMED: u64 = 64;
/// Of more, one in so many: reading a clock twice takes 250 ns on a virtual machine, and the fastest read 5 us.
const TIMED_EVERY: u64 = 8;

/// The numbers of one statement since the start of the process.
#[derive(Debug)]
pub(crate) struct Cost {
    count: AtomicU64,
    rows: AtomicU64,
    timed_ns: AtomicU64,
    buckets: [AtomicU64; StatementReading::BUCKETS],
}

/// A run that is under way; the time if it is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run(Option<(fn() -> u64, u64)>);

impl Cost {
    /// It never ran.
    pub(crate) const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            timed_ns: AtomicU64::new(0),
            buckets: [const { AtomicU64::new(0) }; StatementReading::BUCKETS],
        }
    }

    /// How often it ran.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// It has ended; so many rows there are. One that failed counts too: it took its time.
    pub(crate) fn end(&self, Run(timed): Run, rows: u64) {
        if rows > 0 {
            self.rows.fetch_add(rows, Ordering::Relaxed);
        }
        if let Some((nanos, begun)) = timed {
            let ns = nanos().saturating_sub(begun);
            self.timed_ns.fetch_add(ns, Ordering::Relaxed);
            self.buckets[StatementReading::bucket(ns)].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All of it.
    pub(crate) fn reading(&self, name: &'static str) -> StatementReading {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        StatementReading {
            name,
            count: self.count(),
            rows: load(&self.rows),
            timed_ns: load(&self.timed_ns),
            buckets: self.buckets.iter().map(load).collect(),
        }
    }
}

/// The clock of a store, in nanoseconds since any moment; without one nothing is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stopwatch(pub(crate) Option<fn() -> u64>);

impl Stopwatch {
    /// A statement begins.
    pub(crate) fn begin(self, cost: &Cost) -> Run {
        let Some(nanos) = self.0 else { return Run(None) };
        let before = cost.count.fetch_add(1, Ordering::Relaxed);
        let is_timed = before < ALL_TIMED || before.is_multiple_of(TIMED_EVERY);
        Run(is_timed.then(|| (nanos, nanos())))
    }

    /// Milliseconds since any moment; always 0 without a clock.
    pub(crate) fn ms(self) -> u64 {
        self.0.map_or(0, |nanos| nanos() / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    fn nanos() -> u64 {
        NOW.replace(NOW.get() + 5_000)
    }

    #[test]
    fn every_run_is_counted_and_after_the_first_ones_one_in_eight_is_timed() {
        let cost = Cost::new();
        for _ in 0..ALL_TIMED + 80 {
            cost.end(Stopwatch(Some(nanos)).begin(&cost), 2);
        }
        let reading = cost.reading("one");
        assert_eq!((reading.count, reading.rows), (144, 288));
        assert_eq!((reading.timed_ns, reading.buckets.iter().sum()), (74 * 5_000, 74_u64));
        assert_eq!(reading.buckets[StatementReading::bucket(5_000)], 74);
    }

    #[test]
    fn without_a_clock_nothing_is_counted() {
        let cost = Cost::new();
        cost.end(Stopwatch::default().begin(&cost), 0);
        assert_eq!(cost.reading("one").count, 0);
    }
}
