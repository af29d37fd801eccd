//! The binary `callbox-load`: thousands of clients on one core, against Callbox or a peer of it.
//!
//! `callbox-load signal --server 127.0.0.1:8080 --clients 5000 --rate 200 --duration 20 --pid PID` plays set-ups at
//! fixed instants; `--cuts 500` cuts sockets meanwhile, `--next 0.1` leaves every tenth call by `next`, `--storm` cuts all
//! at once afterwards, `--sign-ins 500` has as many try to sign in each second, `--connects` only connects; `--wire socketio|peer|ws` plays the same against another server.
//! `callbox-load relay --server 127.0.0.1:8080 --calls 250 --sides both --pid PID` sends media through its relay, `--turn`
//! and `--user` through another one.
//! `callbox-load data --server 127.0.0.1:8080` reads and changes what 5,000 seeded users have.
//! `callbox-load push --server 127.0.0.1:8080 --pid PID` has them watch it, and says how soon they hear of changes.
//! Ends with 1 if a message was lost or doubled or a set-up did not end well, with 2 if the generator was the limit.

mod clock;
mod connection;
mod costs;
mod data;
mod guests;
mod latencies;
mod ledger;
mod options;
mod payload;
mod plan;
mod process;
mod push;
mod relay;
mod report;
mod script;
mod shell;
mod sign_ins;
mod signal;
mod socket;
mod tally;
mod wire;

use anyhow::Result;
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use options::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    // Each client is an open file; as many as the system gives.
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    // One thread: the machine's other core is the server's.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let tasks = LocalSet::new();
    match cli.command {
        Command::Signal(options) => {
            let report = tasks.block_on(&runtime, signal::run(&options))?;
            print(&report, options.json)?;
            Ok(ExitCode::from(report.verdict.exit_code()))
        }
        Command::Data(options) => {
            let report = tasks.block_on(&runtime, data::run(&options))?;
            print(&report, options.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Push(options) => {
            let report = tasks.block_on(&runtime, push::run(&options))?;
            print(&report, options.json)?;
            Ok(ExitCode::from(u8::from(!report.is_good())))
        }
        Command::Relay(options) => {
            let is_json = options.json;
            let report = tasks.block_on(&runtime, relay::run(options))?;
            print(&report, is_json)?;
            Ok(ExitCode::from(u8::from(!report.is_good())))
        }
    }
}

fn print(report: &(impl Serialize + Display), is_json: bool) -> Result<()> {
    let text = if is_json { serde_json::to_string(report)? } else { report.to_string() };
    // A reader who hung up does not want the text; the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}
