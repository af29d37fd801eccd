//! `cargo xtask check`: everything that can be known without starting a server.
//!
//! Stops at the first red step. The order is from quick to slow, so that a slip is noticed soon.

use anyhow::{Context, Result, ensure};

use crate::steps::{self, Steps, cargo, run, watch};
use crate::{fuzz, install, tidy, web};

/// Tests that prove a generated file current; `cargo xtask generate` is the cure for all of them.
const GENERATED: [&str; 3] =
    ["the_typescript_types_are_current", "example_config_is_current", "the_table_of_figures_is_current"];

/// Runs all steps, each timed.
pub(crate) fn run_steps() -> Result<()> {
    let mut steps = Steps::default();
    let result = each(&mut steps);
    steps.print_summary();
    result.context("fix it, then run `cargo xtask check` again")
}

fn each(steps: &mut Steps) -> Result<()> {
    steps.run("format", || run(&mut cargo(&["fmt", "--all", "--check"])))?;
    steps.run("tidy", tidy::run)?;
    steps.run("clippy", || {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    })?;
    steps.run("fuzz targets", fuzz::check)?;
    steps.run("docs", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    steps.run("generated files", generated_files_are_current)?;
    steps.run("npm packages", || install::npm_packages(steps::is_ci()))?;
    steps.run("web types, lints and format", || run(&mut steps::command("npm", &["run", "check"])))?;
    steps.run("embedded files", web::compare)
}

/// Runs the tests that compare, and makes sure that each of them really ran.
fn generated_files_are_current() -> Result<()> {
    let mut args = vec!["test", "--workspace", "--locked", "--lib", "--"];
    args.extend(GENERATED);
    let watched = watch(&mut cargo(&args))?;
    ensure!(watched.success, "a generated file is stale: run `cargo xtask generate`");
    for name in GENERATED {
        let ran = watched.output.lines().any(|line| line.contains(name) && line.ends_with("... ok"));
        ensure!(ran, "no test named `{name}` ran: was it renamed?");
    }
    Ok(())
}
