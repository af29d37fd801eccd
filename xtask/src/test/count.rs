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
mod tests;
