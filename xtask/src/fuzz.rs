//! `cargo xtask fuzz TARGET`: feeds a parser of outside bytes with whatever libFuzzer comes up with.
//!
//! The targets are built in each check, so that they do not rot; they run only when asked. cargo-fuzz needs
//! flags of the nightly compiler, which `RUSTC_BOOTSTRAP` allows on the pinned one.

use anyhow::{Result, ensure};

use crate::steps::{cargo, root, run};

/// Half a minute finds slips; a night finds the rest.
const SECONDS: &str = "30";

/// Runs one target for so many seconds.
pub(crate) fn run_target(target: &str, seconds: Option<&str>) -> Result<()> {
    let source = root().join("fuzz/fuzz_targets").join(target).with_extension("rs");
    ensure!(source.exists(), "no fuzz target named `{target}`; they are in fuzz/fuzz_targets");
    let has_cargo_fuzz = cargo(&["fuzz", "--version"]).output().is_ok_and(|output| output.status.success());
    ensure!(has_cargo_fuzz, "cargo-fuzz is missing: run `cargo install cargo-fuzz --locked`");
    let time = format!("-max_total_time={}", seconds.unwrap_or(SECONDS));
    run(cargo(&["fuzz", "run", target, "--", &time, "-max_len=70000"]).env("RUSTC_BOOTSTRAP", "1"))
}

/// Type-checks all targets against what they feed.
pub(crate) fn check() -> Result<()> {
    run(cargo(&["check", "--manifest-path", "fuzz/Cargo.toml", "--locked"])
        .env("CARGO_TARGET_DIR", "target/fuzz"))
}
