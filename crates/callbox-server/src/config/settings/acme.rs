//! Settings of the ACME server.
//!
//! It is asked at the start, by its own task, so a wrong one is found there.

use callbox_identity::email::EmailAddress;
use callbox_identity::endpoint::Endpoint;
use toml::Value;

use super::reader::Reader;
use super::setting::{Setting, Text};
use super::values::{path, string};
use crate::config::ConfigError;
use crate::tls::acme::{AcmeSettings, PRODUCTION, STAGING};

pub(super) static SETTINGS: &[Setting] = &[
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

pub(super) fn read(reader: &Reader<'_>) -> Result<AcmeSettings, ConfigError> {
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
