//! The findings of a run of a relay, for people and as JSON.

use serde::Serialize;
use std::fmt;

use super::media::Counts;
use crate::latencies::Summary;
use crate::options::{RelayOptions, Sides};

/// CPU seconds of the measured time.
pub(super) struct Cpu {
    pub(super) server: Option<f64>,
    pub(super) own: f64,
    pub(super) machine: f64,
}

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    sides: Sides,
    calls: usize,
    seconds: f64,
    sent: u64,
    received: u64,
    lost: u64,
    foreign: u64,
    per_second: f64,
    /// The server's CPU time for a packet from end to end; `None` if its process is not known.
    cpu_us_per_packet: Option<f64>,
    /// The share of one core.
    server_cpu_share: Option<f64>,
    generator_cpu_share: f64,
    others_cpu_share: Option<f64>,
    rss_kb_per_allocation: Option<f64>,
    /// The delay of packets, from end to end.
    delay: Summary,
    /// The lateness of the generator's bursts.
    lateness: Summary,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(super) fn new(
        options: &RelayOptions,
        seconds: f64,
        counts: &Counts,
        cpu: &Cpu,
        rss_kb: Option<u64>,
        allocations: usize,
    ) -> Self {
        let others = |server: f64| (cpu.machine - server - cpu.own).max(0.0) / seconds;
        Self {
            sides: options.sides,
            calls: options.calls,
            seconds,
            sent: counts.sent,
            received: counts.received,
            lost: counts.sent.saturating_sub(counts.received),
            foreign: counts.foreign,
            per_second: counts.received as f64 / seconds,
            cpu_us_per_packet: cpu.server.map(|server| server * 1e6 / counts.received.max(1) as f64),
            server_cpu_share: cpu.server.map(|server| server / seconds),
            generator_cpu_share: cpu.own / seconds,
            others_cpu_share: cpu.server.map(others),
            rss_kb_per_allocation: rss_kb.map(|kb| kb as f64 / allocations.max(1) as f64),
            delay: counts.delay.summary(),
            lateness: counts.lateness.summary(),
        }
    }

    /// Whether nothing came to the wrong end.
    pub(crate) fn is_good(&self) -> bool {
        self.foreign == 0 && self.received > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sides, calls, seconds, sent, received, lost, per_second, .. } = self;
        writeln!(f, "{calls} calls, relayed: {sides:?}, {seconds:.1} s")?;
        writeln!(f, "packets: {sent} sent, {received} received, {lost} lost; {per_second:.0} a second")?;
        let Summary { p50_ms, p99_ms, max_ms, .. } = self.delay;
        writeln!(f, "delay: p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, at most {max_ms:.2} ms")?;
        if let (Some(cpu), Some(share)) = (self.cpu_us_per_packet, self.server_cpu_share) {
            writeln!(f, "server: {cpu:.2} us of CPU a packet, {:.0} % of a core", share * 100.0)?;
        }
        let (share, late) = (self.generator_cpu_share * 100.0, self.lateness.p99_ms);
        write!(f, "generator: {share:.0} % of a core, p99 {late:.2} ms late")
    }
}
