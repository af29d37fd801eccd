//! Settings of the ACME server.
//!
//! It is asked at the start, by its own task, so a wrong one is found there.

use callbox_identity::email::EmailAddress;
use callbox_identity::endpoint::Endpoint;
use std::path::PathBuf;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{path, string};

/// Let's Encrypt: certificates that browsers believe.
pub const PRODUCTION: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Its place to try things out: certificates that browsers refuse, and far higher limits.
pub const STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// Which ACME server is asked for certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The URL of the ACME server's directory.
    pub directory: String,
    /// A mail address that the ACME server may write to.
    pub email: Option<String>,
    /// A file with the authorities of the ACME server's own certificate, if it is not a public one.
    pub root: Option<PathBuf>,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "acme_email",
        default: r#""""#,
        about: "With `tls = \"acme\"`: a mail address that the ACME server may write to. It may be empty.",
        text: Text::Plain,
    },
    Setting {
        key: "acme_directory",
        default: r#""letsencrypt""#,
        about: "With `tls = \"acme\"`: the ACME server. \"letsencrypt\"; \"staging\", Let's Encrypt's place to try things out,\n\
                whose certificates browsers refuse; or the URL of another one's directory. Its terms of service are\n\
                agreed to.",
        text: Text::Plain,
    },
    Setting {
        key: "acme_root",
        default: r#""""#,
        about: "A file with the authorities, in PEM, by whose certificate the ACME server is known, if it is a private one.\n\
                Empty: those that this machine trusts.",
        text: Text::Plain,
    },
];

pub(crate) fn read(reader: &Reader<'_>) -> Result<AcmeSettings, ConfigError> {
    Ok(AcmeSettings {
        directory: reader.get("acme_directory", directory)?,
        email: reader.get("acme_email", email)?,
        root: reader.get("acme_root", path)?,
    })
}

fn directory(value: &Value) -> Result<String, String> {
    match string(value)?.as_str() {
        "letsencrypt" => Ok(PRODUCTION.to_owned()),
        "staging" => Ok(STAGING.to_owned()),
        // Not quoted: it would show a password.
        url if url.contains('@') => Err("the URL of a directory has no user and no password".to_owned()),
        url => match Endpoint::parse(url) {
            Ok(_) => Ok(url.to_owned()),
            Err(error) => Err(format!("{error}, nor is it letsencrypt or staging")),
        },
    }
}

fn email(value: &Value) -> Result<Option<String>, String> {
    let text = string(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<EmailAddress>() {
        Ok(_) => Ok(Some(text)),
        Err(_) => Err(format!("`{text}` is not a mail address such as admin@example.org")),
    }
}
