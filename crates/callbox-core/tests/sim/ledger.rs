//! The lines of each call as sent and as received: nothing twice, nothing out of order, nothing lost.
//!
//! Lines may be missing only up to the number that was excused, after a client was honestly notified of lost frames.

use callbox_protocol::id::CallId;
use std::collections::HashMap;

/// Numbered lines of one side of one call.
#[derive(Debug, Default)]
struct Way {
    sent: u64,
    /// The last that arrived.
    heard: u64,
    /// Up to here lines may be missing.
    excused: u64,
    /// Bytes that were said since then.
    bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    ways: HashMap<(CallId, usize), Way>,
}

impl Ledger {
    /// The number of the next line of this client in this call.
    pub(crate) fn say(&mut self, call: CallId, from: usize, bytes: usize) -> u64 {
        let way = self.ways.entry((call, from)).or_default();
        way.sent += 1;
        way.bytes += bytes + 200;
        way.sent
    }

    /// A line arrived.
    pub(crate) fn hear(&mut self, call: CallId, from: usize, number: u64) -> Result<(), String> {
        let way = self.ways.entry((call, from)).or_default();
        if number <= way.heard {
            return Err(format!("line {number} of {from} came twice, or after {}", way.heard));
        }
        if number != way.heard + 1 && number - 1 > way.excused {
            return Err(format!("line {number} of {from} came after {}: lines are lost", way.heard));
        }
        way.heard = number;
        Ok(())
    }

    /// Lines of this call up to now may be missing.
    pub(crate) fn excuse(&mut self, call: CallId) {
        self.excuse_some(call, |_, _| true);
    }

    /// The same, for what this client said.
    pub(crate) fn excuse_from(&mut self, call: CallId, from: usize) {
        self.excuse_some(call, |its, _| its == from);
    }

    /// The same, for what was said to this client.
    pub(crate) fn excuse_to(&mut self, call: CallId, to: usize) {
        self.excuse_some(call, |its, _| its != to);
    }

    /// A side that was kept for somebody holds so much and no more.
    pub(crate) fn excuse_floods_to(&mut self, call: CallId, to: usize) {
        self.excuse_some(call, |its, way| its != to && way.bytes > 40_000);
    }

    fn excuse_some(&mut self, call: CallId, may: impl Fn(usize, &Way) -> bool) {
        let ways = self.ways.iter_mut().filter(|((its, _), _)| *its == call);
        for ((_, from), way) in ways {
            if may(*from, way) {
                (way.excused, way.bytes) = (way.sent, 0);
            }
        }
    }

    /// Everything that was said in this call has arrived.
    pub(crate) fn is_whole(&self, call: CallId, from: usize) -> Result<(), String> {
        match self.ways.get(&(call, from)) {
            Some(way) if way.sent != way.heard && way.sent > way.excused => {
                Err(format!("{from} said {} lines in {call}, {} arrived", way.sent, way.heard))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn lines(&self) -> u64 {
        self.ways.values().map(|way| way.heard).sum()
    }
}
