//! The place of the data: the folder, and PostgreSQL instead of the embedded database if the settings name one.
//!
//! Everything after the opening is `callbox-store`'s.

use anyhow::Context as _;
use callbox_settings::data::DatabaseSettings;
use callbox_store::{Options, Store};

use crate::clock;

/// Opens it; the embedded one is made if it is missing.
pub(crate) async fn open(settings: &DatabaseSettings) -> anyhow::Result<Store> {
    let options = Options {
        folder: settings.folder.clone(),
        url: settings.url.clone(),
        connections: settings.connections,
        prepares: settings.prepares,
        stopwatch: Some(clock::nanos),
    };
    Store::connect(&options).await.with_context(|| match options.url {
        Some(_) => "cannot use the database in `database_url`".to_owned(),
        None => format!("cannot open the data folder {}", options.folder.display()),
    })
}
