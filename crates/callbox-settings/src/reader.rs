//! Reads the settings' values one by one; an error names the setting and the source of its value.
//!
//! A name that is not in the table is a mistake of ours, which a test of the defaults finds.

use toml::Value;

use crate::error::{ConfigError, Source};
use crate::setting::Setting;

/// Every setting's value with its source, in the table's order.
pub type Effective = Vec<(&'static Setting, Value, Source)>;

/// The values to read.
pub(crate) struct Reader<'a> {
    pub(crate) effective: &'a Effective,
}

impl Reader<'_> {
    /// A setting's value, as the type that it stands for.
    pub(crate) fn get<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (_, value, source) =
            self.effective.iter().find(|(s, ..)| s.key == key).expect("every setting read is in the table");
        parse(value).map_err(|reason| ConfigError::Invalid { key, origin: Source::clone(source), reason })
    }
}

/// A further judgement on a text that was read, if it is set at all: by a library that this crate may not reach.
pub fn check(
    effective: &Effective,
    key: &'static str,
    judge: impl FnOnce(&str) -> Result<(), String>,
) -> Result<(), ConfigError> {
    Reader { effective }.get(key, |value| match value.as_str() {
        None | Some("") => Ok(()),
        Some(text) => judge(text),
    })
}
