//! The promise under a crowd, with real processes: cuts and a restart lose nothing and double nothing, a storm passes.
//!
//! Counts only, no times: the machine of a test is busy with other tests. Figures are the bench's.

use serde_json::Value;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::server::Server;

/// Below those that the system gives to outgoing connections: while the server is away, a client could get its port.
fn free_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (first..32_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the load plays by the clock; its counts tell when we were late"
)]
fn wait_for_the_midst() {
    sleep(Duration::from_secs(12));
}

/// Starts the load; what it found comes with [`report`].
fn load(server: &Server, options: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_callbox-load"))
        .args(["signal", "--json", "--server", &server.url])
        .args(options.split(' '))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn report(load: Child) -> Value {
    let output = load.wait_with_output().unwrap();
    // 2: the generator was late, which says nothing about the server's promises.
    assert!(matches!(output.status.code(), Some(0..=2)), "{:?}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything that was sent came, once and in order, and each set-up ended well.
fn assert_nothing_lost(report: &Value, setups: u64) {
    let (counts, faults) = (&report["counts"], &report["faults"]);
    for fault in ["lost", "doubled", "reordered"] {
        assert_eq!(faults[fault], 0, "{fault}: {report:#}");
    }
    for bad in ["misdelivered", "ended_early", "calls_gone", "unfinished", "gaps", "sent_away"] {
        assert_eq!(counts[bad], 0, "{bad}: {report:#}");
    }
    assert_eq!(
        (counts["setups"].as_u64(), counts["done"].as_u64()),
        (Some(setups), Some(setups)),
        "{report:#}"
    );
}

#[test]
fn a_thousand_cuts_and_a_restart_during_set_ups_lose_nothing() {
    let data = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = Server::start(port, data.path(), &[]);
    let options =
        "--clients 1200 --rate 50 --warmup 0 --duration 20 --cuts 1000 --next 0.3 --patience 60 --settle 0";
    let load = load(&server, options);
    wait_for_the_midst();
    server.stop();
    let _server = Server::start(port, data.path(), &[]);
    let report = report(load);
    assert_nothing_lost(&report, 1_000);
    let count = |what: &str| report["counts"][what].as_u64().unwrap();
    assert!(count("cuts") >= 900, "{report:#}");
    assert!(count("asked_back") >= 500, "the restart asked nobody to come back: {report:#}");
    // Every single one returned to its own session, with all that it had missed.
    assert!(count("recovered") >= 1_400, "{report:#}");
    assert_eq!((count("restored"), count("forgotten"), count("anew")), (0, 0, 0), "{report:#}");
}

#[test]
fn a_storm_passes_and_everybody_is_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(0, data.path(), &[]);
    let options = "--clients 1000 --rate 50 --warmup 0 --duration 2 --storm 1 --settle 0 --patience 60 --pid";
    let report = report(load(&server, &format!("{options} {}", server.child.id())));
    assert_nothing_lost(&report, 100);
    assert_eq!(report["storm"]["all_back"], true, "{report:#}");
    assert_eq!(report["counts"]["recovered"], 1_000, "{report:#}");
    let memory = |when: &str| report["storm"][when]["rss_kb"].as_u64().unwrap();
    assert!(memory("peak") <= 2 * memory("before"), "{report:#}");
}
