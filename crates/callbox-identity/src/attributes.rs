//! Attributes: an app's own JSON on a user or a call, so that a small app needs no second backend.
//!
//! Two objects each, `public` and `private`, of at most [`PART_BYTES_MAX`] bytes as they are kept and [`DEPTH_MAX`] levels.
//! An operator may give a JSON Schema (2020-12) for either kind; it sees one object whose members are the parts that are
//! being set. A schema refers to nothing outside of itself. Patterns run in linear time: they are the operator's, and the
//! texts are strangers'.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use thiserror::Error;

/// The most bytes of one part, written without spaces.
pub const PART_BYTES_MAX: usize = 16 * 1_024;
/// The most levels of one part, itself included.
pub const DEPTH_MAX: usize = 16;
/// The description of a fault: enough for people, even if a schema's own texts are longer.
const REASON_CHARS_MAX: usize = 300;

/// The kind of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A user's.
    User,
    /// A call's.
    Call,
}

/// The parts that somebody wants to set; an absent part stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The part that others may read.
    pub public: Option<Value>,
    /// The part that only the owner and API keys may read.
    pub private: Option<Value>,
}

/// Parts that may be kept, as JSON without spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// See [`Parts::public`].
    pub public: Option<String>,
    /// See [`Parts::private`].
    pub private: Option<String>,
}

/// Why attributes cannot be kept. `pointer` is a JSON pointer (RFC 6901) into the object of the parts.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttributesError {
    /// A part is no object.
    #[error("`{pointer}` must be an object.")]
    NotAnObject {
        /// Which part.
        pointer: String,
    },
    /// A part takes too much room.
    #[error("`{pointer}` has {bytes} bytes; at most {PART_BYTES_MAX} are kept.")]
    TooLarge {
        /// Which part.
        pointer: String,
        /// How many it has.
        bytes: usize,
    },
    /// A value lies too deep.
    #[error("`{pointer}` lies deeper than {DEPTH_MAX} levels.")]
    TooDeep {
        /// The first such value.
        pointer: String,
    },
    /// A text has the character U+0000, which `PostgreSQL` does not keep.
    #[error("`{pointer}` has the character U+0000, which cannot be kept.")]
    Nul {
        /// The place.
        pointer: String,
    },
    /// The operator's schema does not allow it.
    #[error("`{pointer}`: {reason}")]
    Schema {
        /// The place.
        pointer: String,
        /// The rule, without the value.
        reason: String,
    },
}

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// The place in it, as a JSON pointer.
    pub pointer: String,
    /// The rule of schemas.
    pub reason: String,
}

/// One schema of the operator's, ready to check with.
#[derive(Debug)]
pub struct Schema(Validator);

impl Schema {
    /// Compiles the schema of a file.
    pub fn compile(schema: &Value) -> Result<Self, SchemaFault> {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            // An operator who writes `"format": "email"` wants it checked.
            .should_validate_formats(true)
            .offline();
        options.build(schema).map(Self).map_err(|error| SchemaFault {
            pointer: error.instance_path().as_str().to_owned(),
            reason: short(&error.to_string()),
        })
    }
}

/// The rules for attributes.
#[derive(Debug, Default)]
pub struct Attributes {
    /// For those of users.
    pub user: Option<Schema>,
    /// For those of calls.
    pub call: Option<Schema>,
}

impl Attributes {
    /// Checks the parts that somebody wants to set; the error names the first fault.
    pub fn check(&self, owner: Owner, parts: Parts) -> Result<Checked, AttributesError> {
        let mut whole = Map::new();
        let mut take = |name: &str, part: Option<Value>| -> Result<Option<String>, AttributesError> {
            let Some(part) = part else { return Ok(None) };
            let text = bounded(&format!("/{name}"), &part)?;
            whole.insert(name.to_owned(), part);
            Ok(Some(text))
        };
        let checked =
            Checked { public: take("public", parts.public)?, private: take("private", parts.private)? };
        let schema = match owner {
            Owner::User => &self.user,
            Owner::Call => &self.call,
        };
        if let Some(Schema(schema)) = schema {
            schema.validate(&Value::Object(whole)).map_err(|error| AttributesError::Schema {
                pointer: error.instance_path().as_str().to_owned(),
                reason: short(&error.masked().to_string()),
            })?;
        }
        Ok(checked)
    }
}

/// The part as it will be kept, within the bounds that hold with or without a schema.
fn bounded(pointer: &str, part: &Value) -> Result<String, AttributesError> {
    if !part.is_object() {
        return Err(AttributesError::NotAnObject { pointer: pointer.to_owned() });
    }
    let text = part.to_string();
    if text.len() > PART_BYTES_MAX {
        return Err(AttributesError::TooLarge { pointer: pointer.to_owned(), bytes: text.len() });
    }
    walk(&mut pointer.to_owned(), part, 1)?;
    Ok(text)
}

/// Looks at each value below; `serde_json` has bounded the depth at 128 while it read them.
fn walk(pointer: &mut String, value: &Value, level: usize) -> Result<(), AttributesError> {
    let here = pointer.len();
    match value {
        Value::String(text) if text.contains('\0') => {
            return Err(AttributesError::Nul { pointer: pointer.clone() });
        }
        Value::Object(_) | Value::Array(_) if level > DEPTH_MAX => {
            return Err(AttributesError::TooDeep { pointer: pointer.clone() });
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains('\0') {
                    return Err(AttributesError::Nul { pointer: pointer.clone() });
                }
                // RFC 6901, section 3.
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                walk(pointer, member, level + 1)?;
                pointer.truncate(here);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                write!(pointer, "/{index}").expect("a string takes all");
                walk(pointer, item, level + 1)?;
                pointer.truncate(here);
            }
        }
        _ => {}
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
