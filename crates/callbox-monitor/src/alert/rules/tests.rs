//! Tests of `rules.rs`.

use super::*;
use crate::alert::Severity;

fn refused(text: &str) -> (usize, String) {
    let error = Rules::parse(text).expect_err(text);
    (error.line, error.reason)
}

#[test]
fn the_shipped_rules_are_right_and_say_what_they_mean() {
    let rules = Rules::parse("").unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
    for name in [
        "database_connections",
        "page_load",
        "call_success",
        "errors",
        "cdn_hit_rate",
        "disk",
        "certificate",
        "backup_age",
        "relay_refusals",
        "write_queue",
        "open_report",
    ] {
        assert!(names.contains(&name), "{name} is missing");
    }
    let says = |name: &str| {
        let rule = rules.named(name).unwrap();
        (rule.fires_when(), rule.clears_when())
    };
    assert_eq!(says("database_connections"), ("postgres_connections > 400, for 1m".into(), "< 350".into()));
    assert_eq!(
        says("page_load"),
        ("p75 of page_load over 10m > 3000 ms (n >= 50), for 5m".into(), "< 2500 ms".into())
    );
    assert_eq!(
        says("call_success"),
        (
            "call_success < 90 % beyond doubt in 2m, 5m, 15m, 1h (5 or more failed)".into(),
            "> 93 %, for 2m".into()
        )
    );
    assert!(says("uptime_budget").0.starts_with("availability burns its 0.5 % 14.4x in 1h and 5m, or "));
    for rule in rules.iter() {
        assert!(rule.about.ends_with('.') && rule.about.len() < 120, "{}", rule.name);
    }
    assert!(rules_text(&rules).lines().count() > 3 * names.len());
}

#[test]
fn a_file_changes_shipped_rules_and_adds_others() {
    let text = r#"
[[rule]]
name = "database_connections"
fire = "> 5"
clear = "< 3"

[[rule]]
name = "disk"
enabled = false

[[rule]]
name = "many_calls"
about = "There are many calls."
metric = "calls_running"
fire = "> 1000"
labels = { team = "video" }
severity = "critical"
"#;
    let rules = Rules::parse(text).unwrap();
    let changed = rules.named("database_connections").unwrap();
    assert_eq!(
        (changed.fires_when().as_str(), changed.clears_when().as_str()),
        ("postgres_connections > 5, for 1m", "< 3")
    );
    assert_eq!(changed.severity, Severity::Critical, "what the file does not say is as it was");
    assert!(rules.named("disk").is_none());
    let own = rules.named("many_calls").unwrap();
    assert_eq!((own.labels["team"].as_str(), own.clears_when().as_str()), ("video", "<= 1000"));
}

#[test]
fn a_wrong_rule_is_refused_with_its_line_and_the_reason() {
    let of = |lines: &str| format!("[[rule]]\nname = \"mine\"\nabout = \"It is mine.\"\n{lines}");
    for (lines, line, reason) in [
        ("metric = \"nothing\"", 4, "there is no metric `nothing`"),
        ("metric = \"ready\"", 2, "`mine` has no `fire`"),
        ("metric = \"ready\"\nfire = \"= 1\"", 5, "is no limit"),
        ("metric = \"ready\"\nfire = \"> x\"", 5, "is no limit"),
        ("metric = \"ready\"\nfire = \"< 1\"\nclear = \"< 2\"", 6, "`clear` is on the other side"),
        ("metric = \"ready\"\nfire = \"> 5\"\nclear = \"< 6\"", 6, "`clear` is on the other side"),
        ("metric = \"ready\"\nfire = \"> 5\"\nfor = \"soon\"", 6, "`soon` is no length of time"),
        ("metric = \"ready\"\nfire = \"> 5\"\nfor = 5", 6, "invalid type"),
        ("metric = \"ready\"\nfire = \"> 5\"\nfore = \"5m\"", 6, "unknown field `fore`"),
        ("metric = \"ready\"\nfire = \"> 5\"\nagg = \"p75\"", 6, "last, mean, min, max"),
        ("metric = \"ready\"\nfire = \"> 5\"\nwindow = \"2h\"", 6, "from 10s to 1h"),
        ("metric = \"ready\"\nfire = \"> 5\"\nm_of_n = [4, 3]", 6, "`m_of_n`"),
        ("metric = \"ready\"\nfire = \"> 5\"\nno_data = \"maybe\"", 6, "unknown variant `maybe`"),
        ("metric = \"ready\"\nfire = \"> 5\"\ninhibited_by = [\"nobody\"]", 6, "there is no rule `nobody`"),
        ("metric = \"ready\"\nkind = \"share\"\nfire = \"< 1\"", 4, "needs a share"),
        ("metric = \"call_success\"\nkind = \"share\"\nfire = \"< 90\"", 6, "no limit of a share"),
        ("metric = \"call_success\"\nkind = \"often\"\nfire = \"< 90 %\"", 5, "`kind` is one of"),
        (
            "metric = \"call_success\"\nkind = \"share\"\nfire = \"< 90 %\"\nwindows = [\"4d\"]",
            7,
            "from 10s to 3d",
        ),
        ("metric = \"ready\"\nfire = \"> 5\"\n\n[[rule]]\nname = \"mine\"", 8, "two rules are named `mine`"),
        ("metric = \"ready\"\nfire = \"> 5\"\n\n[[rule]]\nname = \"My rule\"", 8, "small letters"),
        ("metric = ", 4, ""),
    ] {
        let (at, why) = refused(&of(lines));
        assert!(at == line && why.contains(reason), "{lines}\nline {at}: {why}");
    }
    let (line, why) =
        refused("[[rule]]\nname = \"disk\"\n\n[[rule]]\nname = \"page_load\"\nfire = \"> 2000\"");
    assert_eq!(line, 5, "the shipped `clear` does not fit: {why}");
    assert!(Rules::parse(&"#".repeat(300 << 10)).is_err());
    let many: Vec<_> = (0..101).map(|n| format!("[[rule]]\nname = \"r{n}\"\n")).collect();
    assert!(refused(&many.concat()).1.contains("more than 100"));
}

#[test]
fn a_burn_rate_that_cannot_be_reached_is_refused_with_one_that_can() {
    let of = |objective: &str, factor: &str| {
        format!(
            "[[rule]]\nname = \"budget\"\nabout = \"It burns.\"\nkind = \"burn_rate\"\nmetric = \"call_success\"\nobjective = \"{objective}\"\npairs = [\n{{ long = \"6h\", short = \"30m\", factor = 1 }},\n{{ long = \"1h\", short = \"5m\", factor = {factor} }} ]"
        )
    };
    // The workbook's factor: with 90 % it would need 144 % of calls to fail, with 95 % 72 %.
    for (objective, most) in [("90 %", "5.0"), ("95 %", "10.0")] {
        let (line, why) = refused(&of(objective, "14.4"));
        assert_eq!(line, 9, "{why}");
        assert!(why.contains(&format!("take {most} or less")), "{why}");
    }
    for (objective, factor) in [("99 %", "14.4"), ("99.5 %", "14.4"), ("95 %", "10.0"), ("90 %", "5")] {
        assert!(Rules::parse(&of(objective, factor)).is_ok(), "{objective} {factor}");
    }
    for (objective, factor) in
        [("100 %", "1"), ("0 %", "1"), ("0.99", "1"), ("99 %", "0"), ("99 %", "-1"), ("99 %", "nan")]
    {
        assert!(Rules::parse(&of(objective, factor)).is_err(), "{objective} {factor}");
    }
}
