//! The output of `cargo metadata` about our crates and all that they depend on.
//!
//! Only the fields that the rules read. Packages for systems that we do not build for are left out.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeSet;

use crate::steps::{cargo, read};

/// The answer of `cargo metadata --format-version 1`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) resolve: Resolve,
}

/// A crate, ours or another's.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// None for ours.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: String,
}

/// The graph that cargo settled on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

/// One crate in the graph, and what it depends on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

/// One edge.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<DependencyKind>,
}

/// None is a normal dependency; else "dev" or "build".
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DependencyKind {
    pub(crate) kind: Option<String>,
}

impl Metadata {
    /// Asks cargo, for these target triples.
    pub(crate) fn load<'a>(targets: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut args = vec!["metadata", "--format-version", "1", "--locked"];
        for target in targets {
            args.extend(["--filter-platform", target]);
        }
        serde_json::from_str(&read(&mut cargo(&args))?).context("the answer of cargo metadata")
    }

    /// The crates of this repository.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// Everything else.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_some())
    }

    /// The packages that a package depends on directly.
    pub(crate) fn direct(&self, id: &str, only_normal: bool) -> impl Iterator<Item = &Package> {
        let edges = self.resolve.nodes.iter().filter(move |node| node.id == id).flat_map(|node| &node.deps);
        let wanted =
            edges.filter(move |edge| !only_normal || edge.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        wanted.filter_map(|edge| self.packages.iter().find(|package| package.id == edge.pkg))
    }

    /// The way from a package to the first of these names, over normal dependencies; None if there is none.
    pub(crate) fn way_to(&self, id: &str, names: &[&str]) -> Option<Vec<&str>> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<(&str, Vec<&str>)> = vec![(id, Vec::new())];
        while let Some((next, way)) = open.pop() {
            for package in self.direct(next, true).filter(|package| package.id != next) {
                let mut way = way.clone();
                way.push(&package.name);
                if names.contains(&package.name.as_str()) {
                    return Some(way);
                }
                if seen.insert(&package.id) {
                    open.push((&package.id, way));
                }
            }
        }
        None
    }

    /// A made-up one: crates with the names of what they depend on; `?name` is a development dependency.
    #[cfg(test)]
    pub(crate) fn of(crates: &[(&str, &[&str])]) -> Self {
        let packages = crates.iter().map(|(name, _)| Package {
            id: (*name).into(),
            name: (*name).into(),
            manifest_path: format!("/x/crates/{name}/Cargo.toml"),
            ..Package::default()
        });
        let nodes = crates.iter().map(|(name, deps)| {
            let edge = |dep: &&str| Dependency {
                pkg: dep.trim_start_matches('?').to_owned(),
                dep_kinds: vec![DependencyKind { kind: dep.starts_with('?').then(|| "dev".to_owned()) }],
            };
            Node { id: (*name).into(), deps: deps.iter().map(edge).collect() }
        });
        Self { packages: packages.collect(), resolve: Resolve { nodes: nodes.collect() } }
    }
}
