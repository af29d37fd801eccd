//! Settings: the source of each, its value, and its faults.
//!
//! One table (`settings.rs` and its folder) names every setting with its default and its reason; the file, the
//! environment and the flags are layers over it, later ones winning. Nothing is read after the start, and an unknown
//! or malformed setting stops the start with a sentence that names it and its source. Only the composition (`app.rs`,
//! `server.rs`, `doctor.rs`, `main.rs`) sees [`Config`]; an owner sees its own group.

mod domain;
mod secrets;
mod settings;

use callbox_core::exchange::DuplicateLogin;
use callbox_identity::oidc::provider::OidcProvider;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::Value;

use crate::attributes::AttributeSettings;
use crate::backups::BackupSettings;
use crate::caller::CallerSettings;
use crate::database::DatabaseSettings;
use crate::ice::IceSettings;
use crate::limits::LimitSettings;
use crate::mail::MailSettings;
use crate::moderation::ModerationSettings;
use crate::relay::RelaySettings;
use crate::site::Site;
use crate::tls::TlsSettings;

pub use settings::{Setting, example};

/// The checked settings that the server runs with: a group for each owner, which sees no other.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address at which others reach us.
    pub site: Site,
    /// The address whose plain HTTP is redirected to HTTPS, if we speak that.
    pub plain_listen: Option<SocketAddr>,
    /// Whether we speak HTTPS, and with whose certificate.
    pub tls: TlsSettings,
    /// Data at rest.
    pub database: DatabaseSettings,
    /// Copies of them.
    pub backups: BackupSettings,
    /// Which pages may use us, and who says whose they are.
    pub callers: CallerSettings,
    /// The servers that browsers get, beside our relay, to find a path to each other.
    pub ice: IceSettings,
    /// Our relay, and who must use one.
    pub relay: RelaySettings,
    /// How much of everything.
    pub limits: LimitSettings,
    /// The session that continues when a login is used twice.
    pub duplicate_login: DuplicateLogin,
    /// Bans and reports.
    pub moderation: ModerationSettings,
    /// How mails leave.
    pub mail: MailSettings,
    /// Services that people may sign in with.
    pub oidc: Vec<OidcProvider>,
    /// The rules for apps' data on users and calls.
    pub attributes: AttributeSettings,
    /// How much is logged.
    pub log: tracing::Level,
}

/// The source of a setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The command line.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file named by the operator is not there or cannot be read.
    #[error("cannot read the settings file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not valid TOML: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The place and the fault, without the line itself: it may hold a secret.
        reason: String,
    },
    /// A setting that does not exist.
    #[error("unknown setting `{key}` ({origin}); the settings are: {known}")]
    Unknown {
        /// As it was written.
        key: String,
        /// The source that has it.
        origin: Source,
        /// The names that are known.
        known: String,
    },
    /// A value that does not fit.
    #[error("setting `{key}` ({origin}): {reason}")]
    Invalid {
        /// The setting.
        key: &'static str,
        /// The source of the value.
        origin: Source,
        /// The fault of the value.
        reason: String,
    },
}

/// The layers above the defaults, as they were found.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file named by `--config`, or `callbox.toml` in the current folder if there is one.
    pub file: Option<PathBuf>,
    /// The environment: only `CALLBOX_*` and `PORT` are looked at.
    pub environment: BTreeMap<String, String>,
    /// `key = value` pairs of the command line, with the flag's name.
    pub flags: Vec<(String, String, String)>,
}

/// Every setting's value with its source, in the table's order.
pub type Effective = Vec<(&'static Setting, Value, Source)>;

impl Layers {
    /// The effective value of each setting: file < environment < flag.
    pub fn effective(&self) -> Result<Effective, ConfigError> {
        let mut all: Effective = settings::all().map(|s| (s, s.default_value(), Source::Default)).collect();
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.clone(), source })?;
            let table: toml::Table = toml::from_str(&text).map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                ConfigError::Syntax {
                    path: path.clone(),
                    reason: secrets::syntax(&text, at, error.message()),
                }
            })?;
            for (key, value) in table {
                put(&mut all, &key, Source::File(path.clone()), |_, _| Ok(value))?;
            }
        }
        if let Some(port) = self.environment.get("PORT") {
            put(&mut all, "listen", Source::Environment("PORT".into()), |_, current| {
                settings::with_port(current, port)
            })?;
        }
        for (name, text) in &self.environment {
            if let Some(key) = name.strip_prefix("CALLBOX_") {
                // The tests' and generators' own switches share the prefix and are no settings.
                if settings::NOT_SETTINGS.contains(&name.as_str()) {
                    continue;
                }
                let key = key.to_lowercase();
                put(&mut all, &key, Source::Environment(name.clone()), |s, _| s.parse_text(text))?;
            }
        }
        for (flag, key, text) in &self.flags {
            put(&mut all, key, Source::Flag(flag.clone()), |s, _| s.parse_text(text))?;
        }
        domain::imply(&mut all)?;
        Ok(all)
    }

    /// Reads, checks and types all settings.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let effective = self.effective()?;
        let config = settings::typed(&effective)?;
        settings::check_origins(&config, &effective)?;
        Ok(config)
    }
}

fn put(
    all: &mut Effective,
    key: &str,
    source: Source,
    value: impl FnOnce(&Setting, &Value) -> Result<Value, String>,
) -> Result<(), ConfigError> {
    let Some((setting, current, from)) = all.iter_mut().find(|(setting, ..)| setting.key == key) else {
        let known = settings::all().map(|s| s.key).collect::<Vec<_>>().join(", ");
        return Err(ConfigError::Unknown { key: key.to_owned(), origin: source, known });
    };
    *current = value(setting, current).map_err(|reason| ConfigError::Invalid {
        key: setting.key,
        origin: source.clone(),
        reason,
    })?;
    *from = source;
    Ok(())
}

/// The settings file to read: the one named, which must exist, else `callbox.toml` here if there is one.
pub fn file_to_read(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(Path::new("callbox.toml").to_owned()).filter(|path| path.exists()))
}

#[cfg(test)]
mod tests;
