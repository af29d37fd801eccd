//! All rules together: each looked at, and what is told of them.
//!
//! A rule that fires is told once, and again after four hours; what is silenced, muted after a deploy, or said by another
//! rule already is told when that ends, if it fires still. The end is told to whoever heard of the beginning.
//! Bounds: those of `alert.rs`; notices of one look, as many as rules.

use callbox_protocol::alert::{Alert, AlertState};
use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

use super::condition::{Look, Memory, Verdict};
use super::interval::Interval;
use super::kept::{Deploy, Kept, Silence};
use super::life::{Change, Life, Phase};
use super::rule::{Parts, Rule, Severity};
use super::rules::Rules;

/// What fires on is told again after so long: as Alertmanager does.
const REPEAT_MS: u64 = 4 * 3_600_000;
const SILENCES_MAX: usize = 100;
const DEPLOYS_MAX: usize = 100;
/// A silence of a rule whose name nobody wrote wrong holds for all of them.
const ALL: &str = "*";

/// Why there is no silence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SilenceError {
    /// No rule has this name.
    #[error("There is no rule `{0}`. `GET /v1/alerts` lists them; `*` is all of them.")]
    Rule(String),
    /// As many as there may be hold already.
    #[error("{SILENCES_MAX} silences hold already: end one first.")]
    Full,
}

/// What is told of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The rule.
    pub rule: String,
    /// What is wrong.
    pub about: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it fires; else it has cleared.
    pub is_firing: bool,
    /// Whether it changes so often that no single change is told.
    pub is_flapping: bool,
    /// Since when it fires, or when it began to.
    pub since: UnixMillis,
    /// When this was said.
    pub at: UnixMillis,
    /// The value, with its unit.
    pub value: Option<String>,
    /// Of how many it is.
    pub count: Option<u64>,
    /// When the rule fires.
    pub fires: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Where it is written what to do; may be empty.
    pub runbook: String,
}

/// A rule with its state, for operators.
pub type View = Alert;

/// All rules and their state.
#[derive(Debug)]
pub struct Alerts {
    watches: Vec<Watch>,
    parts: Parts,
    silences: Vec<Silence>,
    deploys: Vec<Deploy>,
    next_silence: u32,
    looked_at: Option<UnixMillis>,
    notices: Vec<Notice>,
}

#[derive(Debug)]
struct Watch {
    rule: Rule,
    memory: Memory,
    life: Life,
    look: Look,
    /// When the last firing began: a notice of its end says so.
    fired_at: UnixMillis,
    is_applicable: bool,
}

impl Watch {
    fn new(rule: Rule, parts: Parts, life: Life) -> Self {
        let is_applicable = rule.needs.is_none_or(|part| part.is_in(parts));
        let look = Look { verdict: Verdict::NoData, value: None, count: None };
        Self { memory: rule.condition.memory(), fired_at: life.since, rule, life, look, is_applicable }
    }
}

impl Alerts {
    /// With what the last process left, if there was one.
    pub fn new(rules: &Rules, parts: Parts, kept: Option<Kept>) -> Self {
        let (mut lives, silences, deploys, next_silence) = kept.map_or_else(
            || (BTreeMap::new(), Vec::new(), Vec::new(), 1),
            |kept| (kept.lives, kept.silences, kept.deploys, kept.next_silence),
        );
        let watch = |rule: &Rule| {
            let life = lives.remove(&rule.name).unwrap_or_default();
            Watch::new(rule.clone(), parts, life)
        };
        let watches = rules.iter().map(watch).collect();
        Self { watches, parts, silences, deploys, next_silence, looked_at: None, notices: Vec::new() }
    }

