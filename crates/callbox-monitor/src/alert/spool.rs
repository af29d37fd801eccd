//! Notices on their way: what waits for which target, and when it is tried again.
//!
//! A delivery that fails is tried again after 10 s, 30 s, 1, 5 and 15 minutes, then each hour, for a day. One target never
//! waits for another. It is a part of the state that outlasts the process. Bound: 200 deliveries; past these the oldest is
//! given up, and counted.

use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use super::set::Notice;

const WAITING_MAX: usize = 200;
const PAUSES_MS: [u64; 5] = [10_000, 30_000, 60_000, 300_000, 900_000];
const LAST_PAUSE_MS: u64 = 3_600_000;
/// What is a day late is of no use to anybody.
const AGE_MS_MAX: u64 = 24 * 3_600_000;

/// Notices for one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Names it: a receiver that gets it twice can tell.
    pub id: u64,
    /// The name of the target.
    pub target: String,
    /// All that is told at once.
    pub notices: Vec<Notice>,
    made_at: UnixMillis,
    due_at: UnixMillis,
    tries: u32,
}

/// What waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spool {
    waiting: VecDeque<Delivery>,
    next: u64,
    #[serde(skip)]
    lost: u64,
}

impl Spool {
    /// Notices for one target.
    pub fn put(&mut self, target: &str, notices: Vec<Notice>, now: UnixMillis) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
            self.lost += 1;
        }
        let (id, target) = (self.next, target.to_owned());
        self.next += 1;
        self.waiting.push_back(Delivery { id, target, notices, made_at: now, due_at: now, tries: 0 });
    }

    /// Those that are due, the oldest first, one of each target: a later word never overtakes an earlier one.
    pub fn due(&self, now: UnixMillis) -> Vec<Delivery> {
        let mut seen: Vec<&str> = Vec::new();
        let mut due = Vec::new();
        for delivery in &self.waiting {
            if !seen.contains(&delivery.target.as_str()) {
                seen.push(&delivery.target);
                due.extend((delivery.due_at <= now).then(|| delivery.clone()));
            }
        }
        due
    }

    /// It has arrived, or can never arrive.
    pub fn handle_done(&mut self, id: u64) {
        self.waiting.retain(|delivery| delivery.id != id);
    }

    /// It has not arrived. Returns whether it is given up.
    pub fn handle_failed(&mut self, id: u64, now: UnixMillis) -> bool {
        let Some(place) = self.waiting.iter().position(|delivery| delivery.id == id) else { return false };
        let delivery = &mut self.waiting[place];
        if now.since(delivery.made_at) >= AGE_MS_MAX {
            self.waiting.remove(place);
            self.lost += 1;
            return true;
        }
        let pause = PAUSES_MS.get(delivery.tries as usize).copied().unwrap_or(LAST_PAUSE_MS);
        delivery.tries += 1;
        delivery.due_at = now.plus(pause);
        false
    }

    /// Forgets what is for nobody: targets that the settings have no more.
    pub fn keep_targets(&mut self, is_known: impl Fn(&str) -> bool) {
        self.waiting.retain(|delivery| is_known(&delivery.target));
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many were given up by this process.
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests;
