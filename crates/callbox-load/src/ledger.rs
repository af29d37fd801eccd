//! The ledger: of each message when it was due and whether it came, so that lost, doubled and reordered ones show.
//!
//! Both ends of every message are in this process, so one row a set-up is enough. Only the latest attempt of a
//! set-up counts: what belongs to an earlier one was given up by the protocol's own word, after a server forgot it.

use std::time::Duration;

use crate::clock::Nanos;
use crate::payload::Mark;
use crate::plan::MESSAGES;

/// Every message of one side has been sent, or seen.
const ALL: u16 = (1 << MESSAGES) - 1;

/// One side's messages on their way to the other.
#[derive(Clone, Copy, Debug, Default)]
struct Direction {
    sent: u16,
    seen: u16,
    newest: u8,
}

/// The record of one set-up's messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    attempt: u8,
    directions: [Direction; 2],
    due: [[Nanos; MESSAGES]; 2],
}

/// The verdict on a message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// As it should: this long after it was due.
    Fresh(Duration),
    /// It came before.
    Doubled,
    /// It belongs to an attempt that was given up.
    Stale,
}

/// Faults that were counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) reordered: u64,
}

/// One row for each set-up that has begun.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: Vec<Row>,
    doubled: u64,
    reordered: u64,
}

impl Ledger {
    /// The row of a set-up; rows are made as they are needed.
    fn row(&mut self, setup: u32) -> &mut Row {
        let index = setup as usize;
        if self.rows.len() <= index {
            self.rows.resize_with(index + 1, Row::default);
        }
        &mut self.rows[index]
    }

    /// The mark of a message of the current attempt, which is sent now and was due at `due`.
    pub(crate) fn send(&mut self, setup: u32, direction: u8, sequence: usize, due: Nanos) -> Mark {
        let row = self.row(setup);
        let side = usize::from(direction);
        row.directions[side].sent |= 1 << sequence;
        row.due[side][sequence] = due;
        let sequence = u8::try_from(sequence).expect("a side has eleven messages");
        Mark { setup, attempt: row.attempt, direction, sequence }
    }

    /// A message came.
    pub(crate) fn see(&mut self, mark: Mark, now: Nanos) -> Arrival {
        let Mark { setup, attempt, direction, sequence } = mark;
        let (side, place) = (usize::from(direction), usize::from(sequence));
        let Some(row) = self.rows.get_mut(setup as usize) else { return Arrival::Stale };
        if row.attempt != attempt || side > 1 || place >= MESSAGES {
            return Arrival::Stale;
        }
        let way = &mut row.directions[side];
        let bit = 1 << sequence;
        if way.seen & bit != 0 {
            self.doubled += 1;
            return Arrival::Doubled;
        }
        way.seen |= bit;
        if sequence < way.newest {
            self.reordered += 1;
        }
        way.newest = way.newest.max(sequence);
        Arrival::Fresh(now.since(row.due[side][place]))
    }

    /// The set-up begins again: what was sent before does not count any more.
    pub(crate) fn begin_again(&mut self, setup: u32) {
        let row = self.row(setup);
        let attempt = (row.attempt + 1) % 10;
        *row = Row { attempt, ..Row::default() };
    }

    /// Whether one side has sent all its messages, and all of the other's came.
    pub(crate) fn is_done(&self, setup: u32, direction: u8) -> bool {
        let Some(row) = self.rows.get(setup as usize) else { return false };
        let own = usize::from(direction);
        row.directions[own].sent == ALL && row.directions[1 - own].seen == ALL
    }

    /// Whether everything that was sent in this set-up has come.
    pub(crate) fn is_settled(&self, setup: u32) -> bool {
        self.rows.get(setup as usize).is_none_or(|row| row.directions.iter().all(|way| way.sent == way.seen))
    }

    /// The faults so far. A message that was sent and has not arrived is lost: ask when nothing can come any more.
    pub(crate) fn faults(&self) -> Faults {
        let lost = |way: &Direction| u64::from((way.sent & !way.seen).count_ones());
        let lost = self.rows.iter().flat_map(|row| &row.directions).map(lost).sum();
        Faults { lost, doubled: self.doubled, reordered: self.reordered }
    }
}

#[cfg(test)]
mod tests;
