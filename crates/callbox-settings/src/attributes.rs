//! Settings of attributes: the files with their schemas.
//!
//! The files are read at the start, by `attributes.rs`.

use std::path::PathBuf;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::path;

/// The JSON Schemas, if there are any.
#[derive(Clone, Debug, Default)]
pub struct AttributeSettings {
    /// Of users' attributes.
    pub user_schema: Option<PathBuf>,
    /// Of calls' attributes.
    pub call_schema: Option<PathBuf>,
}

pub(crate) static SETTINGS: &[Setting] = &[
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
pub(crate) fn read(reader: &Reader<'_>) -> Result<AttributeSettings, ConfigError> {
    Ok(AttributeSettings {
        user_schema: reader.get("user_attributes_schema", path)?,
        call_schema: reader.get("call_attributes_schema", path)?,
    })
}
