//! `callbox doctor` as an operator meets it: a fresh machine, a broken one, one that serves.

use crate::process::{Serving, callbox, text};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

fn doctor(folder: &Path, flags: &[&str]) -> Output {
    callbox().args(["doctor", "--data-dir"]).arg(folder).args(flags).current_dir("/").output().unwrap()
}

/// The state and the texts of a finding.
fn finding<'a>(whole: &'a Value, check: &str) -> (&'a str, &'a str, &'a str) {
    let all = whole["findings"].as_array().unwrap();
    let one = all.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{check} in {whole}"));
    (one["state"].as_str().unwrap(), one["found"].as_str().unwrap(), one["fix"].as_str().unwrap_or(""))
}

#[test]
fn a_fresh_folder_with_defaults_is_well_and_stays_unmade() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("data");
    // The default port may be another program's on the machine of the tests.
    let out = doctor(&missing, &["--listen", "127.0.0.1:0"]);
    let lines = text(&out.stdout);
    assert!(out.status.success(), "{lines}");
    assert!(
        lines.lines().all(|line| ["ok    ", "warn  ", "      "].iter().any(|word| line.starts_with(word)))
    );
    for check in ["settings", "port", "HTTPS", "certificate", "public address", "clock", "open files"] {
        assert!(lines.contains(&format!("  {check}: ")), "{check} in {lines}");
    }
    assert!(text(&out.stderr).is_empty() && !missing.exists());

    let json = doctor(&missing, &["--listen", "127.0.0.1:0", "--json"]);
    let whole: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(whole["is_well"], true);
    assert_eq!(finding(&whole, "data folder").0, "ok");
    let findings = lines.lines().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(whole["findings"].as_array().unwrap().len(), findings);
}

#[test]
fn a_taken_port_and_a_broken_certificate_fail_with_their_fixes() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("broken.pem");
    std::fs::write(&certificate, "not a certificate").unwrap();
    let named = |key: &str| format!("{key}={}", certificate.display());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let flags = [
        "--listen",
        &addr.to_string(),
        "--tls",
        "files",
        "--set",
        &named("tls_certificate"),
        "--set",
        &named("tls_key"),
    ];
    let out = doctor(&folder.path().join("data"), &flags);
    assert_eq!(out.status.code(), Some(1));
    let text = text(&out.stdout);
    let lines: Vec<_> = text.lines().collect();
    let fix_of = |start: &str| {
        let place = lines.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
        lines[place + 1]
    };
    assert!(fix_of("FAIL  port: ").contains(&format!("sport = :{}", addr.port())), "{text}");
    assert!(fix_of("FAIL  certificate: ").contains("fullchain.pem"), "{text}");
    assert_eq!(text.matches("FAIL").count(), 2, "{text}");
}

#[test]
fn a_callbox_that_serves_these_settings_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    // Made by the server, for its owner alone.
    let data = folder.path().join("data");
    for mode in ["off", "self-signed"] {
        let relay = ["--tls", mode, "--set", "relay_listen=127.0.0.1:0"];
        let serving = Serving::start_with(&data, &relay);
        let line = serving.line("callbox is listening on ");
        let listen = line.split_once("://").unwrap().1;
        let flags = ["--listen", listen, "--tls", mode, "--json"];
        let out = doctor(&data, &flags);
        let whole: Value = serde_json::from_slice(&out.stdout).unwrap();
        let (state, found, _) = finding(&whole, "port");
        assert!(state == "ok" && found.contains("the callbox that runs on this data folder"), "{whole}");
        assert!(finding(&whole, "data folder").1.contains("a callbox runs on it"), "{whole}");

        let other = tempfile::tempdir().unwrap();
        let whole: Value = serde_json::from_slice(&doctor(other.path(), &flags).stdout).unwrap();
        let (state, found, _) = finding(&whole, "port");
        assert!(state == "fail" && found.contains("another data folder"), "{whole}");
    }
}

#[test]
fn the_relays_port_and_the_plain_port_of_a_server_are_known_as_its_own() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody prints the plain port, so it is one that was free a moment ago.
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (plain, metrics) = (format!("plain_listen={}", free()), format!("metrics_listen={}", free()));
    let serving = Serving::start_lines(
        folder.path(),
        &["--tls", "self-signed", "--set", &plain, "--set", &metrics, "--set", "relay_listen=127.0.0.1:0"],
        5,
    );
    let relay = format!("relay_listen={}", serving.line("relay (STUN and TURN, UDP): "));
    let listen = serving.line("callbox is listening on https://");
    let all = ["--set", &plain, "--set", &metrics, "--set", &relay, "--json"];
    let flags = [&["--listen", listen, "--tls", "self-signed"], &all[..]].concat();
    let out = doctor(folder.path(), &flags);
    let whole: Value = serde_json::from_slice(&out.stdout).unwrap();
    for check in ["port", "plain port", "relay port", "metrics port"] {
        let (state, found, _) = finding(&whole, check);
        assert!(state == "ok" && found.contains("is taken by the callbox"), "{check}: {whole}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = format!("metrics_listen={}", taken.local_addr().unwrap());
    let out = doctor(folder.path(), &["--listen", "127.0.0.1:0", "--set", &other, "--json"]);
    let others: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(finding(&others, "metrics port").0, "fail", "{others}");
    let (state, found, _) = finding(&whole, "relay answers");
    assert!(state == "ok" && found.contains("127.0.0.1:"), "{whole}");
}
