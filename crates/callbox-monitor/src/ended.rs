//! Calls that ended a moment ago: waits for what is reported of them after their end, then judges each once.
//!
//! Evidence and summaries of quality come before a call's end or after it, and what the relay did comes after it. With the
//! judgement come the call's values for the distributions, so that each counts once. Bounds: 20,000 calls, past which
//! one is judged at once by what is there, and the summaries of `heard.rs`. A call that comes to no end, as in a
//! handover, is forgotten after an hour.

use callbox_protocol::call::{CallRecord, Outcome, Side};
use callbox_protocol::failure::{Evidence, FailureCause};
use callbox_protocol::id::CallId;
use callbox_protocol::signal::Quality;
use callbox_protocol::story::RelayUse;
use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::call_values::{of_quality, of_record};
use crate::cause::{BothEvidence, cause_of};
use crate::heard::Heard;
use crate::metric::Distribution;

/// How long after its end a call is judged: both pages and the relay have said all by then, unless a network is away.
const GRACE_MS: u64 = 5_000;
/// How long evidence waits for its call's end. It is sent at the end.
const UNENDED_MS: u64 = 60 * 60 * 1_000;
const CALLS_MAX: usize = 20_000;

/// A call that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The call.
    pub call: CallId,
    /// Its outcome.
    pub outcome: Outcome,
    /// Why it failed or was dropped, if it did.
    pub failure: Option<FailureCause>,
    /// Its use of the relay.
    pub relay: RelayUse,
    /// When it ended.
    pub ended_at: UnixMillis,
    /// Its steps and its quality, for the distributions.
    pub values: Vec<(Distribution, f64)>,
}

/// Calls that are not judged yet.
#[derive(Debug, Default)]
pub struct EndedCalls {
    calls: HashMap<CallId, Waiting>,
    /// Calls that have ended, by the relay's name for them.
    calls_by_key: HashMap<u64, CallId>,
    heard: Heard,
    due: BTreeSet<(UnixMillis, CallId)>,
    actions: VecDeque<Judged>,
}

#[derive(Debug)]
struct Waiting {
    /// Once it has ended: its record, and the relay's name for it.
    end: Option<(CallRecord, u64)>,
    evidence: BothEvidence,
    relay: RelayUse,
    due: UnixMillis,
}

impl EndedCalls {
    /// A call has ended; `key` is the relay's name for it.
    pub fn handle_end(&mut self, record: &CallRecord, key: u64, now: UnixMillis) {
        self.wait(record.call, now.plus(GRACE_MS)).end = Some((record.clone(), key));
        self.calls_by_key.insert(key, record.call);
        self.bound();
    }

    /// A side's evidence came, before its call's end or after it.
    pub fn handle_evidence(&mut self, side: Side, evidence: &Evidence, now: UnixMillis) {
        let call = evidence.call;
        let due = self.calls.get(&call).map_or(now.plus(UNENDED_MS), |known| known.due);
        let place = usize::from(side == Side::Callee);
        self.wait(call, due).evidence[place] = Some(*evidence);
        self.bound();
    }

    /// A side's summary came, while its call runs or after its end. It replaces the one before.
    pub fn handle_quality(&mut self, side: Side, quality: &Quality, now: UnixMillis) {
        self.heard.note(side, quality, now);
    }

    /// A side of a call that has ended used the relay.
    pub fn handle_relay(&mut self, key: u64, used: &RelayUse) {
        let call = self.calls_by_key.get(&key).and_then(|call| self.calls.get_mut(call));
        if let Some(Waiting { relay, .. }) = call {
            relay.packets += used.packets;
            relay.bytes += used.bytes;
            relay.refused = used.refused.or(relay.refused);
        }
    }

    /// Judges the calls whose time has come.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((_, call)) = self.due.first().filter(|(at, _)| *at <= now).copied() {
            self.judge(call);
        }
    }

    /// The process ends: judges all that have ended.
    pub fn handle_shutdown(&mut self) {
        while let Some((_, call)) = self.due.first().copied() {
            self.judge(call);
        }
    }

    /// The next one that was judged; to be called until it is `None` after each timeout.
    pub fn next_action(&mut self) -> Option<Judged> {
        self.actions.pop_front()
    }

    /// When [`Self::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        self.due.first().map(|(at, _)| *at)
    }

    fn wait(&mut self, call: CallId, due: UnixMillis) -> &mut Waiting {
        let fresh = || Waiting { end: None, evidence: [None; 2], relay: RelayUse::default(), due };
        let waiting = self.calls.entry(call).or_insert_with(fresh);
        self.due.remove(&(waiting.due, call));
        waiting.due = due;
        self.due.insert((due, call));
        waiting
    }

    fn bound(&mut self) {
        if self.calls.len() > CALLS_MAX
            && let Some((_, call)) = self.due.first().copied()
        {
            self.judge(call);
        }
    }

    fn judge(&mut self, call: CallId) {
        let Some(Waiting { end, evidence, relay, due }) = self.calls.remove(&call) else { return };
        self.due.remove(&(due, call));
        let Some((record, key)) = end else { return };
        self.calls_by_key.remove(&key);
        let failure = cause_of(&record, &evidence, &relay);
        let mut values = of_record(&record);
        values.extend(self.heard.take(call).into_iter().flatten().flat_map(of_quality));
        let ended_at = record.matched_at.plus(record.ended_ms.into());
        self.actions.push_back(Judged { call, outcome: record.outcome, failure, relay, ended_at, values });
    }
}

#[cfg(test)]
mod tests;
