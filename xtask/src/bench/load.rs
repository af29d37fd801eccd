//! One run of `callbox-load`, pinned to the second core, and what it reports.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::process::Stdio;

use super::servers::{Server, pinned};
use crate::steps::target_dir;

const LOAD_CORE: &str = "1";
/// A run that something else on this machine has spoilt is tried again so often.
const ATTEMPTS: usize = 6;
/// The share of one core that everybody else may use while we measure.
const OTHERS_SHARE_MAX: f64 = 0.1;

/// A run while nothing else was busy, or the least disturbed of some. `others` is what everybody else took of a core.
pub(super) fn least_disturbed<R>(
    what: &str,
    others: impl Fn(&R) -> f64,
    run: impl Fn() -> Result<R>,
) -> Result<R> {
    let mut best = run()?;
    for _ in 1..ATTEMPTS {
        if others(&best) <= OTHERS_SHARE_MAX {
            return Ok(best);
        }
        println!("(something else was busy; again)");
        let next = run()?;
        if others(&next) < others(&best) {
            best = next;
        }
    }
    let busy = others(&best) * 100.0;
    println!("note: in the best run of {what}, others took {busy:.0} % of a core");
    Ok(best)
}

/// Percentiles of one duration.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Connects {
    pub(super) per_second: f64,
    pub(super) listen_overflows: u64,
    others_cpu_share: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Idle {
    pub(super) rss_kb_per_client: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Setups {
    pub(super) cpu_s_per_1000: f64,
    pub(super) generator_cpu_share: f64,
    others_cpu_share: Option<f64>,
    pub(super) messages: Summary,
    pub(super) to_answer: Summary,
    pub(super) batching: Summary,
    pub(super) sign_ins: Option<SignIns>,
}

/// The results of sign-ins beside the calls.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct SignIns {
    pub(super) checked: u64,
    pub(super) refused: u64,
}

/// The verdict on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Good,
    Faulty,
    GeneratorWasTheLimit,
}

/// The members of a report that a bench looks at.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Report {
    pub(super) connects: Connects,
    pub(super) idle: Option<Idle>,
    pub(super) setups: Option<Setups>,
    pub(super) verdict: Verdict,
}

impl Report {
    pub(super) fn setups(&self) -> Result<Setups> {
        self.setups.context("no set-ups in the report")
    }

    /// Whether something else on this machine spoilt the run.
    pub(super) fn is_spoilt(&self) -> bool {
        let setups = self.setups.and_then(|setups| setups.others_cpu_share);
        [self.connects.others_cpu_share, setups].into_iter().flatten().any(|share| share > OTHERS_SHARE_MAX)
    }
}

/// Runs `callbox-load` on a core of its own, and reads its report.
pub(super) fn report<R: DeserializeOwned>(args: &[&str]) -> Result<R> {
    let mut command = pinned(LOAD_CORE);
    command.arg(target_dir().join("release/callbox-load")).args(args).arg("--json");
    let output = command.stderr(Stdio::inherit()).output().context("cannot start callbox-load")?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim())
        .with_context(|| format!("callbox-load reported nothing: {}", output.status))
}

/// One run.
fn run(server: &Server, options: &str) -> Result<Report> {
    let pid = server.pid().to_string();
    let mut args = vec!["signal", "--server", &server.addr, "--wire", server.kind.wire(), "--pid", &pid];
    args.extend(options.split_whitespace());
    report(&args)
}

/// A run whose figures are the server's: tried again while something else was busy, or the generator was the limit.
pub(super) fn run_good(server: &Server, options: &str) -> Result<Report> {
    for _ in 0..ATTEMPTS {
        let report = run(server, options)?;
        match report.verdict {
            Verdict::Faulty => bail!("{} lost, doubled or did not finish something", server.kind.wire()),
            Verdict::Good if !report.is_spoilt() => return Ok(report),
            Verdict::Good => println!("(something else was busy; again)"),
            Verdict::GeneratorWasTheLimit => println!("(the generator was late; again)"),
        }
    }
    bail!("{ATTEMPTS} runs were spoilt: what else is running on this machine?")
}

/// A run that is as `is_wanted`, or the last of some that something else has spoilt, or the first that was not.
pub(super) fn run_until(
    server: &Server,
    options: &str,
    is_wanted: impl Fn(&Report) -> bool,
) -> Result<Report> {
    let mut report = run(server, options)?;
    for _ in 1..ATTEMPTS {
        if is_wanted(&report) || !report.is_spoilt() {
            break;
        }
        println!("(something else was busy; again)");
        report = run(server, options)?;
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_what_a_bench_does_not_know_is_passed_over() {
        let text = r#"{ "connects": { "per_second": 5.0, "seconds": 1, "listen_overflows": 0, "others_cpu_share": 0.2 }, "idle": null,
            "setups": null, "verdict": "generator_was_the_limit", "faults": {} }"#;
        let report: Report = serde_json::from_str(text).unwrap();
        assert_eq!(report.verdict, Verdict::GeneratorWasTheLimit);
        assert!(report.setups().is_err() && report.is_spoilt());
    }
}
