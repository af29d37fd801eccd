//! Signaling beside its peers: connects, memory, CPU, latency and the highest rate, all in one run of ten minutes.
//!
//! Every server gets the same messages at the same instants from `callbox-load`, each in its own wire format. Runs take
//! turns and the median counts, so that what else the machine does hits all alike. The server has one core, the load
//! the other: a run in which the load was the limit is no figure.

use anyhow::{Context, Result};

use super::Row;
use super::figure::{Figure, median};
use super::load::{Report, SignIns, Verdict, run_good, run_until};
use super::search::Search;
use super::servers::{Kind, Server, check_machine, prepare_peers};
use crate::steps::{cargo, run};

const RUNS: usize = 3;
const CONNECTS: &str = "--clients 10000 --connects";
const AT_200: &str = "--clients 5000 --rate 200 --duration 10 --settle 0";
/// Ten times what a core can check: the rest is refused.
const WITH_SIGN_INS: &str = "--clients 5000 --rate 200 --duration 10 --settle 0 --sign-ins 500";
/// A rate is borne if the 99th percentile of messages stays below this.
const P99_MS_MAX: f64 = 10.0;
const FIRST_RATE: f64 = 250.0;
/// More would have each of the clients seek more often than the server allows; the generator is worn out there, too.
const HIGHEST_RATE: f64 = 4_000.0;

/// Measures everything.
pub(super) fn measure() -> Result<Vec<Row>> {
    check_machine()?;
    prepare_peers()?;
    let packages = ["--package", "callbox-server", "--package", "callbox-load"];
    run(cargo(&["build", "--release", "--locked"]).args(packages))?;
    let mut rows = connects_and_memory()?;
    rows.extend(at_200_a_second()?);
    rows.push(beside_sign_ins()?);
    rows.extend(highest_rates()?);
    Ok(rows)
}

fn connects_and_memory() -> Result<Vec<Row>> {
    let kinds = [Kind::Callbox, Kind::SocketIo];
    let [ours, peer] = in_turns(kinds, CONNECTS)?;
    let connects = |reports: &[Report]| median(reports.iter().map(|report| report.connects.per_second));
    let memory =
        |reports: &[Report]| median(reports.iter().filter_map(|report| Some(report.idle?.rss_kb_per_client)));
    let overflows: u64 = ours.iter().map(|report| report.connects.listen_overflows).sum();
    if overflows > 0 {
        println!("note: {overflows} connects found Callbox's listen queue full and waited a second");
    }
    let (our_connects, peer_connects) = (connects(&ours), connects(&peer));
    let (our_memory, peer_memory) = (memory(&ours), memory(&peer));
    Ok(vec![
        Figure {
            what: "connects/s, 10,000 to a fresh server, 256 at a time (peer: Socket.IO)",
            ours: our_connects,
            peer: peer_connects,
            decimals: 0,
            target: ">= 5x, then 10x",
            is_ok: our_connects >= 5.0 * peer_connects,
        }
        .row(),
        Figure {
            what: "RSS KB per idle session at 10,000 (peer: Socket.IO)",
            ours: our_memory,
            peer: peer_memory,
            decimals: 1,
            target: "<= 12, then 8",
            is_ok: our_memory <= 12.0,
        }
        .row(),
    ])
}

fn at_200_a_second() -> Result<Vec<Row>> {
    let kinds = [Kind::Callbox, Kind::SocketIo, Kind::Ws];
    let [ours, socketio, ws] = in_turns(kinds, AT_200)?;
    let cpu = |reports: &[Report]| of_setups(reports, |setups| setups.cpu_s_per_1000);
    let p99 = |reports: &[Report]| of_setups(reports, |setups| setups.messages.p99_ms);
    let answer = |reports: &[Report]| of_setups(reports, |setups| setups.to_answer.p99_ms);
    let (our_cpu, peer_cpu) = (cpu(&ours), cpu(&socketio));
    let (our_p99, peer_p99, floor_p99) = (p99(&ours), p99(&socketio), p99(&ws));
    let p99_of = |what, peer, target, is_ok| Figure { what, ours: our_p99, peer, decimals: 2, target, is_ok };
    Ok(vec![
        Figure {
            what: "CPU s per 1,000 set-ups at 200/s (peer: Socket.IO)",
            ours: our_cpu,
            peer: peer_cpu,
            decimals: 3,
            target: "<= 1/3, then 1/4",
            is_ok: our_cpu * 3.0 <= peer_cpu,
        }
        .row(),
        p99_of("p99 ms of a message at 200/s (peer: Socket.IO)", peer_p99, "<= 1x", our_p99 <= peer_p99)
            .row(),
        p99_of(
            "p99 ms of a message at 200/s (peer: bare ws)",
            floor_p99,
            "<= 3x",
            our_p99 <= 3.0 * floor_p99,
        )
        .row(),
        Figure {
            what: "p99 ms from start to answer at 200/s, lobby included (peer: Socket.IO, no lobby)",
            ours: answer(&ours),
            peer: answer(&socketio),
            decimals: 2,
            target: "",
            is_ok: true,
        }
        .row(),
        Figure {
            what: "p50 ms that a candidate waits for its batch (peer: sent one by one)",
            ours: of_setups(&ours, |setups| setups.batching.p50_ms),
            peer: of_setups(&socketio, |setups| setups.batching.p50_ms),
            decimals: 2,
            target: "",
            is_ok: true,
        }
        .row(),
    ])
}

