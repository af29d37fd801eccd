//! Profiles: which ones may be kept.
//!
//! Spaces are tidied; anything else that does not fit is refused in a sentence, and never cut.

use callbox_core::text::{has_control, is_invisible};
use callbox_protocol::account::{BIO_CHARS_MAX, LANGUAGES_MAX, NAME_CHARS_MAX, Profile};
use callbox_protocol::signal::{INTEREST_CHARS_MAX, INTERESTS_MAX};

/// The sentences below name these figures.
const _: () = assert!(NAME_CHARS_MAX == 40 && BIO_CHARS_MAX == 500 && LANGUAGES_MAX == 8);
const _: () = assert!(INTERESTS_MAX == 8 && INTEREST_CHARS_MAX == 32);

/// The profile as it may be kept; or the sentence that says what does not fit.
pub fn check(profile: Profile) -> Result<Profile, &'static str> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let profile = Profile {
        name: line(&profile.name),
        bio: profile.bio.trim().to_owned(),
        interests: profile.interests.iter().map(|one| line(one)).filter(|one| !is_invisible(one)).collect(),
        languages: profile.languages,
        country: profile.country.filter(|country| !country.is_empty()),
    };
    let chars = |text: &str| text.chars().count();
    let is_tag = |tag: &String| {
        (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_country =
        |country: &str| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if chars(&profile.name) > NAME_CHARS_MAX || has_control(&profile.name) {
        return Err("A name has 40 characters at most, and none that controls the direction of text.");
    }
    if !profile.name.is_empty() && is_invisible(&profile.name) {
        return Err("A name has a character that can be seen.");
    }
    if chars(&profile.bio) > BIO_CHARS_MAX || has_control(&profile.bio) {
        return Err(
            "What you tell of yourself has 500 characters at most, and none that controls the direction of text.",
        );
    }
    if profile.interests.len() > INTERESTS_MAX
        || profile.interests.iter().any(|one| chars(one) > INTEREST_CHARS_MAX || has_control(one))
    {
        return Err("There are 8 interests at most, of 32 characters each.");
    }
    if profile.languages.len() > LANGUAGES_MAX || !profile.languages.iter().all(is_tag) {
        return Err("There are 8 languages at most, as BCP 47 writes them, such as `de` or `pt-BR`.");
    }
    if profile.country.as_deref().is_some_and(|country| !is_country(country)) {
        return Err("A country is two capital letters, as ISO 3166-1 has them, such as `AT`.");
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_tidied_and_one_that_is_too_long_is_refused_in_words() {
        let profile = Profile {
            name: "  Ann \t B ".to_owned(),
            interests: vec![" rust ".to_owned(), " ".to_owned()],
            country: Some(String::new()),
            ..Profile::default()
        };
        let kept = check(profile).unwrap();
        assert_eq!(
            (kept.name.as_str(), kept.interests, kept.country),
            ("Ann B", vec!["rust".to_owned()], None)
        );
        let with = |name: &str| Profile { name: name.to_owned(), ..Profile::default() };
        assert!(check(with(&"ä".repeat(40))).is_ok());
        assert!(check(with(&"ä".repeat(41))).is_err());
        for deceiving in ["a\u{7}b", "\u{202E}nnA", "Ann\u{2069}", "\u{200B}\u{3164}"] {
            assert!(check(with(deceiving)).is_err(), "{deceiving:?}");
        }
        assert!(check(with("דוד")).is_ok());
        assert!(check(Profile { bio: "a\u{202E}b".to_owned(), ..Profile::default() }).is_err());
        let tag = |tag: &str| Profile { languages: vec![tag.to_owned()], ..Profile::default() };
        assert!(check(tag("pt-BR")).is_ok() && check(tag("<b>")).is_err());
        let country = Profile { country: Some("at".to_owned()), ..Profile::default() };
        assert!(check(country).is_err());
    }
}
