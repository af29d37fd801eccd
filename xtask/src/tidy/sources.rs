//! Rules on single lines of source: who writes SQL, reads clocks, spawns, is unsafe; headers; ignored tests.
//!
//! Comments and the unit tests at a file's end are not looked at. xtask itself is left out if a rule would
//! find its own words in the rule.

use super::Faults;
use super::arrows::PURE;
use super::repository::{Repository, Source};

/// SQL shows itself by these; a pair must be in one line.
const SQL: [(&str, &str); 5] = [
    ("SELECT ", " FROM "),
    ("INSERT INTO ", ""),
    ("CREATE TABLE ", ""),
    ("DELETE FROM ", ""),
    ("UPDATE ", " SET "),
];
const CLOCKS: [&str; 4] = ["Instant::now", "SystemTime::now", "Utc::now", "Local::now"];
const SPAWNS: [&str; 6] =
    ["tokio::spawn", "task::spawn", "thread::spawn", "thread::Builder", "spawn_blocking", ".spawn(async"];
/// The standard library's means of acting, beside clocks and threads.
const ACTS: [&str; 7] =
    ["UdpSocket", "TcpStream", "TcpListener", "UnixStream", "std::fs", "std::process", "std::env"];
const UNSAFE: [&str; 7] = [
    "unsafe {",
    "unsafe fn ",
    "unsafe impl ",
    "unsafe extern ",
    "unsafe trait ",
    "allow(unsafe_code",
    "expect(unsafe_code",
];

/// House rule: SQL lives in callbox-store and nowhere else.
pub(crate) fn only_the_store_writes_sql(repository: &Repository) -> Faults {
    let files = rust(repository).filter(|source| !source.path.starts_with("crates/callbox-store/"));
    find(files, |line| {
        SQL.iter().any(|(verb, word)| line.find(verb).is_some_and(|at| line[at..].contains(word)))
    })
}

/// House rule: only the server's clock reads one. Benches and examples measure, so they may if they say so.
pub(crate) fn only_the_clock_file_reads_a_clock(repository: &Repository) -> Faults {
    let files = rust(repository).filter(|source| {
        let measures = ["/benches/", "/examples/"].iter().any(|folder| source.path.contains(folder))
            && source.text.contains("[expect(clippy::disallowed_methods");
        source.path != "crates/callbox-server/src/clock.rs" && !source.is_test() && !measures
    });
    find(files, |line| CLOCKS.iter().any(|clock| line.contains(clock)))
}

/// House rule: only the server, the relay, the store's engines and the load tester start tasks or threads. An example is
/// a program of its own.
pub(crate) fn only_the_shell_spawns(repository: &Repository) -> Faults {
    const MAY: [&str; 5] = [
        "crates/callbox-server/",
        "crates/callbox-media/",
        "crates/callbox-load/",
        "crates/callbox-store/src/sqlite",
        "crates/callbox-store/src/postgres",
    ];
    let files = rust(repository)
        .filter(|source| !source.is_test() && !source.path.contains("/examples/"))
        .filter(|source| !MAY.iter().any(|folder| source.path.starts_with(folder)));
    find(files, |line| SPAWNS.iter().any(|spawn| line.contains(spawn)))
}

/// House rule: a pure crate opens no socket and no file, not by the standard library either. Its tests may.
pub(crate) fn pure_crates_act_by_no_means(repository: &Repository) -> Faults {
    let is_pure = |path: &str| PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
    // A test that is in no module makes its file one of tests.
    let is_test = |source: &Source| source.is_test() || source.text.contains("\n#[test]\n");
    let files = rust(repository).filter(|source| is_pure(&source.path) && !is_test(source));
    find(files, |line| ACTS.iter().any(|word| line.contains(word)))
}

/// House rule: `unsafe` only where packets are read in batches.
pub(crate) fn unsafe_is_only_in_the_packet_batch(repository: &Repository) -> Faults {
    let files = rust(repository).filter(|source| source.path != "crates/callbox-media/src/batch.rs");
    find(files, |line| UNSAFE.iter().any(|word| line.contains(word)))
}

/// House rule: every file says what it is before anything else.
pub(crate) fn every_file_opens_with_a_header(repository: &Repository) -> Faults {
    let rust = repository.sources(&["rs"]).filter(|source| !source.text.starts_with("//! "));
    let rust = rust.map(|source| format!("{}: opens without `//!`", source.path));
    let is_page = |source: &&Source| {
        ["sdk/src/", "web/src/"].iter().any(|folder| source.path.starts_with(folder))
            && !["/*", "//"].iter().any(|comment| source.text.starts_with(comment))
    };
    let typescript = repository.sources(&["ts", "tsx"]).filter(is_page);
    rust.chain(typescript.map(|source| format!("{}: opens without a comment", source.path))).collect()
}

/// House rule: a test that only `--full` runs says so and why, and no other test is ignored.
pub(crate) fn every_ignored_test_says_why(repository: &Repository) -> Faults {
    find(rust(repository), |line| {
        line.trim().starts_with("#[ignore") && !line.trim().starts_with("#[ignore = \"full: ")
    })
}

fn rust(repository: &Repository) -> impl Iterator<Item = &Source> {
    repository.sources(&["rs"]).filter(|source| !source.path.starts_with("xtask/"))
}

fn find<'a>(files: impl Iterator<Item = &'a Source>, is_fault: impl Fn(&str) -> bool) -> Faults {
    let mut faults = Faults::new();
    for source in files {
        let lines = source.product_lines().filter(|(_, line)| is_fault(line));
        faults.extend(lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    faults
}

#[cfg(test)]
mod tests {
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
        assert!(
            only_the_clock_file_reads_a_clock(&at("crates/callbox-server/src/clock.rs", read)).is_empty()
        );
        assert!(
            only_the_clock_file_reads_a_clock(&at("crates/callbox-server/tests/it/a.rs", read)).is_empty()
        );
    }

    #[test]
    fn an_example_reads_a_clock_only_where_it_says_so() {
        let path = "crates/callbox-core/examples/bench_lobby.rs";
        let said =
            "#[expect(clippy::disallowed_methods, reason = \"it measures\")]\nlet now = Instant::now();";
        assert!(only_the_clock_file_reads_a_clock(&at(path, said)).is_empty());
        assert_eq!(only_the_clock_file_reads_a_clock(&at(path, "let now = Instant::now();")).len(), 1);
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
        let files = [
            ("a.rs", "use b;"),
            ("web/src/a.tsx", "import a;"),
            ("sdk/src/b.ts", "/** B. */"),
            ("web/a.ts", ""),
        ];
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
}
