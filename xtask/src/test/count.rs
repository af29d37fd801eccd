//! How many tests passed, failed and were skipped, read from the summaries that the runners print.
//!
//! Each runner is read in its own dialect only: a red run shows what the test itself printed, and that may
//! look like another runner's summary. A line that is no summary counts nothing.

use std::fmt;
use std::ops::{Add, AddAssign};

/// The sum over all runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// The program that wrote the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    /// One line, the last of its kind.
    Nextest,
    /// One line for each test binary.
    Cargo,
    /// One line for each figure, in TAP or as the spec reporter has it.
    Node,
    /// One line, from `web/e2e/run.mjs`.
    Browser,
}

impl Runner {
    /// Reads the summary in this runner's output; None if there is none.
    pub(crate) fn count(self, output: &str) -> Option<Count> {
        let mut counts = output.lines().filter_map(|line| self.line(line));
        match self {
            Self::Nextest | Self::Browser => counts.next_back(),
            Self::Cargo | Self::Node => counts.reduce(Add::add),
        }
    }

    fn line(self, line: &str) -> Option<Count> {
        match self {
            Self::Nextest => {
                let rest = line.trim_start().strip_prefix("Summary [")?;
                Some(Count::list(rest.split_once(" run: ")?.1, ','))
            }
            Self::Cargo => Some(Count::list(line.strip_prefix("test result: ")?.split_once(". ")?.1, ';')),
            Self::Browser => Some(Count::list(line.strip_prefix("e2e: ")?, ',')),
            Self::Node => {
                let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
                let (word, number) = rest.split_once(' ')?;
                Count::of(word, number.parse().ok()?)
            }
        }
    }
}

impl Count {
    /// Only skips.
    pub(crate) fn skipped(skipped: u64) -> Self {
        Self { skipped, ..Self::default() }
    }

    /// Reads `3 passed (1 slow), 1 timed out, 2 skipped`.
    fn list(text: &str, separator: char) -> Self {
        let parts = text.split(separator).filter_map(|part| {
            let (number, words) = part.trim().split_once(' ')?;
            Self::of(words.split(" (").next()?, number.parse().ok()?)
        });
        parts.fold(Self::default(), Add::add)
    }

    /// One figure, by the word that any of the runners has for it.
    fn of(word: &str, number: u64) -> Option<Self> {
        match word {
            "passed" | "pass" => Some(Self { passed: number, ..Self::default() }),
            "failed" | "fail" | "timed out" | "exec failed" | "cancelled" => {
                Some(Self { failed: number, ..Self::default() })
            }
            "skipped" | "ignored" | "todo" => Some(Self::skipped(number)),
            _ => None,
        }
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64, skipped: u64) -> Count {
        Count { passed, failed, skipped }
    }

    #[test]
    fn the_summary_of_nextest_is_understood() {
        let green = "     Summary [   0.013s] 12 tests run: 12 passed (1 slow), 3 skipped";
        assert_eq!(Runner::Nextest.count(green), Some(count(12, 0, 3)));
        let red = "     Summary [  60.1s] 4/9 tests run: 1 passed, 2 failed, 1 timed out, 0 skipped";
        assert_eq!(Runner::Nextest.count(red), Some(count(1, 3, 0)));
    }

    #[test]
    fn what_a_red_test_printed_is_not_counted_by_nextest() {
        let output = "    test result: FAILED. 0 passed; 1 failed; 0 ignored\n\
                      test result: FAILED. 0 passed; 1 failed; 0 ignored\n     \
                      Summary [ 1.0s] 2 tests run: 1 passed, 1 failed, 0 skipped\n\
                      test result: FAILED. 0 passed; 1 failed; 0 ignored";
        assert_eq!(Runner::Nextest.count(output), Some(count(1, 1, 0)));
    }

    #[test]
    fn the_summaries_of_cargo_test_add_up() {
        let output = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0s\n\
                      test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Runner::Cargo.count(output), Some(count(6, 1, 1)));
    }

    #[test]
    fn the_summaries_of_node_in_both_forms_are_understood() {
        let tap = "# tests 4\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0";
        assert_eq!(Runner::Node.count(tap), Some(count(2, 1, 1)));
        assert_eq!(Runner::Node.count("ℹ pass 7\nℹ fail 0\nℹ duration_ms 12.5"), Some(count(7, 0, 0)));
    }

    #[test]
    fn the_summary_of_the_browser_runner_is_understood() {
        assert_eq!(Runner::Browser.count("e2e: 9 passed, 1 failed, 0 skipped"), Some(count(9, 1, 0)));
    }

    #[test]
    fn a_runner_that_died_has_no_summary() {
        for runner in [Runner::Nextest, Runner::Cargo, Runner::Node, Runner::Browser] {
            assert_eq!(
                runner.count("3 passed, what random\n# a heading\nSummary of nothing"),
                None,
                "{runner:?}"
            );
        }
    }
}
