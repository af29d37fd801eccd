//! Media through the server's relay, by a client that shares no code with it.

use serde_json::Value;
use std::process::Command;

use crate::server::Server;

#[test]
fn media_of_calls_with_one_and_with_both_ends_relayed_come_to_the_right_end() {
    let data = tempfile::tempdir().unwrap();
    let settings = ["relay_listen=127.0.0.1:0", "relay_allowed_peers=127.0.0.0/8"];
    let server = Server::start(0, data.path(), &settings);
    for sides in ["one", "both"] {
        let options = "--json --calls 3 --warmup 0 --duration 2 --sides";
        let output = Command::new(env!("CARGO_BIN_EXE_callbox-load"))
            .args(["relay", "--server", &server.url])
            .args(options.split(' '))
            .arg(sides)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{report:#}");
        let count = |what: &str| report[what].as_u64().unwrap();
        assert!(count("sent") >= 500, "{report:#}");
        assert_eq!((count("received"), count("foreign")), (count("sent"), 0), "{report:#}");
    }
}
