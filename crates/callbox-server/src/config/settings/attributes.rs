//! Settings of attributes: the files with their schemas.
//!
//! The files are read at the start, by `attributes.rs`.

use super::reader::Reader;
use super::setting::{Setting, Text};
use super::values::path;
use crate::attributes::AttributeSettings;
use crate::config::ConfigError;

pub(super) static SETTINGS: &[Setting] = &[
    Setting {
        key: "user_attributes_schema",
        default: r#""""#,
        about: "A file with a JSON Schema (2020-12) for the attributes of users: { \"properties\": { \"public\": .., \"private\": .. } }.\n\
                What an app sets is one object with either or both. Empty: any JSON object of 16 KB.",
        text: Text::Plain,
    },
    Setting {
        key: "call_attributes_schema",
        default: r#""""#,
        about: "The same for the attributes of calls.",
        text: Text::Plain,
    },
];

/// Which schemas there are.
pub(super) fn read(reader: &Reader<'_>) -> Result<AttributeSettings, ConfigError> {
    Ok(AttributeSettings {
        user_schema: reader.get("user_attributes_schema", path)?,
        call_schema: reader.get("call_attributes_schema", path)?,
    })
}
