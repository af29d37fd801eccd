//! Files of one crate or package that need each other: none of them can be read, tested or moved alone.
//!
//! Read as text. `circles/rust.rs` says which files a Rust file names. In TypeScript each relative import counts, types
//! and late ones too. Tests are left out.

mod rust;

use super::Faults;
use super::repository::{Repository, Source, joined};
use std::collections::{BTreeMap, BTreeSet};

/// The files of the product, by their path.
type Files<'a> = BTreeMap<&'a str, &'a Source>;
/// By file, whom it names.
type Arrows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// House rule: no circles of files.
pub(crate) fn files_name_each_other_in_no_circle(repository: &Repository) -> Faults {
    circles(&arrows(repository))
        .into_iter()
        .map(|circle| format!("{} files in a circle: {}", circle.len(), circle.join(", ")))
        .collect()
}

fn arrows(repository: &Repository) -> Arrows<'_> {
    let mut arrows = Arrows::new();
    let rust_files = product(repository, &["rs"]);
    arrows.extend(rust_files.values().map(|source| (source.path.as_str(), rust::named(source, &rust_files))));
    let typescript_files = product(repository, &["ts", "tsx"]);
    let all = typescript_files.values();
    arrows.extend(all.map(|source| (source.path.as_str(), typescript(source, &typescript_files))));
    for (path, named) in &mut arrows {
        named.remove(path);
    }
    arrows
}

fn product<'a>(repository: &'a Repository, extensions: &'a [&str]) -> Files<'a> {
    let is_product = |source: &&Source| !source.is_test() && !source.path.contains("/test/");
    let sources = repository.sources(extensions).filter(is_product);
    sources.map(|source| (source.path.as_str(), source)).collect()
}

fn typescript<'a>(source: &'a Source, files: &Files<'a>) -> BTreeSet<&'a str> {
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut named = BTreeSet::new();
    for (_, line) in source.product_lines() {
        for opening in ["from \"", "import(\"", "import \""] {
            let Some((_, rest)) = line.split_once(opening) else { continue };
            let Some((name, _)) = rest.split_once('"') else { continue };
            if !name.starts_with('.') {
                continue;
            }
            let path = joined(folder, name.trim_end_matches(".js"));
            let candidates = [".ts", ".tsx"].map(|extension| format!("{path}{extension}"));
            named.extend(
                candidates
                    .iter()
                    .filter_map(|path| files.get_key_value(path.as_str()))
                    .map(|(path, _)| *path),
            );
        }
    }
    named
}

fn circles<'a>(arrows: &Arrows<'a>) -> Vec<Vec<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|start| (*start, reach(arrows, start))).collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (path, all) in &reached {
        if all.contains(path) {
            circles.insert(all.iter().copied().filter(|other| reached[other].contains(path)).collect());
        }
    }
    circles.into_iter().collect()
}

/// The files within reach, by an arrow at least.
fn reach<'a>(arrows: &Arrows<'a>, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = arrows[start].iter().copied().collect();
    while let Some(path) = open.pop() {
        if reached.insert(path) {
            open.extend(arrows.get(path).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests;
