//! Settings: where each comes from, what it is now, and what is wrong with it.
//!
//! One table (`settings.rs`) names every setting with its default and its reason; the file, the
//! environment and the flags are layers over it, later ones winning. Nothing is read after the start, and an
//! unknown or malformed setting stops the start with a sentence that names it and where it came from.

mod secrets;
mod settings;

use callbox_core::exchange::DuplicateLogin;
use callbox_identity::forwarded::ProxyHeader;
use callbox_identity::oidc::provider::OidcProvider;
use callbox_identity::origin::Origin;
use callbox_protocol::signal::RelayPolicy;
use ipnet::IpNet;
use lettre::message::Mailbox;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::Value;

use crate::ice::service::IceService;
use crate::ice::source::IceSource;
use crate::mail::smtp::SmtpUrl;

pub use settings::{SETTINGS, Setting, example};

/// What the server runs with, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address and port we listen on.
    pub listen: SocketAddr,
    /// Where the database, the operator token and later the keys are.
    pub data_dir: PathBuf,
    /// PostgreSQL, instead of the embedded database.
    pub database_url: Option<String>,
    /// The most connections to it.
    pub database_connections: usize,
    /// Whether statements are prepared once a connection.
    pub database_prepare: bool,
    /// How many hours are between backups of the embedded database; 0 makes none.
    pub backup_hours: u64,
    /// How many of them are kept.
    pub backup_keep: usize,
    /// Where they are, if not in the data folder.
    pub backup_dir: Option<PathBuf>,
    /// MiB of the embedded database's disk that are kept for calls; 0: none.
    pub disk_reserve_mb: u64,
    /// The address that people type, where it is not the one we listen on.
    pub public_url: Option<Origin>,
    /// Pages of other origins that may use us.
    pub allowed_origins: Vec<Origin>,
    /// Who may tell us a caller's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Where they write it.
    pub proxy_header: ProxyHeader,
    /// What browsers get to find a path to each other.
    pub ice_servers: Vec<IceSource>,
    /// Who makes more of that.
    pub ice_services: Vec<IceService>,
    /// Whether we speak HTTPS, and with whose certificate.
    pub tls: TlsMode,
    /// The certificate and its chain, in PEM.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, in PEM.
    pub tls_key: Option<PathBuf>,
    /// Where plain HTTP is sent over to HTTPS.
    pub plain_listen: Option<SocketAddr>,
    /// Where the relay listens.
    pub relay_listen: RelayListen,
    /// Whether two people in a call learn each other's address.
    pub relay_policy: RelayPolicy,
    /// The same for pages of some origins.
    pub relay_policies: Vec<(Origin, RelayPolicy)>,
    /// The ports of relayed addresses.
    pub relay_ports: RangeInclusive<u16>,
    /// The addresses by which others reach this machine; empty: as they are found.
    pub external_ip: Vec<IpAddr>,
    /// Networks that the relay may reach though they are not public.
    pub relay_allowed_peers: Vec<IpNet>,
    /// Ports of peers that the relay sends to.
    pub relay_peer_ports: Vec<RangeInclusive<u16>>,
    /// Whether only addresses that the other side named may be reached.
    pub relay_strict: bool,
    /// The most kbit/s that one side of a call may relay, both ways together.
    pub relay_kbps_max: usize,
    /// The most signaling sessions at once.
    pub sessions_max: usize,
    /// The most sockets of one address at once.
    pub sockets_per_address_max: usize,
    /// Whom rate limits are for.
    pub rate_limits: RateLimits,
    /// Which of two sessions of one login goes on.
    pub duplicate_login: DuplicateLogin,
    /// How somebody who is banned may object; empty where nothing is said.
    pub ban_contact: String,
    /// After so many reports by verified people within a day somebody is kept from strangers; 0 is never.
    pub hold_after_reports: u32,
    /// The mail server; without it mails are written to a folder.
    pub smtp_url: Option<SmtpUrl>,
    /// Whom mails are from.
    pub mail_from: Option<Mailbox>,
    /// Who people may sign in with.
    pub oidc: Vec<OidcProvider>,
    /// The JSON Schema of users' attributes.
    pub user_attributes_schema: Option<PathBuf>,
    /// The JSON Schema of calls' attributes.
    pub call_attributes_schema: Option<PathBuf>,
    /// How much is logged.
    pub log: tracing::Level,
}

impl Config {
    /// Whether mails reach people. One that is written to a folder reaches nobody by itself.
    pub fn has_mail(&self) -> bool {
        self.smtp_url.is_some()
    }

    /// Whether two people in a call learn each other's address, where one of them came by a page of this origin.
    pub fn relay_policy_of(&self, origin: Option<&Origin>) -> RelayPolicy {
        let own = self.relay_policies.iter().find(|(of, _)| Some(of) == origin);
        own.map_or(self.relay_policy, |(_, policy)| *policy)
    }

    /// What holds for every page, and for each.
    pub fn relay_policies(&self) -> impl Iterator<Item = RelayPolicy> {
        std::iter::once(self.relay_policy).chain(self.relay_policies.iter().map(|(_, policy)| *policy))
    }

    /// Whether browsers are told of a TURN server that is not ours.
    pub fn names_turn(&self) -> bool {
        let mut urls = self.ice_servers.iter().flat_map(|server| &server.urls);
        urls.any(|url| url.starts_with("turn")) || !self.ice_services.is_empty()
    }
}

/// Whether we speak HTTPS, and with whose certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain HTTP: on loopback, or behind a proxy.
    Off,
    /// With the certificate in two files.
    Files,
    /// With a certificate that we make, which browsers warn of.
    SelfSigned,
}

/// Whom the limits are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// Everybody but callers on this machine.
    On,
    /// Those too.
    Everyone,
    /// Nobody.
    Off,
}

/// Where the relay listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayListen {
    /// Beside the pages on port 3478, unless those are for this machine alone.
    Auto,
    /// Nowhere.
    Off,
    /// Here.
    At(SocketAddr),
}

/// Where a setting's value came from.
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
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not valid TOML: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why, without the line itself: it may hold a secret.
        reason: String,
    },
    /// A setting that does not exist.
    #[error("unknown setting `{key}` ({origin}); the settings are: {known}")]
    Unknown {
        /// As it was written.
        key: String,
        /// Where it was written.
        origin: Source,
        /// What there is.
        known: String,
    },
    /// A value that does not fit.
    #[error("setting `{key}` ({origin}): {reason}")]
    Invalid {
        /// The setting.
        key: &'static str,
        /// Where the value came from.
        origin: Source,
        /// What is wrong with it.
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
        let mut all: Effective = SETTINGS.iter().map(|s| (s, s.default_value(), Source::Default)).collect();
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
        let known = SETTINGS.iter().map(|s| s.key).collect::<Vec<_>>().join(", ");
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
