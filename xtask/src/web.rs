//! `cargo xtask web [--check]`: the built pages and the SDK's package, which are committed.
//!
//! The JavaScript workspace builds into `crates/callbox-server/embedded/`; a fresh clone then needs no npm.
//! The check builds into a folder of its own and compares byte for byte: a person who edits a page and forgets to
//! build it learns which files differ. A build that is not the same in every folder is a defect of the build.

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::install;
use crate::steps::{command, is_ci, root, run, target_dir};

const EMBEDDED: &str = "crates/callbox-server/embedded";

/// Builds into the committed folder.
pub(crate) fn build() -> Result<()> {
    install::npm_packages(is_ci())?;
    run(&mut command("npm", &["run", "build"]))
}

/// Makes sure that the packages are there, then compares.
pub(crate) fn check() -> Result<()> {
    install::npm_packages(is_ci())?;
    compare()
}

/// Builds elsewhere and compares with what is committed.
pub(crate) fn compare() -> Result<()> {
    let fresh = target_dir().join("embedded-fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| fresh.display().to_string())?;
    }
    fs::create_dir_all(&fresh).with_context(|| fresh.display().to_string())?;
    run(command("npm", &["run", "build"]).env("CALLBOX_EMBED_DIR", &fresh))?;
    let fresh = tree(&fresh)?;
    ensure!(!fresh.is_empty(), "the build wrote nothing into the folder of CALLBOX_EMBED_DIR");
    let differences = differences(&tree(&root().join(EMBEDDED))?, &fresh);
    if !differences.is_empty() {
        bail!("{EMBEDDED} is not what the sources build; run `cargo xtask web`:\n{}", differences.join("\n"));
    }
    Ok(())
}

/// A folder's files by their path below it.
type Tree = BTreeMap<String, Vec<u8>>;

fn tree(folder: &Path) -> Result<Tree> {
    let mut files = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).with_context(|| path.display().to_string())?);
            }
        }
    }
    Ok(files)
}

fn differences(committed: &Tree, fresh: &Tree) -> Vec<String> {
    let gone = committed.keys().filter(|name| !fresh.contains_key(*name));
    let gone = gone.map(|name| format!("  {name}: committed, but not built"));
    let changed = fresh.iter().filter_map(|(name, bytes)| match committed.get(name) {
        None => Some(format!("  {name}: built, but not committed")),
        Some(old) if old != bytes => Some(format!("  {name}: differs")),
        Some(_) => None,
    });
    gone.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_new_and_a_forgotten_file_are_each_named() {
        let of = |files: &[(&str, &str)]| -> Tree {
            files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let committed = of(&[("same", "1"), ("changed", "1"), ("old", "1")]);
        let fresh = of(&[("same", "1"), ("changed", "2"), ("new", "1")]);
        let found = differences(&committed, &fresh);
        assert_eq!(
            found,
            ["  old: committed, but not built", "  changed: differs", "  new: built, but not committed"]
        );
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
