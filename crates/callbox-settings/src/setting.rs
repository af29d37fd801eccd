//! One row of the table: a setting's description, and how its text becomes a value.
//!
//! Values from a file have their types already; those of the environment and the command line are texts.

use toml::Value;

use crate::secrets;

/// They hold passwords, tokens or keys.
const SECRETS: &[&str] =
    &["alert_ping_url", "alert_targets", "database_url", "ice_servers", "ice_services", "oidc", "smtp_url"];

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
    pub(crate) text: Text,
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
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
    /// Whether its value is nobody's business.
    pub fn is_secret(&self) -> bool {
        SECRETS.contains(&self.key)
    }

    /// Its value in the list of current settings.
    pub fn shown(&self, value: &Value) -> String {
        let is_empty = value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        if self.is_secret() && !is_empty { "(not shown)".to_owned() } else { value.to_string() }
    }

    pub(crate) fn default_value(&self) -> Value {
        toml_value(self.default).expect("the table's defaults are TOML, as a test proves")
    }

    pub(crate) fn parse_text(&self, text: &str) -> Result<Value, String> {
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
