//! Tests of `count.rs`.

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
