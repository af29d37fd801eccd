//! Steps that are timed and named, and the child processes that they run.
//!
//! A step prints its name before and its seconds after, so that a slow CI run explains itself. Children
//! inherit the terminal, or are watched: printed line by line and kept, for those whose summary we read.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

/// The steps of one command, and how long each took.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, f64)>,
}

impl Steps {
    /// Runs one step. The error of a red step says what it was.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        let start = now();
        let result = work();
        let seconds = start.elapsed().as_secs_f64();
        println!("{name} ... {seconds:.1} s{}", if result.is_ok() { "" } else { "  RED" });
        self.done.push((name.to_owned(), seconds));
        result.with_context(|| format!("step `{name}` is red"))
    }

    /// Prints all steps with their seconds.
    pub(crate) fn print_summary(&self) {
        println!();
        for (name, seconds) in &self.done {
            println!("{seconds:8.1} s  {name}");
        }
        let total: f64 = self.done.iter().map(|(_, seconds)| seconds).sum();
        println!("{total:8.1} s  in all");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask tells people how long things took; the product does not"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Cargo's folder for what it builds.
pub(crate) fn target_dir() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Is this a run that may change the machine without being asked?
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// A program to run at the repository's root. No standard input: nothing here asks questions.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that started us, so that the tool chain is the same.
pub(crate) fn cargo(args: &[&str]) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), args)
}

/// Runs it, with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = announce(command);
    let status = command.status().with_context(|| format!("cannot start: {line}"))?;
    if !status.success() {
        bail!("failed ({status}): {line}");
    }
    Ok(())
}

/// Runs it and gives its standard output; what it says on the other stream goes to the terminal.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start: {line}"))?;
    if !output.status.success() {
        bail!("failed ({}): {line}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("not UTF-8: the output of {line}"))
}

/// A watched child's output on both streams, and whether it succeeded.
pub(crate) struct Watched {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// Runs it, prints each line as it comes, and keeps them all.
pub(crate) fn watch(command: &mut Command) -> Result<Watched> {
    let line = announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start: {line}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let output = Mutex::new(String::new());
    std::thread::scope(|scope| {
        scope.spawn(|| keep(stdout.expect("it is piped"), &output));
        scope.spawn(|| keep(stderr.expect("it is piped"), &output));
    });
    let status = child.wait().with_context(|| format!("lost sight of: {line}"))?;
    let output = output.into_inner().expect("no reader panicked");
    Ok(Watched { success: status.success(), output })
}

/// Does this program run at all?
pub(crate) fn is_there(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn keep(stream: impl Read, output: &Mutex<String>) {
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        let mut output = output.lock().expect("no reader panicked");
        output.push_str(&line);
        output.push('\n');
    }
}

fn announce(command: &Command) -> String {
    let line = describe(command);
    println!("$ {line}");
    line
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}
