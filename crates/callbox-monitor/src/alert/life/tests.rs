//! Tests of `life.rs`: tables of looks each ten seconds, and what comes of them.

use super::*;

const STEP: u64 = 10_000;

fn timing() -> Timing {
    Timing {
        for_ms: 0,
        keep_firing_ms: 0,
        m_of_n: (1, 1),
        no_data: NoData::Keep,
        flap_changes: 6,
        flap_within_ms: 3_600_000,
    }
}

/// `F` fires, `c` is clear, `n` is neither, `.` is no data. Out: `F` fired, `c` cleared, `~` flaps, `=` is steady.
fn told(timing: &Timing, looks: &str) -> String {
    let mut life = Life::default();
    let mut out = String::new();
    for (number, letter) in looks.chars().enumerate() {
        let verdict = match letter {
            'F' => Verdict::Fire,
            'c' => Verdict::Clear,
            'n' => Verdict::Neither,
            _ => Verdict::NoData,
        };
        let look = Look { verdict, value: None, count: None };
        let now = UnixMillis(1_000_000 + number as u64 * STEP);
        let mut changed = String::new();
        for change in life.handle_look(timing, look, now).into_iter().flatten() {
            changed.push(match change {
                Change::Fired => 'F',
                Change::Cleared => 'c',
                Change::Flaps => '~',
                Change::Steady => '=',
            });
        }
        out.push_str(if changed.is_empty() { "." } else { &changed });
        // What is kept is all there is.
        let text = serde_json::to_string(&life).unwrap();
        life = serde_json::from_str(&text).unwrap();
    }
    out
}

#[test]
fn a_rule_fires_and_clears_by_its_two_limits() {
    let plain = timing();
    assert_eq!(told(&plain, "ccFFncFc"), "..F..cFc");
    assert_eq!(told(&plain, "nnnn"), "....", "between the limits nothing begins");
    let patient = Timing { for_ms: 30_000, ..plain };
    assert_eq!(told(&patient, "FFFFF"), "...F.", "after 30 s, not before");
    assert_eq!(told(&patient, "FFFcFFFnFFFF"), "...........F", "all the time");
    let slow = Timing { keep_firing_ms: 20_000, ..plain };
    assert_eq!(told(&slow, "FccFcccc"), "F.....c.", "clear all the time, too");
    assert_eq!(told(&slow, "Fccncccc"), "F.....c.", "between the limits is not clear");
}

#[test]
fn missing_data_is_never_a_recovery_unless_the_rule_says_so() {
    let keep = Timing { for_ms: 20_000, keep_firing_ms: 20_000, ..timing() };
    assert_eq!(told(&keep, "FFF......"), "..F......");
    assert_eq!(told(&keep, "FFFc...cc"), "..F.....c", "the clock of the recovery stands still");
    assert_eq!(told(&keep, "F......F"), "........", "and that of the fault too");
    assert_eq!(told(&keep, "F......FF"), "........F");
    let fire = Timing { no_data: NoData::Fire, ..timing() };
    assert_eq!(told(&fire, "c..c"), ".F.c");
    let ok = Timing { no_data: NoData::Ok, ..timing() };
    assert_eq!(told(&ok, "F..F"), "Fc.F");
}

#[test]
fn so_many_of_so_many_looks_fire() {
    let some = Timing { m_of_n: (3, 5), ..timing() };
    assert_eq!(told(&some, "FcFcF"), "....F");
    assert_eq!(told(&some, "FccFcFcc"), "........", "three of the last five, not of all");
    assert_eq!(told(&some, "FFFccc"), "..F..c", "it clears once fewer than three are left");
}

#[test]
fn a_rule_that_changes_too_often_flaps_until_it_is_steady() {
    let quick = Timing { flap_changes: 4, flap_within_ms: 100_000, ..timing() };
    assert_eq!(told(&quick, "FcFcFc"), "FcFc~Fc");
    assert_eq!(told(&quick, "FcFFFFFFFFFFFFFFFc"), "FcF..............c", "twice in the hour is no flapping");
    let steady = told(&quick, "FcFcccccccccccc");
    assert_eq!((steady.matches('~').count(), steady.matches('=').count()), (1, 1), "{steady}");
    assert!(steady.starts_with("FcFc~"), "{steady}");
}
