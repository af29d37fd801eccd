//! The layers of settings: the file, the environment and the flags over the defaults, later ones winning.
//!
//! An unknown or malformed setting is an error that names it and its source. Nothing is read here: the texts are given.

use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::Value;

use crate::error::{ConfigError, Source};
use crate::reader::Effective;
use crate::setting::Setting;
use crate::{domain, listen, secrets, table};

/// A settings file, as it was read.
#[derive(Clone, Debug)]
pub struct FileText {
    /// The place of the file, for errors.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// The layers above the defaults, as they were found.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The settings file, if there is one.
    pub file: Option<FileText>,
    /// The environment: only `CALLBOX_*` and `PORT` are looked at.
    pub environment: BTreeMap<String, String>,
    /// `key = value` pairs of the command line, with the flag's name.
    pub flags: Vec<(String, String, String)>,
    /// Whether the machine listens by IPv6: `domain` takes all addresses.
    pub has_ipv6: bool,
}

impl Layers {
    /// The effective value of each setting: file < environment < flag.
    pub fn effective(&self) -> Result<Effective, ConfigError> {
        let mut all: Effective = table::all().map(|s| (s, s.default_value(), Source::Default)).collect();
        if let Some(FileText { path, text }) = &self.file {
            let table: toml::Table = toml::from_str(text).map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                ConfigError::Syntax { path: path.clone(), reason: secrets::syntax(text, at, error.message()) }
            })?;
            for (key, value) in table {
                put(&mut all, &key, Source::File(path.clone()), |_, _| Ok(value))?;
            }
        }
        if let Some(port) = self.environment.get("PORT") {
            put(&mut all, "listen", Source::Environment("PORT".into()), |_, current| {
                listen::with_port(current, port)
            })?;
        }
        for (name, text) in &self.environment {
            if let Some(key) = name.strip_prefix("CALLBOX_") {
                // The tests' and generators' own switches share the prefix and are no settings.
                if table::NOT_SETTINGS.contains(&name.as_str()) {
                    continue;
                }
                let key = key.to_lowercase();
                put(&mut all, &key, Source::Environment(name.clone()), |s, _| s.parse_text(text))?;
            }
        }
        for (flag, key, text) in &self.flags {
            put(&mut all, key, Source::Flag(flag.clone()), |s, _| s.parse_text(text))?;
        }
        domain::imply(&mut all, self.has_ipv6)?;
        Ok(all)
    }
}

fn put(
    all: &mut Effective,
    key: &str,
    source: Source,
    value: impl FnOnce(&Setting, &Value) -> Result<Value, String>,
) -> Result<(), ConfigError> {
    let Some((setting, current, from)) = all.iter_mut().find(|(setting, ..)| setting.key == key) else {
        let known = table::all().map(|s| s.key).collect::<Vec<_>>().join(", ");
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
