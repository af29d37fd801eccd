//! Services of OpenID Connect: the facts that they must know of us. They are other machines, and doctor asks this one
//! alone.

use super::Finding;
use crate::Config;
use crate::oidc::{self, PAGE};

const CHECK: &str = "other services";

/// Only if there is one.
pub fn check(config: &Config) -> Option<Finding> {
    if config.oidc.is_empty() {
        return None;
    }
    if let Err(error) = oidc::check(&config.oidc, &config.site) {
        return Some(Finding::fail(
            CHECK,
            format!("{error}."),
            "Set it in the settings file, or by --set public_url=URL.",
        ));
    }
    let places: Vec<String> = config.oidc.iter().map(|provider| format!("{provider:?}")).collect();
    let places = places.join(", ");
    let back = match &config.site.public_url {
        Some(origin) => format!("{origin}{PAGE}"),
        None => format!("http://{}{PAGE}", config.site.listen),
    };
    Some(Finding::ok(
        CHECK,
        format!("People may sign in with {places}; each must know {back} as a redirect URI."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::doctor::tests::config;

    #[test]
    fn services_are_named_with_what_they_must_know_and_their_secrets_are_not() {
        let one = r#"[{ id = "a", name = "A", issuer = "https://a.example", client_id = "c", client_secret = "north" }]"#;
        let (oidc, open) = (("oidc", one), ("listen", "0.0.0.0:8080"));
        let public = ("public_url", "https://call.example.org");
        for (settings, expected) in [
            (vec![], None),
            (vec![oidc, open], Some((State::Fail, "`public_url`"))),
            (vec![oidc, open, public], Some((State::Ok, "https://call.example.org/oidc"))),
            (vec![oidc], Some((State::Ok, "a at https://a.example"))),
        ] {
            let found = check(&config(&settings));
            assert_eq!(found.is_some(), expected.is_some());
            if let (Some(finding), Some((state, words))) = (found, expected) {
                assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
                assert!(!finding.found.contains("north"));
            }
        }
    }
}
