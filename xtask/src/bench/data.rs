//! The HTTP interface beside Express: accounts, lists and writes, with a login on every request, on one core with its database.
//!
//! 256 connections of `callbox-load data` ask ours on SQLite, ours on PostgreSQL, Express 5 with pg on the same PostgreSQL,
//! and an axum that answers the same words to everybody, in turns; medians count. The CPU time of that core is
//! compared: a rate alone would also depend on how far the load got.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;

use super::figure::{Figure, median};
use super::load::{least_disturbed, report};
use super::servers::{Kind, SERVER_CORE, Server, check_machine, pinned, prepare_peers};
use super::{Row, rows_of};
use crate::postgres::Postgres;
use crate::steps::{cargo, command, run, target_dir};

const RUNS: usize = 3;
const USERS: &str = "5000";
const CALLS: &str = "100000";
/// Both of its users get as much; its own default is made for small machines.
const POSTGRES: [&str; 2] = ["shared_buffers=512MB", "max_wal_size=4GB"];

/// The subject of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Sqlite,
    Postgres,
    Express,
    Floor,
}

impl Subject {
    const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Express, Self::Floor];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "Callbox on SQLite",
            Self::Postgres => "Callbox on PostgreSQL",
            Self::Express => "Express 5, pg, PostgreSQL",
            Self::Floor => "axum, constant body",
        }
    }

    /// The data folder of ours.
    fn folder(self) -> Option<PathBuf> {
        let name = match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Express | Self::Floor => return None,
        };
        Some(target_dir().join("bench-data").join(name))
    }
}

/// The members of a report of `callbox-load data` that are looked at.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Report {
    pub(super) per_second: f64,
    pub(super) cpu_ms_per_1000: f64,
    own_cpu_share: f64,
    others_cpu_share: f64,
    /// `None` of a peer.
    pub(super) unread_share: Option<f64>,
}

impl Report {
    pub(super) fn others(&self) -> f64 {
        self.others_cpu_share
    }
}

/// What people ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    Mix,
    Profile,
    Unchanged,
}

impl Load {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Profile => "profile",
            Self::Unchanged => "unchanged",
        }
    }

    /// One run.
    pub(super) fn run(self, subject: Subject, addr: &str) -> Result<Report> {
        let mut args = vec!["data", "--server", addr, "--users", USERS, "--core", SERVER_CORE];
        args.extend(["--warmup", "3", "--duration", "8", "--asks", self.name()]);
        if subject == Subject::Floor {
            args.push("--unchecked");
        }
        let token =
            subject.folder().map(|folder| folder.join("operator-token").to_string_lossy().into_owned());
        if let Some(token) = &token {
            args.extend(["--operator-token", token]);
        }
        report(&args)
    }
}

/// Builds what takes part, and fills both databases.
pub(super) fn prepare() -> Result<Postgres> {
    check_machine()?;
    prepare_peers()?;
    let packages = ["--package", "callbox-server", "--package", "callbox-load", "--package", "callbox-store"];
    run(cargo(&["build", "--release", "--locked", "--bins", "--examples"]).args(packages))?;
    let postgres =
        Postgres::start(&POSTGRES)?.context("PostgreSQL is missing: `cargo xtask test --install`")?;
    run(&mut command(
        "taskset",
        &["--all-tasks", "--cpu-list", "--pid", SERVER_CORE, &postgres.pid().to_string()],
    ))?;
    let folder = target_dir().join("bench-data/sqlite");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for place in [folder.to_string_lossy().as_ref(), &postgres.url()] {
        run(Command::new(program("examples/seed")).args([place, USERS, CALLS]))?;
    }
    Ok(postgres)
}

/// Measures everything.
pub(super) fn measure() -> Result<Vec<Row>> {
    let postgres = prepare()?;
    let mut reports: [Vec<Report>; 4] = Default::default();
    for turn in 1..=RUNS {
        for (subject, reports) in Subject::ALL.into_iter().zip(&mut reports) {
            let report = least_disturbed(subject.name(), Report::others, || {
                let server = start(subject, &postgres)?;
                Load::Mix.run(subject, &server.addr)
            })?;
            let Report { per_second, cpu_ms_per_1000, own_cpu_share, .. } = report;
            let (name, own) = (subject.name(), own_cpu_share * 100.0);
            println!(
                "{name:26} {turn} of {RUNS}: {per_second:.0} requests/s, {cpu_ms_per_1000:.1} ms of CPU for 1,000 (load: {own:.0} % of its core)"
            );
            reports.push(report);
        }
    }
    let [sqlite, postgres, express, floor] = reports.map(|reports| {
        let cpu = median(reports.iter().map(|report| report.cpu_ms_per_1000));
        (cpu, median(reports.iter().map(|report| report.per_second)))
    });
    // Less CPU is better, so the ratio is turned around.
    let by_cpu = |what, ours: f64, peer: f64, target, factor: f64| {
        let (ours, peer) = (1e6 / ours, 1e6 / peer);
        Figure { what, ours, peer, decimals: 0, target, is_ok: ours >= factor * peer }.row()
    };
    let told = |what, ours, peer| Figure { what, ours, peer, decimals: 0, target: "", is_ok: true }.row();
    let mut rows = vec![
        by_cpu(
            "requests by a second of CPU, SQLite (peer: Express 5 + pg)",
            sqlite.0,
            express.0,
            ">= 15x",
            15.0,
        ),
        by_cpu(
            "requests by a second of CPU, PostgreSQL (peer: Express 5 + pg)",
            postgres.0,
            express.0,
            ">= 3x",
            3.0,
        ),
        by_cpu("requests by a second of CPU, SQLite (peer: axum, constant body)", sqlite.0, floor.0, "", 0.0),
        told("requests/s, SQLite (peer: Express 5 + pg)", sqlite.1, express.1),
        told("requests/s, PostgreSQL (peer: Express 5 + pg)", postgres.1, express.1),
    ];
    rows.extend(rows_of(&mut Command::new(program("examples/bench_inserts")))?);
    Ok(rows)
}

pub(super) fn program(name: &str) -> PathBuf {
    target_dir().join("release").join(name)
}

pub(super) fn start(subject: Subject, postgres: &Postgres) -> Result<Server> {
    let mut command = pinned(SERVER_CORE);
    match subject {
        Subject::Sqlite | Subject::Postgres => {
            command.arg(program("callbox")).args(["serve", "--listen", "127.0.0.1:0", "--set", "log=warn"]);
            command.arg("--data-dir").args(subject.folder());
            if subject == Subject::Postgres {
                command
                    .args(["--set", "database_connections=12"])
                    .env("CALLBOX_DATABASE_URL", postgres.url());
            }
        }
        Subject::Express => {
            let script = ["bench/peers/data.mjs", &postgres.url(), USERS, CALLS];
            command.arg("node").args(script).env("NODE_ENV", "production");
        }
        Subject::Floor => _ = command.arg(program("examples/floor")),
    }
    Server::begin(Kind::Callbox, command)
}
