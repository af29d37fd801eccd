//! The metrics that can be asked for, by name, and the rows in which each stands.
//!
//! A counter is asked for by its own name or by its family's, which adds them up. Some questions of operators are ratios of
//! counters; they have names of their own here, so that everybody means the same by them.

use crate::alert::Interval;
use crate::metric::{Counter, Distribution, Gauge, Unit};
use crate::rollup::{COUNTERS, FEATURES, GAUGES, Split};

/// A metric of a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Metric {
    Distribution(Distribution),
    Gauge(Gauge),
    Counter(Counter),
    /// All counters of this family.
    Family(&'static str),
    /// Uses of features by their names, which browsers gave. Asked for without names, they are a counter.
    Features,
    Ratio(&'static Ratio),
    /// Users who came, each once in a stretch of days. They are no rows of figures: the store counts them.
    ActiveUsers,
}

const ACTIVE_USERS: &str = "active_users";

/// A share of counted things.
#[derive(Debug, PartialEq)]
pub(crate) struct Ratio {
    name: &'static str,
    /// Whether the part is what nobody wants.
    is_of_failures: bool,
    part: &'static [Counter],
    whole: &'static [Counter],
}

/// Each by its definition.
const RATIOS: &[Ratio] = &[
    // Minutes without a process are counted as probes that found it down.
    Ratio {
        name: "availability",
        is_of_failures: false,
        part: &[Counter::ProbesUp],
        whole: &[Counter::ProbesUp, Counter::ProbesDown],
    },
    // Of calls that both wanted: those that somebody left or denied are neither.
    Ratio {
        name: "call_success",
        is_of_failures: false,
        part: &[Counter::CallsSuccess],
        whole: &[Counter::CallsSuccess, Counter::CallsFailure],
    },
    // A page that fails a hundred times is one page.
    Ratio {
        name: "page_errors",
        is_of_failures: true,
        part: &[Counter::PageViewsFailed],
        whole: &[Counter::PageViewsHard, Counter::PageViewsSoft],
    },
    Ratio {
        name: "server_errors",
        is_of_failures: true,
        part: &[
            Counter::HttpPublic5xx,
            Counter::HttpAnyone5xx,
            Counter::HttpLogin5xx,
            Counter::HttpStaff5xx,
            Counter::HttpBackend5xx,
        ],
        whole: &HTTP,
    },
    // Those that a full relay refuses. What strangers and stale credentials bring is nobody's fault here.
    Ratio {
        name: "relay_refusals",
        is_of_failures: true,
        part: &[Counter::RelayRefusedQuota, Counter::RelayRefusedCapacity],
        whole: &[Counter::RelayAllocated, Counter::RelayRefusedQuota, Counter::RelayRefusedCapacity],
    },
    // Nothing is counted before there is a CDN (issue 13).
    Ratio { name: "cdn_hit_rate", is_of_failures: false, part: &[], whole: &[] },
];

/// All requests.
const HTTP: [Counter; 25] = [
    Counter::HttpPublic1xx,
    Counter::HttpPublic2xx,
    Counter::HttpPublic3xx,
    Counter::HttpPublic4xx,
    Counter::HttpPublic5xx,
    Counter::HttpAnyone1xx,
    Counter::HttpAnyone2xx,
    Counter::HttpAnyone3xx,
    Counter::HttpAnyone4xx,
    Counter::HttpAnyone5xx,
    Counter::HttpLogin1xx,
    Counter::HttpLogin2xx,
    Counter::HttpLogin3xx,
    Counter::HttpLogin4xx,
    Counter::HttpLogin5xx,
    Counter::HttpStaff1xx,
    Counter::HttpStaff2xx,
    Counter::HttpStaff3xx,
    Counter::HttpStaff4xx,
    Counter::HttpStaff5xx,
    Counter::HttpBackend1xx,
    Counter::HttpBackend2xx,
    Counter::HttpBackend3xx,
    Counter::HttpBackend4xx,
    Counter::HttpBackend5xx,
];

impl Metric {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let ratio = || RATIOS.iter().find(|ratio| ratio.name == name).map(Self::Ratio);
        let family = || {
            let of = Counter::ALL.iter().find(|counter| counter.meta().family == name)?;
            Some(Self::Family(of.meta().family))
        };
        Distribution::named(name)
            .map(Self::Distribution)
            .or_else(|| Gauge::named(name).map(Self::Gauge))
            .or_else(ratio)
            .or_else(|| Counter::named(name).map(Self::Counter))
            .or_else(family)
            .or_else(|| (name == ACTIVE_USERS).then_some(Self::ActiveUsers))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Distribution(distribution) => distribution.name(),
            Self::Gauge(gauge) => gauge.name(),
            Self::Counter(counter) => counter.name(),
            Self::Family(name) => name,
            Self::Features => Counter::FeatureEvents.name(),
            Self::Ratio(ratio) => ratio.name,
            Self::ActiveUsers => ACTIVE_USERS,
        }
    }

    /// The metric that a question by names is about.
    pub(super) fn by_name(self) -> Self {
        if self == Self::Counter(Counter::FeatureEvents) { Self::Features } else { self }
    }

    /// The unit of its values, or that of how many there are.
    pub(crate) fn unit(self, is_number: bool) -> Unit {
        match self {
            _ if is_number => Unit::Count,
            Self::Distribution(distribution) => distribution.unit(),
            Self::Gauge(gauge) => gauge.unit(),
            Self::Counter(counter) => counter.unit(),
            Self::Family(name) => Counter::ALL
                .iter()
                .find(|counter| counter.meta().family == name)
                .map_or(Unit::Count, |counter| counter.unit()),
            Self::Features | Self::ActiveUsers => Unit::Count,
            Self::Ratio(_) => Unit::Ratio,
        }
    }

    /// Whether it counts things; other metrics have values.
    pub(crate) fn is_counted(self) -> bool {
        matches!(self, Self::Counter(_) | Self::Family(_) | Self::Features)
    }

    /// Whether it is a share.
    pub(crate) fn is_ratio(self) -> bool {
        matches!(self, Self::Ratio(_))
    }

    /// Whether it is a share of failures.
    pub(crate) fn is_of_failures(self) -> bool {
        matches!(self, Self::Ratio(ratio) if ratio.is_of_failures)
    }

    /// How often it was counted in an interval, and of how many it is a share. What is no share is its own whole.
    pub(crate) fn counted(self, interval: &Interval) -> (u64, u64) {
        let sum = |counters: &[Counter]| counters.iter().map(|counter| interval.counted(*counter)).sum();
        match self {
            Self::Ratio(ratio) => (sum(ratio.part), sum(ratio.whole)),
            Self::Counter(counter) => (interval.counted(counter), interval.counted(counter)),
            Self::Family(family) => {
                let all = Counter::family(family).map(|counter| interval.counted(counter)).sum();
                (all, all)
            }
            Self::Distribution(_) | Self::Gauge(_) | Self::Features | Self::ActiveUsers => (0, 0),
        }
    }

    /// The rows that it stands in.
    pub(crate) fn rows(self, split: Split) -> (&'static str, Split) {
        match self {
            Self::Distribution(distribution) => (distribution.name(), split),
            Self::Gauge(_) => (GAUGES, Split::Name),
            Self::Features => (FEATURES, Split::Name),
            Self::Counter(_) | Self::Family(_) | Self::Ratio(_) => (COUNTERS, Split::Name),
            Self::ActiveUsers => (ACTIVE_USERS, Split::All),
        }
    }

    /// Whether a cell with this label is a part of it, and whether of the whole that it is a share of.
    pub(super) fn parts(self, label: &[&str]) -> (bool, bool) {
        let name = label.first().copied().unwrap_or_default();
        let is_one_of = |counters: &[Counter]| counters.iter().any(|counter| counter.name() == name);
        match self {
            Self::Distribution(_) | Self::Features | Self::ActiveUsers => (true, false),
            Self::Gauge(gauge) => (gauge.name() == name, false),
            Self::Counter(counter) => (counter.name() == name, false),
            Self::Family(family) => {
                (Counter::named(name).is_some_and(|counter| counter.meta().family == family), false)
            }
            Self::Ratio(ratio) => (is_one_of(ratio.part), is_one_of(ratio.whole)),
        }
    }

    /// The series that a cell with this label counts in.
    pub(super) fn series_name<'a>(self, split: Split, label: &[&'a str]) -> &'a str {
        match (self, split) {
            (Self::Distribution(_), _) | (_, Split::Name) => label.first().copied().unwrap_or_default(),
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_name_means_one_thing() {
        let names = Distribution::ALL.iter().map(|one| one.name());
        let names = names.chain(Gauge::ALL.iter().map(|one| one.name()));
        let names = names.chain(RATIOS.iter().map(|ratio| ratio.name));
        let families: HashSet<_> = Counter::ALL.iter().map(|one| one.meta().family).collect();
        let counters: HashSet<_> = Counter::ALL.iter().map(|one| one.name()).chain(families).collect();
        let mut all = HashSet::from([COUNTERS, GAUGES, FEATURES, ACTIVE_USERS]);
        for name in names.chain(counters) {
            assert!(all.insert(name), "{name} is the name of two metrics");
            assert_eq!(
                Metric::named(name).map(Metric::name),
                (![COUNTERS, GAUGES].contains(&name)).then_some(name)
            );
        }
        assert_eq!(Metric::named("nothing"), None);
    }
}
