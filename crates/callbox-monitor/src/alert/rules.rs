//! Rules as they are written in TOML, and why one is refused.
//!
//! A file's rules come beside the shipped ones; one with the name of a shipped rule changes the fields that it has, and
//! `enabled = false` takes it out. A set is read whole or refused with the line and the reason, so that a running server
//! keeps the set that it has. Bounds: 100 rules, 256 KiB of text.

mod raw;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use thiserror::Error;
use toml::Spanned;

use super::condition::{Agg, Condition, Limit, Pair};
use super::rule::{NoData, Rule, Timing};
use super::span;
use super::window::{COARSE_KEPT_MS, FINE_KEPT_MS};
use crate::rollup::Split;
use crate::series::Metric;
use crate::share::Quantile;
use raw::{File, Raw, RawPair};

/// The rules that every server has.
pub const SHIPPED: &str = include_str!("shipped.toml");
const RULES_MAX: usize = 100;
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Burn rates must be reached by half of all failing: a long stretch holds the time before the fault too.
const REACH: f64 = 0.5;

/// Why a set of rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct RuleError {
    /// The line of the text, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// A set of rules, in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules(Vec<Rule>);

/// A fault, and where it is.
type Fault = (Range<usize>, String);

impl Rules {
    /// The shipped ones.
    pub fn shipped() -> Self {
        Self::parse("").expect("the shipped rules are right, as a test proves")
    }

    /// The shipped ones, as this text changes them, and the others that it has.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let line = |(at, reason): Fault| {
            let before = text.get(..at.start).unwrap_or_default();
            RuleError { line: before.matches('\n').count() + 1, reason }
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(line((0..0, "the text is longer than 256 KiB".to_owned())));
        }
        let shipped = file(SHIPPED).expect("the shipped rules are TOML, as a test proves");
        let own = file(text).map_err(line)?;
        let all = over(shipped, own).map_err(line)?;
        let rules: Result<Vec<_>, _> = all.iter().filter(|raw| raw.is_enabled()).map(rule).collect();
        let rules = rules.map_err(line)?;
        for (rule, raw) in rules.iter().zip(all.iter().filter(|raw| raw.is_enabled())) {
            let unknown = |name: &&String| !all.iter().any(|other| other.name.get_ref() == *name);
            if let Some(name) = rule.inhibited_by.iter().find(unknown) {
                let at = raw.inhibited_by.as_ref().map_or(raw.name.span(), Spanned::span);
                return Err(line((
                    at,
                    format!("there is no rule `{name}` that could inhibit `{}`", rule.name),
                )));
            }
        }
        Ok(Self(rules))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rows of the store that they are about.
    pub fn wanted(&self) -> Vec<(&'static str, Split)> {
        let mut all: Vec<_> = self.0.iter().map(|rule| rule.condition.metric().rows(Split::All)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The one with this name.
    pub fn named(&self, name: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.name == name)
    }
}

fn file(text: &str) -> Result<File, Fault> {
    toml::from_str(text).map_err(|error| (error.span().unwrap_or_default(), error.message().to_owned()))
}

/// The shipped rules, changed, and the others.
fn over(shipped: File, own: File) -> Result<Vec<Raw>, Fault> {
    let mut names = HashSet::new();
    let mut all = shipped.rule;
    for raw in own.rule {
        let (name, at) = (raw.name.get_ref().clone(), raw.name.span());
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > 60 || !name.bytes().all(is_plain) {
            return Err((at, "a name has small letters, digits and `_`, and at most 60 of them".to_owned()));
        }
        if !names.insert(name.clone()) {
            return Err((at, format!("two rules are named `{name}`")));
        }
        match all.iter_mut().find(|known| *known.name.get_ref() == name) {
            Some(known) => *known = raw.over(known),
            None => all.push(raw),
        }
        if all.len() > RULES_MAX {
            return Err((at, format!("there are more than {RULES_MAX} rules")));
        }
    }
    Ok(all)
}

