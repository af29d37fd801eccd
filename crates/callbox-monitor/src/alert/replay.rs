//! Rules over what was kept: what they would have told, and what a new process has to remember.
//!
//! The last two days are known by the minute, before that by the hour: an hour's counts are spread evenly over its minutes, so that
//! what lasted less than an hour may not be seen. Bound: the minutes and hours that are kept, some 3,700.

use callbox_protocol::time::UnixMillis;
use std::collections::BTreeMap;

use super::interval::Interval;
use super::rule::Parts;
use super::rules::Rules;
use super::set::{Alerts, Notice};
use crate::cells::{CellsError, each};
use crate::figure::Figure;
use crate::metric::{Counter, Distribution, Gauge};
use crate::rollup::{COUNTERS, GAUGES, Minute, Step, time_of};

const MINUTE_MS: u64 = 60_000;

/// Figures that were kept, in the order of time.
#[derive(Debug, Default)]
pub struct Replay {
    rows: BTreeMap<Minute, (Step, Interval)>,
}

impl Replay {
    /// Takes a row of minutes or hours. Take minutes first: an hour of which minutes are known is left out.
    pub fn take(&mut self, metric: &str, step: Step, at: Minute, bytes: &[u8]) -> Result<(), CellsError> {
        let has_minutes =
            step == Step::Hour && self.rows.range(at..at + 60).any(|(_, (known, _))| *known == Step::Minute);
        if has_minutes {
            return Ok(());
        }
        each(bytes, |label, column| {
            let name = label.first().copied().unwrap_or_default();
            for found in column {
                let (offset, bytes) = found?;
                let minute = at.saturating_add(offset);
                let (_, interval) = self.rows.entry(minute).or_insert_with(|| (step, Interval::default()));
                add(interval, metric, name, Figure::decode(bytes)?);
            }
            Ok(())
        })
    }

    /// Fills the memory of rules, as if they had been there.
    pub fn remember(&self, alerts: &mut Alerts) {
        self.minutes(|interval, at| alerts.remember(interval, at));
    }

    /// What these rules would have told, looking once a minute.
    pub fn run(&self, rules: &Rules, parts: Parts) -> Vec<Notice> {
        let mut alerts = Alerts::new(rules, parts, None);
        let mut told = Vec::new();
        self.minutes(|interval, at| {
            alerts.handle_interval(interval, at);
            told.append(&mut alerts.next_notices());
        });
        told
    }

    fn minutes(&self, mut take: impl FnMut(&Interval, UnixMillis)) {
        for (at, (step, interval)) in &self.rows {
            let parts = u64::from(step.minutes());
            for part in 0..parts {
                let end = time_of(*at).plus((part + 1) * MINUTE_MS - 1);
                if parts == 1 { take(interval, end) } else { take(&interval.part(part, parts), end) }
            }
        }
    }
}

/// Adds a figure of a row of this metric to what is known of its time.
fn add(interval: &mut Interval, metric: &str, name: &str, figure: Figure) {
    match (metric, figure) {
        (COUNTERS, Figure::Count(count)) => {
            if let Some(counter) = Counter::named(name) {
                interval.count(counter, count);
            }
        }
        (GAUGES, Figure::Spread(spread)) => {
            if let (Some(gauge), Some(mean)) = (Gauge::named(name), spread.sketch().mean()) {
                interval.set_gauge(gauge, mean);
            }
        }
        (metric, Figure::Spread(spread)) => {
            if let Some(of) = Distribution::named(metric) {
                interval.add_values(of, spread.sketch());
            }
        }
        (_, Figure::Count(_)) => {}
    }
}

#[cfg(test)]
mod tests;
