//! Tests of `alerts.rs`.

use super::*;

fn read(text: &str) -> Result<Vec<AlertTarget>, String> {
    let table: toml::Table = toml::from_str(&format!("value = {text}")).unwrap();
    targets(&table["value"])
}

#[test]
fn targets_are_read_and_show_no_secret() {
    let all = read(
        r#"[{ name = "a", kind = "webhook", url = "https://example.org/hook", secret = "whsec_c2VjcmV0" },
        { name = "b", kind = "alertmanager", url = "http://10.0.0.5:9093/" },
        { name = "c", kind = "slack", url = "https://hooks.slack.com/x" }, { name = "d", kind = "discord", url = "https://discord.com/api/x" },
        { name = "e", kind = "ntfy", url = "https://ntfy.sh/alarm", token = "tk_1" }, { name = "f", kind = "mail", to = "ops@example.org" }]"#,
    )
    .unwrap();
    let words: Vec<_> = all.iter().map(|target| target.way.word()).collect();
    assert_eq!(words, ["webhook", "alertmanager", "slack", "discord", "ntfy", "mail"]);
    assert!(matches!(&all[1].way, AlertWay::Alertmanager { url } if url == "http://10.0.0.5:9093"));
    assert!(
        matches!(&all[4].way, AlertWay::Ntfy { url, topic, .. } if url == "https://ntfy.sh" && topic == "alarm")
    );
    let shown = format!("{all:?}");
    assert!(!shown.contains("example.org") && !shown.contains("tk_1") && !shown.contains("whsec"), "{shown}");
}

#[test]
fn a_wrong_target_is_refused_without_its_secret() {
    for (text, reason) in [
        (r#"[{ name = "a", kind = "fax", url = "https://SECRET.example.org" }]"#, "is none of"),
        (r#"[{ name = "a", kind = "slack" }]"#, "has no `url`"),
        (r#"[{ name = "a", kind = "slack", url = "http://SECRET.example.org/x" }]"#, "neither https"),
        (r#"[{ name = "a", kind = "slack", url = "https://x.org/SECRET", token = "t" }]"#, "no such field"),
        (r#"[{ name = "a", kind = "ntfy", url = "https://ntfy.sh/" }]"#, "no topic"),
        (r#"[{ name = "a", kind = "mail", to = "SECRET" }]"#, "no address"),
        (r#"[{ name = "a b", kind = "mail", to = "ops@example.org" }]"#, "`name` has letters"),
        (r#"[{ name = "a", kind = "mail", to = "ops@example.org", colour = "SECRET" }]"#, "unknown field"),
        (
            r#"[{ name = "a", kind = "mail", to = "a@b.org" }, { name = "a", kind = "mail", to = "a@b.org" }]"#,
            "two targets",
        ),
    ] {
        let why = read(text).unwrap_err();
        assert!(why.contains(reason) && !why.contains("SECRET"), "{text}: {why}");
    }
}
