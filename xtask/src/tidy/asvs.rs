//! `docs/ASVS.md` answers every item of OWASP ASVS 5.0.0 of levels 1 and 2, and what it says can be found.
//!
//! Each item is there once, in order, with one of four answers; a test that is named is there; the figures on
//! top are those of the lines below. That named files exist is seen to in `documents.rs`. Whether an answer is
//! true no machine can tell. An item of the wrong number within its chapter goes unnoticed if another is missing.

use std::collections::BTreeSet;

use super::Faults;
use super::repository::Repository;

const DOCUMENT: &str = "docs/ASVS.md";
/// Items of levels 1 and 2 in each chapter, V1 to V17: counted in version 5.0.0 of the source, 70 and 183 of them.
const ITEMS: [(usize, usize); 17] = [
    (8, 19),
    (4, 7),
    (8, 11),
    (2, 8),
    (4, 5),
    (13, 22),
    (6, 12),
    (4, 3),
    (4, 3),
    (5, 24),
    (3, 11),
    (3, 6),
    (1, 12),
    (2, 7),
    (3, 10),
    (0, 16),
    (0, 7),
];
const BY_TEST: &str = "met by test";
const ANSWERS: [&str; 4] = [BY_TEST, "met", "not", "not applicable"];

/// One line of the document's tables.
struct Item<'a> {
    line: usize,
    /// Chapter, section, item.
    id: [usize; 3],
    level: usize,
    answer: &'a str,
    reason: &'a str,
}

/// House rule: the answers are whole, and what they name is there.
pub(crate) fn every_item_of_asvs_is_answered(repository: &Repository) -> Faults {
    let Some(text) = repository.text(DOCUMENT) else { return vec![format!("{DOCUMENT} is not there")] };
    let mut faults = Faults::new();
    let mut items = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with("| V")) {
        let Some(item) = read(index + 1, line) else {
            faults.push(format!("{DOCUMENT}:{}: is no id, level, hint, answer and reason", index + 1));
            continue;
        };
        items.push(item);
    }
    faults.extend(out_of_order(&items));
    faults.extend(miscounted(&items));
    faults.extend(unknown_tests(repository, &items));
    faults.extend(wrong_figures(text, &items));
    faults
}

fn read(line: usize, text: &str) -> Option<Item<'_>> {
    let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
    let [id, level, hint, answer, reason] = cells[..] else { return None };
    let id: Option<Vec<usize>> = id.strip_prefix('V')?.split('.').map(|part| part.parse().ok()).collect();
    let (id, level) = (id?.try_into().ok()?, level.parse().ok()?);
    let is_whole = !hint.is_empty() && !reason.is_empty() && ANSWERS.contains(&answer);
    is_whole.then_some(Item { line, id, level, answer, reason })
}

fn out_of_order(items: &[Item<'_>]) -> Faults {
    let pairs = items.iter().zip(items.iter().skip(1)).filter(|(one, next)| one.id >= next.id);
    pairs.map(|(_, next)| format!("{DOCUMENT}:{}: comes twice, or too late", next.line)).collect()
}

fn miscounted(items: &[Item<'_>]) -> Faults {
    let count =
        |chapter, level| items.iter().filter(|item| item.id[0] == chapter && item.level == level).count();
    let mut faults = Faults::new();
    for (index, expected) in ITEMS.into_iter().enumerate() {
        let found = (count(index + 1, 1), count(index + 1, 2));
        if found != expected {
            faults.push(format!(
                "{DOCUMENT}: V{} has {} items of level 1 and {} of level 2, not {} and {}",
                index + 1,
                expected.0,
                expected.1,
                found.0,
                found.1
            ));
        }
    }
    let strays = items.iter().filter(|item| !(1..=ITEMS.len()).contains(&item.id[0]) || item.level > 2);
    faults.extend(strays.map(|item| format!("{DOCUMENT}:{}: is of no such chapter or level", item.line)));
    faults
}

/// Tests that nobody has, and lines that are held by none. A test is a function in Rust or a title in the SDK's tests;
/// what has a slash, a dot or a hyphen in it is a file or a word.
fn unknown_tests(repository: &Repository, items: &[Item<'_>]) -> Faults {
    let mut faults = Faults::new();
    let functions: BTreeSet<&str> =
        repository.sources(&["rs"]).flat_map(|file| functions(&file.text)).collect();
    let scripts: Vec<&str> = repository.sources(&["ts", "mjs"]).map(|file| file.text.as_str()).collect();
    for Item { line, reason, .. } in items.iter().filter(|item| item.answer == BY_TEST) {
        let spans = reason.split('`').skip(1).step_by(2);
        let names: Vec<&str> = spans.filter(|span| !span.contains(['/', '.', '-'])).collect();
        if names.is_empty() {
            faults.push(format!("{DOCUMENT}:{line}: names no test"));
        }
        let is_there = |name: &str| {
            functions.contains(name) || scripts.iter().any(|text| text.contains(&format!("test(\"{name}\"")))
        };
        let unknown = names.into_iter().filter(|name| !is_there(name));
        faults.extend(unknown.map(|name| format!("{DOCUMENT}:{line}: there is no test `{name}`")));
    }
    faults
}

/// The names of functions, as far as they are at the start of a line.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        Some(rest.split_once('(')?.0)
    })
}

fn wrong_figures(text: &str, items: &[Item<'_>]) -> Faults {
    let mut faults = Faults::new();
    for level in [1, 2] {
        let of_level = || items.iter().filter(|item| item.level == level);
        let mut figures = vec![level, of_level().count()];
        figures.extend(ANSWERS.map(|answer| of_level().filter(|item| item.answer == answer).count()));
        let cells: Vec<String> = figures.iter().map(usize::to_string).collect();
        let expected = format!("| {} |", cells.join(" | "));
        if !text.lines().any(|line| line == expected) {
            faults.push(format!("{DOCUMENT}: the figures of level {level} on top are not {expected}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests;
