//! The servers that are measured: ours and the small ones of `bench/peers/`, each pinned to the first core.
//!
//! All listen on free ports of loopback and say so in their first line. A server that is dropped is killed, so that no
//! failure of a bench leaves one behind.

use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::steps::{command, root, run, target_dir};

/// The core of the servers; the load has the other.
pub(super) const SERVER_CORE: &str = "0";
/// More than any load has, even while some reconnect; our own default is 10,000.
const SESSIONS_MAX: &str = "sessions_max=12000";

/// A server under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Callbox,
    SocketIo,
    Peer,
    Ws,
}

impl Kind {
    /// As `callbox-load --wire` names it.
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Callbox => "callbox",
            Self::SocketIo => "socketio",
            Self::Peer => "peer",
            Self::Ws => "ws",
        }
    }
}

/// A running server.
pub(super) struct Server {
    pub(super) kind: Kind,
    /// The address on which it listens.
    pub(super) addr: String,
    child: Child,
    /// Kept open: a process that writes into a pipe without a reader is ended.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one, on an empty folder if it needs any.
    pub(super) fn start(kind: Kind) -> Result<Self> {
        Self::start_with(kind, &[])
    }

    /// The same, with further settings of ours.
    pub(super) fn start_with(kind: Kind, settings: &[&str]) -> Result<Self> {
        let mut command = pinned(SERVER_CORE);
        if kind == Kind::Callbox {
            let data = data_dir();
            if data.exists() {
                std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
            }
            command.arg(target_dir().join("release/callbox"));
            command.args(["serve", "--listen", "127.0.0.1:0", "--set", SESSIONS_MAX, "--set", "log=warn"]);
            command.arg("--data-dir").arg(data);
            command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        } else {
            command.arg("node").arg(format!("bench/peers/{}.mjs", kind.wire()));
        }
        Self::begin(kind, command)
    }

    /// Starts a server that prints where it listens.
    pub(super) fn begin(kind: Kind, mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("taskset is needed (util-linux)")?;
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let mut server = Self { kind, addr: String::new(), child, _stdout: stdout };
        match line.trim().rsplit(['/', ':', ' ']).next().map(str::parse::<u16>) {
            Some(Ok(port)) => server.addr = format!("127.0.0.1:{port}"),
            _ => bail!("{} did not say where it listens: `{}`", kind.wire(), line.trim()),
        }
        Ok(server)
    }

    /// Its process: `taskset` becomes the program that it starts.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs on this core alone; the program follows.
pub(super) fn pinned(core: &str) -> Command {
    command("taskset", &["--cpu-list", core])
}

/// Installs what the small servers need if it is not there as their lock file says.
pub(super) fn prepare_peers() -> Result<()> {
    prepare("bench/peers")
}

/// Installs the npm packages of a bench's own folder, if they are not there as its lock file has them.
pub(super) fn prepare(folder: &str) -> Result<()> {
    let folder = root().join(folder);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    // npm keeps a copy of what it has installed, which is younger than the lock file unless that was changed.
    let age = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    let is_current = age("node_modules/.package-lock.json") >= age("package-lock.json");
    if read("node_modules/.package-lock.json").is_some() && is_current {
        return Ok(());
    }
    let mut npm = command("npm", &["ci", "--no-audit", "--no-fund"]);
    run(npm.current_dir(folder)).context("the peers need Node and npm")
}

/// Two cores at least: one for the server, one for the load.
pub(super) fn check_machine() -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    ensure!(cores >= 2, "a bench of servers needs two cores: one would measure how the two share it");
    Ok(())
}

/// Of our server, until the next one starts.
pub(super) fn data_dir() -> PathBuf {
    target_dir().join("bench-signaling-data")
}
