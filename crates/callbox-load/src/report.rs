//! The findings of a run, for people and as JSON, and the verdict on it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::costs::Costs;
use crate::latencies::Summary;
use crate::ledger;
use crate::process::Memory;
use crate::sign_ins::SignIns;
use crate::tally::{Counts, Tally};
use crate::wire::Wire;

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) wire: Wire,
    pub(crate) clients: usize,
    pub(crate) connects: Connects,
    pub(crate) idle: Option<Idle>,
    pub(crate) setups: Option<Setups>,
    pub(crate) storm: Option<Storm>,
    pub(crate) counts: Counts,
    pub(crate) faults: Faults,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) verdict: Verdict,
}

/// From the first packet to the last client that the server knows.
#[derive(Debug, Serialize)]
pub(crate) struct Connects {
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    /// The share of one core; `None` if the server's process is not known.
    pub(crate) server_cpu_share: Option<f64>,
    /// The share of one core. The clock of the kernel ticks every 10 ms, so a short run can seem to have more than all.
    pub(crate) generator_cpu_share: f64,
    /// The share of one core, by all other processes of the machine: more than a little spoils the figures.
    pub(crate) others_cpu_share: Option<f64>,
    /// Connections that found the listener's queue full.
    pub(crate) listen_overflows: u64,
}

/// The costs of idle clients to the server.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) before: Memory,
    pub(crate) after: Memory,
    pub(crate) rss_kb_per_client: f64,
    pub(crate) anonymous_kb_per_client: f64,
    pub(crate) pss_kb_per_client: f64,
}

impl Idle {
    pub(crate) fn new(before: Memory, after: Memory, clients: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let each = |before: u64, after: u64| (after as f64 - before as f64) / clients as f64;
        Self {
            before,
            after,
            rss_kb_per_client: each(before.rss_kb, after.rss_kb),
            anonymous_kb_per_client: each(before.anonymous_kb, after.anonymous_kb),
            pss_kb_per_client: each(before.pss_kb, after.pss_kb),
        }
    }
}

/// The costs of set-ups, and how long they took.
#[derive(Debug, Serialize)]
pub(crate) struct Setups {
    pub(crate) rate: f64,
    pub(crate) seconds: f64,
    /// The server's CPU time; `None` if its process is not known.
    pub(crate) cpu_s_per_1000: Option<f64>,
    /// The share of one core.
    pub(crate) server_cpu_share: Option<f64>,
    pub(crate) generator_cpu_share: f64,
    pub(crate) others_cpu_share: Option<f64>,
    pub(crate) messages: Summary,
    pub(crate) messages_touched: Summary,
    pub(crate) to_answer: Summary,
    pub(crate) batching: Summary,
    pub(crate) lateness: Summary,
    pub(crate) returns: Summary,
    /// From the warm-up on.
    pub(crate) sign_ins: Option<SignIns>,
}

impl Setups {
    pub(crate) fn new(
        rate: f64,
        length: Duration,
        tally: &Tally,
        costs: Costs,
        sign_ins: Option<SignIns>,
    ) -> Self {
        let seconds = length.as_secs_f64();
        Self {
            rate,
            seconds,
            cpu_s_per_1000: costs.server.map(|cpu| cpu / (rate * seconds) * 1_000.0),
            server_cpu_share: costs.server.map(|cpu| cpu / seconds),
            generator_cpu_share: costs.own / seconds,
            others_cpu_share: costs.others().map(|cpu| cpu / seconds),
            messages: tally.messages.summary(),
            messages_touched: tally.messages_touched.summary(),
            to_answer: tally.setups.summary(),
            batching: tally.batching.summary(),
            lateness: tally.lateness.summary(),
            returns: tally.returns.summary(),
            sign_ins,
        }
    }
}

/// All were cut at once.
#[derive(Debug, Serialize)]
pub(crate) struct Storm {
    pub(crate) within_s: f64,
    pub(crate) all_back: bool,
    /// Until the last was back.
    pub(crate) seconds: f64,
    pub(crate) returns: Summary,
    pub(crate) before: Option<Memory>,
    pub(crate) peak: Option<Memory>,
    pub(crate) after: Option<Memory>,
}

/// Messages that did not come as they should.
#[derive(Debug, Serialize)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) reordered: u64,
}

impl From<ledger::Faults> for Faults {
    fn from(ledger::Faults { lost, doubled, reordered }: ledger::Faults) -> Self {
        Self { lost, doubled, reordered }
    }
}

/// Whether the run was good, and its figures are the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Good,
    /// A message was lost, doubled or misdelivered, or a set-up did not end well.
    Faulty,
    /// The generator was late: its figures say nothing about the server.
    GeneratorWasTheLimit,
}

