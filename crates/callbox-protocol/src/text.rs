//! Repairs JSON of other programs that has half a character in it.
//!
//! A program that cuts a text inside an emoji leaves half of a surrogate pair, which most writers of JSON escape and
//! serde refuses. Such a half becomes U+FFFD, as everywhere on the web; all else stays as it is, to the letter. It
//! never fails: a text that is no JSON is no JSON afterwards.

use std::borrow::Cow;

/// The replacement of half a character.
const REPLACEMENT: &str = "\\ufffd";
/// The bytes of an escape, `\uD83D`.
const ESCAPE_BYTES: usize = 6;

/// The same JSON, in which every half of a surrogate pair is U+FFFD.
pub fn well_formed(json: &str) -> Cow<'_, str> {
    let mut repaired = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        at += found;
        let ends_at = match surrogate(json, at) {
            // Any other escape; the character after the backslash may be one too, and begins no escape of its own.
            None => at + 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
            Some(unit)
                if is_high(unit) && surrogate(json, at + ESCAPE_BYTES).is_some_and(|next| !is_high(next)) =>
            {
                at + 2 * ESCAPE_BYTES
            }
            Some(_) => {
                repaired.push_str(&json[copied..at]);
                repaired.push_str(REPLACEMENT);
                copied = at + ESCAPE_BYTES;
                copied
            }
        };
        at = ends_at;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    repaired.push_str(&json[copied..]);
    Cow::Owned(repaired)
}

/// The half of a pair that is escaped here, if one is.
fn surrogate(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE_BYTES)?.strip_prefix("\\u")?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    (0xD800..=0xDFFF).contains(&unit).then_some(unit)
}

fn is_high(unit: u16) -> bool {
    unit < 0xDC00
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_replaced_and_nothing_else_is_touched() {
        for whole in [
            r#"{"text":"plain"}"#,
            r#""\ud83d\ude00 \u00e4 \n \\ 😀""#,
            r#""a backslash, not an escape: \\ud83d""#,
            r#""\\\\ud83d""#,
            "no JSON \\",
            "\\u",
            "\\ud83",
            "",
            "\\ä\\u+123",
        ] {
            assert!(matches!(well_formed(whole), Cow::Borrowed(same) if same == whole), "{whole}");
        }
        for (half, repaired) in [
            (r#""half \ud83d""#, r#""half \ufffd""#),
            (r#""\uDE00 half""#, r#""\ufffd half""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\ud83d\u0041\ud83dx""#, r#""\ufffd\u0041\ufffdx""#),
        ] {
            assert_eq!(well_formed(half), repaired, "{half}");
            serde_json::from_str::<String>(&well_formed(half)).unwrap();
        }
    }
}
