//! The repository's own commands, in plain Rust: `cargo xtask <command>`.
//!
//! Each command is a file of its own beside this one. They run other programs and read files; they hold no
//! product code, and no crate of the product depends on this one. No shell is ever started, so they work
//! wherever Rust does. The one thing that they change on a machine is in `install.rs`, and only when asked.
#![expect(clippy::print_stdout, reason = "talking to the terminal is what this program is for")]

mod bench;
mod check;
mod fuzz;
mod generate;
mod install;
mod postgres;
mod sim;
mod steps;
mod test;
mod tidy;
mod web;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  check                     format, lints, docs, house rules, web checks, generated files; starts no servers
  test [--install] [--full] [FILTER]
                            all tests: Rust, SDK, and the pages in a real browser
                            --install  install what is missing first (CI=true does the same)
                            --full     also run the tests that are marked as long
                            FILTER     only Rust tests whose name contains it
  web [--check]             build the pages and the SDK into the server's embedded files, or compare them
  generate                  rewrite the files that are generated from Rust
  tidy                      the house rules alone (part of check)
  bench NAME                measure; NAME is one of: data, lobby, recovery, relay, setup, signaling
  sim --seed N              show one world of the simulator, step by step
  fuzz TARGET [SECONDS]     feed a parser with made-up bytes; TARGET is one of: frames, stun, channel_data, framing";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    dispatch(&args).unwrap_or_else(|error| {
        // Without the backtrace that anyhow adds: what failed is a command, and its name is in the message.
        println!("\nerror: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(args: &[&str]) -> Result<ExitCode> {
    match args {
        ["check"] => check::run_steps()?,
        ["test", options @ ..] => return test::run_tests(&test::Options::parse(options)?),
        ["web"] => web::build()?,
        ["web", "--check"] => web::check()?,
        ["generate"] => generate::run_generators()?,
        ["tidy"] => tidy::run()?,
        ["bench", name] => return bench::run(name),
        ["sim", "--seed", seed] => sim::run_seed(seed)?,
        ["fuzz", target] => fuzz::run_target(target, None)?,
        ["fuzz", target, seconds] => fuzz::run_target(target, Some(seconds))?,
        ["help" | "--help" | "-h"] => println!("{USAGE}"),
        _ => bail!("unknown command\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