fn rule(raw: &Raw) -> Result<Rule, Fault> {
    let name = raw.name.get_ref().clone();
    let about = needed(raw, raw.about.as_ref(), "about")?.get_ref().clone();
    let condition = condition(raw)?;
    let length = |field: &Option<Spanned<String>>| field.as_ref().map_or(Ok(0), length);
    let m_of_n = raw.m_of_n.as_ref().map_or(Ok((1, 1)), |field| match *field.get_ref() {
        [m, n] if m >= 1 && m <= n && n <= 60 => Ok((m, n)),
        _ => Err((
            field.span(),
            "`m_of_n` is two numbers such as [3, 5], the first not above the second, and 60 at most"
                .to_owned(),
        )),
    })?;
    let timing = Timing {
        for_ms: length(&raw.hold)?,
        keep_firing_ms: length(&raw.keep_firing)?,
        m_of_n,
        no_data: raw.no_data.as_ref().map_or(NoData::Keep, |field| *field.get_ref()),
        flap_changes: raw.flap_changes.as_ref().map_or(6, |field| *field.get_ref()),
        flap_within_ms: raw.flap_within.as_ref().map_or(Ok(FINE_KEPT_MS), self::length)?,
    };
    if let Some(field) = raw.flap_changes.as_ref().filter(|field| !(3..=100).contains(field.get_ref())) {
        return Err((field.span(), "`flap_changes` is from 3 to 100".to_owned()));
    }
    let labels = raw.labels.as_ref().map_or_else(BTreeMap::new, |field| field.get_ref().clone());
    if let Some(field) = raw.labels.as_ref().filter(|field| field.get_ref().len() > 20) {
        return Err((field.span(), "a rule has at most 20 labels".to_owned()));
    }
    let text = |field: &Option<Spanned<String>>| {
        field.as_ref().map_or_else(String::new, |field| field.get_ref().clone())
    };
    Ok(Rule {
        name,
        about,
        severity: raw.severity.as_ref().map(|field| *field.get_ref()).unwrap_or_default(),
        labels,
        runbook: text(&raw.runbook),
        note: text(&raw.note),
        inhibited_by: raw.inhibited_by.as_ref().map_or_else(Vec::new, |field| field.get_ref().clone()),
        mute_after_deploy_ms: length(&raw.mute_after_deploy)?,
        condition,
        timing,
        needs: raw.needs.as_ref().map(|field| *field.get_ref()),
    })
}

fn condition(raw: &Raw) -> Result<Condition, Fault> {
    let field = needed(raw, raw.metric.as_ref(), "metric")?;
    let metric = Metric::named(field.get_ref())
        .filter(|metric| !matches!(metric, Metric::Features | Metric::ActiveUsers))
        .ok_or_else(|| {
            (
                field.span(),
                format!("there is no metric `{}` for rules; docs/MONITORING.md lists them", field.get_ref()),
            )
        })?;
    let kind = raw.kind.as_ref().map_or("threshold", |kind| kind.get_ref());
    let count_min = raw.count_min.as_ref().map(|field| *field.get_ref());
    let only_ratio = || {
        let why = format!("`{kind}` needs a share, such as `call_success`, and `{}` is none", metric.name());
        if metric.is_ratio() { Ok(()) } else { Err((field.span(), why)) }
    };
    match kind {
        "threshold" => threshold(raw, metric, count_min.unwrap_or(1)),
        "share" => {
            only_ratio()?;
            let windows = windows(raw)?;
            let (fire, clear) = limits(raw, metric)?;
            Ok(Condition::Share { metric, windows, fire, clear, count_min: count_min.unwrap_or(5) })
        }
        "burn_rate" => {
            only_ratio()?;
            burn(raw, metric, count_min.unwrap_or(5))
        }
        "absent" => {
            let window_ms = raw.window.as_ref().map_or(Ok(300_000), length)?;
            Ok(Condition::Absent { metric, window_ms: longest(raw, window_ms, FINE_KEPT_MS)? })
        }
        _ => Err((
            raw.kind.as_ref().map_or(raw.name.span(), Spanned::span),
            "`kind` is one of threshold, share, burn_rate, absent".to_owned(),
        )),
    }
}

