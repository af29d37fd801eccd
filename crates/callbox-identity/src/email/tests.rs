//! Tests of `email.rs`.

use super::*;

#[test]
fn an_address_is_kept_as_typed_and_found_in_lower_case() {
    let address: EmailAddress = "  Ann.Example+calls@Mail.Example.ORG\t".parse().unwrap();
    assert_eq!(address.as_str(), "Ann.Example+calls@mail.example.org");
    assert_eq!(address.key(), "ann.example+calls@mail.example.org");
    assert_eq!(address.domain(), "mail.example.org");
    assert_eq!(address, "ann.EXAMPLE+calls@mail.example.org".parse().unwrap());
    assert_eq!(format!("{address:?}"), "EmailAddress(..)");
}

#[test]
fn a_domain_in_other_letters_is_kept_as_its_punycode() {
    let address: EmailAddress = "ann@M\u{fc}nchen.example".parse().unwrap();
    assert_eq!(address.as_str(), "ann@xn--mnchen-3ya.example");
    assert_eq!(address, "ann@mu\u{308}nchen.example".parse().unwrap());
}

#[test]
fn what_mail_cannot_or_should_not_be_sent_to_is_refused() {
    let long = format!("{}@example.org", "a".repeat(65));
    let longer = format!("a@{}.org", "b.".repeat(130));
    for text in [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@gmail",
        "ann@localhost",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        "ann@example.1",
        "ann@.example.org",
        "ann@example..org",
        "ann@-example.org",
        "ann@exam_ple.org",
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "\"a b\"@example.org",
        "a b@example.org",
        "a@b@example.org",
        "<ann@example.org>",
        "Ann <ann@example.org>",
        "ann@example.org, bob@example.org",
        "\u{e4}nn@example.org",
        "ann\0@example.org",
        "ann@example.org\r\nBcc: bob@example.org",
        "ann\r\n@example.org",
        "ann@exam\r\nple.org",
        &long,
        &longer,
    ] {
        assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
    }
}
