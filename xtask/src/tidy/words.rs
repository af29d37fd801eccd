//! Words that this house does not use: for each there is a word of the field, which an engineer knows from elsewhere.
//!
//! Names and prose are searched alike: `repairMs` holds the words `repair` and `ms`. Phrases are searched in lines as they
//! are, in lower case. The list holds what was once ours and is gone; a word that also has a plain meaning is not on it.
//! Words below are put together from halves, so that this file does not break its own rule.

use super::Faults;
use super::repository::Repository;

/// A word of ours in two halves, and the field's.
const WORDS: [(&str, &str, &str); 9] = [
    ("lu", "ck", "random, randomness, seed"),
    ("men", "d", "fix, repair"),
    ("men", "ds", "fixes, repairs"),
    ("men", "ded", "fixed, repaired"),
    ("men", "ding", "fixing, repairing"),
    ("par", "ting", "leave, close"),
    ("sea", "t", "side, participant"),
    ("sea", "ts", "sides, participants"),
    ("un", "told", "pending, unacknowledged"),
];
const PHRASES: [(&str, &str, &str); 6] = [
    ("in the", " place of", "instead of"),
    ("worth", " nothing", "invalid"),
    ("restart", " in order", "graceful restart"),
    ("are let", " go", "are evicted"),
    ("put back", " in line", "requeued"),
    (" in", " force", "current"),
];
/// Some sentences read best so.
const LATE_PERCENT_MAX: usize = 3;
/// Texts of others, and lists that are no prose.
const EXEMPT: [&str; 3] = ["/embedded/", "LICENSE", "/common.txt"];
const PROSE: [&str; 8] = [".rs", ".ts", ".tsx", ".mjs", ".md", ".toml", ".css", ".py"];

/// House rule: one word for one idea, and the field's if it has one.
pub(crate) fn banned_words_are_gone(repository: &Repository) -> Faults {
    let mut faults = Faults::new();
    let words = WORDS.map(|(a, b, instead)| (format!("{a}{b}"), instead));
    let phrases = PHRASES.map(|(a, b, instead)| (format!("{a}{b}"), instead));
    let is_prose = |path: &str| {
        PROSE.iter().any(|end| path.ends_with(end)) && !EXEMPT.iter().any(|part| path.contains(part))
    };
    for file in repository.files.iter().filter(|file| is_prose(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let used = split(line);
            let word = words.iter().find(|(word, _)| used.contains(word));
            let found = word.or_else(|| phrases.iter().find(|(phrase, _)| lower.contains(&**phrase)));
            faults.extend(found.map(|(word, instead)| {
                format!("{}:{}: `{}`; say {instead}", file.path, index + 1, word.trim())
            }));
        }
    }
    faults
}

/// The words of a line in lower case, where names are taken apart: `isDue`, `is_due` and `IS_DUE` are two words.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in line.chars() {
        if !char.is_ascii_alphabetic() || (was_lower && char.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if char.is_ascii_alphabetic() {
            words.last_mut().expect("it begins with one").push(char.to_ascii_lowercase());
        }
        was_lower = char.is_ascii_lowercase();
    }
    words
}

/// House rule: the subject of a sentence comes first.
pub(crate) fn subjects_come_first(repository: &Repository) -> Faults {
    let percent = late_subjects_percent(repository);
    let text =
        format!("{percent} % of the comment lines begin with who, what or where; {LATE_PERCENT_MAX} % may");
    Faults::from_iter((percent > LATE_PERCENT_MAX).then_some(text))
}

/// Comment lines that begin with who, what, where or whoever, in percent: their subject comes late.
pub(crate) fn late_subjects_percent(repository: &Repository) -> usize {
    let (mut all, mut late) = (0, 0);
    for file in repository.sources(&["rs", "ts", "tsx", "mjs"]) {
        if EXEMPT.iter().chain(&["/generated/"]).any(|part| file.path.contains(part)) {
            continue;
        }
        for line in file.text.lines() {
            let Some(text) = comment(line) else { continue };
            all += 1;
            let first = text.split(|char: char| !char.is_alphabetic()).next().unwrap_or_default();
            late += usize::from(["Who", "Whoever", "Whom", "Whose", "What", "Where"].contains(&first));
        }
    }
    late * 100 / all.max(1)
}

fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["//! ", "/// ", "// ", "/** ", "* "].iter().find_map(|start| line.strip_prefix(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_and_a_word_inside_another_is_none() {
        let word = ["me", "nd"].concat();
        let bad = format!("const {}_MS: u64 = 1; // it {word}s\n", word.to_uppercase());
        let good = "fn amend() {} // recommended\n";
        let faults = banned_words_are_gone(&Repository::of(&[("a.rs", &bad), ("b.rs", good)]));
        assert_eq!(faults, [format!("a.rs:1: `{word}`; say fix, repair")]);
    }

    #[test]
    fn phrases_are_found_in_documents() {
        let text = ["It stands in the", " place of another.\n"].concat();
        assert_eq!(banned_words_are_gone(&Repository::of(&[("a.md", &text)])).len(), 1);
    }

    #[test]
    fn sentences_whose_subject_stands_late_are_counted() {
        let text =
            "//! Who asks is told.\n//! The caller asks.\n/// What it is.\n/// A thing.\nlet what = 1;\n";
        let repository = Repository::of(&[("a.rs", text)]);
        assert_eq!(late_subjects_percent(&repository), 50);
        assert_eq!(subjects_come_first(&repository).len(), 1);
        assert!(subjects_come_first(&Repository::of(&[("a.rs", "//! The caller asks.\n")])).is_empty());
    }
}
