//! A rule: its condition, how long that must hold, and what is said about it.
//!
//! Made by `rules.rs` alone, which refuses what can never fire.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

use super::condition::{Agg, Condition, Limit};
use super::span::written;
use crate::metric::Unit;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should look soon.
    #[default]
    Warning,
    /// Somebody should look now.
    Critical,
}

impl Severity {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What missing data mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoData {
    /// Nothing changes: what fires, fires on.
    #[default]
    Keep,
    /// It counts as bad.
    Fire,
    /// It counts as good.
    Ok,
}

/// The parts that this server has; a rule about another one is not applicable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each part is there, or is not")]
pub struct Parts {
    /// PostgreSQL instead of the embedded database.
    pub postgres: bool,
    /// The relay.
    pub relay: bool,
    /// A certificate of its own.
    pub certificate: bool,
    /// Backups of the embedded database.
    pub backups: bool,
}

/// A part of the server without which a rule says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Postgres,
    Relay,
    Certificate,
    Backups,
}

impl Part {
    pub(super) fn is_in(self, parts: Parts) -> bool {
        match self {
            Self::Postgres => parts.postgres,
            Self::Relay => parts.relay,
            Self::Certificate => parts.certificate,
            Self::Backups => parts.backups,
        }
    }
}

/// How long, and how often, before anything changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// The condition holds for so long before the rule fires.
    pub(super) for_ms: u64,
    /// It is clear for so long before the rule clears.
    pub(super) keep_firing_ms: u64,
    /// Bad are so many of the last so many looks.
    pub(super) m_of_n: (usize, usize),
    pub(super) no_data: NoData,
    /// So many changes within so long are a flapping rule.
    pub(super) flap_changes: usize,
    pub(super) flap_within_ms: u64,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What is wrong when it fires: a sentence.
    pub about: String,
    /// How bad that is.
    pub severity: Severity,
    /// For whoever routes its notices.
    pub labels: BTreeMap<String, String>,
    /// Where it is written what to do; may be empty.
    pub runbook: String,
    /// Why it may have no data; may be empty.
    pub note: String,
    /// Rules that say it already while they fire.
    pub inhibited_by: Vec<String>,
    /// For so long after a deploy it tells nobody.
    pub mute_after_deploy_ms: u64,
    pub(super) condition: Condition,
    pub(super) timing: Timing,
    pub(super) needs: Option<Part>,
}

impl Rule {
    /// The unit of its value, as it is written behind it.
    pub fn unit(&self) -> &'static str {
        match &self.condition {
            Condition::Burn { .. } => "x",
            Condition::Absent { .. } => "",
            condition => match condition.metric().unit(false) {
                Unit::Ratio => "%",
                unit => unit.word(),
            },
        }
    }

    /// A value with its unit, for people.
    pub fn written_value(&self, value: f64) -> String {
        match self.unit() {
            "%" => format!("{} %", rounded(value * 100.0)),
            "" => rounded(value),
            unit => format!("{} {unit}", rounded(value)),
        }
    }

    /// When it fires, for people.
    pub fn fires_when(&self) -> String {
        let Timing { for_ms, m_of_n: (m, n), .. } = self.timing;
        let hold = if for_ms > 0 { format!(", for {}", written(for_ms)) } else { String::new() };
        let some = if n > 1 { format!(", {m} of {n} looks") } else { String::new() };
        let name = self.condition.metric().name();
        match &self.condition {
            Condition::Threshold { agg, window_ms, fire, count_min, .. } => {
                let of = match agg {
                    Agg::Last => name.to_owned(),
                    agg => format!("{agg} of {name} over {}", written(*window_ms)),
                };
                let n = if *count_min > 1 { format!(" (n >= {count_min})") } else { String::new() };
                format!("{of} {}{n}{some}{hold}", self.limit(*fire))
            }
            Condition::Share { windows, fire, count_min, .. } => {
                let windows: Vec<_> = windows.iter().map(|length| written(*length)).collect();
                let windows = windows.join(", ");
                let limit = self.limit(*fire);
                format!("{name} {limit} beyond doubt in {windows} ({count_min} or more failed){some}{hold}")
            }
            Condition::Burn { budget, pairs, .. } => {
                let pair = |pair: &super::condition::Pair| {
                    format!("{}x in {} and {}", pair.factor, written(pair.long_ms), written(pair.short_ms))
                };
                let pairs: Vec<_> = pairs.iter().map(pair).collect();
                format!("{name} burns its {} % {}{hold}", rounded(budget * 100.0), pairs.join(", or "))
            }
            Condition::Absent { window_ms, .. } => format!("no {name} for {}{hold}", written(*window_ms)),
        }
    }

    /// When it clears, for people.
    pub fn clears_when(&self) -> String {
        let keep = self.timing.keep_firing_ms;
        let keep = if keep > 0 { format!(", for {}", written(keep)) } else { String::new() };
        match &self.condition {
            Condition::Threshold { clear, .. } | Condition::Share { clear, .. } => {
                format!("{}{keep}", self.limit(*clear))
            }
            Condition::Burn { .. } => format!("burns < 1x{keep}"),
            Condition::Absent { .. } => format!("data come{keep}"),
        }
    }

    fn limit(&self, limit: Limit) -> String {
        let sign = if limit.is_above { '>' } else { '<' };
        let equals = if limit.is_inclusive { "=" } else { "" };
        format!("{sign}{equals} {}", self.written_value(limit.bound))
    }
}

impl fmt::Display for Agg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Mean => f.write_str("mean"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
            Self::Sum => f.write_str("sum"),
            Self::Quantile(quantile) => quantile.fmt(f),
        }
    }
}

/// With as many digits as say something.
fn rounded(value: f64) -> String {
    let text = if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