    /// Other rules. What fires on under the same name goes on; the end of what is gone is told.
    pub fn handle_rules(&mut self, rules: &Rules, now: UnixMillis) {
        let mut before: BTreeMap<_, _> =
            self.watches.drain(..).map(|watch| (watch.rule.name.clone(), watch)).collect();
        for rule in rules.iter() {
            let watch = match before.remove(&rule.name) {
                Some(mut known) if known.rule.condition == rule.condition => {
                    known.is_applicable = rule.needs.is_none_or(|part| part.is_in(self.parts));
                    known.rule = rule.clone();
                    known
                }
                known => {
                    Watch::new(rule.clone(), self.parts, known.map(|known| known.life).unwrap_or_default())
                }
            };
            self.watches.push(watch);
        }
        for mut gone in before.into_values().filter(|gone| gone.life.told_at.is_some()) {
            gone.life.rest(now);
            self.notices.push(gone.notice(now));
        }
    }

    /// Fills memories with what was seen before this process, and judges nothing by it.
    pub fn remember(&mut self, interval: &Interval, at: UnixMillis) {
        for watch in &mut self.watches {
            watch.memory.take(watch.rule.condition.metric(), interval, at);
        }
    }

    /// Looks at every rule; what is to be told is in [`Self::next_notices`] then.
    pub fn handle_interval(&mut self, interval: &Interval, now: UnixMillis) {
        self.remember(interval, now);
        self.looked_at = Some(now);
        self.silences.retain(|silence| silence.until > now);
        for watch in &mut self.watches {
            watch.handle_look(now);
        }
        for place in 0..self.watches.len() {
            let is_held = self.is_held(&self.watches[place], now);
            let notice = self.watches[place].told_now(is_held, now);
            self.notices.extend(notice);
        }
    }

    /// All notices that are to be told together; empty if there are none.
    pub fn next_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Nobody is told of a rule until then.
    pub fn handle_silence(
        &mut self,
        rule: &str,
        why: &str,
        until: UnixMillis,
        now: UnixMillis,
    ) -> Result<Silence, SilenceError> {
        if rule != ALL && !self.watches.iter().any(|watch| watch.rule.name == rule) {
            return Err(SilenceError::Rule(rule.chars().take(60).collect()));
        }
        self.silences.retain(|silence| silence.until > now);
        if self.silences.len() >= SILENCES_MAX {
            return Err(SilenceError::Full);
        }
        let silence = Silence { id: self.next_silence, rule: rule.to_owned(), until, why: why.to_owned() };
        self.next_silence = self.next_silence.wrapping_add(1);
        self.silences.push(silence.clone());
        Ok(silence)
    }

    /// Ends a silence; whether there was one.
    pub fn end_silence(&mut self, id: u32) -> bool {
        let before = self.silences.len();
        self.silences.retain(|silence| silence.id != id);
        self.silences.len() < before
    }

    /// There is a deploy now. Past a hundred the oldest is forgotten.
    pub fn handle_deploy(&mut self, name: &str, now: UnixMillis) {
        if self.deploys.len() >= DEPLOYS_MAX {
            self.deploys.remove(0);
        }
        self.deploys.push(Deploy { at: now, name: name.to_owned() });
    }

    /// The last deploys, the oldest first.
    pub fn deploys(&self) -> &[Deploy] {
        &self.deploys
    }

    /// Silences that hold.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// When rules were looked at last.
    pub fn looked_at(&self) -> Option<UnixMillis> {
        self.looked_at
    }

    /// What the next process needs.
    pub fn kept(&self) -> Kept {
        let lives = self.watches.iter().map(|watch| (watch.rule.name.clone(), watch.life.clone()));
        Kept::new(lives.collect(), self.silences.clone(), self.deploys.clone(), self.next_silence)
    }

    /// Notices of all that was told and fires still, as of now: for a receiver that must hear of it again and again.
    pub fn firing(&self, now: UnixMillis) -> Vec<Notice> {
        let is_told = |watch: &&Watch| watch.life.phase == Phase::Firing && watch.life.told_at.is_some();
        self.watches.iter().filter(is_told).map(|watch| watch.notice(now)).collect()
    }

    /// Every rule: what fires first, and of that the critical.
    pub fn views(&self, now: UnixMillis) -> Vec<View> {
        let mut views: Vec<_> = self.watches.iter().map(|watch| self.view(watch, now)).collect();
        let rank =
            |view: &View| (view.state != AlertState::Firing, view.severity != Severity::Critical.word());
        views.sort_by_key(|view| if view.state == AlertState::Firing { rank(view) } else { (true, false) });
        views
    }

