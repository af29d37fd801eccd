//! Reads the settings' values one by one; an error names the setting and the source of its value.
//!
//! A name that is not in the table is a mistake of ours, which a test of the defaults finds.

use toml::Value;

use crate::config::{ConfigError, Effective, Source};

/// The values to read.
pub(super) struct Reader<'a> {
    pub(super) effective: &'a Effective,
}

impl Reader<'_> {
    /// A setting's value, as the type that it stands for.
    pub(super) fn get<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (_, value, source) =
            self.effective.iter().find(|(s, ..)| s.key == key).expect("every setting read is in the table");
        parse(value).map_err(|reason| ConfigError::Invalid { key, origin: Source::clone(source), reason })
    }
}
