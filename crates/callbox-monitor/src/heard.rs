//! What each side of a call said last of its quality, until the call is judged.
//!
//! A summary comes each half minute and replaces the one before, so that a tab that is killed has left one. Bounds: two
//! generations of 65,536 calls. One of which nothing came for ten minutes or twenty is forgotten; past the bound a new
//! call is not taken in, and its summary is in its story alone.

use callbox_protocol::call::Side;
use callbox_protocol::id::CallId;
use callbox_protocol::signal::Quality;
use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;

const CALLS_MAX: usize = 65_536;
const GENERATION_MS: u64 = 10 * 60 * 1_000;

/// What is kept of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The mean score.
    pub(crate) score: u8,
    /// The mean round trip.
    pub(crate) rtt_ms: u32,
    /// Packets lost of a thousand.
    pub(crate) loss_permille: u16,
}

/// By the caller and by the callee.
pub(crate) type Both = [Option<Summary>; 2];

/// The last summaries of calls.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    young: HashMap<CallId, Both>,
    old: HashMap<CallId, Both>,
    turns_at: UnixMillis,
}

impl Heard {
    /// A side's summary. One of no second says nothing.
    pub(crate) fn note(&mut self, side: Side, quality: &Quality, now: UnixMillis) {
        if now >= self.turns_at {
            self.old = std::mem::take(&mut self.young);
            self.turns_at = now.plus(GENERATION_MS);
        }
        let Quality { call, score, rtt_ms, loss_permille, .. } = *quality;
        let levels =
            [quality.excellent_s, quality.good_s, quality.poor_s, quality.frozen_s, quality.disconnected_s];
        let is_known = self.young.contains_key(&call);
        if levels == [0; 5] || (!is_known && self.young.len() >= CALLS_MAX) {
            return;
        }
        let both = self.young.entry(call).or_insert_with(|| self.old.remove(&call).unwrap_or_default());
        both[usize::from(side == Side::Callee)] = Some(Summary { score, rtt_ms, loss_permille });
    }

    /// What both said last, once.
    pub(crate) fn take(&mut self, call: CallId) -> Both {
        let (young, old) = (self.young.remove(&call), self.old.remove(&call));
        young.or(old).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
