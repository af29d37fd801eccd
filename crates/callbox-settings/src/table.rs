//! The table of settings, and how the values of the table become a [`Config`].
//!
//! A setting that is not in this table does not exist. Each subject has a file with its rows and how they are read.
//! `callbox.example.toml` is made from all of them, in this order.

use callbox_identity::origin::Origin;
use std::fmt::Write as _;

use crate::config::Config;
use crate::error::ConfigError;
use crate::listen::TlsMode;
use crate::reader::{Effective, Reader};
use crate::setting::{Setting, Text};
use crate::site::Site;
use crate::{
    acme, alerts, attributes, data, ice, limits, listen, mail, metrics, moderation, monitor, oidc, pages,
    relay, values,
};

/// How much is logged: of no subject.
static LOG: &[Setting] = &[Setting {
    key: "log",
    default: r#""info""#,
    about: "How much is logged: error, warn, info, debug or trace. Nothing personal above debug.",
    text: Text::Plain,
}];

/// The rows of each subject, in the order of the example file.
static SUBJECTS: [&[Setting]; 15] = [
    listen::SETTINGS,
    acme::SETTINGS,
    data::SETTINGS,
    pages::SETTINGS,
    ice::SETTINGS,
    relay::SETTINGS,
    limits::SETTINGS,
    moderation::SETTINGS,
    mail::SETTINGS,
    oidc::SETTINGS,
    attributes::SETTINGS,
    metrics::SETTINGS,
    monitor::SETTINGS,
    alerts::SETTINGS,
    LOG,
];

/// Environment variables with our prefix that are no settings.
pub(crate) const NOT_SETTINGS: &[&str] = &[
    "CALLBOX_UPDATE",
    "CALLBOX_BIN",
    "CALLBOX_EMBED_DIR",
    "CALLBOX_CONFIG",
    "CALLBOX_TEST_POSTGRES",
    "CALLBOX_TEST_PGBOUNCER",
];

/// Every setting there is.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    SUBJECTS.into_iter().flatten()
}

/// `callbox.example.toml`: every setting with its reason, set to its default, commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# Every setting of Callbox, with its default. Generated from the server's table by\n\
         # `cargo xtask generate`; `callbox check-config` shows the current settings and where each came from.\n\
         # A setting is also read from the environment (CALLBOX_LISTEN, ...), which wins over this file,\n\
         # and from the command line (--listen, or --set KEY=VALUE), which wins over both.\n",
    );
    for setting in all() {
        out.push('\n');
        for line in setting.about.lines() {
            writeln!(out, "# {line}").expect("a string takes all");
        }
        writeln!(out, "#{} = {}", setting.key, setting.default).expect("a string takes all");
    }
    out
}

/// Turns checked text into types; the error names the setting and the source of its value.
pub fn typed(effective: &Effective) -> Result<Config, ConfigError> {
    let reader = Reader { effective };
    let (listen, tls, plain_listen) = listen::read(&reader)?;
    let (database, backups) = data::read(&reader)?;
    let (public_url, callers) = pages::read(&reader)?;
    let ice = ice::read(&reader)?;
    let relay = relay::read(&reader, listen.ip(), &ice)?;
    let (limits, duplicate_login) = limits::read(&reader)?;
    let moderation = moderation::read(&reader)?;
    let mail = mail::read(&reader, &database.folder)?;
    let oidc = oidc::read(&reader)?;
    let attributes = attributes::read(&reader)?;
    let metrics = metrics::read(&reader)?;
    let monitor = monitor::read(&reader)?;
    let alerts = alerts::read(&reader)?;
    let log = reader.get("log", |value| {
        let text = values::string(value)?;
        text.parse().map_err(|_| format!("`{text}` is none of error, warn, info, debug, trace"))
    })?;
    let site = Site { listen, is_tls: tls.mode != TlsMode::Off, public_url };
    let config = Config {
        site,
        plain_listen,
        tls,
        database,
        backups,
        callers,
        ice,
        relay,
        limits,
        duplicate_login,
        moderation,
        mail,
        oidc,
        attributes,
        metrics,
        monitor,
        alerts,
        log,
    };
    check_origins(&config, effective)?;
    Ok(config)
}

/// A policy for a page that nobody may use would be a slip that leaves another page without one.
fn check_origins(config: &Config, effective: &Effective) -> Result<(), ConfigError> {
    // Without it the own page is whatever people call this machine.
    let Some(own) = &config.site.public_url else { return Ok(()) };
    let is_known = |origin: &Origin| origin == own || config.callers.allowed_origins.contains(origin);
    Reader { effective }.get("relay_policies", |_| {
        if config.relay.policies.origins().all(is_known) {
            return Ok(());
        }
        Err("names an origin that is neither `public_url` nor one of `allowed_origins`".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_config_is_current_and_means_the_defaults() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../callbox.example.toml");
        if std::env::var_os("CALLBOX_UPDATE").is_some() {
            std::fs::write(path, example()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap_or_default(),
            example(),
            "stale: run `cargo xtask generate`"
        );
        let text = example();
        let settings =
            text.lines().filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')));
        let uncommented = settings.collect::<Vec<_>>().join("\n");
        let table: toml::Table = toml::from_str(&uncommented).unwrap();
        assert_eq!(table.len(), all().count());
        for setting in all() {
            assert_eq!(table[setting.key], setting.default_value(), "{}", setting.key);
        }
    }
}
