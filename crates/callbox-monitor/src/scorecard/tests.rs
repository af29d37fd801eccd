//! Verdicts, baselines that are read or refused, and money.

use super::*;

fn figure(value: f64, low: f64, high: f64, n: u64) -> ScoreFigure {
    ScoreFigure { value, low: Some(low), high: Some(high), n, p75: None }
}

#[test]
fn a_line_is_judged_only_by_a_whole_interval_of_enough_values() {
    assert_eq!(judge(&figure(0.95, 0.93, 0.97, 500), 0.9, true), Verdict::Pass);
    assert_eq!(judge(&figure(0.95, 0.89, 0.99, 30), 0.9, true), Verdict::NotEnoughData);
    assert_eq!(judge(&figure(0.8, 0.75, 0.85, 500), 0.9, true), Verdict::Fail);
    assert_eq!(judge(&figure(0.95, 0.93, 0.97, 19), 0.9, true), Verdict::NotEnoughData);
    assert_eq!(judge(&figure(1.0, 0.9, 1.1, 500), 2.0, false), Verdict::Pass);
    assert_eq!(judge(&figure(3.0, 2.9, 3.1, 500), 2.0, false), Verdict::Fail);
    // A fall by 80 %.
    assert_eq!(judge(&figure(-0.9, -0.95, -0.85, 500), -0.8, false), Verdict::Pass);
    assert_eq!(judge(&figure(-0.5, -0.6, -0.4, 500), -0.8, false), Verdict::Fail);
}

#[test]
fn without_a_baseline_a_change_is_never_guessed() {
    let span = Span::parse("2026-11-01..2026-11-30", callbox_protocol::time::UnixMillis(1_796_083_200_000));
    let card = Measured::new(span.unwrap(), &[]).card(&Baseline::default(), &Inputs::default(), false);
    let verdict = |name: &str| card.lines.iter().find(|line| line.name == name).unwrap().verdict;
    assert_eq!(verdict("visit_length"), Verdict::NoBaseline);
    assert_eq!(verdict("call_success"), Verdict::NotEnoughData);
    assert_eq!(verdict("database_connections"), Verdict::NotApplicable);
    assert!(markdown(&card).contains("no baseline"));
    assert_eq!(csv(&card).lines().map(|line| line.matches(',').count()).max(), Some(15));
}

#[test]
fn a_baseline_file_is_read_whole_or_refused_with_its_line() {
    let good = "name,value,low,high,n\nvisit_length,60000,58000,62000,900\r\ncomplaints,4,,,50\n";
    assert_eq!(Baseline::from_csv(good).unwrap().found.len(), 2);
    for (text, line) in [
        ("", 1),
        ("name;value\n", 1),
        ("name,value,low,high,n\nvisit_length,1,,,5\nnothing,1,,,5\n", 3),
        ("name,value,low,high,n\nvisit_length,NaN,,,5\n", 2),
        ("name,value,low,high,n\nvisit_length,-1,,,5\n", 2),
        ("name,value,low,high,n\nvisit_length,5,6,7,5\n", 2),
        ("name,value,low,high,n\nvisit_length,5,4,,5\n", 2),
        ("name,value,low,high,n\nvisit_length,5,,,x\n", 2),
        ("name,value,low,high,n\nvisit_length,5,,,5\nvisit_length,5,,,5\n", 3),
    ] {
        let found = Baseline::from_csv(text).unwrap_err();
        assert!(matches!(found, ScorecardError::Baseline { line: at, .. } if at == line), "{text}: {found}");
    }
}

#[test]
fn money_is_of_thirty_days_and_by_the_inputs() {
    let inputs = Inputs::parse("server:60, relay_gb_price:0.01").unwrap();
    // 100 GB in 15 days.
    let (costs, revenues) = inputs.money(5_000, 100e9, 15);
    let dollars: Vec<_> = costs.iter().map(|cost| cost.dollars).collect();
    assert_eq!(dollars, [60.0, 0.0, 0.0, 0.0, 2.0]);
    assert_eq!(costs[0].per_user, Some(0.012));
    assert_eq!((revenues[0].dollars, revenues[1].dollars), (2_500.0, 7_500.0));
    assert!((revenues[0].roi.unwrap() - (2_500.0 - 62.0) / 62.0).abs() < 1e-9);
    for text in ["server", "server:x", "server:-1", "server:inf", "cost:1", "share_a:1.5", "server:NaN"] {
        assert!(Inputs::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_has_no_interval_where_others_have_one_is_not_judged() {
    let now = callbox_protocol::time::UnixMillis(1_796_083_200_000);
    let span = Span::parse("2026-11-01..2026-11-30", now).unwrap();
    let found = |half| promise::of_mean(Mean { value: 60_000.0, half }, 900);
    let measured = |half| Measured {
        span,
        found: BTreeMap::from([("visit_length", found(half)), ("page_load", found(half))]),
        users: 0,
        relay_bytes: 0.0,
    };
    let csv =
        |ends: &str| Baseline::from_csv(&format!("name,value,low,high,n\nvisit_length,30000,{ends},900\n"));
    let verdicts = |half, ends: &str| {
        let card = measured(half).card(&csv(ends).unwrap(), &Inputs::default(), true);
        ["visit_length", "page_load"]
            .map(|name| card.lines.iter().find(|it| it.name == name).unwrap().verdict)
    };
    assert_eq!(verdicts(Some(900.0), "29000,31000"), [Verdict::Pass, Verdict::Fail]);
    assert_eq!(verdicts(Some(900.0), ","), [Verdict::NotEnoughData, Verdict::Fail]);
    assert_eq!(verdicts(None, "29000,31000"), [Verdict::NotEnoughData; 2]);
}
