//! Settings that hold secrets, and their error messages: never with a value, nor a piece of it.
//!
//! Most errors about a value quote it, and errors end in logs and in questions to others. Here are the messages
//! without the quotes, for a secret setting and for a file that has some.

use serde::de::DeserializeOwned;
use toml::Value;

/// The place at which a text is no TOML, and the cause, in the parser's own words: they name no value.
pub(crate) fn syntax(text: &str, at: usize, why: &str) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}: {why}")
}

/// A text, which is not quoted if it is none.
pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| "is not a text in quotes (it is not shown, since it may hold a secret)".to_owned())
}

/// A value with inner structure. Only those sentences of serde's are passed on that have no value in them.
pub(crate) fn structure<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    value.clone().try_into().map_err(|error: toml::de::Error| {
        let why = error.message();
        let is_harmless = ["missing field `", "unknown field `"].iter().any(|start| why.starts_with(start));
        if is_harmless {
            why.to_owned()
        } else {
            "a value in it is not of the right kind (it is not shown, since it may be a secret)".to_owned()
        }
    })
}
