//! From the click to both sides' first frame: ours with a connection that was prepared and without; beside `PeerJS`.
//!
//! Two real browsers call each other, so that all of it is Node's: `bench/setup/run.mjs` starts servers and browsers
//! and prints the rows. They share the machine, each core with all: a call is mostly the browsers' work.

use anyhow::Result;

use super::{Row, rows_of, servers::prepare_peers};
use crate::install;
use crate::steps::{cargo, command, is_ci, run, target_dir};

/// Measures a prepared call and a cold one.
pub(super) fn measure() -> Result<Vec<Row>> {
    install::npm_packages(is_ci())?;
    prepare_peers()?;
    run(&mut cargo(&["build", "--release", "--locked", "--package", "callbox-server"]))?;
    let mut node = command("node", &["bench/setup/run.mjs"]);
    rows_of(node.env("CALLBOX_BIN", target_dir().join("release/callbox")))
}
