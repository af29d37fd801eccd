//! `cargo xtask test`: every test there is, and one line at the end that counts them.
//!
//! Three runners: Rust's, Node's for the SDK, and our own for the pages in a real browser. All three run even
//! if one is red, so that a run says all that is wrong. A test that does not run says why; with CI=true only
//! those marked as long, `#[ignore = "full: why"]` and `full: "why"` in the browser, do not run.

use anyhow::{Result, bail, ensure};
use std::process::{Command, ExitCode};

use crate::install::{self, Tools};
use crate::postgres::{PgBouncer, Postgres};
use crate::steps::{self, Steps, cargo, command, is_there, run, target_dir, watch};
use crate::tidy::Repository;

mod count;
use count::{Count, Runner};

/// The options of a test run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    may_install: bool,
    full: bool,
    filter: Option<String>,
}

impl Options {
    /// Reads the words after `test`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self { may_install: steps::is_ci(), ..Self::default() };
        for word in words {
            match *word {
                "--install" => options.may_install = true,
                "--full" => options.full = true,
                word if word.starts_with('-') || options.filter.is_some() => {
                    bail!("not understood: `{word}`; see `cargo xtask help`")
                }
                word => options.filter = Some(word.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs them and prints the count; red if one failed.
pub(crate) fn run_tests(options: &Options) -> Result<ExitCode> {
    let mut steps = Steps::default();
    let count = each(options, &mut steps);
    steps.print_summary();
    let count = count?;
    println!("\n{count}");
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn each(options: &Options, steps: &mut Steps) -> Result<Count> {
    if options.may_install {
        steps.run("install", || install::tools().and_then(|()| install::npm_packages(true)))?;
    }
    // This also links target/debug/callbox, which the browser tests start.
    steps.run("build", || run(&mut cargo(&["test", "--workspace", "--locked", "--no-run"])))?;
    // It lives until all is run.
    let postgres = steps.run("PostgreSQL", || Postgres::start(&["fsync=off"]))?;
    let bouncer = postgres.as_ref().map(PgBouncer::start).transpose()?.flatten();
    if postgres.is_none() {
        println!(
            "skipped: the store's stories on PostgreSQL, which is missing; run `cargo xtask test --install`"
        );
    }
    if postgres.is_some() && bouncer.is_none() {
        println!(
            "skipped: the store's stories through pgbouncer, which is missing; run `cargo xtask test --install`"
        );
    }
    let mut count = steps.run("Rust tests", || rust(options, postgres.as_ref(), bouncer.as_ref()))?;
    count.skipped += u64::from(postgres.is_none()) + u64::from(bouncer.is_none());
    if has_doc_tests()? && options.filter.is_none() {
        count += steps.run("doc tests", || {
            counted(Runner::Cargo, &mut cargo(&["test", "--workspace", "--locked", "--doc"]))
        })?;
    }
    if let Some(filter) = &options.filter {
        ensure!(count.passed + count.failed > 0, "no Rust test has `{filter}` in its name");
        println!("\nskipped: SDK and browser tests, since `{filter}` selects Rust tests");
        return Ok(count);
    }
    if let Err(why) = install::npm_packages(false) {
        println!("\nskipped: SDK and browser tests: {why:#}");
        return Ok(count + Count::skipped(2));
    }
    count += steps
        .run("SDK tests", || counted(Runner::Node, &mut command("npm", &["test", "--workspace", "sdk"])))?;
    let tools = Tools::load()?;
    let (Some(chromium), Some(firefox)) = (tools.find("chromium"), tools.find("firefox-esr")) else {
        println!(
            "\nskipped: browser tests: Chromium or Firefox is missing; run `cargo xtask test --install`"
        );
        return Ok(count + Count::skipped(1));
    };
    count += steps.run("browser tests", || browser(options, chromium, firefox))?;
    Ok(count)
}

fn rust(options: &Options, postgres: Option<&Postgres>, bouncer: Option<&PgBouncer>) -> Result<Count> {
    if !options.full {
        for skip in long_tests()? {
            println!("skipped: {skip}");
        }
    }
    let has_nextest = is_there(&mut cargo(&["nextest", "--version"]));
    let mut args = if has_nextest {
        vec!["nextest", "run", "--workspace", "--locked", "--no-tests", "pass"]
    } else {
        vec!["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    match (options.full, has_nextest) {
        (true, true) => args.extend(["--run-ignored", "all"]),
        (true, false) => args.extend(["--", "--include-ignored"]),
        (false, true) => {}
        (false, false) => args.push("--"),
    }
    args.extend(options.filter.as_deref());
    let mut command = cargo(&args);
    command.env_remove("CALLBOX_TEST_POSTGRES");
    if let Some(postgres) = postgres {
        command.env("CALLBOX_TEST_POSTGRES", postgres.url());
    }
    if let Some(bouncer) = bouncer {
        command.env("CALLBOX_TEST_PGBOUNCER", bouncer.place());
    }
    let mut count = counted(if has_nextest { Runner::Nextest } else { Runner::Cargo }, &mut command)?;
    if options.filter.is_some() {
        // cargo-nextest calls what nobody asked for skipped.
        count.skipped = 0;
    }
    Ok(count)
}

fn browser(options: &Options, chromium: &str, firefox: &str) -> Result<Count> {
    let callbox = target_dir().join("debug/callbox");
    let mut args = vec!["run", "e2e", "--workspace", "web"];
    if options.full {
        args.extend(["--", "--full"]);
    }
    let mut command = command("npm", &args);
    command.env("CALLBOX_BIN", callbox).env("CHROMIUM", chromium).env("FIREFOX", firefox);
    counted(Runner::Browser, &mut command)
}

/// Runs a runner and reads its summary. One that died without a summary, or is red with no test to blame, counts
/// as one failure.
fn counted(runner: Runner, command: &mut Command) -> Result<Count> {
    let watched = watch(command)?;
    let summary = runner.count(&watched.output);
    let mut count = summary.unwrap_or_default();
    if count.failed == 0 && (!watched.success || summary.is_none()) {
        println!("red: it ended without naming a failed test, or without a summary");
        count.failed = 1;
    }
    Ok(count)
}

/// The tests that only `--full` runs, each with its reason.
fn long_tests() -> Result<Vec<String>> {
    let repository = Repository::load(steps::root())?;
    let sources = repository.sources(&["rs"]);
    Ok(sources.flat_map(|source| ignored(&source.text)).collect())
}

/// Name and reason of each ignored test of one file.
fn ignored(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut reason = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[ignore = \"") {
            reason = rest.strip_suffix("\"]");
        } else if let Some((_, name)) = line.split_once("fn ")
            && let Some(why) = reason.take()
        {
            found.push(format!("{}: {why}", name.split('(').next().unwrap_or(name)));
        }
    }
    found
}

/// cargo-nextest does not run doc tests, and starting rustdoc for none of them costs seconds per crate.
fn has_doc_tests() -> Result<bool> {
    let repository = Repository::load(steps::root())?;
    let mut sources = repository.sources(&["rs"]).filter(|source| source.path.starts_with("crates/"));
    Ok(sources.any(|source| holds_doc_test(&source.text)))
}

fn holds_doc_test(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines().map(str::trim_start) {
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let Some(language) = doc.and_then(|doc| doc.trim_start().strip_prefix("```")) else {
            continue;
        };
        if !inside && matches!(language.trim(), "" | "rust" | "no_run" | "should_panic" | "compile_fail") {
            return true;
        }
        inside = !inside;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_come_in_any_order_and_a_slip_is_an_error() {
        let options = Options::parse(&["lobby", "--full", "--install"]).unwrap();
        let expected = Options { may_install: true, full: true, filter: Some("lobby".to_owned()) };
        assert_eq!(options, expected);
        assert!(Options::parse(&["--ful"]).is_err());
        assert!(Options::parse(&["two", "words"]).is_err());
    }

    #[test]
    fn an_ignored_test_is_named_with_its_reason() {
        let text =
            "#[test]\n#[ignore = \"full: takes a minute\"]\nfn it_carries_a_thousand() {}\nfn other() {}";
        assert_eq!(ignored(text), ["it_carries_a_thousand: full: takes a minute"]);
    }

    #[test]
    fn only_a_rust_block_in_a_doc_comment_is_a_doc_test() {
        assert!(holds_doc_test("/// ```\n/// let x = 1;\n/// ```"));
        assert!(!holds_doc_test("//! ```text\n//! a -> b\n//! ```"));
        assert!(!holds_doc_test("let x = \"```\";"));
    }
}
