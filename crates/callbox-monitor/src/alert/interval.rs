//! What was seen since the last look: how far counters went up, what gauges read, and the values that came.
//!
//! Made of two moments of a running server, or of a row of the store. Bound: the figures that there are.

use crate::metric::{Counter, Distribution, Gauge};
use crate::{Sketch, Snapshot};

/// The figures between two looks.
#[derive(Clone, Debug)]
pub struct Interval {
    counts: [u64; Counter::COUNT],
    gauges: [Option<f64>; Gauge::COUNT],
    values: Vec<(Distribution, Sketch)>,
}

impl Default for Interval {
    fn default() -> Self {
        Self { counts: [0; Counter::COUNT], gauges: [None; Gauge::COUNT], values: Vec::new() }
    }
}

impl Interval {
    /// Between two moments of one process. Counters begin at zero with it.
    pub fn between(before: Option<&Snapshot>, now: &Snapshot) -> Self {
        let mut interval = Self::default();
        for (counter, count) in now.counters() {
            let last = before.map_or(0, |before| before.counter(counter));
            interval.count(counter, count.saturating_sub(last));
        }
        for (gauge, value) in now.gauges() {
            interval.set_gauge(gauge, value);
        }
        interval
    }

    /// It happened so often.
    pub fn count(&mut self, counter: Counter, count: u64) {
        let place = &mut self.counts[counter.index()];
        *place = place.saturating_add(count);
    }

    /// A gauge was read.
    pub fn set_gauge(&mut self, gauge: Gauge, value: f64) {
        self.gauges[gauge.index()] = value.is_finite().then_some(value);
    }

    /// These values came.
    pub fn add_values(&mut self, of: Distribution, values: &Sketch) {
        match self.values.iter_mut().find(|(known, _)| *known == of) {
            Some((_, sketch)) => sketch.merge(values),
            None => self.values.push((of, values.clone())),
        }
    }

    /// One of so many equal parts: gauges are the same in all, values come in the first.
    pub(super) fn part(&self, number: u64, of: u64) -> Self {
        let share = |count: u64| count * (number + 1) / of - count * number / of;
        let values = if number == 0 { self.values.clone() } else { Vec::new() };
        Self { counts: self.counts.map(share), gauges: self.gauges, values }
    }

    /// How often it happened.
    pub(crate) fn counted(&self, counter: Counter) -> u64 {
        self.counts[counter.index()]
    }

    pub(super) fn gauge(&self, gauge: Gauge) -> Option<f64> {
        self.gauges[gauge.index()]
    }

    pub(super) fn values(&self, of: Distribution) -> Option<&Sketch> {
        self.values.iter().find(|(known, _)| *known == of).map(|(_, sketch)| sketch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_the_rise_of_counters_and_the_gauges_of_now() {
        let mut before = Snapshot::new([0; Counter::COUNT]);
        before.set_counter(Counter::CallsSuccess, 7);
        before.set_gauge(Gauge::Calls, 3.0);
        let mut now = before.clone();
        now.set_counter(Counter::CallsSuccess, 9);
        let interval = Interval::between(Some(&before), &now);
        assert_eq!((interval.counted(Counter::CallsSuccess), interval.gauge(Gauge::Calls)), (2, Some(3.0)));
        assert_eq!(Interval::between(None, &now).counted(Counter::CallsSuccess), 9, "since its start");
        now.set_gauge(Gauge::Calls, f64::NAN);
        assert_eq!(Interval::between(Some(&before), &now).gauge(Gauge::Calls), None);
    }
}
