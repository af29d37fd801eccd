//! Proves that the table of all figures in `docs/MONITORING.md` is what the enums say; `CALLBOX_UPDATE=1` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use super::{Counter, Distribution, Gauge, Meta};
use crate::exposition::prometheus_name;

const BEGIN: &str = "<!-- figures: begin -->\n";
const END: &str = "<!-- figures: end -->";

fn table(title: &str, about: &str, is_counter: bool, all: impl Iterator<Item = &'static Meta>) -> String {
    let mut out = format!(
        "\n#### {title}\n\n{about}\n\n| name | unit | labels | in Prometheus | meaning |\n|---|---|---|---|---|\n"
    );
    let mut families: Vec<(&Meta, Vec<String>)> = Vec::new();
    for meta in all {
        let values: Vec<_> = meta.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
        match families.last_mut() {
            Some((last, labels)) if last.family == meta.family => labels.push(values.join(" ")),
            _ => families.push((meta, vec![values.join(" ")])),
        }
    }
    for (meta, labels) in families {
        let (unit, name) = (meta.unit.word(), prometheus_name(meta, is_counter));
        let labels = labels.join(", ");
        writeln!(out, "| `{}` | {unit} | {labels} | `{name}` | {} |", meta.family, meta.help)
            .expect("a string takes all");
    }
    out
}

fn tables() -> String {
    let counters = "They go up only, from the start of the process.";
    let gauges = "They are read when somebody asks.";
    let distributions = "All percentiles are kept, within 1 %.";
    [
        table("Counters", counters, true, Counter::ALL.iter().map(|one| one.meta())),
        table("Gauges", gauges, false, Gauge::ALL.iter().map(|one| one.meta())),
        table("Distributions", distributions, false, Distribution::ALL.iter().map(|one| one.meta())),
    ]
    .concat()
}

#[test]
fn the_table_of_figures_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/MONITORING.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = found.split_once(BEGIN).expect("the document says where the table begins");
    let (_, after) = rest.split_once(END).expect("and where it ends");
    let expected = format!("{before}{BEGIN}{}\n{END}{after}", tables());
    if std::env::var_os("CALLBOX_UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
        return;
    }
    assert!(found == expected, "run `cargo xtask generate`");
}
