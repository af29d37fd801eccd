//! All counters and gauges at one moment.
//!
//! The server fills it in, and the roll-ups, the text of `/metrics` and the live feed read it. A gauge that is not
//! known is left out of all of them. Its size is the number of figures.

use crate::{Counter, Gauge};

/// The figures of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    counters: [u64; Counter::COUNT],
    gauges: [Option<f64>; Gauge::COUNT],
}

impl Snapshot {
    /// With these counters; no gauge is known yet.
    pub fn new(counters: [u64; Counter::COUNT]) -> Self {
        Self { counters, gauges: [None; Gauge::COUNT] }
    }

    /// How often it happened since the start of the process.
    pub fn counter(&self, counter: Counter) -> u64 {
        self.counters[counter.index()]
    }

    /// Its value, if it is known.
    pub fn gauge(&self, gauge: Gauge) -> Option<f64> {
        self.gauges[gauge.index()]
    }

    /// What another part has counted by itself.
    pub fn set_counter(&mut self, counter: Counter, count: u64) {
        self.counters[counter.index()] = count;
    }

    /// A gauge was read.
    pub fn set_gauge(&mut self, gauge: Gauge, value: f64) {
        self.gauges[gauge.index()] = Some(value);
    }

    /// Every counter.
    pub fn counters(&self) -> impl Iterator<Item = (Counter, u64)> {
        Counter::ALL.iter().copied().zip(self.counters)
    }

    /// Every gauge that is known.
    pub fn gauges(&self) -> impl Iterator<Item = (Gauge, f64)> {
        let known = |(gauge, value): (Gauge, Option<f64>)| value.map(|value| (gauge, value));
        Gauge::ALL.iter().copied().zip(self.gauges).filter_map(known)
    }
}

/// The share that `part` is of both; `None` if there is nothing.
pub fn share(part: u64, rest: u64) -> Option<f64> {
    let all = part.saturating_add(rest);
    #[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
    let share = (all > 0).then(|| part as f64 / all as f64);
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_that_is_not_known_is_not_zero() {
        let mut snapshot = Snapshot::new([0; Counter::COUNT]);
        snapshot.set_gauge(Gauge::Calls, 0.0);
        snapshot.set_counter(Counter::Reports, 3);
        assert_eq!(snapshot.gauges().collect::<Vec<_>>(), [(Gauge::Calls, 0.0)]);
        assert_eq!((snapshot.gauge(Gauge::Calls), snapshot.gauge(Gauge::PoolMax)), (Some(0.0), None));
        assert_eq!((snapshot.counter(Counter::Reports), snapshot.counters().count()), (3, Counter::COUNT));
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!((share(0, 0), share(1, 3), share(2, 0)), (None, Some(0.25), Some(1.0)));
    }
}
