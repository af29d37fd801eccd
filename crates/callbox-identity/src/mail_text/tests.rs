//! Tests of `mail_text.rs`.

use super::*;

#[test]
fn each_link_stands_in_both_parts_with_its_secret_behind_the_hash() {
    let origin: Origin = "https://call.example.org".parse().unwrap();
    let token = || "To-ken_1".to_owned();
    for (mail, url, time) in [
        (Mail::Verify { token: token() }, "https://call.example.org/verify#To-ken_1", "24 hours"),
        (Mail::SignIn { token: token() }, "https://call.example.org/sign-in#To-ken_1", "15 minutes"),
        (Mail::Reset { token: token() }, "https://call.example.org/reset#To-ken_1", "an hour"),
        (
            Mail::ConfirmLink { token: token(), provider: "Example".to_owned() },
            "https://call.example.org/oidc#To-ken_1",
            "24 hours",
        ),
        (Mail::AlreadyThere, "https://call.example.org/account", ""),
        (Mail::Linked { provider: "Example".to_owned() }, "https://call.example.org/account", ""),
        (Mail::PasswordChanged, "https://call.example.org/account", ""),
        (Mail::Unlinked { provider: "Example".to_owned() }, "https://call.example.org/account", ""),
        (
            Mail::PasswordReset { unlinked: vec!["One".to_owned()], kept: vec!["Two".to_owned()] },
            "https://call.example.org/account",
            "any more: One.",
        ),
        (
            Mail::Approve { token: token(), change: Change::Deletion },
            "https://call.example.org/approve#To-ken_1",
            "an hour",
        ),
        (Mail::AddressChanged, "", ""),
        (Mail::Deleted, "", ""),
    ] {
        let words = mail.words(&origin);
        assert!(words.subject.contains("call.example.org"), "{}", words.subject);
        assert!(words.plain().contains(&format!("{url}\r\n")) && words.plain().contains(time), "{mail:?}");
        if url.is_empty() {
            assert!(!words.html().contains("href"));
        } else {
            assert!(words.html().contains(&format!("<a href=\"{url}\">")), "{}", words.html());
        }
    }
}

#[test]
fn what_comes_from_outside_adds_neither_lines_nor_tags() {
    let origin: Origin = "https://call.example.org".parse().unwrap();
    let mail = Mail::ConfirmLink {
        token: "a\r\nb\"><script>".to_owned(),
        provider: "<b>Evil</b>\r\nBcc: bob@example.org".to_owned(),
    };
    let words = mail.words(&origin);
    assert!(!words.subject.contains(['\r', '\n']));
    assert!(words.plain().contains("/oidc#abscript\r\n"));
    assert!(!words.html().contains("<b>") && !words.html().contains("<script"));
}
