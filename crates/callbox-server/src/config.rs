//! Reads the layers of settings: the file, the environment, the command line.
//!
//! What a setting means is `callbox-settings`' to say; here files are read, and the libraries are asked that it may
//! not reach. Nothing is read after the start.

use callbox_settings::{FileText, check, typed};
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use crate::mail;

pub use callbox_settings::{Config, ConfigError, Effective};

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

impl Layers {
    /// The effective value of each setting: file < environment < flag.
    pub fn effective(&self) -> Result<Effective, ConfigError> {
        let layers = callbox_settings::Layers {
            file: self.file.as_deref().map(read).transpose()?,
            environment: self.environment.clone(),
            flags: self.flags.clone(),
            has_ipv6: UdpSocket::bind("[::]:0").is_ok(),
        };
        layers.effective()
    }

    /// Reads, checks and types all settings.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let effective = self.effective()?;
        let config = typed(&effective)?;
        check(&effective, "database_url", callbox_store::check_database_url)?;
        check(&effective, "mail_from", mail::check_sender)?;
        Ok(config)
    }
}

fn read(path: &Path) -> Result<FileText, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    Ok(FileText { path: path.to_owned(), text })
}

/// The settings file to read: the one named, which must exist, else `callbox.toml` here if there is one.
pub fn file_to_read(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(Path::new("callbox.toml").to_owned()).filter(|path| path.exists()))
}

#[cfg(test)]
mod tests;
