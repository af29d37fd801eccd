//! Tests of `asvs.rs`.

use super::*;

const REASON: &str = "`a_thing_holds`, `who leaves is gone`; see `docs/DEPLOY.md`";

const FIGURES: &str = "| 1 | 70 | 70 | 0 | 0 | 0 |\n| 2 | 183 | 183 | 0 | 0 | 0 |\n\n\n";

/// A document with every item, all of them met by test.
fn document() -> String {
    let chapters = ITEMS.into_iter().enumerate().flat_map(|(index, (first, second))| {
        (1..=first + second).map(move |item| {
            let level = if item <= first { 1 } else { 2 };
            format!("| V{}.1.{item} | {level} | A hint | met by test | {REASON} |\n", index + 1)
        })
    });
    std::iter::once(FIGURES.to_owned()).chain(chapters).collect()
}

fn faults(text: &str) -> Faults {
    let files = [
        (DOCUMENT, text),
        ("crates/a/tests/it.rs", "#[tokio::test]\nasync fn a_thing_holds() {}\n"),
        ("sdk/test/a.test.ts", "test(\"who leaves is gone\", () => {});\n"),
    ];
    every_item_of_asvs_is_answered(&Repository::of(&files))
}

#[test]
fn seventy_and_183_items_with_tests_that_are_there_are_whole() {
    let sum = ITEMS.into_iter().fold((0, 0), |sum, (one, two)| (sum.0 + one, sum.1 + two));
    assert_eq!(sum, (70, 183));
    assert_eq!(faults(&document()), Faults::new());
    assert_eq!(every_item_of_asvs_is_answered(&Repository::of(&[])).len(), 1);
}

#[test]
fn an_item_that_is_missing_or_stands_twice_or_late_is_a_fault() {
    let (line, next) = ("| V6.1.3 | 1 | A hint", "| V6.1.4 | 1 | A hint");
    let text = document();
    let missing: Vec<&str> = text.lines().filter(|text| !text.starts_with(line)).collect();
    assert_eq!(
        faults(&missing.join("\n")),
        [
            "docs/ASVS.md: V6 has 13 items of level 1 and 22 of level 2, not 12 and 22",
            "docs/ASVS.md: the figures of level 1 on top are not | 1 | 69 | 69 | 0 | 0 | 0 |"
        ]
    );
    let twice = text.replace(next, line);
    assert!(faults(&twice)[0].ends_with("comes twice, or too late"), "{:?}", faults(&twice));
}

#[test]
fn another_answer_an_empty_reason_and_a_stray_line_are_faults() {
    for (from, to) in [
        ("| A hint | met by test |", "| A hint | partly |"),
        (REASON, ""),
        ("| V1.1.1 | 1 |", "| V1.1 | 1 |"),
        ("| V17.1.7 | 2 |", "| V18.1.1 | 2 |"),
        ("| V17.1.7 | 2 |", "| V17.1.7 | 3 |"),
    ] {
        assert!(!faults(&document().replacen(from, to, 1)).is_empty(), "{to}");
    }
}

#[test]
fn a_test_that_is_gone_and_none_at_all_are_faults_with_their_line() {
    let gone = document().replacen("a_thing_holds", "a_thing_held", 1);
    assert_eq!(faults(&gone), ["docs/ASVS.md:5: there is no test `a_thing_held`"]);
    let gone = document().replacen("who leaves is gone", "who leaves stays", 1);
    assert_eq!(faults(&gone), ["docs/ASVS.md:5: there is no test `who leaves stays`"]);
    let none = document().replacen(REASON, "`docs/DEPLOY.md`", 1);
    assert_eq!(faults(&none), ["docs/ASVS.md:5: names no test"]);
}

#[test]
fn figures_that_are_not_those_of_the_lines_are_faults() {
    let one_less = document().replacen("| met by test |", "| not |", 1);
    assert_eq!(
        faults(&one_less),
        ["docs/ASVS.md: the figures of level 1 on top are not | 1 | 70 | 69 | 0 | 1 | 0 |"]
    );
}
