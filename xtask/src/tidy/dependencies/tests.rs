//! Tests of `dependencies.rs`.

use super::*;

fn policy(skip: &str) -> Policy {
    let text = format!("graph.targets = []\nlicenses.allow = [\"MIT\"]\nbans.skip = [{skip}]");
    toml::from_str(&text).unwrap()
}

fn packages(all: &[(&str, &str, Option<&str>, &str)]) -> Metadata {
    let package = |&(name, version, license, source): &(&str, &str, Option<&str>, &str)| Package {
        name: name.into(),
        version: version.into(),
        license: license.map(Into::into),
        source: Some(source.into()),
        ..Package::default()
    };
    Metadata { packages: all.iter().map(package).collect(), ..Metadata::default() }
}

#[test]
fn a_crate_without_an_allowed_licence_is_a_fault() {
    let metadata =
        packages(&[("a", "1.0.0", Some("MIT"), ""), ("b", "1.0.0", Some("X"), ""), ("c", "2.0.0", None, "")]);
    let faults = licences_are_allowed(&metadata, &policy(""));
    assert_eq!(faults, ["b 1.0.0: X", "c 2.0.0: none stated"]);
}

#[test]
fn a_second_version_needs_a_reason() {
    let metadata = packages(&[("a", "1.0.0", None, ""), ("a", "2.10.0", None, ""), ("b", "1.0.0", None, "")]);
    assert_eq!(no_crate_comes_twice(&metadata, &policy("")), ["a: 1.0.0 and 2.10.0"]);
    let said = policy("{ crate = \"a@1\", reason = \"b is behind\" }");
    assert!(no_crate_comes_twice(&metadata, &said).is_empty());
    let other = policy("{ crate = \"a@2.1\", reason = \"not this one\" }");
    assert_eq!(no_crate_comes_twice(&metadata, &other).len(), 2);
    let mute = policy("{ crate = \"a@1\", reason = \"\" }");
    assert_eq!(no_crate_comes_twice(&metadata, &mute), ["a@1: no reason"]);
}

#[test]
fn a_skip_that_nothing_needs_any_more_is_a_fault() {
    let old = policy("{ crate = \"a@1\", reason = \"b is behind\" }");
    assert_eq!(no_crate_comes_twice(&packages(&[("a", "2.0.0", None, "")]), &old).len(), 1);
}

#[test]
fn a_git_dependency_is_a_fault() {
    let metadata =
        packages(&[("a", "1.0.0", None, CRATES_IO), ("b", "1.0.0", None, "git+https://example.org/b")]);
    assert_eq!(all_come_from_one_place(&metadata).len(), 1);
}
