//! The kept answers beside Express and the least that HTTP costs: the mix of `bench data`, one's own account that nobody
//! changes, and the same by its version (304), with a login on each request.
//!
//! Servers as in `bench data`, and so is what is compared. The share of requests that read nothing is the server's own
//! count. The mix is the worst for kept answers that there is: each rename touches the lists of all who met its owner.

use anyhow::Result;
use std::process::Command;

use super::data::{Load, Report, Subject, prepare, program, start};
use super::figure::{Figure, median};
use super::load::least_disturbed;
use super::servers::Server;
use super::{Row, rows_of};
use crate::postgres::Postgres;

const RUNS: usize = 3;
/// What is asked of whom.
const TURNS: [(Subject, Load); 8] = [
    (Subject::Sqlite, Load::Mix),
    (Subject::Postgres, Load::Mix),
    (Subject::Express, Load::Mix),
    (Subject::Floor, Load::Mix),
    (Subject::Sqlite, Load::Profile),
    (Subject::Floor, Load::Profile),
    (Subject::Sqlite, Load::Unchanged),
    (Subject::Floor, Load::Unchanged),
];

/// Measures everything.
pub(super) fn measure() -> Result<Vec<Row>> {
    let postgres = prepare()?;
    let mut reports: [Vec<Report>; TURNS.len()] = Default::default();
    for turn in 1..=RUNS {
        for ((subject, load), reports) in TURNS.into_iter().zip(&mut reports) {
            let report = once(subject, load, &postgres)?;
            let Report { per_second, cpu_ms_per_1000, unread_share, .. } = report;
            let unread =
                unread_share.map_or(String::new(), |share| format!(", {:.1} % read nothing", share * 100.0));
            println!(
                "{:26} {:9} {turn} of {RUNS}: {per_second:.0} requests/s, {cpu_ms_per_1000:.1} ms of CPU for 1,000{unread}",
                subject.name(),
                load.name()
            );
            reports.push(report);
        }
    }
    let unread =
        |reports: &Vec<Report>| median(reports.iter().filter_map(|report| report.unread_share)) * 100.0;
    let (sqlite_unread, profile_unread) = (unread(&reports[0]), unread(&reports[4]));
    let by_cpu = reports.map(|reports| 1e6 / median(reports.iter().map(|report| report.cpu_ms_per_1000)));
    let [sqlite, postgres, express, floor, profile, profile_floor, unchanged, unchanged_floor] = by_cpu;
    let by_cpu = |what, ours: f64, peer: f64, target, factor: f64| {
        Figure { what, ours, peer, decimals: 0, target, is_ok: ours >= factor * peer }.row()
    };
    let share = |what, ours, target, least: f64| {
        Figure { what, ours, peer: f64::NAN, decimals: 1, target, is_ok: ours >= least }.row()
    };
    let mut rows = vec![
        by_cpu(
            "mix, requests by a second of CPU, SQLite (peer: Express 5 + pg)",
            sqlite,
            express,
            ">= 10x",
            10.0,
        ),
        by_cpu(
            "mix, requests by a second of CPU, PostgreSQL (peer: Express 5 + pg)",
            postgres,
            express,
            ">= 7x",
            7.0,
        ),
        by_cpu(
            "mix, requests by a second of CPU, SQLite (peer: axum, constant body)",
            sqlite,
            floor,
            "",
            0.0,
        ),
        by_cpu("own account (peer: axum, constant body)", profile, profile_floor, ">= 0.60x", 0.6),
        by_cpu("own account, 304 (peer: axum, constant body)", unchanged, unchanged_floor, ">= 0.75x", 0.75),
        share("mix, % of the requests for kept answers that read nothing", sqlite_unread, ">= 90", 90.0),
        share("own account, % that read nothing", profile_unread, ">= 90", 90.0),
    ];
    rows.extend(rows_of(&mut Command::new(program("examples/bench_inserts")))?);
    Ok(rows)
}

fn once(subject: Subject, load: Load, postgres: &Postgres) -> Result<Report> {
    least_disturbed(subject.name(), Report::others, || {
        let server: Server = start(subject, postgres)?;
        load.run(subject, &server.addr)
    })
}
