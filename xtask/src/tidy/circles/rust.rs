//! Which files of its crate a Rust file names: by `crate::` and `super::`, alone, in groups and inside expressions.
//!
//! Read as text, not as a compiler does: a path names the file of its longest module, and, where that file only passes
//! the item on (`use child::Item`), the child's. A path that ends in the file's own parent or child is one matter with it,
//! and what is in a crate's root is everybody's. Bound: paths of [`SEGMENTS_MAX`] segments.

use std::collections::{BTreeMap, BTreeSet};

use super::Files;
use crate::tidy::repository::Source;

/// Deeper ones are of no module of ours.
const SEGMENTS_MAX: usize = 8;

/// The files that a file names.
pub(super) fn named<'a>(source: &Source, files: &Files<'a>) -> BTreeSet<&'a str> {
    let Some(at) = source.path.find("/src/") else { return BTreeSet::new() };
    let root = &source.path[..at + "/src/".len()];
    let own = modules(&source.path[root.len()..]);
    let text: Vec<&str> = source.product_lines().map(|(_, line)| line).collect();
    let text = text.join("\n");
    let mut named = BTreeSet::new();
    for (start, base) in [("crate::", &[][..]), ("super::", own.split_last().map_or(&[][..], |(_, up)| up))] {
        for (at, _) in text.match_indices(start) {
            // `super::super::` is found once, from its first word.
            if text[..at].ends_with("::") || text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let base: Vec<String> = base.iter().map(|name| (*name).to_owned()).collect();
            for path in paths(&text[at + start.len()..], &base) {
                named.extend(file_of(&path, root, files));
            }
        }
    }
    let is_one_matter = |path: &str| {
        let other = modules(&path[root.len()..]);
        let (short, long) = if other.len() < own.len() { (&other, &own) } else { (&own, &other) };
        long.len() == short.len() + 1 && long.starts_with(short)
    };
    named.retain(|path| !is_one_matter(path));
    named
}

/// `a/b.rs` is the module `a::b`; the root is none.
fn modules(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs");
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').collect() }
}

/// All paths that begin here, those of a group too, each from the crate's root.
fn paths(text: &str, base: &[String]) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if base.len() > SEGMENTS_MAX {
        return Vec::new();
    }
    if let Some(group) = text.strip_prefix('{') {
        return members(group).into_iter().flat_map(|member| paths(member, base)).collect();
    }
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return Vec::new();
    }
    let mut path = base.to_vec();
    if name == "super" {
        path.pop();
    } else if name != "self" {
        path.push(name.clone());
    }
    match text[name.len()..].strip_prefix("::") {
        Some(rest) if !rest.starts_with(['<', '*']) => paths(rest, &path),
        _ => vec![path],
    }
}

/// The members of a group, up to its closing brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

/// The file of the longest module in a path, or of the child that the item comes from.
fn file_of<'a>(path: &[String], root: &str, files: &Files<'a>) -> Option<&'a str> {
    let longest = (1..=path.len()).rev().find_map(|length| {
        let (file, source) =
            files.get_key_value(format!("{root}{}.rs", path[..length].join("/")).as_str())?;
        Some((length, *file, *source))
    });
    let Some((length, file, source)) = longest else {
        // Of the crate's root, which may pass on what a module has.
        let (file, source) = ["lib.rs", "main.rs"]
            .iter()
            .find_map(|name| files.get_key_value(format!("{root}{name}").as_str()))?;
        return passed_on(source, path.first()?, root, &[], files).filter(|child| child != file);
    };
    let Some(item) = path.get(length) else { return Some(file) };
    Some(passed_on(source, item, root, &path[..length], files).unwrap_or(file))
}

/// The child's file, if a file has `use child::.., item ..`.
fn passed_on<'a>(
    source: &Source,
    item: &str,
    root: &str,
    module: &[String],
    files: &Files<'a>,
) -> Option<&'a str> {
    let text: Vec<&str> = source.product_lines().map(|(_, line)| line).collect();
    let text = text.join("\n");
    let uses = text
        .match_indices("use ")
        .filter(|(at, _)| *at == 0 || !text[..*at].ends_with(char::is_alphanumeric));
    let mut by_item = BTreeMap::new();
    for (at, word) in uses {
        for path in paths(&text[at + word.len()..], &[]) {
            if let [child, .., last] = &path[..] {
                let file = format!("{root}{}.rs", [module, std::slice::from_ref(child)].concat().join("/"));
                if let Some((file, _)) = files.get_key_value(file.as_str()) {
                    by_item.insert(last.clone(), *file);
                }
            }
        }
    }
    by_item.get(item).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_what_is_passed_on_are_seen() {
        let text = "{StoreError, backup, sqlite::{self, log::{Log, deep::Deep as D}, STEPS}};\nuse x::y;";
        let found: Vec<String> = paths(text, &[]).iter().map(|path| path.join("::")).collect();
        assert_eq!(
            found,
            [
                "StoreError",
                "backup",
                "sqlite",
                "sqlite::log::Log",
                "sqlite::log::deep::Deep",
                "sqlite::STEPS"
            ]
        );
        let up = paths("super::b::c()", &["a".to_owned(), "z".to_owned()]);
        assert_eq!(up, [["a", "b", "c"].map(str::to_owned).to_vec()]);
    }
}
