//! A PostgreSQL of a test's own, which it may stop and start: the one that all tests share is not to be touched.
//!
//! Durable as an operator's, since it is killed. PostgreSQL refuses to be run by root, so root runs it as `postgres`.
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// `None` where Debian's package is not there.
    pub(crate) fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let Some(programs) = versions.map(|version| version.path().join("bin")).max() else {
            eprintln!("skipped: there is no PostgreSQL; `cargo xtask test --install` installs it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs, port };
        if is_root() {
            let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
            let line = passwd.lines().find(|line| line.starts_with("postgres:")).unwrap();
            let id = |field: usize| line.split(':').nth(field).and_then(|id| id.parse().ok());
            chown(server.folder.path(), id(2), id(3)).unwrap();
        }
        server.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8"]);
        server.control("start", "fast");
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// `immediate` is as a crash: what is not on the disk is gone.
    pub(crate) fn restart(&self, mode: &str) {
        self.control("restart", mode);
    }

    fn control(&self, what: &str, mode: &str) {
        let port = self.port;
        let sockets = self.folder.path().display();
        let options = format!("-p {port} -k {sockets} -h 127.0.0.1");
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["-w", "-m", mode, "-o", &options, "-l", log.to_str().unwrap(), what]);
    }

    fn run(&self, program: &str, args: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Its own folder may be closed to that user. A pipe would be held open by the server that it starts.
        let data = self.folder.path().join("data");
        let errors = tempfile::tempfile().unwrap();
        let command = command.arg("-D").arg(data).args(args).current_dir("/");
        let status = command.stdout(std::process::Stdio::null()).stderr(errors).status().unwrap();
        assert!(status.success(), "{command:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control("stop", "immediate");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}
