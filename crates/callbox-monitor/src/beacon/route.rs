//! Templates of routes: a path without what names one thing in it.
//!
//! `/call/8f3a…/chat` and `/call/91bc…/chat` are one route, or a chart would have a line for each call. The app's router
//! may give the template itself; what it gives stays. Bounds: 8 segments, 120 characters.

use callbox_protocol::beacon::ROUTE_CHARS_MAX;

const SEGMENTS_MAX: usize = 8;
/// A longer word is a slug or a token.
const WORD_CHARS_MAX: usize = 40;
/// A token that mixes cases or has digits is at least so long: 64 bits are 11 characters of base64.
const TOKEN_CHARS_MIN: usize = 11;
const ID: &str = ":id";
/// Mail addresses, escapes, and what is a sign in HTML or in a table.
const STRANGE: &str = "@%<>\"'`=|;&\\";
/// The end of a path that is too deep or too long.
const REST: &str = "*";

/// The template of a path, or of a URL. The query and the fragment are cut.
pub fn template(route: &str) -> String {
    let path = route.split(['?', '#']).next().unwrap_or_default();
    // The host of a URL is not a part of the route.
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None => path,
    };
    let mut out = String::new();
    for (place, segment) in path.split('/').filter(|segment| !segment.is_empty()).enumerate() {
        let segment = if is_id(segment) { ID } else { segment };
        let is_room = out.chars().count() + segment.chars().count() + 3 <= ROUTE_CHARS_MAX;
        if place == SEGMENTS_MAX || !is_room {
            out.push('/');
            out.push_str(REST);
            break;
        }
        out.push('/');
        out.push_str(segment);
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

/// Whether a segment names one thing. Numbers, UUIDs, hexadecimal, tokens and addresses do; words do not.
fn is_id(segment: &str) -> bool {
    let chars = segment.chars().count();
    let is_strange = segment.chars().any(|c| c.is_control() || c.is_whitespace() || STRANGE.contains(c));
    if is_strange || chars > WORD_CHARS_MAX {
        return true;
    }
    if segment.starts_with([':', '{', '[', '*']) {
        return false;
    }
    let count = |is: fn(&char) -> bool| segment.chars().filter(is).count();
    let (digits, upper, lower) =
        (count(char::is_ascii_digit), count(char::is_ascii_uppercase), count(char::is_ascii_lowercase));
    let is_number = digits > 0 && digits + count(|c| "-_.,".contains(*c)) == chars;
    let has_long_number = digits >= 4;
    let is_hex = chars >= 8 && digits > 0 && segment.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let is_mixed = upper > 0 && lower > 0;
    let is_token = chars >= TOKEN_CHARS_MIN && (digits >= 2 || (is_mixed && (digits > 0 || chars >= 16)));
    is_number || has_long_number || is_hex || is_token
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_names_one_thing_becomes_a_placeholder_and_words_stay() {
        for (route, expected) in [
            ("/", "/"),
            ("", "/"),
            ("call", "/call"),
            ("/call/", "/call"),
            ("/sign-in?next=/me#top", "/sign-in"),
            ("https://app.example.org/docs/start?x=1", "/docs/start"),
            ("https://app.example.org", "/"),
            ("/i/x7Kp2mQvRt9LwZs4NbYc8A", "/i/:id"),
            ("/i/AbCdEfGhIjKlMnOpQrStUv", "/i/:id"),
            ("/users/42", "/users/:id"),
            ("/users/42/posts/2024-11-30", "/users/:id/posts/:id"),
            ("/calls/018f2f4e-7b1a-7c3d-9e4f-0123456789ab", "/calls/:id"),
            ("/commit/deadbeef1", "/commit/:id"),
            ("/v1/webrtc", "/v1/webrtc"),
            ("/docs/getting-started-with-video-calls", "/docs/getting-started-with-video-calls"),
            ("/article-12345", "/:id"),
            ("/mail/ann@example.org", "/mail/:id"),
            ("/caf%C3%A9", "/:id"),
            ("/user/:name/[id]/{slug}/*", "/user/:name/[id]/{slug}/*"),
            ("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/*"),
            ("/<script>alert()</script>", "/:id/:id"),
            ("/=cmd|'/C calc'!A0", "/:id/:id"),
        ] {
            assert_eq!(template(route), expected, "{route}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn a_template_is_bounded_and_its_own_template(route in "\\PC{0,300}|(/[a-zA-Z0-9:@*-]{0,50}){0,12}") {
            let once = template(&route);
            prop_assert!(once.chars().count() <= ROUTE_CHARS_MAX && once.starts_with('/'));
            prop_assert!(!once.contains(['?', '#', '<', '@', '\n']));
            prop_assert_eq!(template(&once), once);
        }
    }
}
