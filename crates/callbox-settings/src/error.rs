//! Why settings cannot be used, and the source of each value.
//!
//! An error names the setting and its source, so that the operator finds the line to correct. It never quotes a value
//! that may hold a secret.

use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

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
