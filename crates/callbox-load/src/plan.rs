//! The plan: who meets whom at which instant, and when each candidate is made and sent.
//!
//! Open loop: all instants are fixed before the first frame, whatever becomes of earlier set-ups. Half of the
//! clients are left, half right. In each round every left one meets a right one, and the right row then moves on
//! by a step that shares no factor with its length: so no two meet twice within as many rounds as there are pairs,
//! as the lobby demands, and nobody has two meetings close to each other.

use anyhow::{Result, ensure};
use std::time::Duration;

use crate::clock::Nanos;

/// When a browser makes its candidates, after its description.
pub(crate) const CANDIDATE_MS: [u64; CANDIDATES] = [0, 2, 5, 10, 20, 35, 50, 70, 90, 100];
/// Candidates of one side.
pub(crate) const CANDIDATES: usize = 10;
/// Messages of one side: its description, then its candidates.
pub(crate) const MESSAGES: usize = 1 + CANDIDATES;
/// Our SDK sends what it has this long after the first of a batch: see `BATCH_MS` in `sdk/src/core/call.ts`.
const BATCH_MS: u64 = 50;

/// Candidates that go in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The first, counted from 0.
    pub(crate) from: usize,
    /// The one after the last.
    pub(crate) to: usize,
    /// When it goes, after the description.
    pub(crate) sent_ms: u64,
}

/// As socket.io-client and peerjs apps send: each as it comes.
pub(crate) fn one_by_one() -> Vec<Batch> {
    let each = CANDIDATE_MS.iter().enumerate();
    each.map(|(index, &ms)| Batch { from: index, to: index + 1, sent_ms: ms }).collect()
}

/// As our SDK sends.
pub(crate) fn batched() -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (index, &ms) in CANDIDATE_MS.iter().enumerate() {
        match batches.last_mut() {
            Some(batch) if ms <= batch.sent_ms => batch.to = index + 1,
            _ => batches.push(Batch { from: index, to: index + 1, sent_ms: ms + BATCH_MS }),
        }
    }
    batches
}

/// One set-up as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// When it starts.
    pub(crate) at: Nanos,
    /// The client on the offer's side if the wire leaves the choice.
    pub(crate) left: usize,
    /// The other.
    pub(crate) right: usize,
    /// Whether the two stay in their call until one of them leaves it by `next`.
    pub(crate) stays: bool,
}

/// All set-ups of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pairs: usize,
    step: usize,
    rate: f64,
    next_share: f64,
    start: Nanos,
    /// How many there are.
    pub(crate) setups: usize,
}

impl Plan {
    /// `rate` a second for `duration`, the first at `start`; a share of them stays for a `next`.
    pub(crate) fn new(clients: usize, rate: f64, duration: Duration, next_share: f64) -> Result<Self> {
        let pairs = clients / 2;
        ensure!(pairs > 0, "a set-up takes two clients");
        ensure!(rate > 0.0 && rate <= 1e6, "between 0 and a million set-ups a second");
        ensure!((0.0..=1.0).contains(&next_share), "a share is between 0 and 1");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both were just bounded")]
        let setups = (rate * duration.as_secs_f64()).round() as usize;
        ensure!(
            setups <= pairs * pairs,
            "{clients} clients cannot have {setups} set-ups without meeting somebody twice: take more of them"
        );
        Ok(Self { pairs, step: step(pairs), rate, next_share, start: Nanos::default(), setups })
    }

    /// The same plan, beginning at this instant.
    pub(crate) fn starting(mut self, start: Nanos) -> Self {
        self.start = start;
        self
    }

    /// The set-up of this number.
    pub(crate) fn meeting(&self, number: usize) -> Meeting {
        let (round, left) = (number / self.pairs, number % self.pairs);
        let right = self.pairs + (left + round * self.step) % self.pairs;
        // As many as the share says, spread evenly: whenever the sum of shares passes a whole number.
        #[expect(clippy::cast_precision_loss, reason = "set-ups are counted in millions at most")]
        let (number, next) = (number as f64, number as f64 + 1.0);
        let stays = (next * self.next_share).floor() > (number * self.next_share).floor();
        let at = self.start.plus(Duration::from_secs_f64(number / self.rate));
        Meeting { at, left, right, stays }
    }

    /// How many set-ups one client has at most.
    pub(crate) fn rounds(&self) -> usize {
        self.setups.div_ceil(self.pairs)
    }
}

/// About three eighths of the row, and without a common factor: a right client rests for five eighths of a round at
/// least, and is never due together with its last partner.
fn step(pairs: usize) -> usize {
    let wanted = pairs * 3 / 8;
    (wanted.max(1)..=pairs + 1)
        .find(|&step| gcd(step, pairs) == 1)
        .expect("one more than the row's length has none")
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests;
