//! The monitor: what a beacon costs the server, how large a month of figures is and how quick it answers, and how much
//! script a page loads to be measured, beside web-vitals, Faro and Sentry, and how long it holds the page up.
//!
//! The server's part is `ingest.rs`; the month is made by `made_days`, an example of the server, and marked as made. The rest
//! is Node's: `bench/beacons/sizes.mjs` builds every script by the same esbuild in the same run, and
//! `bench/beacons/boot.mjs` reads the browser's own trace. Its peers are npm packages of the folder's own. To try the
//! bench itself, `BENCH_PROFILE=debug` takes a debug build and `BENCH_DAYS` fewer days.

use anyhow::{Context, Result};
use std::process::Command;

use super::servers::{check_machine, prepare};
use super::{Row, ingest, rows_of};
use crate::install;
use crate::steps::{cargo, command, is_ci, run, target_dir};

const DAYS: &str = "30";
const USERS: &str = "5000";

/// Beacons, the month, sizes, then the time of the main thread.
pub(super) fn measure() -> Result<Vec<Row>> {
    check_machine()?;
    install::npm_packages(is_ci())?;
    prepare("bench/beacons")?;
    let is_debug = std::env::var("BENCH_PROFILE").is_ok_and(|profile| profile == "debug");
    let profile = if is_debug { "dev" } else { "release" };
    let build = ["build", "--locked", "--package", "callbox-server", "--profile", profile];
    run(cargo(&build).args(["--bin", "callbox", "--example", "made_days"]))?;
    let programs = target_dir().join(if is_debug { "debug" } else { "release" });
    let folder = target_dir().join("bench-beacons");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let mut rows = ingest::measure(&programs.join("callbox"), &folder)?;
    let days = std::env::var("BENCH_DAYS").unwrap_or_else(|_| DAYS.to_owned());
    let mut made = Command::new(programs.join("examples/made_days"));
    rows.extend(rows_of(made.arg(folder.join("made")).args([&days, USERS]))?);
    rows.extend(rows_of(&mut command("node", &["bench/beacons/sizes.mjs"]))?);
    rows.extend(rows_of(&mut command("node", &["bench/beacons/boot.mjs"]))?);
    Ok(rows)
}
