//! The text of `/metrics`, as Prometheus reads it (exposition format 0.0.4).
//!
//! Every name begins with `callbox_` and ends with its base unit; a counter ends with `_total`. Values are in base
//! units: seconds and bytes. What is not known is left out. Bound: the figures that there are, and the statements of
//! the sources, so some hundred lines.

use callbox_protocol::http::{CachedRouteStats, StatementStats};
use std::fmt::Write as _;

use crate::{Distribution, Meta, Snapshot};

/// How prometheus is told what it gets.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The values of one kind since the start of the process, as a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Of what.
    pub of: Distribution,
    /// Bounds in the unit of the distribution, and how many values did not exceed each.
    pub buckets: Vec<(f64, u64)>,
    /// How many values there are.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

/// The whole text.
pub fn exposition(
    version: &str,
    snapshot: &Snapshot,
    histograms: &[Histogram],
    statements: &[StatementStats],
    cached: &[CachedRouteStats],
) -> String {
    let mut text = Text::default();
    text.head("callbox_build_info", "gauge", "The version of the server, as a label; always 1.");
    text.sample("callbox_build_info", "", &[("version", version)], 1.0);
    for (counter, count) in snapshot.counters() {
        text.figure(counter.meta(), "counter", float(count));
    }
    for (gauge, value) in snapshot.gauges() {
        text.figure(gauge.meta(), "gauge", value);
    }
    for histogram in histograms {
        text.histogram(histogram);
    }
    text.statements(statements);
    text.cached(cached);
    text.out
}

/// The name of a figure in the text.
pub fn prometheus_name(meta: &Meta, is_counter: bool) -> String {
    let (unit, _) = meta.unit.base();
    let separator = if unit.is_empty() { "" } else { "_" };
    let end = if is_counter { "_total" } else { "" };
    format!("callbox_{}{separator}{unit}{end}", meta.family)
}

/// One of the numbers of a statement.
type Value = fn(&StatementStats) -> f64;
/// One of the numbers of a route.
type RouteValue = fn(&CachedRouteStats) -> u64;

#[derive(Default)]
struct Text {
    out: String,
    /// The name whose head was written last.
    head: String,
}

impl Text {
    /// One number, with its head if it is the first of its family.
    fn figure(&mut self, meta: &Meta, kind: &str, value: f64) {
        let name = prometheus_name(meta, kind == "counter");
        self.head(&name, kind, meta.help);
        self.sample(&name, "", meta.labels, value * meta.unit.base().1);
    }

    fn histogram(&mut self, Histogram { of, buckets, count, sum }: &Histogram) {
        let meta = of.meta();
        let (name, (_, scale)) = (prometheus_name(meta, false), meta.unit.base());
        self.head(&name, "histogram", meta.help);
        for (bound, within) in buckets {
            self.sample(&name, "_bucket", &[("le", &number(bound * scale))], float(*within));
        }
        self.sample(&name, "_bucket", &[("le", "+Inf")], float(*count));
        self.sample(&name, "_sum", &[], sum * scale);
        self.sample(&name, "_count", &[], float(*count));
    }

    fn statements(&mut self, statements: &[StatementStats]) {
        let figures: [(&str, &str, Value); 3] = [
            ("callbox_statement_runs_total", "Runs of a statement of the database.", |one| float(one.count)),
            (
                "callbox_statement_rows_total",
                "Rows that a statement of the database read or changed.",
                |one| float(one.rows),
            ),
            ("callbox_statement_seconds_total", "Time that a statement of the database took.", |one| {
                float(one.total_us) / 1e6
            }),
        ];
        for (name, help, value) in figures.into_iter().filter(|_| !statements.is_empty()) {
            self.head(name, "counter", help);
            for one in statements {
                self.sample(name, "", &[("statement", &one.name)], value(one));
            }
        }
    }

    fn cached(&mut self, routes: &[CachedRouteStats]) {
        let figures: [(&str, &str, RouteValue); 5] = [
            ("callbox_cached_hits_total", "Requests to a route that a kept answer served.", |one| one.hits),
            ("callbox_cached_misses_total", "Requests to a route that no kept answer served.", |one| {
                one.misses
            }),
            ("callbox_cached_shared_total", "Misses that another request's read served.", |one| one.shared),
            (
                "callbox_cached_not_modified_total",
                "Requests to a route that were answered with 304.",
                |one| one.not_modified,
            ),
            (
                "callbox_cached_reads_avoided_total",
                "Statements that the database was not asked, since an answer was kept.",
                |one| one.reads_avoided,
            ),
        ];
        for (name, help, value) in figures.into_iter().filter(|_| !routes.is_empty()) {
            self.head(name, "counter", help);
            for one in routes {
                self.sample(name, "", &[("route", &one.route)], float(value(one)));
            }
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        if self.head == name {
            return;
        }
        name.clone_into(&mut self.head);
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, end: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.line(format_args!("{name}{end}{labels} {}", number(value)));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.out, "{line}").expect("a string takes all");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value == f64::INFINITY {
        return "+Inf".to_owned();
    }
    if value == f64::NEG_INFINITY {
        return "-Inf".to_owned();
    }
    // A thousandth of an integer is not exact: nine decimals say all that was measured.
    let text = format!("{value:.9}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[expect(clippy::cast_precision_loss, reason = "the format has no other numbers")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
