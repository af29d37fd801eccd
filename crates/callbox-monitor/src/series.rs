//! Questions about figures: what may be asked, and how rows of the store become a series.
//!
//! A question is checked whole before anything is read, and every refusal says what is possible. Percentiles are read
//! from merged sketches, never from other percentiles, and the answer says of how many values. Bounds: 1,500 points of
//! one series, 50 series; what has no place among these is merged into `other`.

mod metric;
mod params;

use callbox_protocol::figures::{FigureSeries, Figures};
use std::collections::BTreeMap;
use std::ops::Range;

use crate::cells::{CellsError, each};
use crate::figure::Figure;
use crate::fold::OTHER;
use crate::metric::Grade;
use crate::rollup::{Changes, Minute, RowKey, Split, Step, time_of};
use crate::share::Quantile;
pub(crate) use metric::Metric;
pub use params::{QueryError, QueryParams};

/// Points of one series: a day of minutes, or 4 years of days.
pub const POINTS_MAX: u32 = 1_500;
/// Series of one answer.
const SERIES_MAX: usize = 50;

/// A question that can be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    metric: Metric,
    agg: Agg,
    split: Split,
    /// The rows that are read.
    rows: Step,
    from: Minute,
    to: Minute,
    step: Minute,
}

/// What is said of the values of one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agg {
    /// How many there were.
    Count,
    /// All together.
    Sum,
    /// Counted things by the second.
    Rate,
    Mean,
    Min,
    Max,
    Quantile(Quantile),
    /// The share of values of this grade.
    Share(Grade),
    /// Of a ratio of two counts.
    Ratio,
    /// How many different ones there were.
    Distinct,
}

/// What the scorecard asks of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Sum,
    Count,
    Max,
    P75,
    Ratio,
    Distinct,
}

/// The rows that a question needs: `metric`, `step`, `split`, from this minute on, and before that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name of the rows.
    pub metric: &'static str,
    /// How long a time each is about.
    pub step: Step,
    /// By what their cells are told apart.
    pub split: Split,
    /// When the first of them begins. Of minutes this may be before what was asked for: the reading leaves those out.
    pub from: Minute,
    /// The first minute after them.
    pub to: Minute,
}

impl Wanted {
    /// Whether this row is one of them.
    pub fn is_met(&self, key: &RowKey) -> bool {
        (key.metric, key.step, key.split) == (self.metric, self.step, self.split)
            && (self.from..self.to).contains(&key.at)
    }
}

/// The figures of a question while its rows are read.
#[derive(Debug)]
pub struct Reading {
    query: Query,
    /// By their labels, and by the number of the point. The second figure is the whole of a ratio.
    series: BTreeMap<String, BTreeMap<u32, Point>>,
}

/// The points of one series, while figures of one label are added.
struct Line<'a> {
    /// Whether the label is a part of the metric, and whether of the whole that it is a share of.
    parts: (bool, bool),
    from: Minute,
    to: Minute,
    step: Minute,
    points: &'a mut BTreeMap<u32, Point>,
}

/// A figure; and the whole that it is a share of, for a ratio.
#[derive(Clone, Debug, Default)]
struct Point {
    part: Option<Figure>,
    whole: u64,
}

impl Query {
    /// A question of whole days in UTC, in stretches of so many.
    pub(crate) fn of_days(metric: &str, agg: Asked, days: &Range<u32>, step: u32) -> Self {
        let day = Step::Day.minutes();
        let metric = Metric::named(metric).expect("the scorecard asks for metrics that exist");
        let agg = match agg {
            Asked::Sum => Agg::Sum,
            Asked::Count => Agg::Count,
            Asked::Max => Agg::Max,
            Asked::P75 => Agg::Quantile(Quantile::P75),
            Asked::Ratio => Agg::Ratio,
            Asked::Distinct => Agg::Distinct,
        };
        let (from, to) = (days.start * day, days.end * day);
        Self { metric, agg, split: Split::All, rows: Step::Day, from, to, step: step * day }
    }

