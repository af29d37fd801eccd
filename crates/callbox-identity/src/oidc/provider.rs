//! Providers of OpenID Connect as the settings name them, and the check of each.
//!
//! The secret is shown nowhere. Bounds: 8 providers, each with an issuer of its own, since an issuer distinguishes
//! identities.

use callbox_core::text::{has_control, is_invisible};
use serde::Deserialize;
use std::fmt;

use crate::endpoint::Endpoint;

/// More buttons than a page has room for.
pub const PROVIDERS_MAX: usize = 8;
const ID_BYTES_MAX: usize = 32;
/// As in mails; longer names break buttons.
const NAME_CHARS_MAX: usize = 40;

/// One of the settings' providers.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProvider {
    /// In paths.
    pub id: String,
    /// On buttons.
    pub name: String,
    /// Its URL: discovery starts there, and it distinguishes identities.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// The proof of that name; a public client has none.
    pub client_secret: Option<String>,
}

/// Leaves out the secret.
impl fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.id, self.issuer)
    }
}

impl OidcProvider {
    fn check(&self) -> Result<(), String> {
        let Self { id, name, issuer, client_id, client_secret } = self;
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(is_id) {
            return Err(format!("an `id` is 1 to {ID_BYTES_MAX} of a-z, 0-9 and -, and one is not"));
        }
        let is_name = !is_invisible(name)
            && name.chars().count() <= NAME_CHARS_MAX
            && !has_control(name)
            && !name.contains('\n');
        if !is_name {
            return Err(format!("the `name` of `{id}` is not 1 to {NAME_CHARS_MAX} characters in one line"));
        }
        Endpoint::parse(issuer).map_err(|_| {
            format!("the `issuer` of `{id}` is neither an https URL nor an http one of this machine")
        })?;
        if issuer.contains(['?', '#']) {
            return Err(format!("the `issuer` of `{id}` has a query or a fragment"));
        }
        if client_id.is_empty() || client_secret.as_ref().is_some_and(String::is_empty) {
            return Err(format!("`{id}` has an empty `client_id` or `client_secret`"));
        }
        Ok(())
    }
}

/// Checks all providers; the error is a sentence about the first fault.
pub fn check_providers(all: &[OidcProvider]) -> Result<(), String> {
    if all.len() > PROVIDERS_MAX {
        return Err(format!("there are {} providers, and {PROVIDERS_MAX} are the most", all.len()));
    }
    for (index, one) in all.iter().enumerate() {
        one.check()?;
        for other in &all[..index] {
            if one.id == other.id {
                return Err(format!("two providers have the `id` `{}`", one.id));
            }
            if one.issuer == other.issuer {
                return Err(format!("`{}` and `{}` have the same `issuer`", other.id, one.id));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(id: &str, issuer: &str) -> OidcProvider {
        OidcProvider {
            id: id.to_owned(),
            name: "Example".to_owned(),
            issuer: issuer.to_owned(),
            client_id: "callbox".to_owned(),
            client_secret: Some("north".to_owned()),
        }
    }

    #[test]
    fn each_provider_has_an_id_and_an_issuer_of_its_own_and_there_are_eight_at_most() {
        let good = provider("a", "https://a.example");
        assert_eq!(check_providers(&[good.clone(), provider("b", "http://127.0.0.1:9/b")]), Ok(()));
        let long = provider("a", "https://a.example");
        for (bad, expected) in [
            (provider("A b", "https://b.example"), "an `id`"),
            (provider("b", "http://b.example"), "`issuer` of `b`"),
            (provider("b", "https://b.example/?x"), "query"),
            (OidcProvider { name: "x".repeat(41), ..long.clone() }, "`name`"),
            (OidcProvider { client_id: String::new(), ..long.clone() }, "client_id"),
            (provider("a", "https://b.example"), "two providers"),
            (provider("b", "https://a.example"), "same `issuer`"),
        ] {
            let refused = check_providers(&[good.clone(), bad]).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
        let many: Vec<_> =
            (0..9).map(|n| provider(&n.to_string(), &format!("https://{n}.example"))).collect();
        assert!(check_providers(&many).unwrap_err().contains("8 are the most"));
        assert_eq!(check_providers(&many[..8]), Ok(()));
        assert!(!format!("{good:?}").contains("north"));
    }
}
