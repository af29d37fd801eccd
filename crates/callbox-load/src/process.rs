//! The costs of a process, as the kernel counts them: CPU time and memory, from `/proc`.
//!
//! Memory is given in two ways: RSS, which counts shared pages in full, and anonymous memory, the process's own.

use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;

/// Memory of one process, in KB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Pages in memory, shared ones in full (`VmRSS`).
    pub(crate) rss_kb: u64,
    /// The process's own part of these: heap and stacks (`RssAnon`).
    pub(crate) anonymous_kb: u64,
    /// Shared pages by their share (`Pss`); 0 if the kernel does not tell.
    pub(crate) pss_kb: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status = read(pid, "status")?;
        let field = |text: &str, name: &str| parse_kb(text, name).unwrap_or(0);
        let rollup = read(pid, "smaps_rollup").unwrap_or_default();
        Ok(Self {
            rss_kb: field(&status, "VmRSS:"),
            anonymous_kb: field(&status, "RssAnon:"),
            pss_kb: field(&rollup, "Pss:"),
        })
    }
}

/// CPU seconds that the process has used, all threads, user and system: in steps of 10 ms.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = read(pid, "stat")?;
    let ticks = parse_ticks(&stat).with_context(|| format!("cannot read /proc/{pid}/stat"))?;
    Ok(seconds(ticks))
}

/// CPU seconds that all processes of the machine have used, and those that a host has taken from it. Interrupts belong
/// to nobody and are left out.
pub(crate) fn machine_cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    Ok(seconds(parse_busy_ticks(&stat).context("cannot read /proc/stat")?))
}

/// CPU seconds that one core has spent for processes, and that a host has taken from it.
pub(crate) fn core_cpu_seconds(core: usize) -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    let name = format!("cpu{core} ");
    let line =
        stat.lines().find(|line| line.starts_with(&name)).with_context(|| format!("no core {core}"))?;
    Ok(seconds(parse_busy_ticks(line).context("cannot read /proc/stat")?))
}

#[expect(clippy::cast_precision_loss, reason = "ticks of hours are far below 2^52")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// User, nice, system and steal of the first line: fields 1, 2, 3 and 8.
fn parse_busy_ticks(stat: &str) -> Option<u64> {
    let fields: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).map_while(|field| field.parse().ok()).collect();
    [0, 1, 2, 7].into_iter().map(|place| fields.get(place).copied()).sum()
}

/// How often a connection found the queue of a listener full, on this machine so far: each waits a second for its
/// second try.
pub(crate) fn listen_overflows() -> u64 {
    let text = fs::read_to_string("/proc/net/netstat").unwrap_or_default();
    parse_counter(&text, "TcpExt:", "ListenOverflows").unwrap_or(0)
}

/// A counter of `/proc/net/netstat`: a line of names, then a line of values.
fn parse_counter(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let place = lines.next()?.split_whitespace().position(|word| word == name)?;
    lines.next()?.split_whitespace().nth(place)?.parse().ok()
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
}

/// User and system time of `/proc/PID/stat`. The name in brackets may hold anything, so counting starts behind it.
fn parse_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn parse_kb(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_a_name_of_any_kind() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(parse_ticks(stat), Some(300));
        assert_eq!(parse_ticks("nonsense"), None);
    }

    #[test]
    fn the_machine_is_busy_with_processes_and_with_what_its_host_takes() {
        assert_eq!(parse_busy_ticks("cpu  10 20 30 999 888 777 666 5 0 0\ncpu0 1 1"), Some(65));
        assert_eq!(parse_busy_ticks("cpu 1"), None);
    }

    #[test]
    fn memory_is_read_by_name() {
        assert_eq!(parse_kb("Name:\tx\nVmRSS:\t   1234 kB\n", "VmRSS:"), Some(1_234));
        assert_eq!(parse_kb("Name:\tx\n", "VmRSS:"), None);
    }

    #[test]
    fn counters_are_found_under_their_names() {
        let text = "TcpExt: A ListenOverflows B\nTcpExt: 1 22 3\nIpExt: A\nIpExt: 4\n";
        assert_eq!(parse_counter(text, "TcpExt:", "ListenOverflows"), Some(22));
        assert_eq!(parse_counter(text, "TcpExt:", "C"), None);
    }

    #[test]
    fn this_process_has_a_cost() {
        assert!(Memory::of(std::process::id()).unwrap().rss_kb > 0);
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
    }
}
