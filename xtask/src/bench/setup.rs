//! From the click to both sides' first frame: our client, prepared and cold, and our page; beside `PeerJS`.
//!
//! Two real browsers behind real NAT call each other over 0, 100 and 200 ms, so that all of it is Node's:
//! `bench/setup/run.mjs` builds the network, starts servers and browsers and prints the rows. They share the machine,
//! each core with all: without delay a call is mostly the browsers' work.

use anyhow::Result;

use super::{Row, rows_of, servers::prepare_peers};
use crate::install;
use crate::steps::{cargo, command, is_ci, run, target_dir};

/// Measures each way to a call at each delay.
pub(super) fn measure() -> Result<Vec<Row>> {
    install::npm_packages(is_ci())?;
    prepare_peers()?;
    run(&mut cargo(&["build", "--release", "--locked", "--package", "callbox-server"]))?;
    let mut node = command("node", &["bench/setup/run.mjs"]);
    rows_of(node.env("CALLBOX_BIN", target_dir().join("release/callbox")))
}
