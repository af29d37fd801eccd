//! How many tests passed, failed and were skipped, read from the summaries that the runners print.
//!
//! Four dialects: cargo-nextest, `cargo test`, Node's runner (TAP and its spec reporter) and our browser
//! runner. A line that is none of them counts nothing, so a test's own output can hardly lie.

use std::fmt;
use std::ops::{Add, AddAssign};

/// The sum over all runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Count {
    /// Reads every summary in a runner's output.
    pub(crate) fn parse(output: &str) -> Self {
        output.lines().filter_map(line).fold(Self::default(), Add::add)
    }

    /// Only skips.
    pub(crate) fn skipped(skipped: u64) -> Self {
        Self { skipped, ..Self::default() }
    }

    /// Reads `3 passed (1 slow), 1 timed out, 2 skipped`.
    fn list(text: &str, separator: char) -> Self {
        let mut count = Self::default();
        for part in text.split(separator) {
            let Some((number, words)) = part.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match words.split(" (").next().unwrap_or(words).trim_end_matches('.') {
                "passed" => count.passed += number,
                "failed" | "timed out" | "exec failed" => count.failed += number,
                "skipped" | "ignored" => count.skipped += number,
                _ => {}
            }
        }
        count
    }
}

fn line(line: &str) -> Option<Count> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("Summary [") {
        return Some(Count::list(rest.split_once(" run: ")?.1, ','));
    }
    if let Some(rest) = line.strip_prefix("test result: ") {
        return Some(Count::list(rest.split_once(". ")?.1, ';'));
    }
    if let Some(rest) = line.strip_prefix("e2e: ") {
        return Some(Count::list(rest, ','));
    }
    let (word, number) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?.split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "pass" => Some(Count { passed: number, ..Count::default() }),
        "fail" | "cancelled" => Some(Count { failed: number, ..Count::default() }),
        "skipped" | "todo" => Some(Count::skipped(number)),
        _ => None,
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
        assert_eq!(Count::parse(green), count(12, 0, 3));
        let red = "     Summary [  60.1s] 4/9 tests run: 1 passed, 2 failed, 1 timed out, 0 skipped";
        assert_eq!(Count::parse(red), count(1, 3, 0));
    }

    #[test]
    fn the_summaries_of_cargo_test_add_up() {
        let output = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0s\n\
                      test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Count::parse(output), count(6, 1, 1));
    }

    #[test]
    fn the_summaries_of_node_in_both_forms_are_understood() {
        assert_eq!(Count::parse("# tests 4\n# pass 2\n# fail 1\n# skipped 1\n# todo 0"), count(2, 1, 1));
        assert_eq!(Count::parse("ℹ pass 7\nℹ fail 0\nℹ duration_ms 12.5"), count(7, 0, 0));
    }

    #[test]
    fn the_browser_runner_is_understood_and_other_lines_count_nothing() {
        assert_eq!(Count::parse("e2e: 9 passed, 1 failed, 0 skipped"), count(9, 1, 0));
        assert_eq!(Count::parse("3 passed, what luck\n# a heading\nSummary of nothing"), Count::default());
    }
}
