//! The life of one rule: ok, pending, firing, and flapping beside these.
//!
//! Missing data never clear anything: while nothing comes, the clocks of `for` and `keep_firing` stand still. Bounds: 60 looks,
//! 200 changes.

use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use super::condition::{Look, Verdict};
use super::rule::{NoData, Timing};

const CHANGES_MAX: usize = 200;

/// Where a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Nothing is wrong.
    #[default]
    Ok,
    /// Something is, but not for long enough.
    Pending,
    /// It fires.
    Firing,
}

/// What became of a rule by a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It fires now.
    Fired,
    /// It fires no more.
    Cleared,
    /// It changes too often.
    Flaps,
    /// It does not any more.
    Steady,
}

/// The state of a rule: all of it that outlasts the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Life {
    pub(super) phase: Phase,
    pub(super) since: UnixMillis,
    /// Of a firing rule: since when all is well again.
    #[serde(default)]
    clear_since: Option<UnixMillis>,
    #[serde(default)]
    looks: VecDeque<bool>,
    /// When it fired or cleared lately.
    #[serde(default)]
    changes: VecDeque<UnixMillis>,
    #[serde(default)]
    pub(super) is_flapping: bool,
    /// When the outside was told last that it fires or flaps; `None` if the last word was that all is well.
    #[serde(default)]
    pub(super) told_at: Option<UnixMillis>,
    #[serde(default)]
    last_at: Option<UnixMillis>,
}

impl Life {
    /// Takes a look; at most one change of its phase, and one of whether it flaps.
    pub(super) fn handle_look(
        &mut self,
        timing: &Timing,
        look: Look,
        now: UnixMillis,
    ) -> [Option<Change>; 2] {
        let elapsed = self.last_at.map_or(0, |last| now.since(last));
        if self.last_at.replace(now).is_none() && self.since == UnixMillis(0) {
            self.since = now;
        }
        let verdict = match (look.verdict, timing.no_data) {
            (Verdict::NoData, NoData::Fire) => Verdict::Fire,
            (Verdict::NoData, NoData::Ok) => Verdict::Clear,
            (verdict, _) => verdict,
        };
        let change = if verdict == Verdict::NoData {
            self.wait(elapsed);
            None
        } else {
            self.step(timing, verdict, now)
        };
        if change.is_some() {
            self.changes.push_back(now);
            if self.changes.len() > CHANGES_MAX {
                self.changes.pop_front();
            }
        }
        [change, self.flapping(timing, now)]
    }

    /// This server has not what it watches, or the rule is gone.
    pub(super) fn rest(&mut self, now: UnixMillis) {
        if self.phase != Phase::Ok {
            let told_at = self.told_at;
            *self = Self { since: now, told_at, ..Self::default() };
        }
        self.is_flapping = false;
    }

    fn wait(&mut self, elapsed: u64) {
        if self.phase == Phase::Pending {
            self.since = self.since.plus(elapsed);
        }
        self.clear_since = self.clear_since.map(|since| since.plus(elapsed));
    }

    fn step(&mut self, timing: &Timing, verdict: Verdict, now: UnixMillis) -> Option<Change> {
        let (m, n) = timing.m_of_n;
        self.looks.push_back(verdict == Verdict::Fire);
        while self.looks.len() > n {
            self.looks.pop_front();
        }
        let is_bad = self.looks.iter().filter(|is_bad| **is_bad).count() >= m;
        match self.phase {
            Phase::Ok if is_bad => self.enter(Phase::Pending, now),
            Phase::Pending if !is_bad => self.enter(Phase::Ok, now),
            Phase::Firing if verdict == Verdict::Clear && !is_bad => {
                let since = *self.clear_since.get_or_insert(now);
                if now.since(since) >= timing.keep_firing_ms {
                    self.enter(Phase::Ok, now);
                    return Some(Change::Cleared);
                }
            }
            Phase::Firing => self.clear_since = None,
            Phase::Ok | Phase::Pending => {}
        }
        if self.phase == Phase::Pending && now.since(self.since) >= timing.for_ms {
            self.enter(Phase::Firing, now);
            return Some(Change::Fired);
        }
        None
    }

    fn enter(&mut self, phase: Phase, now: UnixMillis) {
        (self.phase, self.since, self.clear_since) = (phase, now, None);
    }

    fn flapping(&mut self, timing: &Timing, now: UnixMillis) -> Option<Change> {
        while self.changes.front().is_some_and(|at| now.since(*at) >= timing.flap_within_ms) {
            self.changes.pop_front();
        }
        let count = self.changes.len();
        if !self.is_flapping && count >= timing.flap_changes {
            self.is_flapping = true;
            return Some(Change::Flaps);
        }
        if self.is_flapping && count * 2 < timing.flap_changes {
            self.is_flapping = false;
            return Some(Change::Steady);
        }
        None
    }
}

#[cfg(test)]
mod tests;