fn threshold(raw: &Raw, metric: Metric, count_min: u64) -> Result<Condition, Fault> {
    let default = match metric {
        Metric::Gauge(_) => "last",
        Metric::Distribution(_) => "p75",
        Metric::Ratio(_) => "ratio",
        _ => "sum",
    };
    let text = raw.agg.as_ref().map_or(default, |agg| agg.get_ref());
    let agg = match (metric, text) {
        (Metric::Gauge(_), "last") => Some(Agg::Last),
        // Of a share the mean is the share.
        (Metric::Gauge(_) | Metric::Distribution(_), "mean") | (Metric::Ratio(_), "ratio") => Some(Agg::Mean),
        (Metric::Gauge(_) | Metric::Distribution(_), "min") => Some(Agg::Min),
        (Metric::Gauge(_) | Metric::Distribution(_), "max") => Some(Agg::Max),
        (Metric::Distribution(_), text) => Quantile::parse(text).map(Agg::Quantile),
        (Metric::Counter(_) | Metric::Family(_), "sum") => Some(Agg::Sum),
        _ => None,
    };
    let agg = agg.ok_or_else(|| {
        let possible = match metric {
            Metric::Gauge(_) => "last, mean, min, max",
            Metric::Distribution(_) => "mean, min, max, and percentiles such as p75",
            Metric::Ratio(_) => "ratio",
            _ => "sum",
        };
        let at = raw.agg.as_ref().map_or(raw.name.span(), Spanned::span);
        (at, format!("`agg` of `{}` is one of {possible}", metric.name()))
    })?;
    let is_counted = !matches!(metric, Metric::Gauge(_) | Metric::Distribution(_));
    let default_ms = if matches!(metric, Metric::Gauge(_)) { 60_000 } else { 300_000 };
    let window_ms = raw.window.as_ref().map_or(Ok(default_ms), length)?;
    let window_ms = longest(raw, window_ms, if is_counted { COARSE_KEPT_MS } else { FINE_KEPT_MS })?;
    let (fire, clear) = limits(raw, metric)?;
    // A sum of nothing is zero, and not unknown.
    let count_min = if agg == Agg::Sum || matches!(metric, Metric::Gauge(_)) { 0 } else { count_min };
    Ok(Condition::Threshold { metric, agg, window_ms, fire, clear, count_min })
}

fn limits(raw: &Raw, metric: Metric) -> Result<(Limit, Limit), Fault> {
    let fire_field = needed(raw, raw.fire.as_ref(), "fire")?;
    let fire = limit(fire_field, metric)?;
    let clear = match &raw.clear {
        None => fire.opposite(),
        Some(field) => {
            let clear = limit(field, metric)?;
            let is_apart = if fire.is_above { clear.bound <= fire.bound } else { clear.bound >= fire.bound };
            if clear.is_above == fire.is_above || !is_apart {
                let why = "`clear` is on the other side: with `fire = \"> 400\"` such as `clear = \"< 350\"`";
                return Err((field.span(), why.to_owned()));
            }
            clear
        }
    };
    Ok((fire, clear))
}

/// `> 400`, `< 90 %`.
fn limit(field: &Spanned<String>, metric: Metric) -> Result<Limit, Fault> {
    let fault = |why: &str| (field.span(), format!("`{}` {why}", field.get_ref()));
    let text = field.get_ref().trim();
    let (is_above, rest) = match text.split_at_checked(1) {
        Some((">", rest)) => (true, rest),
        Some(("<", rest)) => (false, rest),
        _ => return Err(fault("is no limit such as \"> 400\" or \"< 90 %\"")),
    };
    let (is_inclusive, rest) = rest.strip_prefix('=').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim();
    let (digits, scale) = rest.strip_suffix('%').map_or((rest, 1.0), |digits| (digits.trim_end(), 0.01));
    let bound = digits.parse::<f64>().ok().filter(|bound| bound.is_finite());
    let bound = bound.ok_or_else(|| fault("is no limit such as \"> 400\" or \"< 90 %\""))? * scale;
    if metric.is_ratio() && !(0.0..=1.0).contains(&bound) {
        return Err(fault("is no limit of a share: write it as \"< 90 %\" or \"< 0.9\""));
    }
    Ok(Limit { is_above, is_inclusive, bound })
}

