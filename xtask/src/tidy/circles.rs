//! Files of one crate or package that need each other: none of them can be read, tested or moved alone.
//!
//! Read as text. In Rust a path that begins with `crate::` names the file of its longest module; what a module and its
//! children share by `mod` and `super` is one matter, and what is in a crate's root is everybody's. In TypeScript each
//! relative import counts, types and late ones too. Tests are left out.

use super::Faults;
use super::repository::{Repository, Source, joined};
use std::collections::{BTreeMap, BTreeSet};

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
    arrows.extend(rust_files.values().map(|source| (source.path.as_str(), rust(source, &rust_files))));
    let typescript_files = product(repository, &["ts", "tsx"]);
    let all = typescript_files.values();
    arrows.extend(all.map(|source| (source.path.as_str(), typescript(source, &typescript_files))));
    for (path, named) in &mut arrows {
        named.remove(path);
    }
    arrows
}

fn product<'a>(repository: &'a Repository, extensions: &'a [&str]) -> BTreeMap<&'a str, &'a Source> {
    let is_product = |source: &&Source| !source.is_test() && !source.path.contains("/test/");
    let sources = repository.sources(extensions).filter(is_product);
    sources.map(|source| (source.path.as_str(), source)).collect()
}

fn rust<'a>(source: &'a Source, files: &BTreeMap<&'a str, &'a Source>) -> BTreeSet<&'a str> {
    let Some(root) = source.path.find("/src/").map(|at| &source.path[..at + "/src/".len()]) else {
        return BTreeSet::new();
    };
    let mut named = BTreeSet::new();
    for (_, line) in source.product_lines() {
        for (at, _) in line.match_indices("crate::") {
            let mut module = String::new();
            let mut found = None;
            for part in line[at + "crate::".len()..].split("::") {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                module = if module.is_empty() { name.clone() } else { format!("{module}/{name}") };
                let Some((path, _)) = files.get_key_value(format!("{root}{module}.rs").as_str()) else {
                    break;
                };
                found = Some(*path);
                if name.len() < part.len() {
                    break;
                }
            }
            named.extend(found);
        }
    }
    named
}

fn typescript<'a>(source: &'a Source, files: &BTreeMap<&'a str, &'a Source>) -> BTreeSet<&'a str> {
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
mod tests {
    use super::*;

    #[test]
    fn files_that_name_each_other_are_a_fault_also_by_way_of_a_third() {
        let repository = Repository::of(&[
            ("crates/a/src/lib.rs", "pub mod one;\nuse crate::one::One;\n"),
            ("crates/a/src/one.rs", "use crate::two::deep::{Deep, deep};\nuse crate::A_CONSTANT;\n"),
            ("crates/a/src/two.rs", "mod deep;\n"),
            ("crates/a/src/two/deep.rs", "fn f() { crate::three::g() }\n"),
            ("crates/a/src/three.rs", "// crate::four is not named here\nuse crate::one;\n"),
            (
                "crates/a/src/four.rs",
                "use crate::three;\n#[cfg(test)]\nmod tests {\n    use crate::four;\n}\n",
            ),
        ]);
        let circle = "crates/a/src/one.rs, crates/a/src/three.rs, crates/a/src/two/deep.rs";
        assert_eq!(
            files_name_each_other_in_no_circle(&repository),
            [format!("3 files in a circle: {circle}")]
        );
    }

    #[test]
    fn a_late_import_and_a_type_close_a_circle_too() {
        let repository = Repository::of(&[
            ("sdk/src/index.ts", "export { a } from \"./core/a.js\";\n"),
            ("sdk/src/core/a.ts", "export const load = async () => (await import(\"../mock.js\")).mock();\n"),
            ("sdk/src/mock.ts", "import type { A } from \"./index.js\";\n"),
            ("sdk/src/other.tsx", "import { a } from \"./index.js\";\n"),
        ]);
        assert_eq!(files_name_each_other_in_no_circle(&repository).len(), 1);
    }
}
