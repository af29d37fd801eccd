//! The scorecard: each promise of a launch with its target, what was before, what is now, and whether it is kept.

use serde::{Deserialize, Serialize};

/// What was measured of the promises in two spans of days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scorecard {
    /// The days of `now`, as in `2026-11-01..2026-11-30`.
    pub current: String,
    /// The days of `before`, `imported` if a file told them, or null without a baseline.
    pub baseline: Option<String>,
    /// Each promise.
    pub lines: Vec<ScoreLine>,
    /// Users who came in the days of `now`, by the ids that the app gives.
    pub users: u64,
    /// What it costs in 30 days, by the given prices.
    pub costs: Vec<ScoreCost>,
    /// What it may bring in 30 days, by the given shares and prices.
    pub revenues: Vec<ScoreRevenue>,
}

/// One promise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreLine {
    /// Its name.
    pub name: String,
    /// What is measured, and how.
    pub definition: String,
    /// The unit of the values, as in `Figures`.
    pub unit: String,
    /// The target, as in `< 400` or `+50 %`.
    pub target: String,
    /// The figure of the baseline; null if there is none.
    pub before: Option<ScoreFigure>,
    /// The figure of now; null if nothing was measured.
    pub now: Option<ScoreFigure>,
    /// By how much now is more than before, as a share of before, where the target is a change; `n` is the smaller one.
    pub change: Option<ScoreFigure>,
    /// Whether the promise is kept.
    pub verdict: Verdict,
}

/// A value, and where the true one lies 19 times of 20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreFigure {
    /// The value.
    pub value: f64,
    /// The lower end of the 95 % interval; null if there is none.
    pub low: Option<f64>,
    /// The upper end of the 95 % interval; null if there is none.
    pub high: Option<f64>,
    /// Of how many values it is.
    pub n: u64,
    /// The 75th percentile beside a mean of page loads.
    pub p75: Option<f64>,
}

/// Whether a promise is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// The whole interval is on the good side of the target.
    Pass,
    /// The whole interval is on the other side.
    Fail,
    /// The target is within the interval, or there are too few values.
    #[default]
    NotEnoughData,
    /// The target is a change, and there is nothing to compare with.
    NoBaseline,
    /// There is no such part here.
    NotApplicable,
}

/// One cost, for 30 days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreCost {
    /// What is paid for.
    pub name: String,
    /// What it costs here, in dollars.
    pub dollars: f64,
    /// The same for each user; null without users.
    pub per_user: Option<f64>,
    /// What the guide sets for it, in dollars; null if it names none.
    pub guide_dollars: Option<f64>,
    /// By what it was computed.
    pub basis: String,
}

/// One revenue, for 30 days: an input and no promise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreRevenue {
    /// Its label.
    pub name: String,
    /// The share of users who pay.
    pub share: f64,
    /// What each pays, in dollars.
    pub price: f64,
    /// All together, in dollars.
    pub dollars: f64,
    /// This revenue alone less all costs, as a share of the costs; null without costs.
    pub roi: Option<f64>,
}
