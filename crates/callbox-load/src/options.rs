//! The command line.

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::wire::Wire;

/// Thousands of clients on one core, for Callbox and for the peers that it is measured beside.
#[derive(Debug, Parser)]
#[command(name = "callbox-load", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Signaling: connects, set-ups of calls, cuts and storms.
    Signal(Signal),
    /// Media through a relay.
    Relay(RelayOptions),
    /// The HTTP interface: people who read and change what is theirs.
    Data(Data),
    /// Answers that are watched: how soon after a commit sessions hear of it.
    Push(Push),
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// Address of the server.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_addr)]
    pub(crate) server: SocketAddr,
    /// How many sessions, each of a seeded user of its own, with four watches.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) clients: usize,
    /// Writes a second.
    #[arg(long, default_value = "500", value_parser = parse_rate)]
    pub(crate) rate: f64,
    /// For how long, in seconds.
    #[arg(long, default_value = "10", value_parser = parse_seconds)]
    pub(crate) duration: Duration,
    /// The server's process, for CPU and memory.
    #[arg(long)]
    pub(crate) pid: u32,
    /// How long to wait before memory is measured, in seconds.
    #[arg(long, default_value = "2", value_parser = parse_seconds)]
    pub(crate) settle: Duration,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Address of the server.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_addr)]
    pub(crate) server: SocketAddr,
    /// How many users were seeded.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) users: usize,
    /// How many ask at once.
    #[arg(long, default_value_t = 256)]
    pub(crate) connections: usize,
    /// Look at nothing but the status of an answer: for a server that answers the same to everybody.
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// What they ask.
    #[arg(long, value_enum, default_value_t = Asks::Mix)]
    pub(crate) asks: Asks,
    /// The file of the operator's token, for the server's own count of reads that its cache has avoided.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_token: Option<PathBuf>,
    /// The core that the server and its database are pinned to.
    #[arg(long, default_value_t = 0)]
    pub(crate) core: usize,
    /// For how long, in seconds.
    #[arg(long, default_value = "10", value_parser = parse_seconds)]
    pub(crate) duration: Duration,
    /// How long it runs before it is measured, in seconds.
    #[arg(long, default_value = "2", value_parser = parse_seconds)]
    pub(crate) warmup: Duration,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What people ask of the HTTP interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Asks {
    /// Reads and writes of an app.
    Mix,
    /// One's own account, which nobody changes.
    Profile,
    /// The same, by its version: it has not changed.
    Unchanged,
}

/// The ends of a call that are behind the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sides {
    /// The caller; the callee is on the open network.
    One,
    /// Both.
    Both,
    /// None: no relay takes part, and what is measured is the load tester itself.
    Neither,
}

/// By what clients come to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

#[derive(Debug, Args)]
pub(crate) struct RelayOptions {
    /// Address of Callbox.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_addr)]
    pub(crate) server: Option<SocketAddr>,
    /// Address of another TURN server.
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "server")]
    pub(crate) turn: Option<SocketAddr>,
    /// A user of that one.
    #[arg(long, value_name = "NAME:PASSWORD")]
    pub(crate) user: Option<String>,
    /// How many calls at once.
    #[arg(long, default_value_t = 100)]
    pub(crate) calls: usize,
    /// Ends that are relayed.
    #[arg(long, value_enum, default_value_t = Sides::One)]
    pub(crate) sides: Sides,
    /// By what the relayed ends come to it.
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    pub(crate) transport: Transport,
    /// Frames of a picture a second of each end; speech goes with them. 30 make 156 packets a second.
    #[arg(long, default_value_t = 30)]
    pub(crate) frames_per_second: u32,
    /// For how long, in seconds.
    #[arg(long, default_value = "10", value_parser = parse_seconds)]
    pub(crate) duration: Duration,
    /// How long media flow before they are measured, in seconds.
    #[arg(long, default_value = "1", value_parser = parse_seconds)]
    pub(crate) warmup: Duration,
    /// The server's process, for CPU and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Signal {
    /// Address of the server.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_addr)]
    pub(crate) server: SocketAddr,
    /// Kind of the server.
    #[arg(long, value_enum, default_value_t = Wire::Callbox)]
    pub(crate) wire: Wire,
    /// How many clients, in two rows that meet each other.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) clients: usize,
    /// How many connect at a time.
    #[arg(long, default_value_t = 256)]
    pub(crate) at_once: usize,
    /// Set-ups a second, at fixed instants.
    #[arg(long, default_value_t = 50.0)]
    pub(crate) rate: f64,
    /// For how long, in seconds.
    #[arg(long, default_value = "10", value_parser = parse_seconds)]
    pub(crate) duration: Duration,
    /// How long set-ups are played before they are measured, in seconds.
    #[arg(long, default_value = "2", value_parser = parse_seconds)]
    pub(crate) warmup: Duration,
    /// The share of calls that are left by `next` instead of `end`.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) next: f64,
    /// How many sockets are cut at random instants of the run.
    #[arg(long, default_value_t = 0)]
    pub(crate) cuts: usize,
    /// Afterwards cut all at once; each reconnects within so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "3", value_parser = parse_seconds)]
    pub(crate) storm: Option<Duration>,
    /// So many a second try to sign in meanwhile, with addresses that nobody has.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub(crate) sign_ins: Option<f64>,
    /// Only connect.
    #[arg(long)]
    pub(crate) connects: bool,
    /// The server's process, for CPU and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// How long to wait before memory is measured, in seconds.
    #[arg(long, default_value = "2", value_parser = parse_seconds)]
    pub(crate) settle: Duration,
    /// After so many seconds a set-up counts as unfinished.
    #[arg(long, default_value = "10", value_parser = parse_seconds)]
    pub(crate) patience: Duration,
    /// The generator was the limit if the 99th percentile of its own lateness is above this, in milliseconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) lateness_ms: f64,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_addr(text: &str) -> Result<SocketAddr> {
    // As the server prints it, too.
    let plain = text.trim_start_matches("http://").trim_end_matches('/');
    plain.parse().with_context(|| format!("`{text}` is not an address with a port"))
}

fn parse_rate(text: &str) -> Result<f64> {
    let rate: f64 = text.parse().context("not a number")?;
    ensure!((1.0..=100_000.0).contains(&rate), "from 1 to 100,000 a second");
    Ok(rate)
}

fn parse_seconds(text: &str) -> Result<Duration> {
    let seconds: f64 = text.parse().context("not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).context("not a length of time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_reads_addresses_as_the_server_prints_them() {
        let words = ["callbox-load", "signal", "--server", "http://127.0.0.1:80", "--storm"];
        let Command::Signal(options) = Cli::try_parse_from(words).unwrap().command else { panic!("signal") };
        assert_eq!(options.server, SocketAddr::from(([127, 0, 0, 1], 80)));
        assert_eq!(options.storm, Some(Duration::from_secs(3)));
    }
}
