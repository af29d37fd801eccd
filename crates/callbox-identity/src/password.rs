//! Passwords: the rules for a choice, and the form in which two are compared.
//!
//! By NIST SP 800-63B: long enough, and none of those that everybody tries first; no rules of composition. The server
//! decides how they are kept. No password can be printed. Bounds: 256 characters.

mod common;

use std::fmt;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

/// Characters that a chosen password has at least (NIST SP 800-63B, section 3.1.1.2) and at most: room for any phrase.
pub const CHARS_MIN: usize = 8;
/// See [`CHARS_MIN`].
pub const CHARS_MAX: usize = 256;

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// Too short to be chosen.
    #[error("A password has at least {CHARS_MIN} characters.")]
    TooShort,
    /// Longer than anybody needs.
    #[error("A password has at most {CHARS_MAX} characters.")]
    TooLong,
    /// Among the first that anybody would try.
    #[error("This password is among the first that anybody would try. Please choose another one.")]
    TooCommon,
}

/// A password that may be chosen.
#[derive(Clone)]
pub struct NewPassword(String);

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(..)")
    }
}

impl NewPassword {
    /// Checks a choice. `names` is known to others, such as the owner's address: none of it may be the password.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, ChoiceError> {
        // A character of the normal form comes from 12 bytes at most, so a longer text need not be normalized.
        if text.len() > CHARS_MAX * 12 {
            return Err(ChoiceError::TooLong);
        }
        let text = normalize(text);
        match text.chars().count() {
            ..CHARS_MIN => return Err(ChoiceError::TooShort),
            CHARS_MIN..=CHARS_MAX => {}
            _ => return Err(ChoiceError::TooLong),
        }
        let lower = text.to_lowercase();
        let is_name = names.iter().any(|name| {
            let name = name.to_lowercase();
            lower == name || name.split('@').any(|part| lower == part)
        });
        if is_name || is_run(&lower) || common::is_common(&lower) {
            return Err(ChoiceError::TooCommon);
        }
        Ok(Self(text))
    }

    /// A password that was found right, to be hashed anew as it is: short ones of other systems get no weaker by it.
    /// `None` if it is longer than any of ours.
    pub fn proven(text: &str) -> Option<Self> {
        let fits = text.len() <= CHARS_MAX * 12 && text.chars().count() <= CHARS_MAX;
        fits.then(|| Self(normalize(text)))
    }

    /// The password itself, to be hashed.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// The same letters typed on another keyboard are the same password: `é` comes as one character or as two. NFC is what
/// RFC 8265 (section 4.2) takes for passwords; NFKC, which NIST also names, would make different ones equal.
pub fn normalize(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// The highest cost of a bcrypt hash of another system that is taken: a check then takes about a second of a core.
pub const BCRYPT_COST_MAX: u32 = 14;
/// The lowest that bcrypt has.
const BCRYPT_COST_MIN: u32 = 4;

/// The cost of a bcrypt hash as others keep it, such as `$2a$10$...` (Provos and Mazières, 1999); `None` if it is none.
pub fn bcrypt_cost(hash: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|version| hash.strip_prefix(version))?;
    let (cost, salted) = rest.split_once('$')?;
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
    let is_hash = cost.len() == 2 && salted.len() == 53 && salted.bytes().all(is_base64);
    cost.parse().ok().filter(|cost| is_hash && *cost >= BCRYPT_COST_MIN)
}

/// Why the hash of another system cannot be taken; `None` if it can.
pub fn import_fault(hash: &str) -> Option<&'static str> {
    match bcrypt_cost(hash) {
        Some(..=BCRYPT_COST_MAX) => None,
        Some(_) => Some("its bcrypt cost is above 14"),
        None => Some("it is no bcrypt hash"),
    }
}

/// One character again and again, or the alphabet or the digits in a row.
fn is_run(text: &str) -> bool {
    let codes = || text.chars().map(|letter| i64::from(u32::from(letter)));
    let mut steps = codes().zip(codes().skip(1)).map(|(one, next)| next - one);
    let first = steps.next().unwrap_or(0);
    (-1..=1).contains(&first) && steps.all(|step| step == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_has_8_to_256_characters_and_is_not_the_first_that_one_would_try() {
        use ChoiceError::{TooCommon, TooLong, TooShort};
        let names = ["Ann.Example@mail.example.org"];
        let long = "ä".repeat(255) + "b";
        for (text, expected) in [
            ("seven77", Err(TooShort)),
            ("eight 88", Ok(())),
            ("ääääöööö", Ok(())),
            (&*long, Ok(())),
            (&*format!("{long}b"), Err(TooLong)),
            (&*"x".repeat(100_000), Err(TooLong)),
            ("Password1", Err(TooCommon)),
            ("RUSH2112", Err(TooCommon)),
            ("contraseña", Err(TooCommon)),
            ("contrasen\u{303}a", Err(TooCommon)),
            ("zzzzzzzzzzzz", Err(TooCommon)),
            ("abcdefghijkl", Err(TooCommon)),
            ("76543210", Err(TooCommon)),
            ("ann.example", Err(TooCommon)),
            ("ann.example@mail.example.org", Err(TooCommon)),
            ("ann.example!", Ok(())),
        ] {
            assert_eq!(NewPassword::parse(text, &names).map(|_| ()), expected, "{text:.40}");
        }
        assert_eq!(format!("{:?}", NewPassword::parse("correct horse", &[]).unwrap()), "NewPassword(..)");
    }

    #[test]
    fn bcrypt_hashes_of_others_are_known_by_their_form_and_their_cost() {
        let salted = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
        for (hash, expected) in [
            (format!("$2a$10${salted}"), None),
            (format!("$2b$04${salted}"), None),
            (format!("$2y$14${salted}"), None),
            (format!("$2y$15${salted}"), Some("its bcrypt cost is above 14")),
            (format!("$2a$03${salted}"), Some("it is no bcrypt hash")),
            (format!("$2x$10${salted}"), Some("it is no bcrypt hash")),
            (format!("$2a$10${}", &salted[1..]), Some("it is no bcrypt hash")),
            (format!("$2a$1${salted}"), Some("it is no bcrypt hash")),
            ("md5:abc".to_owned(), Some("it is no bcrypt hash")),
        ] {
            assert_eq!(import_fault(&hash), expected, "{hash}");
        }
    }
}
