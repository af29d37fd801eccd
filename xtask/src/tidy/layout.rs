//! The layout of the repository: folders named as their crates, lints taken by all, one file that installs.
//!
//! A crate's own clippy.toml replaces the workspace's one, so the general bans must be repeated there.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use toml::Table;

use super::Faults;
use super::metadata::Metadata;
use super::repository::Repository;

/// Words that only the installer may say, in anything that runs.
const INSTALLING: [&str; 5] = ["apt-get", "apt install", "pip install", "npm ci", "npx playwright install"];

/// House rule: who knows the crate knows the folder.
pub(crate) fn folders_are_named_as_their_crates(metadata: &Metadata) -> Faults {
    let folder = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let wrong = metadata.ours().filter(|package| folder(&package.manifest_path) != package.name);
    wrong.map(|package| format!("{} is in {}", package.name, package.manifest_path)).collect()
}

/// House rule: no crate opts out of the workspace's lints.
pub(crate) fn every_crate_takes_the_lints(repository: &Repository) -> Result<Faults> {
    let mut faults = Faults::new();
    for manifest in manifests(repository, "Cargo.toml") {
        let table: Table = toml::from_str(manifest.1).with_context(|| manifest.0.to_owned())?;
        let takes = table.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        if takes != Some(true) {
            faults.push(format!("{}: no `[lints] workspace = true`", manifest.0));
        }
    }
    Ok(faults)
}

/// House rule: what is banned for all is banned in a crate that has bans of its own.
pub(crate) fn clippy_files_repeat_the_bans(repository: &Repository) -> Result<Faults> {
    let general = bans(repository.text("clippy.toml").unwrap_or_default())?;
    let mut faults = Faults::new();
    for (path, text) in manifests(repository, "clippy.toml") {
        let own = bans(text).with_context(|| path.to_owned())?;
        faults
            .extend(general.difference(&own).map(|ban| format!("{path}: does not repeat the ban of {ban}")));
    }
    Ok(faults)
}

/// House rule: what gets installed is in xtask/tools.toml or a lock file; one file acts on it.
pub(crate) fn only_the_installer_installs(repository: &Repository) -> Faults {
    let runs = |path: &str| {
        let is_script = ["rs", "mjs", "js", "ts", "sh"].iter().any(|end| path.ends_with(&format!(".{end}")));
        is_script || path.ends_with("package.json") || path.starts_with(".ci/")
    };
    let speaks = |path: &str| path.starts_with("xtask/src/install") || path.starts_with("xtask/src/tidy/");
    let mut faults = Faults::new();
    for file in repository.files.iter().filter(|file| runs(&file.path) && !speaks(&file.path)) {
        if file.path.contains("/embedded/") {
            continue;
        }
        let said =
            INSTALLING.iter().filter(|word| file.product_lines().any(|(_, line)| line.contains(*word)));
        faults.extend(said.map(|word| format!("{}: `{word}` belongs to xtask/src/install.rs", file.path)));
    }
    faults
}

/// House rule: the npm lock file pins every package by version and hash. npm at times writes entries without
/// them for other systems' packages; `npm ci` refuses such a file, but only if nothing is installed yet.
pub(crate) fn the_npm_lock_file_is_whole(repository: &Repository) -> Result<Faults> {
    let text = repository.text("package-lock.json").context("there is no package-lock.json")?;
    let lock: Value = serde_json::from_str(text).context("package-lock.json")?;
    let packages = lock["packages"].as_object().context("package-lock.json has no packages")?;
    let broken = packages.iter().filter(|(path, package)| {
        let is_from_outside = path.contains("node_modules/") && package["link"] != true;
        is_from_outside && !(package["version"].is_string() && package["integrity"].is_string())
    });
    Ok(broken.map(|(path, _)| format!("package-lock.json: {path} has no version or no hash")).collect())
}

/// Path and text of each crate's file of this name.
fn manifests<'a>(repository: &'a Repository, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let files = repository.files.iter().filter(move |file| {
        let in_crate = file.path.starts_with("crates/") && file.path.matches('/').count() == 2;
        (in_crate || file.path.starts_with("xtask/")) && file.path.rsplit('/').next() == Some(name)
    });
    files.map(|file| (file.path.as_str(), file.text.as_str()))
}

/// The banned paths of a clippy.toml.
fn bans(text: &str) -> Result<BTreeSet<String>> {
    let table: Table = toml::from_str(text)?;
    let lists = ["disallowed-methods", "disallowed-types", "disallowed-macros"];
    let entries = lists.iter().filter_map(|list| table.get(*list)?.as_array()).flatten();
    let path =
        |entry: &toml::Value| entry.as_str().or_else(|| entry.get("path")?.as_str()).map(str::to_owned);
    Ok(entries.filter_map(path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_another_name_than_its_crate_is_a_fault() {
        let mut metadata = Metadata::of(&[("callbox-core", &[])]);
        assert!(folders_are_named_as_their_crates(&metadata).is_empty());
        metadata.packages[0].manifest_path = "/x/crates/core/Cargo.toml".to_owned();
        assert_eq!(folders_are_named_as_their_crates(&metadata).len(), 1);
    }

    #[test]
    fn a_crate_that_does_not_take_the_lints_is_a_fault() {
        let files =
            [("crates/a/Cargo.toml", "[lints]\nworkspace = true"), ("crates/b/Cargo.toml", "[package]")];
        let faults = every_crate_takes_the_lints(&Repository::of(&files)).unwrap();
        assert_eq!(faults, ["crates/b/Cargo.toml: no `[lints] workspace = true`"]);
    }

    #[test]
    fn a_ban_that_a_crate_forgets_is_a_fault() {
        let general = "disallowed-methods = [\"a::b\", { path = \"c::d\", reason = \"x\" }]";
        let own = "disallowed-methods = [\"a::b\", \"e::f\"]";
        let files = [("clippy.toml", general), ("crates/a/clippy.toml", own)];
        let faults = clippy_files_repeat_the_bans(&Repository::of(&files)).unwrap();
        assert_eq!(faults, ["crates/a/clippy.toml: does not repeat the ban of c::d"]);
    }

    #[test]
    fn a_package_without_version_and_hash_is_a_fault() {
        let lock = r#"{ "packages": { "": {}, "sdk": {}, "node_modules/sdk": { "link": true },
            "node_modules/a": { "version": "1.0.0", "integrity": "x" }, "node_modules/b": { "optional": true } } }"#;
        let faults = the_npm_lock_file_is_whole(&Repository::of(&[("package-lock.json", lock)])).unwrap();
        assert_eq!(faults, ["package-lock.json: node_modules/b has no version or no hash"]);
    }

    #[test]
    fn a_script_that_installs_by_itself_is_a_fault() {
        let files = [
            (".ci/run", "set -e\napt-get install x"),
            ("xtask/src/install.rs", "apt-get"),
            ("a.md", "npm ci"),
        ];
        let faults = only_the_installer_installs(&Repository::of(&files));
        assert_eq!(faults, [".ci/run: `apt-get` belongs to xtask/src/install.rs"]);
    }
}
