//! Notices as their receivers read them: Alertmanager's two bodies, Slack, Discord, ntfy, and a mail.
//!
//! Shapes of others, as their documents have them. No word of a stranger is in a notice: rules are the operator's. Bounds:
//! texts of 1,800 characters for chats, which is below the shortest limit (Discord: 2,000).

use callbox_protocol::time::UnixMillis;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::set::Notice;

const CHAT_CHARS_MAX: usize = 1_800;
/// How long an Alertmanager believes that something fires without another word. It is told each minute; a server that
/// is down is the dead man's ping's to tell, and no recovery.
const BELIEVED_MS: u64 = 15 * 60_000;

/// The words of a notice: one line.
fn line(notice: &Notice) -> String {
    let state = match (notice.is_flapping, notice.is_firing) {
        (true, _) => "FLAPPING",
        (false, true) => "FIRING",
        (false, false) => "RESOLVED",
    };
    let value = match (&notice.value, notice.count) {
        (Some(value), Some(count)) => format!(" Now {value} (n = {count})."),
        (Some(value), None) => format!(" Now {value}."),
        (None, _) => String::new(),
    };
    let runbook = if notice.runbook.is_empty() { String::new() } else { format!(" {}", notice.runbook) };
    format!("{state} {}: {}{value}{runbook}", notice.rule, notice.about)
}

/// A title for all of them.
pub fn title(notices: &[Notice], host: &str) -> String {
    let firing = notices.iter().filter(|notice| notice.is_firing).count();
    match (firing, notices) {
        (1, [only]) => format!("{host}: {} fires", only.rule),
        (0, [only]) => format!("{host}: {} is well again", only.rule),
        (0, all) => format!("{host}: {} alerts are well again", all.len()),
        (firing, _) => format!("{host}: {firing} alerts fire"),
    }
}

/// All lines, for a chat or a mail.
pub fn lines(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(line).collect()
}

/// The body of Alertmanager's webhook, version 4: whatever receives from an Alertmanager receives this.
pub fn webhook_body(notices: &[Notice], origin: &str) -> Value {
    let is_firing = notices.iter().any(|notice| notice.is_firing);
    let common = common_labels(notices);
    json!({
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": status(is_firing),
        "receiver": "callbox",
        "groupLabels": {},
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": origin,
        "alerts": notices.iter().map(|notice| webhook_alert(notice, origin)).collect::<Vec<_>>(),
    })
}

fn webhook_alert(notice: &Notice, origin: &str) -> Value {
    let labels = labels(notice);
    let ends_at = if notice.is_firing { "0001-01-01T00:00:00Z".to_owned() } else { time_text(notice.at) };
    json!({
        "status": status(notice.is_firing),
        "labels": labels,
        "annotations": annotations(notice),
        "startsAt": time_text(notice.since),
        "endsAt": ends_at,
        "generatorURL": format!("{origin}/dashboard"),
        "fingerprint": fingerprint(&labels),
    })
}

/// The body of `POST /api/v2/alerts` of an Alertmanager.
pub fn alertmanager_body(notices: &[Notice], origin: &str) -> Value {
    let alert = |notice: &Notice| {
        let ends_at = if notice.is_firing { notice.at.plus(BELIEVED_MS) } else { notice.at };
        json!({
            "labels": labels(notice),
            "annotations": annotations(notice),
            "startsAt": time_text(notice.since),
            "endsAt": time_text(ends_at),
            "generatorURL": format!("{origin}/dashboard"),
        })
    };
    notices.iter().map(alert).collect()
}

/// Slack's incoming webhook. `<`, `>` and `&` are its markup.
pub fn slack_body(notices: &[Notice], host: &str) -> Value {
    let text = chat(notices, host).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": text })
}

/// Discord's webhook. Nobody is mentioned, whatever a rule says.
pub fn discord_body(notices: &[Notice], host: &str) -> Value {
    json!({ "content": chat(notices, host), "allowed_mentions": { "parse": [] } })
}

/// What is posted to the root of an ntfy server.
pub fn ntfy_body(notices: &[Notice], host: &str, topic: &str) -> Value {
    let is_firing = notices.iter().any(|notice| notice.is_firing);
    let is_critical =
        notices.iter().any(|notice| notice.is_firing && notice.severity == super::Severity::Critical);
    let priority = match (is_firing, is_critical) {
        (true, true) => 5,
        (true, false) => 4,
        (false, _) => 3,
    };
    json!({
        "topic": topic,
        "title": title(notices, host),
        "message": cut(&lines(notices).join("\n")),
        "priority": priority,
        "tags": [if is_firing { "rotating_light" } else { "white_check_mark" }],
    })
}

fn chat(notices: &[Notice], host: &str) -> String {
    cut(&format!("{}\n{}", title(notices, host), lines(notices).join("\n")))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CHAT_CHARS_MAX) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}

fn status(is_firing: bool) -> &'static str {
    if is_firing { "firing" } else { "resolved" }
}

fn labels(notice: &Notice) -> BTreeMap<String, String> {
    let mut labels = notice.labels.clone();
    labels.insert("alertname".to_owned(), notice.rule.clone());
    labels.insert("severity".to_owned(), notice.severity.word().to_owned());
    labels
}

fn annotations(notice: &Notice) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::from([
        ("summary", notice.about.clone()),
        ("description", line(notice)),
        ("fires", notice.fires.clone()),
    ]);
    if let Some(value) = &notice.value {
        all.insert("value", value.clone());
    }
    if !notice.runbook.is_empty() {
        all.insert("runbook_url", notice.runbook.clone());
    }
    all
}

fn common_labels(notices: &[Notice]) -> BTreeMap<String, String> {
    let mut all = notices.iter().map(labels);
    let first = all.next().unwrap_or_default();
    all.fold(first, |mut common, labels| {
        common.retain(|name, value| labels.get(name) == Some(value));
        common
    })
}

/// FNV-1a over names and values, as Alertmanager has it: the same labels, the same name.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, value) in labels {
        for byte in name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// A time as RFC 3339 has it, in UTC.
pub fn time_text(time: UnixMillis) -> String {
    let (days, of_day) = (time.0 / 86_400_000, time.0 % 86_400_000);
    // Howard Hinnant's `civil_from_days`, for days since 1970.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, ms) = (of_day / 1_000 % 60, of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests;