    /// The rows to read. At most some thousand: the bounds of a question see to that.
    pub fn wanted(&self) -> Wanted {
        let (metric, split) = self.metric.rows(self.split);
        Wanted { metric, step: self.rows, split, from: self.rows.row_of(self.from).0, to: self.to }
    }

    /// Begins to read.
    pub fn read(self) -> Reading {
        Reading { query: self, series: BTreeMap::new() }
    }

    /// The stretches of days since 1970 in which users are to be counted, if that is the question; the counts go to
    /// [`Self::of_users`].
    pub fn days_of_users(&self) -> Option<Vec<Range<u32>>> {
        let day = Step::Day.minutes();
        let stretch = |point: u32| {
            let from = (self.from + point * self.step) / day;
            from..from + self.step / day
        };
        (self.metric == Metric::ActiveUsers).then(|| (0..self.points()).map(stretch).collect())
    }

    /// The answer of a question about users, by how many there were in each stretch.
    pub fn of_users(&self, counts: Vec<u64>) -> Figures {
        let values = counts.iter().map(|count| Some(float(*count))).collect();
        Figures {
            metric: self.metric.name().to_owned(),
            unit: self.metric.unit(true).word().to_owned(),
            start: time_of(self.from),
            step_ms: u64::from(self.step) * 60_000,
            series: vec![FigureSeries { label: String::new(), values, counts }],
        }
    }

    fn points(&self) -> u32 {
        (self.to - self.from).div_ceil(self.step)
    }
}

impl Reading {
    /// Takes a row of the store. One that cannot be read is an error, and the others still count.
    pub fn take(&mut self, at: Minute, bytes: &[u8]) -> Result<(), CellsError> {
        each(bytes, |label, column| {
            let Some(mut line) = self.line(label) else { return Ok(()) };
            for found in column {
                let (offset, bytes) = found?;
                let parts = line.parts;
                if let Some(point) = line.point(at.saturating_add(offset)) {
                    point.add(parts, Figure::decode(bytes)?);
                }
            }
            Ok(())
        })
    }

    /// Takes what is not in the store yet.
    pub fn take_changes(&mut self, changes: &Changes) {
        let wanted = self.query.wanted();
        for (key, cells) in changes.iter().filter(|(key, _)| wanted.is_met(key)) {
            for (label, offset, figure) in cells.iter() {
                let label: Vec<_> = label.iter().map(String::as_str).collect();
                let Some(mut line) = self.line(&label) else { continue };
                let parts = line.parts;
                if let Some(point) = line.point(key.at + offset) {
                    point.add(parts, figure.clone());
                }
            }
        }
    }

