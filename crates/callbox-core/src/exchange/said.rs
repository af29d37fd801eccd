//! The chat of each call, for a report about it: the last lines as they were relayed, so that nobody has
//! to believe either side.
//!
//! In memory alone, and in what one process leaves to the next. Bounds: 20 lines of 500 characters of a call, until half an
//! hour after its end; 64 MB of all, which is 1,600 calls of nothing but the longest lines. Beyond that the
//! oldest call's are forgotten first.

use callbox_protocol::call::Side;
use callbox_protocol::http::{REPORT_LINE_CHARS_MAX, REPORT_LINES_MAX, ReportLine};
use callbox_protocol::id::CallId;
use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// People report a call as they leave it, or after a moment's thought.
const KEPT_MS: u64 = 30 * 60 * 1_000;
const BYTES_MAX: usize = 64 << 20;
/// The cost of a line beside its text.
const LINE_BYTES: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Said {
    /// Names of calls begin with their time, so the oldest is the first.
    calls: BTreeMap<CallId, Lines>,
    /// When lines of calls that have ended are to be forgotten.
    ends: BTreeSet<(UnixMillis, CallId)>,
    bytes: usize,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Lines {
    lines: VecDeque<ReportLine>,
    /// When it is to be forgotten; `None` while the call runs.
    until: Option<UnixMillis>,
}

impl Said {
    /// A line was relayed.
    pub(super) fn handle_line(&mut self, call: CallId, from: Side, text: &str) {
        let text: String = text.chars().take(REPORT_LINE_CHARS_MAX).collect();
        self.bytes += size(&text);
        let Lines { lines, .. } = self.calls.entry(call).or_default();
        lines.push_back(ReportLine { from, text });
        if lines.len() > REPORT_LINES_MAX {
            self.bytes -= lines.pop_front().map_or(0, |line| size(&line.text));
        }
        self.keep_bound();
    }

    /// A call has ended.
    pub(super) fn handle_end(&mut self, call: CallId, now: UnixMillis) {
        if let Some(lines) = self.calls.get_mut(&call) {
            let until = now.plus(KEPT_MS);
            lines.until = Some(until);
            self.ends.insert((until, call));
        }
    }

    pub(super) fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((_, call)) = self.ends.first().copied().filter(|(at, _)| *at <= now) {
            self.forget(call);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<UnixMillis> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// The last lines of a call, the oldest first.
    pub(super) fn of(&self, call: CallId) -> Vec<ReportLine> {
        self.calls.get(&call).map(|kept| kept.lines.iter().cloned().collect()).unwrap_or_default()
    }

    /// All of it, for the process that takes over.
    pub(super) fn take_state(&mut self) -> Vec<(CallId, Lines)> {
        std::mem::take(self).calls.into_iter().collect()
    }

    /// Continues where another process left off.
    pub(super) fn take_over(&mut self, state: Vec<(CallId, Lines)>) {
        for (call, kept) in state {
            self.bytes += kept.lines.iter().map(|line| size(&line.text)).sum::<usize>();
            self.ends.extend(kept.until.map(|until| (until, call)));
            self.calls.insert(call, kept);
        }
        self.keep_bound();
    }

    fn keep_bound(&mut self) {
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.calls.keys().next().copied()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, call: CallId) {
        let Some(Lines { lines, until }) = self.calls.remove(&call) else { return };
        self.bytes -= lines.iter().map(|line| size(&line.text)).sum::<usize>();
        if let Some(until) = until {
            self.ends.remove(&(until, call));
        }
    }
}

fn size(text: &str) -> usize {
    text.len() + LINE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: u64) -> CallId {
        CallId::new(UnixMillis(number), [0; 10])
    }

    #[test]
    fn the_last_twenty_lines_are_kept_until_half_an_hour_after_the_end() {
        let mut said = Said::default();
        for number in 0..25 {
            said.handle_line(call(1), Side::Callee, &format!("{number}{}", "😀".repeat(600)));
        }
        let kept = said.of(call(1));
        assert_eq!(kept.len(), 20);
        assert!(kept[0].text.starts_with("5😀") && kept[19].text.chars().count() == 500);
        assert_eq!(said.of(call(2)), []);
        said.handle_end(call(1), UnixMillis(1_000));
        let until = said.next_timeout().unwrap();
        said.handle_timeout(UnixMillis(until.0 - 1));
        assert_eq!(said.of(call(1)).len(), 20);
        said.handle_timeout(until);
        assert_eq!((said.of(call(1)), said.bytes, said.next_timeout()), (vec![], 0, None));
    }

    #[test]
    fn a_flood_of_lines_costs_the_oldest_call_its_own_and_no_more_memory_than_the_bound() {
        let mut said = Said::default();
        let line = "😀".repeat(500);
        let mut number = 0;
        while said.calls.len() == number {
            number += 1;
            for _ in 0..20 {
                said.handle_line(call(number as u64), Side::Caller, &line);
            }
            said.handle_end(call(number as u64), UnixMillis(0));
            assert!(said.bytes <= BYTES_MAX);
        }
        assert!(number > 1_500, "{number} calls");
        assert_eq!(said.of(call(1)), []);
        assert_eq!((said.of(call(2)).len(), said.ends.len()), (20, said.calls.len()));
    }
}