impl Verdict {
    pub(crate) fn of(
        counts: Counts,
        faults: ledger::Faults,
        setups: Option<&Setups>,
        lateness_ms: f64,
    ) -> Self {
        let bad = faults.lost + faults.doubled + faults.reordered + counts.misdelivered;
        let failed = counts.not_started + counts.unfinished + counts.ended_early + counts.calls_gone;
        if bad + failed > 0 {
            Self::Faulty
        } else if setups.is_some_and(|setups| setups.lateness.p99_ms > lateness_ms) {
            Self::GeneratorWasTheLimit
        } else {
            Self::Good
        }
    }

    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Faulty => 1,
            Self::GeneratorWasTheLimit => 2,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connects.fmt(f, self.wire, self.clients)?;
        if let Some(idle) = &self.idle {
            writeln!(
                f,
                "memory       {:.1} KB of RSS a client, {:.1} anonymous (RssAnon), {:.1} by share (Pss)",
                idle.rss_kb_per_client, idle.anonymous_kb_per_client, idle.pss_kb_per_client
            )?;
        }
        if let Some(setups) = &self.setups {
            setups.fmt(f, self.counts)?;
        }
        let counts = self.counts;
        let comebacks = counts.recovered + counts.restored + counts.forgotten + counts.anew;
        if counts.cuts + counts.closed + comebacks > 0 {
            writeln!(
                f,
                "sockets      {} cut, {} closed by the server ({} asked to come back, {} sent away)",
                counts.cuts, counts.closed, counts.asked_back, counts.sent_away
            )?;
            writeln!(
                f,
                "comebacks    {comebacks}: {} recovered, {} restored by grant, {} forgotten, {} anew; {} connects failed",
                counts.recovered, counts.restored, counts.forgotten, counts.anew, counts.connects_failed
            )?;
        }
        if let Some(storm) = &self.storm {
            storm.fmt(f)?;
        }
        for (code, count) in &self.refused {
            writeln!(f, "refused      {count} times: {code}")?;
        }
        let Faults { lost, doubled, reordered } = self.faults;
        writeln!(
            f,
            "faults       {lost} lost, {doubled} doubled, {reordered} reordered, {} misdelivered, {} calls gone, {} gaps",
            counts.misdelivered, counts.calls_gone, counts.gaps
        )?;
        f.write_str(match self.verdict {
            Verdict::Good => "good",
            Verdict::Faulty => "FAULTY",
            Verdict::GeneratorWasTheLimit => "generator was the limit",
        })
    }
}

impl Connects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, wire: Wire, clients: usize) -> fmt::Result {
        let (wire, seconds, per_second) = (format!("{wire:?}").to_lowercase(), self.seconds, self.per_second);
        let (server, own) = (self.server_cpu_share.unwrap_or(0.0) * 100.0, self.generator_cpu_share * 100.0);
        writeln!(
            f,
            "connects     {clients} on {wire} in {seconds:.2} s: {per_second:.0} a second \
             (server {server:.0} % of a core, generator {own:.0} %)"
        )?;
        if self.listen_overflows > 0 {
            writeln!(
                f,
                "             {} found the listener's queue full, and waited a second",
                self.listen_overflows
            )?;
        }
        Ok(())
    }
}

impl Setups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, counts: Counts) -> fmt::Result {
        let Counts { setups, done, not_started, unfinished, ended_early, begun_again, .. } = counts;
        writeln!(
            f,
            "set-ups      {setups} at {} a second: {done} done, {not_started} not started, {unfinished} unfinished, \
             {ended_early} ended early, {begun_again} begun again",
            self.rate
        )?;
        if let (Some(cpu), Some(share)) = (self.cpu_s_per_1000, self.server_cpu_share) {
            writeln!(f, "server       {cpu:.3} CPU s per 1,000 set-ups, {:.0} % of a core", share * 100.0)?;
        }
        let lines = [
            ("message", self.messages),
            ("touched", self.messages_touched),
            ("to answer", self.to_answer),
            ("batching", self.batching),
            ("lateness", self.lateness),
            ("return", self.returns),
        ];
        for (name, Summary { count, p50_ms, p99_ms, max_ms }) in lines {
            if count > 0 {
                writeln!(f, "{name:12} p50 {p50_ms:.2} ms, p99 {p99_ms:.2}, max {max_ms:.2} ({count})")?;
            }
        }
        if let Some(SignIns { checked, refused }) = self.sign_ins {
            writeln!(f, "sign-ins     {checked} checked, {refused} refused since there was no room")?;
        }
        let (own, others) = (self.generator_cpu_share * 100.0, self.others_cpu_share.unwrap_or(0.0) * 100.0);
        writeln!(f, "generator    {own:.0} % of a core; everybody else on this machine {others:.0} %")
    }
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.all_back { "the last was back" } else { "NOT all were back" };
        writeln!(f, "storm        {state} after {:.2} s (spread over {:.1})", self.seconds, self.within_s)?;
        if let (Some(before), Some(peak), Some(after)) = (self.before, self.peak, self.after) {
            let (before, peak, after) = (before.rss_kb / 1024, peak.rss_kb / 1024, after.rss_kb / 1024);
            writeln!(
                f,
                "memory       {before} MB of RSS before the storm, {peak} at its peak, {after} after it"
            )?;
        }
        Ok(())
    }
}
