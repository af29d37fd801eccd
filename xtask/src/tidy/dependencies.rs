//! The rules for what we take from others: its licences, its versions, and where it comes from, against `deny.toml`.
//!
//! `deny.toml` is written for cargo-deny, which reads the same file if it is installed. This is the part of it
//! that needs neither that tool nor a network; it knows nothing of advisories.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::metadata::{Metadata, Package};
use super::repository::Repository;
use super::{Faults, spdx};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The part of `deny.toml` that we enforce.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

/// A crate that may come in a second version: `name@version`, where the version may be its beginning.
#[derive(Debug, Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

impl Policy {
    /// Reads `deny.toml`.
    pub(crate) fn load(repository: &Repository) -> Result<Self> {
        toml::from_str(repository.text("deny.toml").context("there is no deny.toml")?).context("deny.toml")
    }

    /// The systems that we build for.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.graph.targets.iter().map(String::as_str)
    }
}

/// House rule: every crate can be taken under a licence of the list.
pub(crate) fn licences_are_allowed(metadata: &Metadata, policy: &Policy) -> Faults {
    let allowed: Vec<&str> = policy.licenses.allow.iter().map(String::as_str).collect();
    let wrong = metadata.packages.iter().filter(|package| {
        !package.license.as_deref().is_some_and(|expression| spdx::is_allowed(expression, &allowed))
    });
    let describe = |package: &Package| {
        let licence = package.license.as_deref().unwrap_or("none stated");
        format!("{} {}: {licence}", package.name, package.version)
    };
    wrong.map(describe).collect()
}

/// House rule: a second version of a crate is a second copy in the binary; it needs a reason in `deny.toml`.
pub(crate) fn no_crate_comes_twice(metadata: &Metadata, policy: &Policy) -> Faults {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata.others() {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let mut faults = Faults::new();
    let mut used = vec![false; policy.bans.skip.len()];
    for (name, all) in versions.iter().filter(|(_, all)| all.len() > 1) {
        let mut left = all.clone();
        for (skip, used) in policy.bans.skip.iter().zip(&mut used) {
            let before = left.len();
            left.retain(|version| !skip.is_for(name, version));
            *used |= left.len() < before;
        }
        if left.len() > 1 {
            faults.push(format!("{name}: {}", all.join(" and ")));
        }
    }
    let skips = policy.bans.skip.iter();
    faults.extend(
        skips
            .clone()
            .zip(&used)
            .filter(|(_, used)| !**used)
            .map(|(skip, _)| format!("deny.toml skips {}, which does not come twice any more", skip.package)),
    );
    faults.extend(
        skips.filter(|skip| skip.reason.is_empty()).map(|skip| format!("{}: no reason", skip.package)),
    );
    faults
}

/// House rule: no git dependencies, no second registry.
pub(crate) fn all_come_from_one_place(metadata: &Metadata) -> Faults {
    let elsewhere = metadata.others().filter(|package| package.source.as_deref() != Some(CRATES_IO));
    elsewhere.map(|package| format!("{} comes from {:?}", package.name, package.source)).collect()
}

impl Skip {
    fn is_for(&self, name: &str, version: &str) -> bool {
        let (skipped, start) = self.package.split_once('@').unwrap_or((&self.package, ""));
        let rest = version.strip_prefix(start);
        name == skipped
            && rest.is_some_and(|rest| start.is_empty() || rest.is_empty() || rest.starts_with('.'))
    }
}

#[cfg(test)]
mod tests;
