//! The parameters of a question: how each is written, and why one is refused.

use callbox_protocol::time::UnixMillis;
use thiserror::Error;

use super::metric::Metric;
use super::{Agg, POINTS_MAX, Query};
use crate::metric::{Counter, Grade};
use crate::rollup::{Minute, Split, Step, minute_of};
use crate::share::Quantile;

const HOUR: Minute = 60;
const DAY: Minute = 24 * HOUR;

/// A question as it is asked.
#[derive(Clone, Debug, Default)]
pub struct QueryParams<'a> {
    /// The name of a metric.
    pub metric: &'a str,
    /// The start: milliseconds since 1970, or so long ago (`6h`). A day ago if there is none.
    pub from: Option<&'a str>,
    /// The end, written alike. Now if there is none.
    pub to: Option<&'a str>,
    /// The length of each stretch (`5m`, `1h`, `1d`). As many as fit well if there is none.
    pub step: Option<&'a str>,
    /// What is said of the values of a stretch.
    pub agg: Option<&'a str>,
    /// By what series are told apart.
    pub by: Option<&'a str>,
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// No such metric.
    #[error("There is no metric `{0}`. docs/MONITORING.md lists them.")]
    Metric(String),
    /// No such aggregate, or none for this kind of metric.
    #[error("`agg` of this metric is one of {0}.")]
    Agg(&'static str),
    /// No such dimension, or none for this kind of metric.
    #[error("`by` of this metric is one of {0}.")]
    By(&'static str),
    /// A time that is none.
    #[error("`{0}` is a time in milliseconds since 1970, or so long ago, as in `90m`, `6h` or `30d`.")]
    Time(&'static str),
    /// A step that is none.
    #[error("`step` is a number of minutes, hours or days, as in `5m`, `1h` or `1d`.")]
    Step,
    /// It begins after its end.
    #[error("`from` must be before `to`.")]
    Order,
    /// Users are counted by whole days.
    #[error("Users are counted by days: take a `step` such as `1d`, `7d` or `30d`.")]
    Days,
    /// Too fine for so long a time.
    #[error("This asks for {asked} points, and {POINTS_MAX} is the most: take a longer `step`.")]
    Points {
        /// How many were asked for.
        asked: u32,
    },
    /// The rows are gone already.
    #[error(
        "Figures by the minute are kept for 48 hours (6 hours by a dimension), those by the hour for 35 days, those by the day for 13 months: take a `step` of {0} or more, or a later `from`."
    )]
    Gone(&'static str),
    /// Nothing is kept for so long.
    #[error("Figures are kept for 13 months.")]
    TooOld,
}

impl Query {
    /// Checks a question.
    pub fn new(params: &QueryParams<'_>, now: UnixMillis) -> Result<Self, QueryError> {
        let metric = Metric::named(params.metric).ok_or_else(|| QueryError::Metric(cut(params.metric)))?;
        let metric = if params.by == Some("name") { metric.by_name() } else { metric };
        let agg = agg(metric, params.agg)?;
        let split = split(metric, params.by)?;
        let (from, to) = (params.from.unwrap_or("1d"), params.to.unwrap_or("0m"));
        let from = time(from, now).ok_or(QueryError::Time("from"))?;
        // The minute that runs is asked for too.
        let to = time(to, now).ok_or(QueryError::Time("to"))?.min(minute_of(now)) + 1;
        if from >= to {
            return Err(QueryError::Order);
        }
        let step = match params.step {
            Some(text) => {
                minutes(text).filter(|step| *step > 0 && *step <= 366 * DAY).ok_or(QueryError::Step)?
            }
            None => fitting(from, to, split, minute_of(now)),
        };
        if metric == Metric::ActiveUsers {
            return of_users(from, to, params.step.map_or(DAY, |_| step), agg, now);
        }
        let rows = kept(from, step, split, minute_of(now))?;
        // Rows begin where their own step does.
        let unit = if step.is_multiple_of(rows.minutes()) { step } else { rows.minutes() };
        let from = from - from % unit;
        let query = Self { metric, agg, split, rows, from, to, step: unit };
        let asked = query.points();
        if asked > POINTS_MAX { Err(QueryError::Points { asked }) } else { Ok(query) }
    }
}

/// As many whole stretches of days as fit; the last one ends with the last day that is asked for, which may still run.
fn of_users(from: Minute, to: Minute, step: Minute, agg: Agg, now: UnixMillis) -> Result<Query, QueryError> {
    if !step.is_multiple_of(DAY) {
        return Err(QueryError::Days);
    }
    let end = to.next_multiple_of(DAY);
    let length = ((to - from) / step).max(1).saturating_mul(step);
    let first =
        end.checked_sub(length).filter(|first| *first >= Step::Day.kept_from(Split::All, minute_of(now)));
    let from = first.ok_or(QueryError::TooOld)?;
    Ok(Query { metric: Metric::ActiveUsers, agg, split: Split::All, rows: Step::Day, from, to: end, step })
}

/// The longest rows that the step is made of. Shorter ones are no truer, since merges are exact.
fn kept(from: Minute, step: Minute, split: Split, now: Minute) -> Result<Step, QueryError> {
    let fits = |row: &Step| step.is_multiple_of(row.minutes());
    let row = Step::ALL.into_iter().rev().find(fits).expect("every step is made of minutes");
    if from >= row.kept_from(split, now) {
        return Ok(row);
    }
    Err(if from < Step::Day.kept_from(split, now) {
        QueryError::TooOld
    } else if from < Step::Hour.kept_from(split, now) {
        QueryError::Gone("`1d`")
    } else {
        QueryError::Gone("`1h`")
    })
}

/// A step that gives a chart of some hundred points, of rows that are kept.
fn fitting(from: Minute, to: Minute, split: Split, now: Minute) -> Minute {
    const STEPS: [Minute; 9] = [1, 5, 15, 30, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY];
    let is_good = |step: &Minute| (to - from) / step <= 300 && kept(from, *step, split, now).is_ok();
    STEPS.into_iter().find(is_good).unwrap_or(DAY)
}

fn agg(metric: Metric, text: Option<&str>) -> Result<Agg, QueryError> {
    let text = text.unwrap_or(match metric {
        Metric::Distribution(_) => "p75",
        Metric::Gauge(_) => "mean",
        Metric::Counter(_) | Metric::Family(_) | Metric::Features => "sum",
        Metric::Ratio(_) => "ratio",
        Metric::ActiveUsers => "distinct",
    });
    let counted = || match text {
        "sum" => Some(Agg::Sum),
        "rate" => Some(Agg::Rate),
        _ => None,
    };
    let of_values = || match text {
        "count" => Some(Agg::Count),
        "sum" => Some(Agg::Sum),
        "mean" => Some(Agg::Mean),
        "min" => Some(Agg::Min),
        "max" => Some(Agg::Max),
        _ => Quantile::parse(text).map(Agg::Quantile),
    };
    let graded = |grades: bool| match text {
        "good" if grades => Some(Agg::Share(Grade::Good)),
        "needs" if grades => Some(Agg::Share(Grade::Needs)),
        "poor" if grades => Some(Agg::Share(Grade::Poor)),
        _ => None,
    };
    match metric {
        Metric::Counter(_) | Metric::Family(_) | Metric::Features => {
            counted().ok_or(QueryError::Agg("sum, rate"))
        }
        Metric::ActiveUsers => {
            (text == "distinct").then_some(Agg::Distinct).ok_or(QueryError::Agg("distinct"))
        }
        Metric::Ratio(_) => (text == "ratio").then_some(Agg::Ratio).ok_or(QueryError::Agg("ratio")),
        Metric::Gauge(_) => of_values()
            .filter(|agg| !matches!(agg, Agg::Count | Agg::Sum))
            .ok_or(QueryError::Agg("mean, min, max, and percentiles such as p50 or p99.9")),
        Metric::Distribution(distribution) => {
            let grades = distribution.thresholds().is_some();
            let found = of_values().or_else(|| graded(grades));
            found.ok_or(QueryError::Agg(if grades {
                "count, sum, mean, min, max, percentiles such as p75 or p99.9, and good, needs, poor"
            } else {
                "count, sum, mean, min, max, and percentiles such as p75 or p99.9 (it has no published thresholds)"
            }))
        }
    }
}

fn split(metric: Metric, text: Option<&str>) -> Result<Split, QueryError> {
    let Some(text) = text else { return Ok(Split::All) };
    match (metric, text) {
        (Metric::Distribution(_), "route") => Ok(Split::Route),
        (Metric::Distribution(_), "device") => Ok(Split::Device),
        (Metric::Distribution(_), "release") => Ok(Split::Release),
        (Metric::Distribution(_), "nav") => Ok(Split::Nav),
        (Metric::Family(_) | Metric::Features, "name") => Ok(Split::Name),
        (Metric::Distribution(_), _) => Err(QueryError::By("route, device, release, nav")),
        (Metric::Family(_), _) => Err(QueryError::By("name: each counter of the family for itself")),
        (Metric::Counter(Counter::FeatureEvents), _) => Err(QueryError::By("name: each feature for itself")),
        _ => Err(QueryError::By("none: leave it out")),
    }
}

/// A time in milliseconds since 1970, or so long before now.
fn time(text: &str, now: UnixMillis) -> Option<Minute> {
    match minutes(text) {
        Some(ago) => minute_of(now).checked_sub(ago),
        None => Some(minute_of(UnixMillis(text.parse().ok()?))),
    }
}

/// So many minutes, hours or days.
fn minutes(text: &str) -> Option<Minute> {
    let unit = match text.chars().last()? {
        'm' => 1,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<Minute>().ok().filter(|_| is_number)?.checked_mul(unit)
}

/// As much of a stranger's word as an answer repeats.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