fn burn(raw: &Raw, metric: Metric, count_min: u64) -> Result<Condition, Fault> {
    let field = needed(raw, raw.objective.as_ref(), "objective")?;
    let text = field.get_ref().trim();
    let percent = text.strip_suffix('%').and_then(|digits| digits.trim_end().parse::<f64>().ok());
    let objective = percent.map(|percent| percent / 100.0).filter(|share| *share > 0.0 && *share < 1.0);
    let objective = objective.ok_or_else(|| {
        (field.span(), "`objective` is a share such as \"99.5 %\", above 0 and below 100".to_owned())
    })?;
    let budget = 1.0 - objective;
    let list = needed(raw, raw.pairs.as_ref(), "pairs")?;
    if list.get_ref().is_empty() || list.get_ref().len() > 6 {
        return Err((list.span(), "there are one to six pairs".to_owned()));
    }
    let pairs: Result<Vec<_>, _> = list.get_ref().iter().map(|one| pair(one, budget)).collect();
    // Pairs of a shipped rule stand in another text.
    let here = |(at, why): Fault| (if list.span().contains(&at.start) { at } else { list.span() }, why);
    Ok(Condition::Burn { metric, budget, pairs: pairs.map_err(here)?, count_min })
}

fn pair(raw: &RawPair, budget: f64) -> Result<Pair, Fault> {
    let (long_ms, short_ms) = (length(&raw.long)?, length(&raw.short)?);
    if long_ms > COARSE_KEPT_MS || short_ms >= long_ms {
        return Err((raw.long.span(), "`short` is shorter than `long`, and `long` is at most 3d".to_owned()));
    }
    let factor = *raw.factor.get_ref();
    let most = REACH / budget;
    if factor <= 0.0 || factor.is_nan() {
        return Err((raw.factor.span(), "a factor is above 0".to_owned()));
    }
    // A ratio of decimals is off by a last digit.
    if factor > most * (1.0 + 1e-9) {
        let (reach, share) = (1.0 / budget, factor * budget * 100.0);
        let why = format!(
            "a factor of {factor} needs {share:.0} % to fail, and this objective can burn {reach:.1} times too fast at most: take {most:.1} or less, or a stricter objective"
        );
        return Err((raw.factor.span(), why));
    }
    Ok(Pair { long_ms, short_ms, factor })
}

fn windows(raw: &Raw) -> Result<Vec<u64>, Fault> {
    let Some(field) = &raw.windows else { return Ok(vec![120_000, 300_000, 900_000, 3_600_000]) };
    let fault = |why: &str| (field.span(), format!("`windows` {why}"));
    let lengths: Option<Vec<u64>> = field.get_ref().iter().map(|text| span::parse(text)).collect();
    let mut lengths = lengths.ok_or_else(|| fault("are lengths such as \"2m\" or \"1h\""))?;
    lengths.sort_unstable();
    lengths.dedup();
    let (first, last) = (lengths.first().copied().unwrap_or(0), lengths.last().copied().unwrap_or(0));
    if first < 10_000 || last > COARSE_KEPT_MS || lengths.len() > 8 {
        return Err(fault("are one to eight lengths from 10s to 3d"));
    }
    Ok(lengths)
}

fn longest(raw: &Raw, length_ms: u64, most_ms: u64) -> Result<u64, Fault> {
    if (10_000..=most_ms).contains(&length_ms) {
        return Ok(length_ms);
    }
    let at = raw.window.as_ref().map_or(raw.name.span(), Spanned::span);
    Err((at, format!("`window` of this metric is from 10s to {}", span::written(most_ms))))
}

fn length(field: &Spanned<String>) -> Result<u64, Fault> {
    let fault = || {
        (
            field.span(),
            format!(
                "`{}` is no length of time such as \"90s\", \"5m\" or \"6h\", and 30d is the longest",
                field.get_ref()
            ),
        )
    };
    span::parse(field.get_ref()).ok_or_else(fault)
}

fn needed<'a, T>(raw: &Raw, field: Option<&'a T>, name: &str) -> Result<&'a T, Fault> {
    field.ok_or_else(|| (raw.name.span(), format!("`{}` has no `{name}`", raw.name.get_ref())))
}

/// All rules in a table, for people.
pub fn rules_text(rules: &Rules) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for rule in rules.iter() {
        writeln!(out, "{} ({})", rule.name, rule.severity.word()).expect("a string takes all");
        let mut lines =
            vec![("", rule.about.clone()), ("fires: ", rule.fires_when()), ("clears: ", rule.clears_when())];
        if !rule.note.is_empty() {
            lines.push(("note: ", rule.note.clone()));
        }
        if !rule.inhibited_by.is_empty() {
            lines.push(("silent while one of these fires: ", rule.inhibited_by.join(", ")));
        }
        for (word, text) in lines {
            writeln!(out, "  {word}{text}").expect("a string takes all");
        }
    }
    out
}

#[cfg(test)]
mod tests;
