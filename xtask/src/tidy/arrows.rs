//! The direction of the arrows: which crate may know which, and what the pure ones never reach.
//!
//! Among our own crates development dependencies count too: a test that needs a forbidden neighbour is in the
//! wrong crate. Towards the outside only what ends up in the product counts.

use super::Faults;
use super::metadata::Metadata;

/// The permitted dependencies. A new crate needs a line here, and so a thought.
const ARROWS: [(&str, &[&str]); 11] = [
    ("callbox-protocol", &[]),
    ("callbox-turn", &[]),
    ("callbox-core", &["callbox-protocol"]),
    ("callbox-identity", &["callbox-protocol", "callbox-core"]),
    ("callbox-monitor", &["callbox-protocol"]),
    ("callbox-settings", &["callbox-protocol", "callbox-core", "callbox-identity", "callbox-turn"]),
    ("callbox-store", &["callbox-protocol", "callbox-core"]),
    ("callbox-media", &["callbox-turn"]),
    ("callbox-load", &["callbox-protocol", "callbox-turn"]),
    (
        "callbox-server",
        &[
            "callbox-protocol",
            "callbox-core",
            "callbox-identity",
            "callbox-turn",
            "callbox-media",
            "callbox-monitor",
            "callbox-settings",
            "callbox-store",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that decide and never act.
pub(crate) const PURE: [&str; 6] = [
    "callbox-protocol",
    "callbox-core",
    "callbox-turn",
    "callbox-identity",
    "callbox-monitor",
    "callbox-settings",
];
/// Crates that would let them act.
const IMPURE: [&str; 6] = ["tokio", "axum", "rusqlite", "hyper", "mio", "socket2"];

/// House rule: core -> protocol, identity and store -> protocol and core, settings -> the pure ones but monitor, monitor ->
/// protocol, media -> turn, load -> protocol and turn, server -> all but load.
pub(crate) fn crates_depend_only_as_the_arrows_say(metadata: &Metadata) -> Faults {
    let mut faults = Faults::new();
    for package in metadata.ours() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            faults.push(format!("{} has no arrows: add it to xtask/src/tidy/arrows.rs", package.name));
            continue;
        };
        let direct = metadata.direct(&package.id, false).filter(|other| other.source.is_none());
        let wrong = direct.filter(|other| !allowed.contains(&other.name.as_str()));
        faults.extend(wrong.map(|other| format!("{} may not depend on {}", package.name, other.name)));
    }
    faults
}

/// House rule: the pure crates never reach a runtime, a database or a socket, even indirectly.
pub(crate) fn pure_crates_stay_pure(metadata: &Metadata) -> Faults {
    let pure = metadata.ours().filter(|package| PURE.contains(&package.name.as_str()));
    let found = pure.filter_map(|package| {
        let way = metadata.way_to(&package.id, &IMPURE)?;
        Some(format!("{} -> {}", package.name, way.join(" -> ")))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_that_knows_the_store_is_a_fault_even_in_its_tests() {
        let metadata = Metadata::of(&[
            ("callbox-protocol", &[]),
            ("callbox-core", &["callbox-protocol", "?callbox-store"]),
            ("callbox-settings", &["callbox-protocol", "callbox-core", "callbox-identity", "callbox-turn"]),
            ("callbox-store", &["callbox-protocol", "callbox-core"]),
        ]);
        let faults = crates_depend_only_as_the_arrows_say(&metadata);
        assert_eq!(faults, ["callbox-core may not depend on callbox-store"]);
    }

    #[test]
    fn a_crate_without_arrows_is_a_fault() {
        let faults = crates_depend_only_as_the_arrows_say(&Metadata::of(&[("callbox-misc", &[])]));
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn a_pure_crate_that_reaches_a_runtime_through_others_is_a_fault_that_shows_the_way() {
        let mut graph: Vec<(&str, &[&str])> =
            vec![("callbox-core", &["a", "?tokio"]), ("a", &["b"]), ("b", &[])];
        graph.push(("tokio", &[]));
        assert!(pure_crates_stay_pure(&Metadata::of(&graph)).is_empty());
        graph[2] = ("b", &["tokio"]);
        assert_eq!(pure_crates_stay_pure(&Metadata::of(&graph)), ["callbox-core -> a -> b -> tokio"]);
    }
}
