//! The place of the data: the folder, and PostgreSQL instead of the embedded database if the settings name one.
//!
//! Everything after the opening is `callbox-store`'s.

use anyhow::Context as _;
use callbox_store::{Options, Store};
use std::path::PathBuf;

use crate::clock;

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

/// Opens it; the embedded one is made if it is missing.
pub(crate) async fn open(settings: &DatabaseSettings) -> anyhow::Result<Store> {
    let options = Options {
        folder: settings.folder.clone(),
        url: settings.url.clone(),
        connections: settings.connections,
        prepares: settings.prepares,
        clock: clock::now,
    };
    Store::connect(&options).await.with_context(|| match options.url {
        Some(_) => "cannot use the database in `database_url`".to_owned(),
        None => format!("cannot open the data folder {}", options.folder.display()),
    })
}
