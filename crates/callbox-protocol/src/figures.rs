//! Answers to questions about figures over time: series of values, with the number of values behind each.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// The answer to one question about a metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// The metric, as it was asked for.
    pub metric: String,
    /// The unit of the values: `ms`, `s`, `bytes`, `ratio`, `points`, `days`, or empty for things that are counted.
    pub unit: String,
    /// When the first stretch of time begins.
    pub start: UnixMillis,
    /// How long each stretch is, in milliseconds.
    pub step_ms: u64,
    /// The series, in the order of their labels.
    pub series: Vec<FigureSeries>,
}

/// One line of a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FigureSeries {
    /// What it is about, such as a route; empty if series are not told apart.
    pub label: String,
    /// A value for each stretch of time; null where there is none.
    pub values: Vec<Option<f64>>,
    /// How many values came in for each stretch, each counted once: a percentile of few says little.
    pub counts: Vec<u64>,
}
