//! Tests of `openapi.rs`.

use super::*;
use crate::http::table;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_openapi_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let expected = text(&table());
    if std::env::var_os("CALLBOX_UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == expected, "run `cargo xtask generate`");
}

#[test]
fn every_route_of_the_interface_is_described() {
    for route in table() {
        let is_described = route.description.is_some();
        let is_of_interface =
            route.path.starts_with("/v1/") || ["/cb/v", "/metrics"].contains(&route.path.as_str());
        assert_eq!(is_described, is_of_interface, "{}", route.path);
        let Some(Description { tag, operation, .. }) = route.description else { continue };
        let says = operation.summary.is_some_and(|text| text.ends_with('.'));
        assert!(says, "{} says what it does", route.path);
        let named: BTreeSet<String> =
            operation.parameters.into_iter().flatten().map(|parameter| parameter.name).collect();
        for part in route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(named.contains(part), "{} does not describe {{{part}}}", route.path);
        }
        assert!(TAGS.iter().any(|(known, _)| *known == tag), "{tag} has no place in the document");
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => {
                found.extend(members.get("$ref").and_then(|text| text.as_str()).map(str::to_owned));
                members.values().for_each(|inner| walk(inner, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|inner| walk(inner, found)),
            _ => {}
        }
    }
    let document: serde_json::Value = serde_json::from_str(&text(&table())).unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 50, "there are many");
    for reference in references {
        let place = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(place.is_some(), "{reference} leads nowhere");
    }
}
