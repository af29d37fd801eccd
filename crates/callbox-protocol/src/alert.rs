//! Alerts as an operator reads them: the state of each rule, silences and deploys.
//!
//! Shapes only. What a rule means stands in its own words; nobody is named.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// The state of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AlertState {
    /// What it watches is well.
    Ok,
    /// It is not, but not for long enough.
    Pending,
    /// It fires.
    Firing,
    /// Nothing came by which it could be judged, or too little. It fired not before.
    NoData,
    /// This server has no such part.
    NotApplicable,
}

/// A rule and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// The name of the rule.
    pub rule: String,
    /// What is wrong when it fires.
    pub about: String,
    /// `warning` or `critical`.
    pub severity: String,
    /// Its state.
    pub state: AlertState,
    /// Since when it is so.
    pub since: UnixMillis,
    /// The last value, with its unit; null if there was none.
    pub value: Option<String>,
    /// Of how many the value is; null for what is read and not counted.
    pub count: Option<u64>,
    /// When it fires.
    pub fires: String,
    /// When it clears.
    pub clears: String,
    /// Why it may have no data, or where it is written what to do. May be empty.
    pub note: String,
    /// Where it is written what to do. May be empty.
    pub runbook: String,
    /// It fires and clears so often that nobody is told each time.
    pub is_flapping: bool,
    /// Nobody is told until then.
    pub silenced_until: Option<UnixMillis>,
    /// Nobody is told while this rule fires.
    pub inhibited_by: Option<String>,
    /// Nobody is told until then, since there was a deploy.
    pub muted_until: Option<UnixMillis>,
}

/// All rules: `GET /v1/alerts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alerts {
    /// When rules were looked at last; null if never, which is so in the first seconds and without figures.
    pub at: Option<UnixMillis>,
    /// What fires, the critical first, then the others in the order of the rules.
    pub alerts: Vec<Alert>,
    /// Silences that hold.
    pub silences: Vec<AlertSilence>,
    /// The last deploys, the newest first.
    pub deploys: Vec<Deploy>,
    /// How many targets are told.
    pub targets: u32,
    /// Notices that could not be delivered yet.
    pub waiting: u32,
    /// Notices that were given up, since the start.
    pub lost: u64,
    /// Why the file of rules was not taken, which means that older rules hold.
    pub rules_error: Option<String>,
}

/// A silence: nobody is told of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertSilence {
    /// Names it.
    pub id: u32,
    /// The rule, or `*` for all.
    pub rule: String,
    /// When it ends.
    pub until: UnixMillis,
    /// Why.
    pub why: String,
}

/// Silences a rule: `POST /v1/alerts/silences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SilenceAlert {
    /// The rule, or `*` for all.
    pub rule: String,
    /// For how many minutes, from 1 to 43,200 (30 days).
    pub minutes: u32,
    /// Why: 1 to 200 characters.
    pub why: String,
}

/// A deploy, as it was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deploy {
    /// When.
    pub at: UnixMillis,
    /// Its name.
    pub name: String,
}

/// Names a deploy that happens now: `POST /v1/deploys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameDeploy {
    /// Such as the version of the app: 1 to 60 characters.
    pub name: String,
}
