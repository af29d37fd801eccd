//! The server under load.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A server of its own process, killed when the test ends.
pub(crate) struct Server {
    pub(crate) child: Child,
    /// As it prints it.
    pub(crate) url: String,
    /// Kept open: a process that writes into a pipe without a reader is ended.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// With further settings.
    pub(crate) fn start(port: u16, data: &Path, settings: &[&str]) -> Self {
        let binary = target_dir().join("callbox");
        assert!(binary.exists(), "{} is not there: run `cargo build` first", binary.display());
        let mut child = Command::new(binary)
            .args(["serve", "--set", "log=warn", "--listen", &format!("127.0.0.1:{port}")])
            .arg("--data-dir")
            .arg(data)
            .args(settings.iter().flat_map(|setting| ["--set", setting]))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, url, _stdout: stdout }
    }

    /// SIGTERM, as an operator does.
    pub(crate) fn stop(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_callbox-load")).parent().unwrap().to_owned()
}