    fn view(&self, watch: &Watch, now: UnixMillis) -> View {
        let Watch { rule, life, look, is_applicable, .. } = watch;
        let state = match (life.phase, look.verdict) {
            _ if !is_applicable => AlertState::NotApplicable,
            (Phase::Firing, _) => AlertState::Firing,
            (Phase::Pending, _) => AlertState::Pending,
            (Phase::Ok, Verdict::NoData) => AlertState::NoData,
            (Phase::Ok, _) => AlertState::Ok,
        };
        Alert {
            rule: rule.name.clone(),
            about: rule.about.clone(),
            severity: rule.severity.word().to_owned(),
            state,
            since: life.since,
            value: look.value.map(|value| rule.written_value(value)),
            count: look.count,
            fires: rule.fires_when(),
            clears: rule.clears_when(),
            note: rule.note.clone(),
            runbook: rule.runbook.clone(),
            is_flapping: life.is_flapping,
            silenced_until: self.silenced_until(rule, now),
            inhibited_by: self.inhibited_by(rule).map(str::to_owned),
            muted_until: self.muted_until(rule, now),
        }
    }

    fn is_held(&self, watch: &Watch, now: UnixMillis) -> bool {
        let rule = &watch.rule;
        self.silenced_until(rule, now).is_some()
            || self.inhibited_by(rule).is_some()
            || self.muted_until(rule, now).is_some()
    }

    fn silenced_until(&self, rule: &Rule, now: UnixMillis) -> Option<UnixMillis> {
        let is_about =
            |silence: &&Silence| silence.until > now && (silence.rule == ALL || silence.rule == rule.name);
        self.silences.iter().filter(is_about).map(|silence| silence.until).max()
    }

    fn inhibited_by<'a>(&self, rule: &'a Rule) -> Option<&'a str> {
        let is_firing = |name: &&String| {
            self.watches.iter().any(|other| other.rule.name == **name && other.life.phase == Phase::Firing)
        };
        rule.inhibited_by.iter().find(is_firing).map(String::as_str)
    }

    fn muted_until(&self, rule: &Rule, now: UnixMillis) -> Option<UnixMillis> {
        let until = self.deploys.last()?.at.plus(rule.mute_after_deploy_ms);
        (until > now).then_some(until)
    }
}

impl Watch {
    fn handle_look(&mut self, now: UnixMillis) {
        if !self.is_applicable {
            self.life.rest(now);
            return;
        }
        self.look = self.rule.condition.look(&self.memory, now);
        let changes = self.life.handle_look(&self.rule.timing, self.look, now);
        for change in changes.into_iter().flatten() {
            match change {
                Change::Fired => self.fired_at = now,
                // Whoever heard that it flaps hears where it stands.
                Change::Steady if self.life.phase == Phase::Firing => self.life.told_at = None,
                Change::Flaps => self.life.told_at = None,
                Change::Cleared | Change::Steady => {}
            }
        }
    }

    /// What is told now, if anything.
    fn told_now(&mut self, is_held: bool, now: UnixMillis) -> Option<Notice> {
        let is_said = self.life.is_flapping || self.life.phase == Phase::Firing;
        let is_due = match self.life.told_at {
            None => is_said && !is_held,
            Some(told_at) if is_said => !is_held && !self.life.is_flapping && now.since(told_at) >= REPEAT_MS,
            Some(_) => true,
        };
        if !is_due {
            return None;
        }
        self.life.told_at = is_said.then_some(now);
        Some(self.notice(now))
    }

    fn notice(&self, now: UnixMillis) -> Notice {
        let Self { rule, life, look, fired_at, .. } = self;
        Notice {
            rule: rule.name.clone(),
            about: rule.about.clone(),
            severity: rule.severity,
            is_firing: life.phase == Phase::Firing || life.is_flapping,
            is_flapping: life.is_flapping,
            since: *fired_at,
            at: now,
            value: look.value.map(|value| rule.written_value(value)),
            count: look.count,
            fires: rule.fires_when(),
            labels: rule.labels.clone(),
            runbook: rule.runbook.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
