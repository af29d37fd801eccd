//! When a rule's condition holds: a threshold, a share beyond doubt, a burn rate, or the absence of data.
//!
//! A condition has two limits, and between them it says neither: nothing fires and nothing clears there. Of no data, or of
//! too few, it says so, and the rule decides what that means.

use callbox_protocol::time::UnixMillis;

use super::bound::is_surely_below;
use super::interval::Interval;
use super::window::{Counts, Recent};
use crate::metric::Distribution;
use crate::series::Metric;
use crate::share::Quantile;
use crate::{Gauge, Sketch};

/// The fewest things by which a share can be called healthy again.
const CLEAR_COUNT_MIN: u64 = 10;
/// A share is said of this stretch.
pub(super) const SHARE_CLEAR_MS: u64 = 15 * 60_000;

/// One side of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) is_above: bool,
    /// Whether it holds at its bound.
    pub(super) is_inclusive: bool,
    pub(super) bound: f64,
}

impl Limit {
    pub(super) fn holds(self, value: f64) -> bool {
        match (self.is_above, self.is_inclusive) {
            (true, false) => value > self.bound,
            (true, true) => value >= self.bound,
            (false, false) => value < self.bound,
            (false, true) => value <= self.bound,
        }
    }

    /// Holds where this one does not.
    pub(super) fn opposite(self) -> Self {
        Self { is_above: !self.is_above, is_inclusive: !self.is_inclusive, bound: self.bound }
    }
}

/// What is said of readings or values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Agg {
    Last,
    Mean,
    Min,
    Max,
    /// Counted things in the stretch.
    Sum,
    Quantile(Quantile),
}

/// Two stretches in which a budget burns so fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) long_ms: u64,
    pub(super) short_ms: u64,
    pub(super) factor: f64,
}

/// A condition, as its rule says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Threshold {
        metric: Metric,
        agg: Agg,
        window_ms: u64,
        fire: Limit,
        clear: Limit,
        count_min: u64,
    },
    /// `windows` from the shortest to the longest. `count_min`: the fewest of the wrong kind.
    Share {
        metric: Metric,
        windows: Vec<u64>,
        fire: Limit,
        clear: Limit,
        count_min: u64,
    },
    /// `budget`: the share that may fail.
    Burn {
        metric: Metric,
        budget: f64,
        pairs: Vec<Pair>,
        count_min: u64,
    },
    Absent {
        metric: Metric,
        window_ms: u64,
    },
}

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fire,
    Clear,
    /// Between the limits.
    Neither,
    /// Nothing came, or too little.
    NoData,
}

/// A look, with what it was said of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub(super) verdict: Verdict,
    pub(super) value: Option<f64>,
    /// Of how many; `None` for what is read and not counted.
    pub(super) count: Option<u64>,
}

/// What a condition remembers.
#[derive(Clone, Debug)]
pub(super) enum Memory {
    Counts(Counts),
    Readings(Gauge, Recent<f64>),
    Values(Distribution, Recent<Sketch>),
}

impl Condition {
    pub(super) fn metric(&self) -> Metric {
        match self {
            Self::Threshold { metric, .. }
            | Self::Share { metric, .. }
            | Self::Burn { metric, .. }
            | Self::Absent { metric, .. } => *metric,
        }
    }

    fn longest_ms(&self) -> u64 {
        match self {
            Self::Threshold { window_ms, .. } | Self::Absent { window_ms, .. } => *window_ms,
            Self::Share { windows, .. } => {
                windows.iter().copied().max().unwrap_or_default().max(SHARE_CLEAR_MS)
            }
            Self::Burn { pairs, .. } => pairs.iter().map(|pair| pair.long_ms).max().unwrap_or_default(),
        }
    }

    /// An empty memory.
    pub(super) fn memory(&self) -> Memory {
        let longest_ms = self.longest_ms();
        match self.metric() {
            Metric::Gauge(gauge) => Memory::Readings(gauge, Recent::of(longest_ms)),
            Metric::Distribution(of) => Memory::Values(of, Recent::of(longest_ms)),
            _ => Memory::Counts(Counts::of(longest_ms)),
        }
    }

    /// Looks at what the memory has now.
    pub(super) fn look(&self, memory: &Memory, now: UnixMillis) -> Look {
        match (self, memory) {
            (Self::Threshold { agg, window_ms, fire, clear, count_min, .. }, _) => {
                let (value, count) = memory.value(*agg, *window_ms, now);
                let is_enough = count.is_none_or(|count| count >= *count_min);
                let verdict = match value {
                    Some(value) if is_enough => fire.judge(*clear, value),
                    _ => Verdict::NoData,
                };
                Look { verdict, value, count }
            }
            (Self::Share { windows, fire, clear, count_min, .. }, Memory::Counts(counts)) => {
                share(counts, windows, *fire, *clear, *count_min, now)
            }
            (Self::Burn { metric, budget, pairs, count_min }, Memory::Counts(counts)) => {
                burn(counts, metric.is_of_failures(), *budget, pairs, *count_min, now)
            }
            (Self::Absent { window_ms, .. }, _) => {
                let is_there = match memory {
                    Memory::Counts(counts) => counts.sum(*window_ms, now).1 > 0,
                    Memory::Readings(_, readings) => readings.iter().next().is_some(),
                    Memory::Values(_, values) => values.iter().next().is_some(),
                };
                let verdict = if is_there { Verdict::Clear } else { Verdict::Fire };
                Look { verdict, value: None, count: None }
            }
            (Self::Share { .. } | Self::Burn { .. }, _) => {
                Look { verdict: Verdict::NoData, value: None, count: None }
            }
        }
    }
}

