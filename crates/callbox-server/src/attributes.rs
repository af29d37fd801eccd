//! The operator's schemas of attributes: files that the settings name, read once, at the start.
//!
//! The rules for a schema and for attributes are `callbox_identity::attributes`'.

use callbox_identity::attributes::{Attributes, Schema, SchemaFault};
use callbox_settings::attributes::AttributeSettings;
use serde_json::Value;
use std::path::{Path, PathBuf};
use thiserror::Error;

const USER_SETTING: &str = "user_attributes_schema";
const CALL_SETTING: &str = "call_attributes_schema";

/// Why a schema file cannot be used.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// It is not there, or not ours to read.
    #[error("`{setting}`: cannot read {path}: {source}")]
    Read {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// It is not JSON.
    #[error("`{setting}`: {path} is not JSON: {source}")]
    Json {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The place and the fault.
        source: serde_json::Error,
    },
    /// It is JSON, and no schema.
    #[error("`{setting}`: {path} is not a JSON Schema that can be used, at `{pointer}`: {reason}")]
    Schema {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The place in the file.
        pointer: String,
        /// Which rule of schemas.
        reason: String,
    },
}

/// Reads the schemas that the settings name.
pub fn load(settings: &AttributeSettings) -> Result<Attributes, SchemaError> {
    Ok(Attributes {
        user: read(USER_SETTING, settings.user_schema.as_deref())?,
        call: read(CALL_SETTING, settings.call_schema.as_deref())?,
    })
}

fn read(setting: &'static str, path: Option<&Path>) -> Result<Option<Schema>, SchemaError> {
    let Some(path) = path else { return Ok(None) };
    let path_buf = || path.to_owned();
    let text = std::fs::read_to_string(path).map_err(|source| SchemaError::Read {
        setting,
        path: path_buf(),
        source,
    })?;
    let schema: Value = serde_json::from_str(&text).map_err(|source| SchemaError::Json {
        setting,
        path: path_buf(),
        source,
    })?;
    Schema::compile(&schema).map(Some).map_err(|SchemaFault { pointer, reason }| SchemaError::Schema {
        setting,
        path: path_buf(),
        pointer,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_schema_stops_the_start_with_the_setting_the_file_and_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("user.json");
        let load = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let settings = AttributeSettings { user_schema: Some(file.clone()), call_schema: None };
            super::load(&settings).map(|_| ()).map_err(|error| error.to_string())
        };
        let start = "`user_attributes_schema`: ";
        for (text, words) in [
            (None, "cannot read"),
            (Some("{ \"type\": "), "is not JSON"),
            (Some(r#"{ "properties": { "public": { "type": "objekt" } } }"#), "at `/properties/public/type`"),
            (
                Some(r#"{ "properties": { "public": { "pattern": "(" } } }"#),
                "at `/properties/public/pattern`",
            ),
            // Look-ahead needs an engine that goes back, which a stranger's text can keep busy for long.
            (Some(r#"{ "properties": { "public": { "pattern": "(?=a)b" } } }"#), "pattern"),
            (Some(r#"{ "$ref": "https://example.org/schema.json" }"#), "example.org"),
            (Some(r#"{ "$ref": "file:///etc/hostname" }"#), "hostname"),
            (Some(r##"{ "$ref": "#/$defs/missing" }"##), "missing"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.starts_with(start) && error.contains(words), "{words}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        assert_eq!(
            load(Some(r##"{ "$ref": "#/$defs/a", "$defs": { "a": { "type": "object" } } }"##)),
            Ok(())
        );
    }
}
