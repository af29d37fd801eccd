//! Settings of the monitor: whether figures are kept at all.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::truth;

/// The settings of the monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorSettings {
    /// Whether figures are kept.
    pub is_on: bool,
}

pub(crate) static SETTINGS: &[Setting] = &[Setting {
    key: "monitor",
    default: "true",
    about: "Whether the server keeps figures about itself, calls and pages: by the minute for 48 hours, by the hour for 35\n\
            days and by the day for 13 months, in `monitor.db` in the data folder or in the schema `callbox_monitor` of\n\
            PostgreSQL. They name nobody. `GET /v1/metrics/query` asks them; docs/MONITORING.md says what there is.",
    text: Text::Toml,
}];

/// The operator's choices on figures.
pub(crate) fn read(reader: &Reader<'_>) -> Result<MonitorSettings, ConfigError> {
    Ok(MonitorSettings { is_on: reader.get("monitor", truth)? })
}
