//! One row of the table: a setting's description, and how its text becomes a value.
//!
//! Values from a file have their types already; those of the environment and the command line are texts.

use toml::Value;

use super::secrets;

/// One setting: its name, its default and its reason.
#[derive(Debug)]
pub struct Setting {
    /// The key in `callbox.toml`; in the environment `CALLBOX_` and the key in capitals.
    pub key: &'static str,
    /// The default, as TOML.
    pub default: &'static str,
    /// Its effect, and the reason for the default.
    pub about: &'static str,
    /// How a text from the environment or the command line is read.
    pub(super) text: Text,
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    /// The text is the value.
    Plain,
    /// A whole number.
    Number,
    /// Several values with commas between.
    List,
    /// A TOML value, since it has inner structure.
    Toml,
}

impl Setting {
    pub(in crate::config) fn default_value(&self) -> Value {
        toml_value(self.default).expect("the table's defaults are TOML, as a test proves")
    }

    pub(in crate::config) fn parse_text(&self, text: &str) -> Result<Value, String> {
        match self.text {
            Text::Plain => Ok(Value::String(text.to_owned())),
            Text::Number => {
                text.parse().map(Value::Integer).map_err(|_| format!("`{text}` is not a whole number"))
            }
            Text::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
            Text::Toml => toml_value(text).map_err(|reason| format!("is not a TOML value: {reason}")),
        }
    }
}

/// Whether a setting is secret or not, a text that is no TOML is not quoted: its place says enough.
fn toml_value(text: &str) -> Result<Value, String> {
    const KEY: &str = "value = ";
    let document = format!("{KEY}{text}");
    let mut table: toml::Table = toml::from_str(&document).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.saturating_sub(KEY.len()));
        secrets::syntax(text, at, error.message())
    })?;
    table.remove("value").ok_or_else(|| "it is empty".to_owned())
}
