//! The scorecard's arithmetic: each promise of a launch, measured over whole days, and what it costs.
//!
//! Pure: it says which questions the store is asked, and makes figures, intervals and verdicts of the answers. It judges
//! nothing of fewer than 20 values, and nothing whose interval lies on both sides of the target. Bounds: a span of 13
//! months, a baseline file of 64 KiB.

mod baseline;
mod interval;
mod money;
mod promise;
mod span;
mod text;

use callbox_protocol::figures::Figures;
use callbox_protocol::scorecard::{ScoreFigure, ScoreLine, Scorecard, Verdict};
use std::collections::BTreeMap;
use thiserror::Error;

use crate::Query;
use crate::series::Asked;
use interval::{Mean, change};
pub use money::Inputs;
use promise::{PROMISES, Promise, Target};
pub use span::Span;
pub use text::{csv, markdown};

/// Fewer values than this are not judged; the dashboard greys them too.
const VALUES_MIN: u64 = 20;

/// What cannot be made a scorecard of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScorecardError {
    /// Days that are none.
    #[error(
        "`{0}` is no span of days: write `2026-11-01..2026-11-30`, both included, or `30d..1d` ago; at most 396 days, and none to come."
    )]
    Span(String),
    /// A line of a baseline that cannot be read.
    #[error(
        "line {line} of the baseline: {reason}. The header is `name,value,low,high,n`; `callbox scorecard` prints the names."
    )]
    Baseline {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An input that is none.
    #[error("`{0}` is no input: write `name:number`, with commas between, of {names}.", names = money::NAMES)]
    Input(String),
}

/// Figures to compare with, by the names of the promises.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    label: Option<String>,
    found: BTreeMap<&'static str, Found>,
}

/// What was found of one promise.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    figure: ScoreFigure,
    /// As a mean over days, for a change.
    mean: Option<Mean>,
}

/// The questions of a span, in a fixed order. [`Measured::new`] takes the answers in the same one.
pub fn questions(span: Span) -> Vec<Query> {
    let days = span.days();
    let mut all: Vec<_> = PROMISES.iter().flat_map(|promise| promise.source.questions(&days)).collect();
    all.push(Query::of_days("active_users", Asked::Distinct, &days, span.length()));
    all.push(Query::of_days("relay", Asked::Sum, &days, span.length()));
    all
}

/// What was measured in a span.
#[derive(Clone, Debug)]
pub struct Measured {
    span: Span,
    found: BTreeMap<&'static str, Found>,
    users: u64,
    relay_bytes: f64,
}

impl Measured {
    /// Reads the answers to the questions of this span.
    pub fn new(span: Span, answers: &[Figures]) -> Self {
        let (mut rest, mut found) = (answers, BTreeMap::new());
        for promise in PROMISES {
            let own = promise.source.questions(&span.days()).len().min(rest.len());
            let (mine, others) = rest.split_at(own);
            rest = others;
            if let Some(measured) = promise.source.measure(mine) {
                found.insert(promise.name, measured);
            }
        }
        let one = |place: usize| {
            rest.get(place)
                .and_then(|figures| figures.series.first()?.values.first().copied()?)
                .unwrap_or(0.0)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of users that was made a float"
        )]
        let users = one(0) as u64;
        Self { span, found, users, relay_bytes: one(1) }
    }

    /// To compare with.
    pub fn into_baseline(self) -> Baseline {
        Baseline { label: Some(self.span.to_string()), found: self.found }
    }

    /// The scorecard.
    pub fn card(&self, baseline: &Baseline, inputs: &Inputs, is_postgres: bool) -> Scorecard {
        let line = |promise: &Promise| self.line(promise, baseline, is_postgres || !promise.is_of_postgres);
        let (costs, revenues) = inputs.money(self.users, self.relay_bytes, self.span.length());
        Scorecard {
            current: self.span.to_string(),
            baseline: baseline.label.clone(),
            lines: PROMISES.iter().map(line).collect(),
            users: self.users,
            costs,
            revenues,
        }
    }

    fn line(&self, promise: &Promise, baseline: &Baseline, is_here: bool) -> ScoreLine {
        let (before, now) = (baseline.found.get(promise.name), self.found.get(promise.name));
        let now = now.filter(|_| is_here);
        let (change, verdict) = match promise.target {
            _ if !is_here => (None, Verdict::NotApplicable),
            Target::Change(_) if baseline.label.is_none() => (None, Verdict::NoBaseline),
            Target::Change(by) => {
                let change = before.zip(now).and_then(|(before, now)| changed(before, now));
                let sure = change.filter(|change| change.low.is_some());
                (change, sure.map_or(Verdict::NotEnoughData, |change| judge(&change, by, by > 0.0)))
            }
            Target::Below(limit) => (None, judged(now, limit, false)),
            Target::Above(limit) => (None, judged(now, limit, true)),
        };
        ScoreLine {
            name: promise.name.to_owned(),
            definition: promise.definition.to_owned(),
            unit: promise.unit.to_owned(),
            target: promise.target_text.to_owned(),
            before: before.map(|found| found.figure),
            now: now.map(|found| found.figure),
            change,
            verdict,
        }
    }
}

fn changed(before: &Found, now: &Found) -> Option<ScoreFigure> {
    let (value, ends) = change(before.mean?, now.mean?)?;
    let (low, high) = ends.unzip();
    Some(ScoreFigure { value, low, high, n: before.figure.n.min(now.figure.n), p75: None })
}

fn judged(found: Option<&Found>, limit: f64, is_more_better: bool) -> Verdict {
    // A mean of a single day has no interval, and says too little.
    let found = found.filter(|found| found.mean.is_none_or(|mean| mean.half.is_some()));
    found.map_or(Verdict::NotEnoughData, |found| judge(&found.figure, limit, is_more_better))
}

/// The whole interval must be on one side. A value without an interval stands for itself: the highest reading has none.
fn judge(figure: &ScoreFigure, limit: f64, is_more_better: bool) -> Verdict {
    let (low, high) = (figure.low.unwrap_or(figure.value), figure.high.unwrap_or(figure.value));
    let (is_above, is_below) = (low > limit, high < limit);
    match (is_more_better, is_above, is_below) {
        _ if figure.n < VALUES_MIN => Verdict::NotEnoughData,
        (true, true, _) | (false, _, true) => Verdict::Pass,
        (true, _, true) | (false, true, _) => Verdict::Fail,
        _ => Verdict::NotEnoughData,
    }
}

#[cfg(test)]
mod tests;
