//! `cargo xtask bench NAME`: measures, prints a table, and fails if a target is missed.
//!
//! A bench gives one row per figure: `what|ours|peer|ratio|target|ok`. Some are examples of a crate that print these
//! lines; the others need servers, and are started here. The machine is named above the table, since a figure
//! without its machine means nothing.

mod beacons;
mod cache;
mod data;
mod figure;
mod front;
mod indexes;
mod ingest;
mod load;
mod recovery;
mod relay;
mod search;
mod servers;
mod setup;
mod signaling;

use anyhow::{Result, bail, ensure};
use std::fs;
use std::process::{Command, ExitCode};

use crate::steps::{cargo, watch};

/// A bench's program.
enum Bench {
    /// An example of a crate: prints its rows.
    Example { package: &'static str, example: &'static str },
    /// Started from here: gives its rows.
    Own(fn() -> Result<Vec<Row>>),
}

const BENCHES: [(&str, Bench); 9] = [
    ("beacons", Bench::Own(beacons::measure)),
    ("cache", Bench::Own(cache::measure)),
    ("data", Bench::Own(data::measure)),
    ("indexes", Bench::Own(indexes::measure)),
    ("lobby", Bench::Example { package: "callbox-core", example: "bench_lobby" }),
    ("recovery", Bench::Own(recovery::measure)),
    ("relay", Bench::Own(relay::measure)),
    ("setup", Bench::Own(setup::measure)),
    ("signaling", Bench::Own(signaling::measure)),
];
const HEADINGS: [&str; 6] = ["what", "ours", "peer", "ratio", "target", "ok"];

/// Runs one bench; red if a target is missed.
pub(crate) fn run(name: &str) -> Result<ExitCode> {
    let Some((_, bench)) = BENCHES.into_iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        bail!("no bench named `{name}`; there is: {}", names.join(", "));
    };
    let rows = match bench {
        Bench::Example { package, example } => {
            let release = ["run", "--quiet", "--release", "--locked"];
            rows_of(cargo(&release).args(["--package", package, "--example", example]))?
        }
        Bench::Own(measure) => measure()?,
    };
    println!("\n{}\n{}", machine(), table(&rows));
    Ok(if rows.iter().all(Row::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs what prints rows, and fails with it unless that is because of a missed target.
fn rows_of(command: &mut Command) -> Result<Vec<Row>> {
    let watched = watch(command)?;
    let rows: Vec<Row> = watched.output.lines().filter_map(Row::parse).collect();
    let is_explained = watched.success || rows.iter().any(|row| !row.is_ok());
    ensure!(!rows.is_empty() && is_explained, "the bench itself failed, or printed no figure");
    Ok(rows)
}

/// One figure.
#[derive(Debug, PartialEq)]
struct Row([String; 6]);

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().ok().map(Self)
    }

    fn is_ok(&self) -> bool {
        self.0[5] == "ok"
    }
}

fn table(rows: &[Row]) -> String {
    let headings = Row(HEADINGS.map(str::to_owned));
    let all: Vec<&Row> = std::iter::once(&headings).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row.0[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &&Row| {
        let cells = row.0.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, {cores} cores, Linux {}", model.unwrap_or("unknown processor"), kernel.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_six_cells_are_figures() {
        assert_eq!(Row::parse("warming up"), None);
        assert_eq!(Row::parse("a|b"), None);
        let row = Row::parse("pairing p99 | 9 us|512 us|57|<= 50 us|ok").unwrap();
        assert!(row.is_ok());
        assert!(!Row::parse("pairing p99|90 us|512 us|6|<= 50 us|missed").unwrap().is_ok());
    }

    #[test]
    fn columns_of_the_table_are_aligned() {
        let rows = ["long name|1|2|3|4|ok", "b|100|2|3|4|ok"].map(|line| Row::parse(line).unwrap());
        let expected = "what       ours  peer  ratio  target  ok\n\
                        long name  1     2     3      4       ok\n\
                        b          100   2     3      4       ok";
        assert_eq!(table(&rows), expected);
    }
}
