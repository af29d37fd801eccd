//! Values as another database writes them: JSON from PostgreSQL, text from CSV.

use callbox_protocol::time::UnixMillis;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One text. Numbers are written out; lists and objects are none.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Texts: a list, a text with a JSON list, an array as PostgreSQL writes it in CSV (`{a,"b c"}`), or a text with commas.
pub(super) fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::String(one) => {
            if let Ok(Value::Array(items)) = serde_json::from_str(one) {
                return items.iter().filter_map(text).collect();
            }
            let inner = one.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let items = inner.unwrap_or(one).split(',').map(|item| item.trim().trim_matches('"').to_owned());
            items.filter(|item| !item.is_empty()).collect()
        }
        _ => Vec::new(),
    }
}

/// A moment as ISO 8601 writes it, with `T` or a space in the middle and an offset as PostgreSQL shortens it (`+00`); without
/// one it is UTC. Moments before 1970 are none.
pub(super) fn instant(value: &Value) -> Option<UnixMillis> {
    let text = value.as_str()?.trim().replacen(' ', "T", 1);
    let (date, time) = text.split_once('T').unwrap_or((&text, "00:00:00"));
    let offset_at = time.find(['+', '-', 'Z', 'z']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(offset_at);
    let offset = match offset {
        "" | "z" => "Z".to_owned(),
        short if short.len() == 3 => format!("{short}:00"),
        whole => whole.to_owned(),
    };
    let moment = OffsetDateTime::parse(&format!("{date}T{clock}{offset}"), &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMillis)
}
