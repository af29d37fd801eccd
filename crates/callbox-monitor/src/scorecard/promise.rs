//! The promises of the checklist: what each means here, and by which figures it is measured.

use callbox_protocol::figures::Figures;
use callbox_protocol::scorecard::ScoreFigure;
use std::ops::Range;

use super::Found;
use super::interval::{Mean, mean, wilson};
use crate::Query;
use crate::series::Asked;

/// One promise.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) target: Target,
    pub(super) target_text: &'static str,
    pub(super) definition: &'static str,
    /// Whether it says nothing of the embedded database.
    pub(super) is_of_postgres: bool,
    pub(super) source: Source,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Below(f64),
    Above(f64),
    /// By so much more, or less, than the baseline.
    Change(f64),
}

/// Where its figure comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A share of counted things.
    Share(&'static str),
    /// The sum of values by their number, with the 75th percentile beside it.
    Values(&'static str),
    /// The highest reading.
    Highest(&'static str),
    /// The mean of readings.
    Readings(&'static str),
    /// So many of one for each of the other, times this.
    Rate(&'static str, &'static str, f64),
    /// Of the users of the first week, those who came in the second.
    Retention,
}

#[rustfmt::skip]
pub(super) const PROMISES: &[Promise] = &[
    Promise {
        name: "database_connections", unit: "", target: Target::Below(400.0), target_text: "< 400", is_of_postgres: true,
        definition: "The most connections that PostgreSQL counted itself, other programs' included, read each 10 s. The highest reading has no interval.",
        source: Source::Highest("postgres_connections"),
    },
    Promise {
        name: "database_connection_errors", unit: "ratio", target: Target::Below(0.01), target_text: "< 1 %", is_of_postgres: true,
        definition: "The share of attempts to connect to PostgreSQL that failed since the start of the process: the mean of readings each 10 s.",
        source: Source::Readings("database_connect_failed"),
    },
    Promise {
        name: "page_load", unit: "ms", target: Target::Below(2_000.0), target_text: "< 2 s", is_of_postgres: false,
        definition: "The mean time until the load event of a page ended; p75 beside it. Judged by the mean.",
        source: Source::Values("page_load"),
    },
    Promise {
        name: "call_success", unit: "ratio", target: Target::Above(0.9), target_text: "> 90 %", is_of_postgres: false,
        definition: "Calls that were a success, of those that were a success or a failure: who left or was denied the camera is neither.",
        source: Source::Share("call_success"),
    },
    Promise {
        name: "page_errors", unit: "ratio", target: Target::Below(0.01), target_text: "< 1 %", is_of_postgres: false,
        definition: "Page views in which an error happened, each once, of all page views.",
        source: Source::Share("page_errors"),
    },
    Promise {
        name: "server_errors", unit: "ratio", target: Target::Below(0.01), target_text: "< 1 %", is_of_postgres: false,
        definition: "Requests answered with a status of 500 or more, of all requests.",
        source: Source::Share("server_errors"),
    },
    Promise {
        name: "uptime", unit: "ratio", target: Target::Above(0.995), target_text: "> 99.5 %", is_of_postgres: false,
        definition: "Probes each 10 s that found the server ready, of all; the time without a process counts as down.",
        source: Source::Share("availability"),
    },
    Promise {
        name: "retention", unit: "ratio", target: Target::Above(0.7), target_text: "> 70 %", is_of_postgres: false,
        definition: "Of the users who came in the first 7 days of the span, those who came in the next 7. Only users whose app gives an id; a span of 14 days or more.",
        source: Source::Retention,
    },
    Promise {
        name: "visit_length", unit: "ms", target: Target::Change(0.5), target_text: "+50 %", is_of_postgres: false,
        definition: "The time for which pages were seen, for each visit: the sum of all views' visible time by the number of visits.",
        source: Source::Rate("visible_time", "visits", 1.0),
    },
    Promise {
        name: "feature_use", unit: "", target: Target::Change(0.3), target_text: "+30 %", is_of_postgres: false,
        definition: "Uses of features that browsers reported, for each visit.",
        source: Source::Rate("feature_events", "visits", 1.0),
    },
    Promise {
        name: "complaints", unit: "", target: Target::Change(-0.8), target_text: "-80 %", is_of_postgres: false,
        definition: "Complaints that apps reported by the monitor, for each 1,000 visits.",
        source: Source::Rate("complaints", "visits", 1_000.0),
    },
];

impl Source {
    /// What the store is asked, day by day or over all days at once.
    pub(super) fn questions(self, days: &Range<u32>) -> Vec<Query> {
        let length = days.end - days.start;
        let daily = |metric, agg| Query::of_days(metric, agg, days, 1);
        let whole = |metric, agg| Query::of_days(metric, agg, days, length);
        match self {
            Self::Share(metric) => vec![daily(metric, Asked::Ratio)],
            Self::Values(metric) => {
                vec![daily(metric, Asked::Sum), daily(metric, Asked::Count), whole(metric, Asked::P75)]
            }
            Self::Highest(metric) => vec![whole(metric, Asked::Max)],
            Self::Readings(metric) => vec![daily(metric, Asked::Sum), daily(metric, Asked::Count)],
            Self::Rate(of, by, _) => vec![daily(of, Asked::Sum), daily(by, Asked::Sum)],
            Self::Retention if length < 14 => Vec::new(),
            Self::Retention => {
                let weeks = days.start..days.start + 14;
                let of = |step| Query::of_days("active_users", Asked::Distinct, &weeks, step);
                vec![of(7), of(14)]
            }
        }
    }

    /// The figure that the answers make; `None` if there is nothing.
    pub(super) fn measure(self, answers: &[Figures]) -> Option<Found> {
        match (self, answers) {
            (Self::Share(_), [ratio]) => {
                let series = ratio.series.first()?;
                let n: u64 = series.counts.iter().sum();
                let days = series.values.iter().zip(&series.counts);
                let part = days.map(|(value, n)| (value.unwrap_or(0.0) * float(*n)).round()).sum();
                share(part, n)
            }
            (Self::Highest(_), [highest]) => {
                let series = highest.series.first()?;
                let (value, n) = ((*series.values.first()?)?, *series.counts.first()?);
                Some(Found { figure: ScoreFigure { value, n, ..ScoreFigure::default() }, mean: None })
            }
            (Self::Values(_), [sums, counts, p75]) => {
                let mut found = of_days(sums, counts, 1.0)?;
                found.figure.p75 = p75.series.first()?.values.first().copied()?;
                Some(found)
            }
            (Self::Readings(_), [sums, counts]) => of_days(sums, counts, 1.0),
            (Self::Rate(_, _, scale), [of, by]) => of_days(of, by, scale),
            (Self::Retention, [weeks, both]) => {
                let of = |figures: &Figures, place: usize| {
                    figures.series.first()?.values.get(place).copied().flatten()
                };
                let (first, second, either) = (of(weeks, 0)?, of(weeks, 1)?, of(both, 0)?);
                // Who came in both weeks was counted in each, and once in either.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count of users that was made a float"
                )]
                let n = first as u64;
                share((first + second - either).max(0.0), n)
            }
            _ => None,
        }
    }
}

fn share(part: f64, n: u64) -> Option<Found> {
    (n > 0).then(|| {
        let (low, high) = wilson(part, float(n));
        let value = part / float(n);
        Found { figure: ScoreFigure { value, low: Some(low), high: Some(high), n, p75: None }, mean: None }
    })
}

/// The sum of one by the sum of the other, by days.
fn of_days(parts: &Figures, wholes: &Figures, scale: f64) -> Option<Found> {
    let (parts, wholes) = (parts.series.first()?, wholes.series.first()?);
    let days: Vec<_> = parts
        .values
        .iter()
        .zip(&wholes.values)
        .map(|(part, whole)| (part.unwrap_or(0.0) * scale, whole.unwrap_or(0.0)))
        .collect();
    let found = mean(&days)?;
    Some(of_mean(found, wholes.counts.iter().sum()))
}

pub(super) fn of_mean(mean: Mean, n: u64) -> Found {
    let end = |sign: f64| mean.half.map(|half| (mean.value + sign * half).max(0.0));
    let figure = ScoreFigure { value: mean.value, low: end(-1.0), high: end(1.0), n, p75: None };
    Found { figure, mean: Some(mean) }
}

#[expect(clippy::cast_precision_loss, reason = "15 digits of a count are enough")]
fn float(count: u64) -> f64 {
    count as f64
}
