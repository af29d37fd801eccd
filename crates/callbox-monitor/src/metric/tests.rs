//! Tests of `metric.rs`.

use super::*;
use std::collections::{HashMap, HashSet};

fn all() -> Vec<(&'static str, usize, &'static Meta)> {
    let counters = Counter::ALL.iter().enumerate().map(|(at, one)| ("counter", at, one.index(), one.meta()));
    let gauges = Gauge::ALL.iter().enumerate().map(|(at, one)| ("gauge", at, one.index(), one.meta()));
    let distributions =
        Distribution::ALL.iter().enumerate().map(|(at, one)| ("distribution", at, one.index(), one.meta()));
    let all = counters.chain(gauges).chain(distributions);
    all.map(|(kind, at, index, meta)| {
        assert_eq!(at, index, "{}", meta.name);
        (kind, index, meta)
    })
    .collect()
}

#[test]
fn every_figure_has_a_name_of_its_own_and_a_sentence() {
    let mut names = HashSet::new();
    for (kind, _, Meta { name, help, .. }) in all() {
        assert!(names.insert((kind, *name)), "{name} is there twice");
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_plain), "{name}");
        assert!(help.len() > 10 && help.ends_with('.') && !help.contains(['\n', '|']), "{name}: {help}");
        assert!(help.starts_with(|c: char| c.is_ascii_uppercase()), "{name}: {help}");
    }
    assert_eq!(Counter::named("rate_limited_guest"), Some(Counter::RateLimitedGuest));
    assert_eq!(Gauge::named("calls_running"), Some(Gauge::Calls));
    assert_eq!(Distribution::named("cls"), Some(Distribution::Cls));
    assert_eq!(Counter::named("nothing"), None);
}

#[test]
fn a_family_is_of_one_kind_and_all_of_it_has_the_same_labels() {
    let mut kinds = HashMap::new();
    for (kind, _, meta) in all() {
        let labels: Vec<_> = meta.labels.iter().map(|(label, _)| *label).collect();
        let expected = kinds.entry(meta.family).or_insert_with(|| (kind, labels.clone()));
        assert_eq!(*expected, (kind, labels), "{}", meta.name);
    }
    let mut seen = HashSet::new();
    let mut before = "";
    for (_, _, meta) in all() {
        assert!(meta.family == before || seen.insert(meta.family), "{} is in two places", meta.family);
        before = meta.family;
    }
}
