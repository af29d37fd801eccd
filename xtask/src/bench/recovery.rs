//! The faults of a call, twenty times each: whether both people see each other again, and after how long.
//!
//! Real browsers behind real NAT, in network namespaces: `bench/recovery/run.mjs` builds them, hits calls and prints
//! the rows. It takes an hour and a quarter at most, keeps what it has found, and continues there with the same
//! binary.

use anyhow::Result;

use super::{Row, rows_of};
use crate::install;
use crate::steps::{cargo, command, is_ci, run, target_dir};

/// Measures every kind of fault.
pub(super) fn measure() -> Result<Vec<Row>> {
    install::npm_packages(is_ci())?;
    run(&mut cargo(&["build", "--release", "--locked", "--package", "callbox-server"]))?;
    let mut node = command("node", &["bench/recovery/run.mjs"]);
    rows_of(node.env("CALLBOX_BIN", target_dir().join("release/callbox")))
}
