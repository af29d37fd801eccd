//! Tests of `sources.rs`.

use super::*;

fn at(path: &str, line: &str) -> Repository {
    Repository::of(&[(path, &format!("//! A file.\n{line}\n"))])
}

#[test]
fn sql_outside_the_store_is_a_fault_and_plain_words_are_not() {
    let query = "let rows = \"SELECT id FROM users\";";
    assert_eq!(only_the_store_writes_sql(&at("crates/callbox-server/src/a.rs", query)).len(), 1);
    assert!(only_the_store_writes_sql(&at("crates/callbox-store/src/a.rs", query)).is_empty());
    let words = "const A: &str = \"SELECT A CALL\";";
    assert_eq!(only_the_store_writes_sql(&at("crates/callbox-server/src/a.rs", words)), Faults::new());
}

#[test]
fn a_clock_is_read_in_one_file_only() {
    let read = "let now = Instant::now();";
    assert_eq!(only_the_clock_file_reads_a_clock(&at("crates/callbox-core/src/a.rs", read)).len(), 1);
    assert!(only_the_clock_file_reads_a_clock(&at("crates/callbox-server/src/clock.rs", read)).is_empty());
    assert!(only_the_clock_file_reads_a_clock(&at("crates/callbox-server/tests/it/a.rs", read)).is_empty());
}

#[test]
fn an_example_reads_a_clock_only_where_it_says_so() {
    let path = "crates/callbox-core/examples/bench_lobby.rs";
    let said = "#[expect(clippy::disallowed_methods, reason = \"it measures\")]\nlet now = Instant::now();";
    assert!(only_the_clock_file_reads_a_clock(&at(path, said)).is_empty());
    assert_eq!(only_the_clock_file_reads_a_clock(&at(path, "let now = Instant::now();")).len(), 1);
}

#[test]
fn a_part_that_takes_the_machines_time_or_randomness_or_its_own_timer_is_a_fault() {
    for line in
        ["let now = Clock::system().now();", "tokio::time::sleep(PAUSE).await;", "getrandom::fill(&mut id)?;"]
    {
        assert_eq!(time_and_randomness_are_given(&at("crates/callbox-server/src/hub.rs", line)).len(), 1);
        assert!(time_and_randomness_are_given(&at("crates/callbox-server/tests/it/a.rs", line)).is_empty());
    }
    let made = "let environment = Environment::system();";
    assert!(time_and_randomness_are_given(&at("crates/callbox-server/src/main.rs", made)).is_empty());
    assert!(time_and_randomness_are_given(&at("crates/callbox-load/src/a.rs", made)).is_empty());
    let read = "getrandom::fill(&mut bytes)";
    assert!(time_and_randomness_are_given(&at("crates/callbox-store/src/secret.rs", read)).is_empty());
    assert_eq!(time_and_randomness_are_given(&at("crates/callbox-media/src/a.rs", read)).len(), 1);
}

#[test]
fn a_core_that_spawns_is_a_fault() {
    let spawn = "std::thread::spawn(move || work());";
    assert_eq!(only_the_shell_spawns(&at("crates/callbox-core/src/a.rs", spawn)).len(), 1);
    assert_eq!(only_the_shell_spawns(&at("crates/callbox-store/src/users.rs", spawn)).len(), 1);
    assert!(only_the_shell_spawns(&at("crates/callbox-store/src/sqlite/writer.rs", spawn)).is_empty());
    assert!(only_the_shell_spawns(&at("crates/callbox-core/src/a.rs", "let spawned = 1;")).is_empty());
}

#[test]
fn a_pure_crate_that_opens_a_socket_or_a_file_is_a_fault() {
    for line in ["let socket = UdpSocket::bind(addr)?;", "let text = std::fs::read_to_string(path)?;"] {
        assert_eq!(pure_crates_act_by_no_means(&at("crates/callbox-turn/src/a.rs", line)).len(), 1);
        assert!(pure_crates_act_by_no_means(&at("crates/callbox-media/src/a.rs", line)).is_empty());
    }
    let address = "use std::net::{IpAddr, SocketAddr};";
    assert!(pure_crates_act_by_no_means(&at("crates/callbox-core/src/a.rs", address)).is_empty());
}

#[test]
fn an_unsafe_block_is_a_fault_and_the_word_in_a_text_is_not() {
    let path = "crates/callbox-server/src/a.rs";
    assert_eq!(unsafe_is_only_in_the_packet_batch(&at(path, "unsafe { read() }")).len(), 1);
    let lifted = "#![expect(unsafe_code, reason = \"fast\")]";
    assert_eq!(unsafe_is_only_in_the_packet_batch(&at(path, lifted)).len(), 1);
    assert!(unsafe_is_only_in_the_packet_batch(&at(path, "let csp = \"'unsafe-inline'\";")).is_empty());
}

#[test]
fn a_file_without_a_header_is_a_fault() {
    let files =
        [("a.rs", "use b;"), ("web/src/a.tsx", "import a;"), ("sdk/src/b.ts", "/** B. */"), ("web/a.ts", "")];
    let faults = every_file_opens_with_a_header(&Repository::of(&files));
    assert_eq!(faults, ["a.rs: opens without `//!`", "web/src/a.tsx: opens without a comment"]);
}

#[test]
fn a_test_may_be_ignored_only_for_being_long() {
    let path = "crates/callbox-core/tests/sim.rs";
    assert_eq!(every_ignored_test_says_why(&at(path, "#[ignore]")).len(), 1);
    assert_eq!(every_ignored_test_says_why(&at(path, "#[ignore = \"flaky\"]")).len(), 1);
    assert!(every_ignored_test_says_why(&at(path, "#[ignore = \"full: a minute\"]")).is_empty());
}