    /// Where the figures of this label go; `None` if the question is not about it.
    fn line(&mut self, label: &[&str]) -> Option<Line<'_>> {
        let Query { metric, split, from, to, step, .. } = self.query;
        let parts = metric.parts(label);
        if parts == (false, false) {
            return None;
        }
        let name = metric.series_name(split, label);
        Some(Line { parts, from, to, step, points: self.series.entry(name.to_owned()).or_default() })
    }

    /// The answer.
    pub fn finish(mut self) -> Figures {
        self.merge_small();
        let Query { metric, agg, from, step, .. } = self.query;
        let points = self.query.points();
        let mut series: Vec<_> = std::mem::take(&mut self.series)
            .into_iter()
            .map(|(label, mut by_point)| {
                let (mut values, mut counts) = (Vec::new(), Vec::new());
                for point in 0..points {
                    let (value, count) = agg.of(by_point.remove(&point).as_ref(), metric, step);
                    values.push(value);
                    counts.push(count);
                }
                FigureSeries { label, values, counts }
            })
            .collect();
        if series.is_empty() && self.query.split == Split::All {
            let (value, _) = agg.of(None, metric, step);
            let (values, counts) = (vec![value; points as usize], vec![0; points as usize]);
            series.push(FigureSeries { label: String::new(), values, counts });
        }
        Figures {
            metric: metric.name().to_owned(),
            unit: metric.unit(agg == Agg::Count).word().to_owned(),
            start: time_of(from),
            step_ms: u64::from(step) * 60_000,
            series,
        }
    }

    /// Keeps the series with the most values, and merges the others into one.
    fn merge_small(&mut self) {
        if self.series.len() <= SERIES_MAX {
            return;
        }
        let weight = |points: &BTreeMap<u32, Point>| points.values().map(Point::weight).sum::<u64>();
        let mut names: Vec<_> =
            self.series.iter().map(|(name, points)| (weight(points), name.clone())).collect();
        names.sort_unstable_by(|a, b| b.cmp(a));
        let mut rest = self.series.remove(OTHER).unwrap_or_default();
        let mut small = names.into_iter().map(|(_, name)| name).filter(|name| name != OTHER);
        let small: Vec<_> = small.by_ref().skip(SERIES_MAX - 1).collect();
        for points in small.into_iter().filter_map(|name| self.series.remove(&name)) {
            for (point, more) in points {
                let place = rest.entry(point).or_default();
                place.whole += more.whole;
                match (&mut place.part, more.part) {
                    (Some(part), Some(more)) => part.merge(&more),
                    (part @ None, more) => *part = more,
                    (Some(_), None) => {}
                }
            }
        }
        self.series.insert(OTHER.to_owned(), rest);
    }
}

impl Line<'_> {
    /// The point that this minute is in; `None` if it was not asked for.
    fn point(&mut self, minute: Minute) -> Option<&mut Point> {
        let is_asked = (self.from..self.to).contains(&minute);
        is_asked.then(|| self.points.entry((minute - self.from) / self.step).or_default())
    }
}

impl Point {
    fn add(&mut self, (is_part, is_whole): (bool, bool), figure: Figure) {
        if let (true, Figure::Count(count)) = (is_whole, &figure) {
            self.whole += count;
        }
        if is_part {
            match &mut self.part {
                Some(part) => part.merge(&figure),
                part => *part = Some(figure),
            }
        }
    }

    fn weight(&self) -> u64 {
        match &self.part {
            Some(Figure::Count(count)) => self.whole.max(*count),
            Some(Figure::Spread(spread)) => spread.sketch().weight(),
            None => self.whole,
        }
    }
}

impl Agg {
    /// The value of a point, and of how many values it is. Nothing counted is zero; of nothing there is no mean.
    fn of(self, found: Option<&Point>, metric: Metric, step: Minute) -> (Option<f64>, u64) {
        let part = found.and_then(|found| found.part.as_ref());
        let count = match part {
            Some(Figure::Count(count)) => *count,
            Some(Figure::Spread(spread)) => return self.of_spread(spread),
            None => 0,
        };
        match self {
            Self::Ratio => {
                let whole = found.map_or(0, |found| found.whole);
                ((whole > 0).then(|| float(count) / float(whole)), whole)
            }
            Self::Rate => (Some(float(count) / (f64::from(step) * 60.0)), count),
            // Of a distribution without values only their number is known.
            Self::Count => (Some(float(count)), count),
            Self::Sum if metric.is_counted() => (Some(float(count)), count),
            _ => (None, 0),
        }
    }

    fn of_spread(self, spread: &crate::figure::Spread) -> (Option<f64>, u64) {
        let sketch = spread.sketch();
        let value = match self {
            Self::Count => Some(float(sketch.weight())),
            Self::Sum => Some(sketch.sum()),
            Self::Mean => sketch.mean(),
            Self::Min => sketch.min(),
            Self::Max => sketch.max(),
            Self::Quantile(quantile) => sketch.quantile(quantile),
            Self::Share(grade) => {
                (sketch.weight() > 0).then(|| float(spread.graded(grade)) / float(sketch.weight()))
            }
            Self::Rate | Self::Ratio | Self::Distinct => None,
        };
        (value, sketch.samples())
    }
}

#[expect(clippy::cast_precision_loss, reason = "15 digits of a count are enough")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
