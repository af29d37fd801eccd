//! Settings of data at rest: the database, its backups, and the room on its disk.
//!
//! Nothing is opened here. The database's URL holds a password and is never quoted.

use std::path::PathBuf;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secrets;
use crate::setting::{Setting, Text};
use crate::values::{bound, non_empty, path, truth};

/// The place of the data, and the engine that keeps them.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// The data folder: the embedded database, the operator token, the keys.
    pub folder: PathBuf,
    /// PostgreSQL instead of the embedded database. It holds a password.
    pub url: Option<String>,
    /// The most connections to it.
    pub connections: usize,
    /// Whether statements are prepared once a connection.
    pub prepares: bool,
    /// Of the embedded database's disk, kept for calls; 0: none.
    pub reserve_bytes: u64,
}

/// Without the password.
impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { folder, url, connections, prepares, reserve_bytes } = self;
        f.debug_struct("DatabaseSettings")
            .field("folder", folder)
            .field("is_postgres", &url.is_some())
            .field("connections", connections)
            .field("prepares", prepares)
            .field("reserve_bytes", reserve_bytes)
            .finish()
    }
}

impl DatabaseSettings {
    /// Whether it is in the data folder.
    pub fn is_embedded(&self) -> bool {
        self.url.is_none()
    }
}

/// The settings of backups.
#[derive(Clone, Debug)]
pub struct BackupSettings {
    /// How many hours are between two; 0 makes none.
    pub hours: u64,
    /// How many are kept.
    pub keep: usize,
    /// The path of the folder.
    pub folder: PathBuf,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "data_dir",
        default: r#""callbox-data""#,
        about: "The folder of the database, the operator token and the key of call grants. It is made if it is\n\
                missing, for its owner alone.",
        text: Text::Plain,
    },
    Setting {
        key: "database_url",
        default: r#""""#,
        about: "PostgreSQL (14 or later) instead of the embedded database, as postgres://user:password@host/name.\n\
                Empty: SQLite in the data folder, which is faster on one machine. It is better set in the\n\
                environment (CALLBOX_DATABASE_URL): it holds a password, which is never shown. The way to another\n\
                machine has TLS: ?sslrootcert=FILE names the authority if the machine does not know it, and\n\
                ?sslmode=disable says that the network between is trusted.",
        text: Text::Plain,
    },
    Setting {
        key: "database_connections",
        default: "12",
        about: "The most connections to PostgreSQL: a third is shared by all reads, the rest is for writes. More only\n\
                wait in PostgreSQL instead of here.",
        text: Text::Number,
    },
    Setting {
        key: "database_prepare",
        default: "true",
        about: "Whether statements are prepared once a connection, which halves their cost. False behind a pgbouncer\n\
                before 1.21 in transaction mode, which forgets them.",
        text: Text::Toml,
    },
    Setting {
        key: "backup_hours",
        default: "24",
        about: "How many hours are between backups of the embedded database, which are made while the server runs and\n\
                checked before they are kept. 0: none. PostgreSQL is backed up by its own tools.",
        text: Text::Number,
    },
    Setting {
        key: "backup_keep",
        default: "7",
        about: "How many of these backups are kept; the oldest is deleted after a new one was checked.",
        text: Text::Number,
    },
    Setting {
        key: "backup_dir",
        default: r#""""#,
        about: "The folder of these backups; better on another disk. Empty: `backups` in the data folder.",
        text: Text::Plain,
    },
    Setting {
        key: "disk_reserve_mb",
        default: "200",
        about: "MiB of the embedded database's disk that are kept for calls: while less is free, new guests and attributes are\n\
                refused (507), and calls and their records continue. 0: no reserve.",
        text: Text::Number,
    },
];

/// The place of the data, and how often they are backed up.
pub(crate) fn read(reader: &Reader<'_>) -> Result<(DatabaseSettings, BackupSettings), ConfigError> {
    let folder = reader.get("data_dir", |value| non_empty(value).map(PathBuf::from))?;
    let url = reader.get("database_url", database_url)?;
    let connections = reader.get("database_connections", bound)?;
    let prepares = reader.get("database_prepare", truth)?;
    let backups = BackupSettings {
        hours: reader.get("backup_hours", hours)?,
        keep: reader.get("backup_keep", bound)?,
        folder: reader.get("backup_dir", path)?.unwrap_or_else(|| folder.join("backups")),
    };
    let reserve_mb = reader.get("disk_reserve_mb", mebibytes)?;
    Ok((DatabaseSettings { folder, url, connections, prepares, reserve_bytes: reserve_mb << 20 }, backups))
}

/// Whether it can be used says the store, by [`crate::check`].
fn database_url(value: &Value) -> Result<Option<String>, String> {
    secrets::text(value).map(|url| Some(url.to_owned()).filter(|url| !url.is_empty()))
}

fn hours(value: &Value) -> Result<u64, String> {
    let hours = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= 8_760);
    hours.ok_or_else(|| format!("`{value}` is not a whole number from 0 to 8760"))
}

fn mebibytes(value: &Value) -> Result<u64, String> {
    let count = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= 1_000_000);
    count.ok_or_else(|| format!("`{value}` is not a whole number from 0 to 1000000"))
}
