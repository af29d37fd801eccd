//! Tests of `message.rs`.

use super::*;
use crate::alert::Severity;

fn notice(rule: &str, is_firing: bool) -> Notice {
    Notice {
        rule: rule.to_owned(),
        about: "Fewer than 90 % of calls <succeed> & @everyone.".to_owned(),
        severity: Severity::Critical,
        is_firing,
        is_flapping: false,
        since: UnixMillis(1_796_101_200_000),
        at: UnixMillis(1_796_101_260_123),
        value: Some("81 %".to_owned()),
        count: Some(166),
        fires: "call_success < 90 %".to_owned(),
        labels: BTreeMap::from([("team".to_owned(), "video".to_owned())]),
        runbook: String::new(),
    }
}

#[test]
fn times_are_rfc_3339() {
    for (ms, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_796_101_260_123, "2026-12-01T05:01:00.123Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(time_text(UnixMillis(ms)), text);
    }
}

#[test]
fn the_webhook_body_is_alertmanager_s_version_4() {
    let body =
        webhook_body(&[notice("call_success", true), notice("disk", false)], "https://call.example.org");
    assert_eq!((&body["version"], &body["status"]), (&json!("4"), &json!("firing")));
    assert_eq!(body["commonLabels"], json!({ "team": "video", "severity": "critical" }));
    let (firing, resolved) = (&body["alerts"][0], &body["alerts"][1]);
    assert_eq!(
        firing["labels"],
        json!({ "alertname": "call_success", "severity": "critical", "team": "video" })
    );
    assert_eq!((&firing["status"], &firing["endsAt"]), (&json!("firing"), &json!("0001-01-01T00:00:00Z")));
    assert_eq!(resolved["endsAt"], "2026-12-01T05:01:00.123Z");
    let description = firing["annotations"]["description"].as_str().unwrap();
    assert!(
        description.starts_with("FIRING call_success: ") && description.ends_with(" Now 81 % (n = 166).")
    );
    assert_ne!(firing["fingerprint"], resolved["fingerprint"]);
    assert_eq!(firing["fingerprint"].as_str().map(str::len), Some(16));
    let none = webhook_body(&[notice("disk", false)], "https://call.example.org");
    assert_eq!(none["status"], "resolved");
}

#[test]
fn an_alertmanager_believes_a_while_and_hears_of_the_end_at_once() {
    let body = alertmanager_body(&[notice("disk", true), notice("disk", false)], "https://x.org");
    assert_eq!(body[0]["endsAt"], "2026-12-01T05:16:00.123Z");
    assert_eq!(body[1]["endsAt"], "2026-12-01T05:01:00.123Z");
    assert_eq!(body[0]["generatorURL"], "https://x.org/dashboard");
}

#[test]
fn chats_get_text_that_mentions_nobody_and_has_a_bound() {
    let many: Vec<_> = (0..100).map(|_| notice("call_success", true)).collect();
    let slack = slack_body(&[notice("call_success", true)], "x.org");
    let text = slack["text"].as_str().unwrap();
    assert!(
        text.starts_with("x.org: call_success fires\nFIRING") && text.contains("&lt;succeed&gt; &amp;"),
        "{text}"
    );
    let discord = discord_body(&many, "x.org");
    assert!(discord["content"].as_str().unwrap().chars().count() < 2_000);
    assert_eq!(discord["allowed_mentions"], json!({ "parse": [] }));
    let ntfy = ntfy_body(&[notice("disk", true)], "x.org", "mine");
    assert_eq!((&ntfy["topic"], &ntfy["priority"]), (&json!("mine"), &json!(5)));
    let ended = ntfy_body(&[notice("disk", false), notice("errors", false)], "x.org", "mine");
    assert_eq!((&ended["title"], &ended["priority"]), (&json!("x.org: 2 alerts are well again"), &json!(3)));
}
