//! Tests of `attributes.rs`.

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
