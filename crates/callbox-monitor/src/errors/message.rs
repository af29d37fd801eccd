//! Templates of messages: an error's text without what differs from one time to the next.
//!
//! Numbers, ids, URLs, addresses and quoted texts are replaced, so that a thousand messages are one, and so that what
//! people wrote is not kept. A quoted word stays, since it often is the name of what is missing.

/// The most characters of a template.
const TEMPLATE_CHARS_MAX: usize = 200;
/// A longer word is no word.
const WORD_CHARS_MAX: usize = 40;

/// The template of a message.
pub fn message_template(message: &str) -> String {
    let unquoted = without_quoted(message);
    let words: Vec<_> = unquoted.split_whitespace().map(word).collect();
    let mut out = String::new();
    for word in words {
        // A list of a hundred numbers is a list.
        if out.ends_with(&word) && word.starts_with('<') {
            continue;
        }
        if out.chars().count() + word.chars().count() + 1 > TEMPLATE_CHARS_MAX {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// The message with `<text>` for what stands in double quotes, and for sentences in other quotes.
fn without_quoted(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(start) = rest.find(['"', '\'', '`', '“']) {
        let quote = rest[start..].chars().next().expect("it was found");
        let end_quote = if quote == '“' { '”' } else { quote };
        let inside = start + quote.len_utf8();
        // An apostrophe stands behind a letter: it begins nothing.
        let is_apostrophe = quote == '\'' && rest[..start].ends_with(char::is_alphanumeric);
        let Some(length) = rest[inside..].find(end_quote).filter(|_| !is_apostrophe) else {
            out.push_str(&rest[..inside]);
            rest = &rest[inside..];
            continue;
        };
        let quoted = &rest[inside..inside + length];
        out.push_str(&rest[..start]);
        if quote != '"' && is_name(quoted) {
            out.push_str(&rest[start..inside + length + end_quote.len_utf8()]);
        } else {
            out.push_str("<text>");
        }
        rest = &rest[inside + length + end_quote.len_utf8()..];
    }
    out.push_str(rest);
    out
}

/// A name of a variable, a member or a function.
fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphabetic() || "_$.".contains(c);
    (1..=WORD_CHARS_MAX).contains(&text.len()) && text.chars().all(is_word)
}

fn word(word: &str) -> String {
    let core = word.trim_matches(|c: char| ".,;:!?()[]{}".contains(c));
    let is_hex = core.len() >= 8
        && core.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        && core.contains(|c: char| c.is_ascii_digit());
    let replacement = if core.starts_with('<') && core.ends_with('>') && core.len() <= 6 {
        return word.to_owned();
    } else if core.contains("://") || core.starts_with("www.") || core.starts_with("blob:") {
        "<url>"
    } else if core.contains('@') {
        "<mail>"
    } else if is_hex {
        "<id>"
    } else if core.chars().count() > WORD_CHARS_MAX {
        "<text>"
    } else {
        return numbers(word);
    };
    word.replace(core, replacement)
}

/// The word with `<n>` for each number in it.
fn numbers(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with("<n>") {
            out.push_str("<n>");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_differs_is_replaced_and_what_explains_stays() {
        for (message, expected) in [
            (
                "Cannot read properties of undefined (reading 'stream')",
                "Cannot read properties of undefined (reading 'stream')",
            ),
            ("Failed to fetch https://a.example/x?token=1", "Failed to fetch <url>"),
            ("call 018f2f4e-7b1a-7c3d-9e4f-0123456789ab failed after 1234ms", "call <id> failed after <n>ms"),
            (
                "Unexpected token 'h', \"hello my dear\" is not valid JSON",
                "Unexpected token 'h', <text> is not valid JSON",
            ),
            ("no user ann@example.org", "no user <mail>"),
            ("can't find variable: foo2", "can't find variable: foo<n>"),
            ("bad values 1 2 3 4", "bad values <n>"),
            ("said 'see you at eight'", "said <text>"),
            ("", ""),
        ] {
            assert_eq!(message_template(message), expected, "{message}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_template_is_bounded_and_its_own_template(message in "\\PC{0,400}|[a-z0-9 '\"@:/]{0,300}") {
            let once = message_template(&message);
            prop_assert!(once.chars().count() <= TEMPLATE_CHARS_MAX);
            prop_assert!(!once.contains(|c: char| c.is_ascii_digit()));
        }
    }
}
