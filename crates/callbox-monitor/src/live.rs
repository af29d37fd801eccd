//! A sample of the live feed.
//!
//! All figures that are known at one moment, by their own names: bound by the figures that there are.

use callbox_protocol::http::LiveSample;
use callbox_protocol::time::UnixMillis;

use crate::Snapshot;

/// The figures of this moment.
pub fn live_sample(snapshot: &Snapshot, at: UnixMillis) -> LiveSample {
    LiveSample {
        at,
        gauges: snapshot.gauges().map(|(gauge, value)| (gauge.name().to_owned(), value)).collect(),
        counters: snapshot.counters().map(|(counter, count)| (counter.name().to_owned(), count)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counter, Gauge};

    #[test]
    fn a_sample_has_every_counter_and_the_gauges_that_are_known() {
        let mut snapshot = Snapshot::new([0; Counter::COUNT]);
        snapshot.set_gauge(Gauge::Memory, 4_096.0);
        snapshot.set_counter(Counter::Reports, 2);
        let sample = live_sample(&snapshot, UnixMillis(7));
        assert_eq!((sample.at, sample.counters.len()), (UnixMillis(7), Counter::COUNT));
        assert_eq!((sample.counters["reports"], sample.gauges.len()), (2, 1));
    }
}
