//! The passwords that everybody tries first, and the search for a chosen one among them.
//!
//! `common.txt` comes from @zxcvbn-ts/language-common, whose licence is beside it; `common-more.txt` has what that
//! list lacks: words of other languages, of this year, and of this app. Compared without case. Bounds: the two files,
//! 28 KB.

use std::collections::HashSet;
use std::sync::LazyLock;

const LISTS: [&str; 2] = [include_str!("common.txt"), include_str!("common-more.txt")];

static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| LISTS.into_iter().flat_map(str::split_whitespace).collect());

/// Whether a password, in small letters and in its normal form, is one of them.
pub(super) fn is_common(lower: &str) -> bool {
    WORDS.contains(lower)
}

#[cfg(test)]
mod tests {
    use super::super::{CHARS_MIN, normalize};
    use super::*;

    #[test]
    fn the_3000_commonest_stand_there_and_each_of_all_could_be_chosen_but_for_that_and_stands_there_once() {
        assert_eq!(LISTS[0].split_whitespace().count(), 3_000);
        let all: Vec<&str> = LISTS.into_iter().flat_map(str::split_whitespace).collect();
        for word in &all {
            assert!(word.chars().count() >= CHARS_MIN && *word == normalize(&word.to_lowercase()), "{word}");
        }
        assert_eq!(WORDS.len(), all.len());
        assert!(is_common("password") && is_common("rush2112") && !is_common("four small brown owls"));
    }
}
