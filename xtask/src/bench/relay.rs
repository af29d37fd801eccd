//! The relay beside Debian's coturn: 250 calls with one end relayed, then with both, and what a packet costs and waits.
//!
//! Both servers get the same packets at the same instants from `callbox-load`, on one core each, in turns, and medians
//! count. CPU time is compared: packets that a second of it relays are what a core bears, and other work
//! on the machine bends them less than a rate. Sent packets that never came are counted beside it. How long packets wait
//! is looked at under more load: there a thread that rests at the wrong time falls behind. A machine that is shared rests
//! by itself too, so the same packets also go straight across, and what a relay adds to that is its own.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::process::{Child, Stdio};

use super::Row;
use super::figure::{Figure, median};
use super::front::Front;
use super::load::{Summary, least_disturbed, report};
use super::servers::{Kind, SERVER_CORE, Server, check_machine, data_dir, pinned};
use crate::steps::{cargo, run, target_dir};

const RUNS: usize = 3;
/// Some 78,000 packets a second: near the end of what coturn bears on one core if both ends are relayed.
const LOAD: &str = "--calls 250 --warmup 2 --duration 10";
/// Some 31,000 packets a second over TCP, which costs a server several times as much.
const TCP_LOAD: &str = "--transport tcp --calls 100 --warmup 2 --duration 10";
/// The same over TLS.
const TLS: &str = "--transport tls";
const TLS_LOAD: &str = "--transport tls --calls 100 --warmup 2 --duration 10";
/// Some 110,000 packets a second: calls of 1.4 Mbit/s.
const HEAVY_LOAD: &str = "--calls 250 --warmup 2 --duration 10 --frames-per-second 42";
const USER: &str = "bench:bench";
/// Below those that the system gives to outgoing connections.
const COTURN_PORT: &str = "13478";
/// Peers are on loopback here.
const OUR_SETTINGS: [&str; 2] = ["relay_listen=127.0.0.1:0", "relay_allowed_peers=127.0.0.0/8"];
/// Lost packets of a million: as many as nobody notices.
const LOST_MAX: f64 = 100.0;
/// A fiftieth of a path across a country.
const DELAY_P50_MS_MAX: f64 = 0.4;
const DELAY_P99_MS_MAX: f64 = 3.0;

/// The same packets without a relay.
#[derive(Debug, Deserialize)]
struct Floor {
    delay: Summary,
}

/// The members of a report of `callbox-load relay` that are looked at.
#[derive(Debug, Deserialize)]
struct Report {
    sent: u64,
    lost: u64,
    per_second: f64,
    cpu_us_per_packet: f64,
    server_cpu_share: f64,
    others_cpu_share: f64,
    rss_kb_per_allocation: f64,
    delay: Summary,
}

impl Report {
    /// So many packets take a second of CPU.
    fn per_cpu_second(&self) -> f64 {
        1e6 / self.cpu_us_per_packet
    }

    fn others(&self) -> f64 {
        self.others_cpu_share
    }

    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    fn lost_of_a_million(&self) -> f64 {
        self.lost as f64 * 1e6 / self.sent.max(1) as f64
    }
}

/// Measures both shapes of a call.
pub(super) fn measure() -> Result<Vec<Row>> {
    check_machine()?;
    let packages = ["--package", "callbox-server", "--package", "callbox-load"];
    run(cargo(&["build", "--release", "--locked"]).args(packages))?;
    let Turns { ours, peer, .. } = in_turns("one", LOAD, false)?;
    let mut rows = vec![
        per_cpu_second("packets by a second of CPU, one end relayed", &ours, &peer, ">= 1.3x", 1.3),
        lost("lost of a million, one end relayed", &ours, &peer),
    ];
    let Turns { ours, peer, .. } = in_turns("both", LOAD, false)?;
    rows.extend([
        per_cpu_second("packets by a second of CPU, both ends relayed", &ours, &peer, ">= 2x", 2.0),
        lost("lost of a million, both ends relayed", &ours, &peer),
        memory(&ours, &peer),
    ]);
    let Turns { ours, peer, .. } = in_turns("both", TCP_LOAD, false)?;
    rows.extend([
        per_cpu_second("packets by a second of CPU, both ends relayed over TCP", &ours, &peer, ">= 1x", 1.0),
        lost("lost of a million, both ends relayed over TCP", &ours, &peer),
    ]);
    let Turns { ours, peer, .. } = in_turns("both", TLS_LOAD, false)?;
    rows.extend([
        per_cpu_second("packets by a second of CPU, both ends relayed over TLS", &ours, &peer, ">= 1x", 1.0),
        lost("lost of a million, both ends relayed over TLS", &ours, &peer),
    ]);
    let Turns { ours, peer, floors } = in_turns("both", HEAVY_LOAD, true)?;
    rows.extend([
        waited("p50 ms at 110,000/s, both ends relayed", &ours, &peer),
        added("p99 ms at 110,000/s, added to that of no relay", (&ours, &peer, &floors)),
        lost("lost of a million at 110,000/s, both ends relayed", &ours, &peer),
    ]);
    Ok(rows)
}

fn per_cpu_second(
    what: &'static str,
    ours: &[Report],
    peer: &[Report],
    target: &'static str,
    factor: f64,
) -> Row {
    let of = |reports: &[Report]| median(reports.iter().map(Report::per_cpu_second));
    let (ours, peer) = (of(ours), of(peer));
    Figure { what, ours, peer, decimals: 0, target, is_ok: ours >= factor * peer }.row()
}