/// Calls on the one core, while passwords are checked on it and without, in turns.
fn beside_sign_ins() -> Result<Row> {
    let [mut with, mut without] = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (options, reports) in [(AT_200, &mut without), (WITH_SIGN_INS, &mut with)] {
            let server = Server::start(Kind::Callbox)?;
            let report = run_good(&server, options)?;
            println!("callbox   {}", line(&report));
            reports.push(report);
        }
    }
    let p99 = |reports: &[Report]| of_setups(reports, |setups| setups.messages.p99_ms);
    let (ours, peer) = (p99(&with), p99(&without));
    let what = "p99 ms of a message at 200/s beside 500 sign-ins/s (peer: no sign-ins)";
    Ok(Figure { what, ours, peer, decimals: 2, target: "< 10 ms", is_ok: ours < P99_MS_MAX }.row())
}

fn highest_rates() -> Result<Vec<Row>> {
    let kinds = [Kind::Callbox, Kind::SocketIo, Kind::Peer];
    let mut places = Vec::new();
    for kind in kinds {
        places.push((Server::start(kind)?, Search::new(FIRST_RATE, HIGHEST_RATE), 0));
    }
    while places.iter().any(|(_, search, _)| search.next_rate().is_some()) {
        for (server, search, late) in &mut places {
            if let Some(rate) = search.next_rate() {
                let is_borne = try_rate(server, rate, late)?;
                search.handle_result(is_borne);
            }
        }
    }
    let [ours, socketio, peer] = &places[..] else { unreachable!("as many places as kinds") };
    for (server, search, late) in &places {
        if *late > 0 {
            let (wire, best) = (server.kind.wire(), search.best());
            println!(
                "note: {wire} may bear more than {best:.0}: in {late} of its failed runs the generator was late too"
            );
        }
    }
    let rate = |what, peer: &Search, target, factor: f64| {
        let (ours, peer) = (ours.1.best(), peer.best());
        Figure { what, ours, peer, decimals: 0, target, is_ok: ours >= factor * peer }
    };
    Ok(vec![
        rate("highest set-ups/s with p99 < 10 ms (peer: Socket.IO)", &socketio.1, ">= 5x", 5.0).row(),
        rate("highest set-ups/s with p99 < 10 ms (peer: PeerServer)", &peer.1, ">= 1.3x", 1.3).row(),
    ])
}

/// One short run; `late` counts those that failed while the generator was late.
fn try_rate(server: &Server, rate: f64, late: &mut u32) -> Result<bool> {
    let options = format!("--clients 5000 --rate {rate} --warmup 2 --duration 5 --settle 0 --patience 3");
    let p99_ms = |report: &Report| report.setups.map_or(f64::INFINITY, |setups| setups.messages.p99_ms);
    let is_borne = |report: &Report| p99_ms(report) < P99_MS_MAX && report.verdict != Verdict::Faulty;
    let report = run_until(server, &options, is_borne)?;
    let (is_borne, verdict) = (is_borne(&report), report.verdict);
    *late += u32::from(verdict == Verdict::GeneratorWasTheLimit && !is_borne);
    println!(
        "{:9} {rate:6.0}/s: p99 {:7.2} ms, generator {:3.0} % of a core, {verdict:?}",
        server.kind.wire(),
        p99_ms(&report),
        report.setups()?.generator_cpu_share * 100.0,
    );
    Ok(is_borne)
}

/// The same run against each, in turns, each time on a fresh server.
fn in_turns<const N: usize>(kinds: [Kind; N], options: &str) -> Result<[Vec<Report>; N]> {
    let mut reports = kinds.map(|_| Vec::new());
    for turn in 1..=RUNS {
        for (kind, reports) in kinds.into_iter().zip(&mut reports) {
            let server = Server::start(kind)?;
            let report = run_good(&server, options).with_context(|| kind.wire())?;
            println!("{:9} {turn} of {RUNS}: {}", kind.wire(), line(&report));
            reports.push(report);
        }
    }
    Ok(reports)
}

/// The summary of a run for people who wait.
fn line(report: &Report) -> String {
    match (&report.setups, &report.idle) {
        (Some(setups), _) => {
            format!(
                "{:.3} CPU s per 1,000, p99 {:.2} ms, to answer {:.2} ms, generator {:.0} % of a core",
                setups.cpu_s_per_1000,
                setups.messages.p99_ms,
                setups.to_answer.p99_ms,
                setups.generator_cpu_share * 100.0
            ) + &sign_ins(setups.sign_ins)
        }
        (None, Some(idle)) => {
            format!("{:.0} connects/s, {:.1} KB", report.connects.per_second, idle.rss_kb_per_client)
        }
        (None, None) => String::new(),
    }
}

fn sign_ins(counts: Option<SignIns>) -> String {
    let said = |SignIns { checked, refused }| format!("; sign-ins: {checked} checked, {refused} refused");
    counts.map(said).unwrap_or_default()
}

fn of_setups(reports: &[Report], figure: impl Fn(&super::load::Setups) -> f64) -> f64 {
    median(reports.iter().filter_map(|report| report.setups.as_ref()).map(figure))
}
