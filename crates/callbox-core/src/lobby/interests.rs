//! Interests: a few words of what somebody would like to talk about, in a form that can be compared.
//!
//! At most 8 of at most 32 characters; lower case, single spaces, no control characters, none invisible, none twice.

use crate::text::{has_control, is_invisible};
use callbox_protocol::signal::{INTEREST_CHARS_MAX, INTERESTS_MAX};
use std::sync::Arc;
use thiserror::Error;

/// The topics that somebody would like to talk about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interests(Vec<Arc<str>>);

/// Words that are no interests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InterestError {
    /// There are too many.
    #[error("at most {INTERESTS_MAX} interests")]
    TooMany,
    /// One is too long.
    #[error("an interest has at most {INTEREST_CHARS_MAX} characters")]
    TooLong,
    /// One has characters that nobody can see.
    #[error("an interest has no control characters")]
    Control,
}

impl Interests {
    /// Brings words into one form; empty and repeated ones are dropped.
    pub fn parse(words: &[String]) -> Result<Self, InterestError> {
        let mut interests: Vec<Arc<str>> = Vec::new();
        for word in words {
            if word.contains('\n') || has_control(word) {
                return Err(InterestError::Control);
            }
            let parts: Vec<&str> = word.split_whitespace().collect();
            let word = parts.join(" ").to_lowercase();
            if word.chars().count() > INTEREST_CHARS_MAX {
                return Err(InterestError::TooLong);
            }
            if is_invisible(&word) || interests.iter().any(|there| **there == *word) {
                continue;
            }
            // At once, not at the end: a frame holds 10,000 words, and comparing all of them takes 50 ms.
            if interests.len() == INTERESTS_MAX {
                return Err(InterestError::TooMany);
            }
            interests.push(word.into());
        }
        Ok(Self(interests))
    }

    /// Whether none were named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether at least one was named by both.
    pub fn shares_one_with(&self, other: &Self) -> bool {
        self.0.iter().any(|interest| other.0.contains(interest))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter()
    }

    pub(super) fn shared_with(&self, other: &Self) -> Vec<Arc<str>> {
        self.0.iter().filter(|interest| other.0.contains(interest)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Vec<String>, InterestError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Interests::parse(&words).map(|interests| interests.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn spelling_and_spaces_make_no_difference() {
        assert_eq!(parse(&[" Rust  Lang ", "rust lang", "", "  "]).unwrap(), ["rust lang"]);
    }

    #[test]
    fn too_many_too_long_and_invisible_ones_are_refused() {
        assert_eq!(parse(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]), Err(InterestError::TooMany));
        assert!(
            parse(&["a", "b", "c", "d", "e", "f", "g", "h", "A", " "]).is_ok(),
            "eight, one of them twice"
        );
        assert_eq!(parse(&[&"ä".repeat(33)]), Err(InterestError::TooLong));
        assert!(parse(&[&"ä".repeat(32)]).is_ok());
        for control in ["a\u{0}b", "a\nb", "a\u{202E}b"] {
            assert_eq!(parse(&[control]), Err(InterestError::Control));
        }
        assert_eq!(parse(&["\u{200B}"]).unwrap(), [""; 0]);
    }
}