fn lost(what: &'static str, ours: &[Report], peer: &[Report]) -> Row {
    let of = |reports: &[Report]| median(reports.iter().map(Report::lost_of_a_million));
    let (ours, peer) = (of(ours), of(peer));
    Figure { what, ours, peer, decimals: 0, target: "<= 100", is_ok: ours <= LOST_MAX }.row()
}

fn waited(what: &'static str, ours: &[Report], peer: &[Report]) -> Row {
    let of = |reports: &[Report]| median(reports.iter().map(|report| report.delay.p50_ms));
    let (ours, peer) = (of(ours), of(peer));
    Figure { what, ours, peer, decimals: 2, target: "<= 0.4", is_ok: ours <= DELAY_P50_MS_MAX }.row()
}

/// The delay that a relay adds to the slowest packets, by the medians of turns.
fn added(what: &'static str, (ours, peer, floors): (&[Report], &[Report], &[Floor])) -> Row {
    let floor = median(floors.iter().map(|floor| floor.delay.p99_ms));
    let of = |reports: &[Report]| (median(reports.iter().map(|report| report.delay.p99_ms)) - floor).max(0.0);
    let (ours, peer) = (of(ours), of(peer));
    Figure { what, ours, peer, decimals: 2, target: "<= 3", is_ok: ours <= DELAY_P99_MS_MAX }.row()
}

fn memory(ours: &[Report], peer: &[Report]) -> Row {
    let of = |reports: &[Report]| median(reports.iter().map(|report| report.rss_kb_per_allocation));
    let (what, target) = ("RSS KB per allocation, its session not counted", "<= 1x");
    let (ours, peer) = (of(ours), of(peer));
    Figure { what, ours, peer, decimals: 1, target, is_ok: ours <= peer }.row()
}

/// The findings of all turns.
#[derive(Default)]
struct Turns {
    ours: Vec<Report>,
    peer: Vec<Report>,
    floors: Vec<Floor>,
}

/// The same load on each, in turns, each time on a fresh server; and on none, if it is asked for.
fn in_turns(sides: &str, options: &str, has_floor: bool) -> Result<Turns> {
    let mut turns = Turns::default();
    for turn in 1..=RUNS {
        if has_floor {
            let floor: Floor = load(&[], "neither", options)?;
            let Summary { p50_ms, p99_ms } = floor.delay;
            println!("no relay      {turn} of {RUNS}: p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms");
            turns.floors.push(floor);
        }
        let say = |name: &str, report: &Report| {
            let Report { per_second, cpu_us_per_packet, lost, server_cpu_share, delay, .. } = report;
            let (share, Summary { p50_ms, p99_ms }) = (server_cpu_share * 100.0, delay);
            println!(
                "{name:8} {sides:4} {turn} of {RUNS}: {per_second:.0} packets/s, {cpu_us_per_packet:.2} us each, {share:.0} % of a core, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, {lost} lost"
            );
        };
        let is_tls = options.starts_with(TLS);
        let report = least_disturbed(sides, Report::others, || {
            let more: &[&str] = if is_tls { &["tls=self-signed"] } else { &[] };
            let server = Server::start_with(Kind::Callbox, &[&OUR_SETTINGS, more].concat())?;
            let front = is_tls.then(|| Front::start(&server.addr)).transpose()?;
            let addr = front.as_ref().map_or(&server.addr, |front| &front.addr);
            load(&["--server", addr, "--pid", &server.pid().to_string()], sides, options)
        })?;
        say("callbox", &report);
        turns.ours.push(report);
        let report = least_disturbed(sides, Report::others, || {
            let server = Coturn::start(is_tls)?;
            let turn = format!("127.0.0.1:{COTURN_PORT}");
            load(&["--turn", &turn, "--user", USER, "--pid", &server.0.id().to_string()], sides, options)
        })?;
        say("coturn", &report);
        turns.peer.push(report);
    }
    Ok(turns)
}

fn load<R: DeserializeOwned>(server: &[&str], sides: &str, options: &str) -> Result<R> {
    let mut args = vec!["relay", "--sides", sides];
    args.extend(server);
    args.extend(options.split(' '));
    report(&args)
}

/// Debian's, with one thread that relays: killed when it is dropped.
struct Coturn(Child);

impl Coturn {
    /// With TLS at the same port, by the certificate that ours made before.
    fn start(is_tls: bool) -> Result<Self> {
        let mut command = pinned(SERVER_CORE);
        command.args(["turnserver", "-n", "--no-cli", "--no-dtls", "--relay-threads=1"]);
        if is_tls {
            let certificate = data_dir().join("tls-self-signed.pem");
            command.arg("--cert").arg(&certificate).arg("--pkey").arg(&certificate);
        } else {
            command.arg("--no-tls");
        }
        command.args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"]);
        command.args(["--lt-cred-mech", "--realm=bench", "--log-file=stdout"]).arg(format!("--user={USER}"));
        command.arg(format!("--listening-port={COTURN_PORT}"));
        let pid = target_dir().join("bench-coturn.pid");
        command.arg(format!("--pidfile={}", pid.display()));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Self(child.context("coturn is needed: `cargo xtask test --install` brings it")?))
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