impl Limit {
    fn judge(self, clear: Self, value: f64) -> Verdict {
        match (self.holds(value), clear.holds(value)) {
            (true, _) => Verdict::Fire,
            (false, true) => Verdict::Clear,
            (false, false) => Verdict::Neither,
        }
    }
}

impl Memory {
    /// Takes what came since the last look.
    pub(super) fn take(&mut self, metric: Metric, interval: &Interval, now: UnixMillis) {
        match self {
            Self::Counts(counts) => {
                let (part, whole) = metric.counted(interval);
                counts.add(part, whole, now);
            }
            Self::Readings(gauge, readings) => readings.add(interval.gauge(*gauge), now),
            Self::Values(of, values) => {
                let came = interval.values(*of).filter(|sketch| sketch.samples() > 0);
                values.add(came.cloned(), now);
            }
        }
    }

    fn value(&self, agg: Agg, window_ms: u64, now: UnixMillis) -> (Option<f64>, Option<u64>) {
        match self {
            Self::Readings(_, readings) => {
                let all = || readings.iter().copied();
                let value = match agg {
                    Agg::Last => all().next_back(),
                    Agg::Min => all().reduce(f64::min),
                    Agg::Max => all().reduce(f64::max),
                    Agg::Mean => {
                        let (sum, n) = all().fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
                        (n > 0.0).then(|| sum / n)
                    }
                    Agg::Sum | Agg::Quantile(_) => None,
                };
                (value, None)
            }
            Self::Values(_, values) => {
                let all = values.merged();
                let value = match agg {
                    Agg::Quantile(quantile) => all.quantile(quantile),
                    Agg::Mean => all.mean(),
                    Agg::Min => all.min(),
                    Agg::Max => all.max(),
                    Agg::Last | Agg::Sum => None,
                };
                (value, Some(all.samples()))
            }
            Self::Counts(counts) => {
                let (part, whole) = counts.sum(window_ms, now);
                match agg {
                    Agg::Sum => (Some(float(part)), Some(part)),
                    _ => (ratio(part, whole), Some(whole)),
                }
            }
        }
    }
}

/// Fires if any stretch is beyond doubt; clears by the plain share of the last quarter of an hour, or of the longest stretch
/// if there were too few.
fn share(
    counts: &Counts,
    windows: &[u64],
    fire: Limit,
    clear: Limit,
    count_min: u64,
    now: UnixMillis,
) -> Look {
    let longest = windows.last().copied().unwrap_or(SHARE_CLEAR_MS);
    let enough = |length: &u64| counts.sum(*length, now).1 >= CLEAR_COUNT_MIN;
    let said_of = [SHARE_CLEAR_MS, longest].into_iter().find(enough).unwrap_or(longest);
    let (part, whole) = counts.sum(said_of, now);
    let value = ratio(part, whole);
    let is_bad = |length: &u64| {
        let (part, whole) = counts.sum(*length, now);
        let (good, limit) =
            if fire.is_above { (whole.saturating_sub(part), 1.0 - fire.bound) } else { (part, fire.bound) };
        whole.saturating_sub(good) >= count_min && is_surely_below(good, whole, limit)
    };
    let look = |verdict, value, whole| Look { verdict, value, count: Some(whole) };
    if let Some(length) = windows.iter().find(|length| is_bad(length)) {
        let (part, whole) = counts.sum(*length, now);
        return look(Verdict::Fire, ratio(part, whole), whole);
    }
    let verdict = match value {
        None => Verdict::NoData,
        Some(value) if whole >= CLEAR_COUNT_MIN && clear.holds(value) => Verdict::Clear,
        Some(_) => Verdict::Neither,
    };
    look(verdict, value, whole)
}

/// Fires if both stretches of a pair burn faster than its factor; clears when each short one burns no faster than the budget
/// allows, or its long one slower than the factor. The value is the fastest burn of a pair's slower stretch.
fn burn(
    counts: &Counts,
    is_of_failures: bool,
    budget: f64,
    pairs: &[Pair],
    count_min: u64,
    now: UnixMillis,
) -> Look {
    let failed = |length: u64| {
        let (part, whole) = counts.sum(length, now);
        (if is_of_failures { part } else { whole.saturating_sub(part) }, whole)
    };
    let rate = |length: u64| {
        let (failed, whole) = failed(length);
        ratio(failed, whole).map(|share| share / budget)
    };
    let longest = pairs.iter().map(|pair| pair.long_ms).max().unwrap_or_default();
    let (_, count) = failed(longest);
    let (mut fires, mut burns, mut has_short, mut fastest) = (false, false, false, None::<f64>);
    for Pair { long_ms, short_ms, factor } in pairs {
        let (Some(long), Some(short)) = (rate(*long_ms), rate(*short_ms)) else { continue };
        has_short = true;
        let slower = long.min(short);
        fastest = Some(fastest.map_or(slower, |fastest| fastest.max(slower)));
        let (failures, _) = failed(*short_ms);
        fires |= slower > *factor && failures >= count_min;
        burns |= short > 1.0 && long > *factor;
    }
    let verdict = match (fires, has_short, burns) {
        (true, ..) => Verdict::Fire,
        (false, false, _) => Verdict::NoData,
        (false, true, false) => Verdict::Clear,
        (false, true, true) => Verdict::Neither,
    };
    Look { verdict, value: fastest, count: Some(count) }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

#[expect(clippy::cast_precision_loss, reason = "15 digits of a count are enough")]
fn float(count: u64) -> f64 {
    count as f64
}
