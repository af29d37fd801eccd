//! `cargo xtask sim --seed N`: one world of the simulator, step by step.
//!
//! The worlds themselves are tests of the core; a thousand of them run in each `cargo xtask test`, ten thousand
//! with `--full`. A fault there names its seed.

use anyhow::{Context, Result};

use crate::steps::{cargo, run};

/// Shows what happens in the world of this seed; red if a promise is broken there.
pub(crate) fn run_seed(seed: &str) -> Result<()> {
    let _: u64 = seed.parse().with_context(|| format!("`{seed}` is not a seed: a whole number"))?;
    let args = ["test", "--quiet", "--locked", "--package", "callbox-core", "--test", "sim", "--"];
    let test = ["--ignored", "--exact", "one_world_step_by_step", "--nocapture"];
    run(cargo(&args).args(test).env("CALLBOX_SIM_SEED", seed))
}
