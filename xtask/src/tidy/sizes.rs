//! How large files and crates are: a thermometer that is printed, and two caps that are enforced.
//!
//! Functions over 70 lines are clippy's business (`too-many-lines-threshold` in `clippy.toml`); here only their
//! stated exceptions are counted. Generated and built files are not counted.

use super::Faults;
use super::arrows::PURE;
use super::repository::{Repository, Source};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A longer Rust file holds two ideas, or one that nobody can read in a sitting.
const RUST_LINES_MAX: usize = 700;
const TYPESCRIPT_LINES_MAX: usize = 400;
/// A page of a book: with more of them a reader of the code scrolls through what they do not look for.
const UNIT_TEST_LINES_MAX: usize = 50;
/// How unit tests begin that stand at the end of their file.
const UNIT_TESTS: &str = "\n#[cfg(test)]\nmod tests {\n";

/// House rule: 700 lines of Rust, 400 of TypeScript or JavaScript.
pub(crate) fn no_file_is_over_its_cap(repository: &Repository) -> Faults {
    let caps = [(RUST, RUST_LINES_MAX), (TYPESCRIPT, TYPESCRIPT_LINES_MAX)];
    let mut faults = Faults::new();
    for (extensions, cap) in caps {
        let over = written(repository, extensions).filter(|(_, lines)| *lines > cap);
        faults.extend(over.map(|(source, lines)| format!("{}: {lines} lines, cap {cap}", source.path)));
    }
    faults
}

/// House rule: unit tests of more than 50 lines have a file beside the code's, so that the code is read without them.
pub(crate) fn long_unit_tests_have_a_file(repository: &Repository) -> Faults {
    let lines = |text: &str| text.split_once(UNIT_TESTS).map_or(0, |(_, tests)| tests.lines().count() - 1);
    let long = written(repository, RUST).map(|(source, _)| (source, lines(&source.text)));
    long.filter(|(_, lines)| *lines > UNIT_TEST_LINES_MAX)
        .map(|(source, lines)| format!("{}: {lines} lines, at most {UNIT_TEST_LINES_MAX}", source.path))
        .collect()
}

/// The sizes, beside what we aim at.
pub(crate) fn thermometer(repository: &Repository) -> String {
    let mut out = String::new();
    for (name, extensions, aim) in [("Rust", RUST, (120, 350)), ("TypeScript", TYPESCRIPT, (80, 250))] {
        let mut lines: Vec<usize> = written(repository, extensions).map(|(_, lines)| lines).collect();
        lines.sort_unstable();
        let at = |percent: usize| lines.get((lines.len() * percent / 100).min(lines.len().saturating_sub(1)));
        let (median, p90, max) = (at(50).unwrap_or(&0), at(90).unwrap_or(&0), lines.last().unwrap_or(&0));
        let (count, sum) = (lines.len(), lines.iter().sum::<usize>());
        writeln!(
            out,
            "{name}: {count} files, {sum} lines; median {median} (aim {}), p90 {p90} (aim {}), largest {max}",
            aim.0, aim.1
        )
        .expect("a string takes all");
    }
    let crates = crate_lines(repository);
    let sum = crates.values().sum::<usize>().max(1);
    let pure: usize = crates.iter().filter(|(name, _)| PURE.contains(name)).map(|(_, lines)| lines).sum();
    let largest =
        crates.iter().max_by_key(|(_, lines)| **lines).map_or(("none", 0), |(name, lines)| (*name, *lines));
    let all = || repository.sources(RUST).filter(|source| source.path.starts_with("crates/"));
    let comments: usize =
        all().map(|source| source.text.lines().filter(|line| is_comment(line)).count()).sum();
    let lines: usize = all().map(|source| source.text.lines().count()).sum();
    let long = all().map(|source| source.text.matches("clippy::too_many_lines").count()).sum::<usize>();
    let late = super::words::late_subjects_percent(repository);
    write!(
        out,
        "crates: largest {} {} % (aim <= 32), pure {} % (aim >= 38); comments {} %, {late} % of them begin with who, \
         what or where (aim <= 3); long functions {long}",
        largest.0,
        largest.1 * 100 / sum,
        pure * 100 / sum,
        comments * 100 / lines.max(1)
    )
    .expect("a string takes all");
    out
}

const RUST: &[&str] = &["rs"];
const TYPESCRIPT: &[&str] = &["ts", "tsx", "mjs", "js"];

fn written<'a>(
    repository: &'a Repository,
    extensions: &'a [&str],
) -> impl Iterator<Item = (&'a Source, usize)> {
    let by_hand =
        |source: &&Source| !source.path.contains("/generated/") && !source.path.contains("/embedded/");
    repository.sources(extensions).filter(by_hand).map(|source| (source, source.text.lines().count()))
}

/// Each crate's lines of the product's Rust: what is under `crates/*/src/`, without tests.
fn crate_lines(repository: &Repository) -> BTreeMap<&str, usize> {
    let mut lines = BTreeMap::new();
    for (source, _) in written(repository, RUST) {
        let Some((name, file)) =
            source.path.strip_prefix("crates/").and_then(|path| path.split_once("/src/"))
        else {
            continue;
        };
        if !file.ends_with("tests.rs") && !file.contains("tests/") {
            *lines.entry(name).or_insert(0) += product_lines(&source.text);
        }
    }
    lines
}

/// The lines before the unit tests, which stand at the end of a file.
fn product_lines(text: &str) -> usize {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_its_cap_is_a_fault_unless_it_is_generated() {
        let long = "x\n".repeat(401);
        let longer = "x\n".repeat(701);
        let files: [(&str, &str); 4] =
            [("a.rs", &long), ("b.rs", &longer), ("web/src/a.ts", &long), ("sdk/src/generated/p.ts", &long)];
        let faults = no_file_is_over_its_cap(&Repository::of(&files));
        assert_eq!(faults, ["b.rs: 701 lines, cap 700", "web/src/a.ts: 401 lines, cap 400"]);
    }

    #[test]
    fn unit_tests_of_more_than_fifty_lines_are_a_fault() {
        let inline = |lines: usize| format!("//! X.\n{UNIT_TESTS}{}}}\n", "    x\n".repeat(lines));
        let files: [(&str, &str); 3] =
            [("a.rs", &inline(50)), ("b.rs", &inline(51)), ("c.rs", "//! X.\n\n#[cfg(test)]\nmod tests;\n")];
        let faults = long_unit_tests_have_a_file(&Repository::of(&files));
        assert_eq!(faults, ["b.rs: 51 lines, at most 50"]);
    }

    #[test]
    fn a_crates_lines_are_those_that_are_no_test() {
        let files = [
            ("crates/a/src/lib.rs", "1\n2\n3\n#[cfg(test)]\nmod tests;\n"),
            ("crates/a/src/tests.rs", "1\n"),
            ("crates/b/src/lib.rs", "1\n"),
            ("crates/b/tests/it.rs", "1\n"),
            ("xtask/src/x.rs", "1\n"),
        ];
        let repository = Repository::of(&files);
        assert_eq!(crate_lines(&repository), BTreeMap::from([("a", 3), ("b", 1)]));
    }
}
