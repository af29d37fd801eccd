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

/// House rule: time and randomness are given to each part of the server. The command line makes the machine's own, once.
pub(crate) fn time_and_randomness_are_given(repository: &Repository) -> Faults {
    const SERVER: &str = "crates/callbox-server/src/";
    const MAKERS: [&str; 3] = ["Clock::system()", "Randomness::system()", "Environment::system()"];
    const MAKE: [&str; 4] = ["main.rs", "clock.rs", "environment.rs", "randomness.rs"];
    const READ: [&str; 2] = ["crates/callbox-server/src/randomness.rs", "crates/callbox-store/src/secret.rs"];
    // These wait for the system or for a peer; all others wait by the clock that they were given.
    const WAIT: [&str; 4] = ["clock.rs", "listener.rs", "listener/stream.rs", "relay.rs"];
    let product = || rust(repository).filter(|source| !source.is_test());
    let server = |but: &'static [&str]| {
        product().filter(|source| source.path.strip_prefix(SERVER).is_some_and(|path| !but.contains(&path)))
    };
    let made = find(server(&MAKE), |line| MAKERS.iter().any(|maker| line.contains(maker)));
    let read = product().filter(|source| !READ.contains(&source.path.as_str()));
    let read = find(read, |line| line.contains("getrandom::"));
    let waits = find(server(&WAIT), |line| line.contains("tokio::time") && line.contains("sleep"));
    [made, read, waits].concat()
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
    const BATCH: [&str; 2] = ["crates/callbox-media/src/batch.rs", "crates/callbox-media/src/batch/tests.rs"];
    let files = rust(repository).filter(|source| !BATCH.contains(&source.path.as_str()));
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
mod tests;
