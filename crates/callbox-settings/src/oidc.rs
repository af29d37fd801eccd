//! The setting of services that people may sign in with.
//!
//! It holds secrets, so an error about it shows no piece of it. No service is asked here.

use callbox_identity::oidc::provider::{OidcProvider, check_providers};
use thiserror::Error;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secrets;
use crate::setting::{Setting, Text};
use crate::site::Site;

/// The page that issuers send browsers back to.
pub const PAGE: &str = "/oidc";

/// Why a server with these settings does not start.
#[derive(Debug, Error)]
#[error(
    "`oidc` needs `public_url`: issuers send browsers back to an address that they know, such as https://call.example.org/oidc"
)]
pub struct NoPublicUrl;

/// Finds a fault that would keep a server with these settings from starting.
pub fn check(providers: &[OidcProvider], site: &Site) -> Result<(), NoPublicUrl> {
    if providers.is_empty() || site.has_address() { Ok(()) } else { Err(NoPublicUrl) }
}

pub(crate) static SETTINGS: &[Setting] = &[Setting {
    key: "oidc",
    default: "[]",
    about: "Services of OpenID Connect that people may sign in with, 8 at most: \"Continue with ...\". Each is a table\n\
                [[oidc]] at the end of this file, with `id` (in paths: a-z, 0-9, -), `name` (on the button), `issuer` (such\n\
                as https://accounts.google.com), `client_id` and `client_secret` (none for a public client), which the\n\
                service gives; it wants to know the address https://YOUR.HOST/oidc. Needs `public_url`. It holds secrets,\n\
                which are never shown, and may be set in the environment (CALLBOX_OIDC): [{ id = \"google\", ... }].",
    text: Text::Toml,
}];

/// All services, in the order of their buttons.
pub(crate) fn read(reader: &Reader<'_>) -> Result<Vec<OidcProvider>, ConfigError> {
    reader.get("oidc", providers)
}

fn providers(value: &Value) -> Result<Vec<OidcProvider>, String> {
    let providers: Vec<OidcProvider> = secrets::structure(value)?;
    check_providers(&providers).map(|()| providers)
}
