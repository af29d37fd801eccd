//! Settings of the figures: where they can be read.
//!
//! Whether the port is free is found at the start.

use std::net::SocketAddr;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{socket_addr, string};

/// Where the figures can be read.
#[derive(Clone, Debug, Default)]
pub struct MetricsSettings {
    /// An address that gives the text to everybody who reaches it; `None`: there is none.
    pub listen: Option<SocketAddr>,
}

pub(crate) static SETTINGS: &[Setting] = &[Setting {
    key: "metrics_listen",
    default: r#""""#,
    about: "An address and port, such as \"127.0.0.1:9464\", where /metrics can be read by everybody who reaches it: for a\n\
            Prometheus that has no operator token. The text has no secrets and names nobody. Empty: /metrics is for\n\
            operators alone, at the server's own port.",
    text: Text::Plain,
}];

/// Where the figures can be read.
pub(crate) fn read(reader: &Reader<'_>) -> Result<MetricsSettings, ConfigError> {
    let listen = reader.get("metrics_listen", |value| match string(value)?.as_str() {
        "" => Ok(None),
        _ => socket_addr(value).map(Some),
    })?;
    Ok(MetricsSettings { listen })
}
