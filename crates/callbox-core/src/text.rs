//! People's names and interests as others will read them: which characters may not be in them.
//!
//! A text is refused, never changed: its writer learns it. Bidirectional controls reorder the text around them, so a
//! name with one can pretend to be another; a name of invisible characters alone pretends to be none. Unicode's
//! properties `Bidi_Control` and `Default_Ignorable_Code_Point` (16.0) are written out here, since they hardly change.

/// Whether there is a character that reorders the text around it. Letters that are written from right to left
/// need none.
pub fn has_bidi_control(text: &str) -> bool {
    let is_control = |c| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().any(is_control)
}

/// Whether there is a character that is no text: of control, but an end of a line; or one of direction.
pub fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n') || has_bidi_control(text)
}

/// Whether nothing of it can be seen. So is the empty text.
pub fn is_invisible(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_ignorable(c))
}

fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        // The blank of Braille is drawn as nothing, whatever its properties say.
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_worlds_scripts_and_emojis_are_plain_text() {
        for name in ["Ann", "Zoë", "محمد", "דוד לוי", "山田", "Нина 👩‍👩‍👧", "علی‌رضا", "a\nb"]
        {
            assert!(!has_control(name) && !is_invisible(name), "{name}");
        }
    }

    #[test]
    fn controls_of_direction_are_found_wherever_they_stand() {
        for name in ["\u{202E}nnA", "A\u{2066}b", "Ann\u{200F}", "\u{61C}1", "a\u{7}b", "a\u{85}b"] {
            assert!(has_control(name), "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_invisible_and_what_can_is_not() {
        for name in
            ["", " ", "\u{200B}", "\u{3164}\u{3164}", "\u{AD}\u{2060} \u{FEFF}", "\u{E0041}", "\u{2800}"]
        {
            assert!(is_invisible(name), "{name:?}");
        }
        assert!(!is_invisible("\u{200B}a\u{200B}"));
    }
}
