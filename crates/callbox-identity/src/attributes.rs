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
mod tests {
    use super::*;
    use serde_json::json;

    fn public(value: Value) -> Parts {
        Parts { public: Some(value), private: None }
    }

    fn with_user_schema(schema: &Value) -> Attributes {
        Attributes { user: Some(Schema::compile(schema).unwrap()), call: None }
    }

    #[test]
    fn attributes_are_kept_without_spaces_and_an_absent_part_stays_absent() {
        let attributes = Attributes::default();
        let parts = Parts { public: Some(json!({ "a": [1, "x y"] })), private: None };
        let checked = attributes.check(Owner::User, parts).unwrap();
        assert_eq!(checked, Checked { public: Some(r#"{"a":[1,"x y"]}"#.to_owned()), private: None });
        assert_eq!(attributes.check(Owner::Call, Parts::default()), Ok(Checked::default()));
    }

    #[test]
    fn a_part_is_an_object_of_16_kb_and_16_levels_at_most() {
        let attributes = Attributes::default();
        for value in [json!(null), json!([]), json!("x"), json!(1)] {
            let error = attributes.check(Owner::Call, Parts { public: None, private: Some(value) });
            assert_eq!(error, Err(AttributesError::NotAnObject { pointer: "/private".to_owned() }));
        }
        let of_bytes = |bytes: usize| json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) });
        assert!(attributes.check(Owner::User, public(of_bytes(PART_BYTES_MAX))).is_ok());
        let error = attributes.check(Owner::User, public(of_bytes(PART_BYTES_MAX + 1)));
        assert!(matches!(error, Err(AttributesError::TooLarge { bytes, .. }) if bytes == PART_BYTES_MAX + 1));

        let of_levels = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a/b": inner }));
        assert!(attributes.check(Owner::User, public(of_levels(DEPTH_MAX))).is_ok());
        let error = attributes.check(Owner::User, public(of_levels(DEPTH_MAX + 1)));
        let pointer = format!("/public{}", "/a~1b".repeat(DEPTH_MAX));
        assert_eq!(error, Err(AttributesError::TooDeep { pointer }));
    }

    #[test]
    fn a_character_that_one_of_the_databases_does_not_keep_is_refused_where_it_stands() {
        for (value, pointer) in
            [(json!({ "a": [0, "\0"] }), "/public/a/1"), (json!({ "a": { "\0": 1 } }), "/public/a")]
        {
            let error = Attributes::default().check(Owner::User, public(value));
            assert_eq!(error, Err(AttributesError::Nul { pointer: pointer.to_owned() }));
        }
    }

    #[test]
    fn a_schema_names_the_first_fault_by_its_pointer_and_not_by_its_value() {
        let attributes = with_user_schema(&json!({
            "properties": {
                "public": {
                    "properties": {
                        "level": { "type": "integer", "minimum": 1 },
                        "site": { "type": "string", "format": "uri" },
                    },
                    "required": ["level"],
                    "additionalProperties": false,
                },
                "private": { "maxProperties": 0 },
            },
        }));
        let fault = |parts| match attributes.check(Owner::User, parts) {
            Err(AttributesError::Schema { pointer, reason }) => (pointer, reason),
            other => panic!("{other:?}"),
        };
        assert!(attributes.check(Owner::User, public(json!({ "level": 3 }))).is_ok());
        let (pointer, reason) = fault(public(json!({ "level": "swordfish" })));
        assert!(pointer == "/public/level" && !reason.contains("swordfish"), "{pointer}: {reason}");
        assert_eq!(fault(public(json!({}))).0, "/public");
        assert_eq!(fault(public(json!({ "level": 1, "site": "not a uri" }))).0, "/public/site");
        let private = Parts { public: None, private: Some(json!({ "a": 1 })) };
        assert_eq!(fault(private).0, "/private");
        // The other kind has no schema.
        assert!(attributes.check(Owner::Call, public(json!({ "level": "swordfish" }))).is_ok());
    }
}
