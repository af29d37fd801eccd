//! Mails: their destination, and whether the settings that they need are set.
//!
//! Nobody is connected to: the mail server is another machine, and doctor asks this one alone.

use super::Finding;
use crate::Config;

const CHECK: &str = "mail";

/// Where mails go, and whether they can.
pub fn check(config: &Config) -> Finding {
    if let Err(error) = config.mail.check(&config.site) {
        return Finding::fail(
            CHECK,
            format!("{error}."),
            "Set both in the settings file, or by --set KEY=VALUE; callbox.example.toml has them.",
        );
    }
    let Some(url) = &config.mail.smtp_url else {
        let folder = config.mail.folder.display();
        let found = format!("Mails are written to {folder}, and sent to nobody.");
        // A first try on one's own machine needs no mail server.
        return if config.site.is_local() {
            Finding::ok(CHECK, found)
        } else {
            Finding::warn(
                CHECK,
                found,
                "Set `smtp_url`, such as smtps://USER:PASSWORD@mail.example.org, and `mail_from`.",
            )
        };
    };
    let how = if url.is_tls() { "by TLS" } else { "in the clear, on this machine" };
    Finding::ok(CHECK, format!("Mails go to {} {how}.", url.address()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::doctor::tests::config;

    #[test]
    fn mails_that_reach_nobody_are_warned_of_where_others_may_sign_up() {
        let smtp = ("smtp_url", "smtps://ann:secret@mail.example.org");
        let from = ("mail_from", "no-reply@example.org");
        let public = ("public_url", "https://call.example.org");
        let open = ("listen", "0.0.0.0:8080");
        for (settings, state, words) in [
            (vec![], State::Ok, "callbox-data/mail"),
            (vec![open], State::Warn, "sent to nobody"),
            (vec![public], State::Warn, "sent to nobody"),
            (vec![smtp, from, open], State::Fail, "`public_url`"),
            (vec![smtp, public], State::Fail, "`mail_from`"),
            (vec![smtp, public, from], State::Ok, "mail.example.org:465 by TLS"),
            (vec![("smtp_url", "smtp://127.0.0.1:25"), public, from], State::Ok, "127.0.0.1:25 in the clear"),
        ] {
            let finding = check(&config(&settings));
            assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
            assert!(!finding.found.contains("secret"));
        }
    }
}
