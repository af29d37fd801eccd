//! A private PostgreSQL for the tests and benches: in a folder of its own, on a free port of loopback, gone with the run.
//!
//! Debian's programs, found by the list of tools. PostgreSQL refuses to be run by root, so root runs it as the user
//! `postgres` that Debian's package makes. Its data are thrown away, so it need not wait for the disk, unless
//! durability is what is measured. Debian's pgbouncer can run before it, in transaction mode.

use anyhow::{Context, Result, bail, ensure};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::install::Tools;
use crate::steps::command;

/// A running server. Dropped, it is stopped, and its folder removed.
pub(crate) struct Postgres {
    folder: PathBuf,
    child: Child,
    port: u16,
}

impl Postgres {
    /// Starts one, with these settings on top; `None` if Debian's package is not there.
    pub(crate) fn start(settings: &[&str]) -> Result<Option<Self>> {
        let Some(program) = Tools::load()?.find("postgresql").map(PathBuf::from) else { return Ok(None) };
        let programs = program.parent().context("the program is in a folder")?;
        let folder = std::env::temp_dir().join(format!("callbox-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        if is_root()? {
            run_as("chown", "root", &["postgres", &folder.to_string_lossy()])?;
        }
        let data = folder.join("data").to_string_lossy().into_owned();
        let initdb = programs.join("initdb").to_string_lossy().into_owned();
        run_as(
            &initdb,
            "postgres",
            &["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
        )?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let (port_text, sockets) = (port.to_string(), folder.to_string_lossy().into_owned());
        let mut args = vec!["-D", &data, "-p", &port_text, "-k", &sockets, "-h", "127.0.0.1"];
        let own = ["max_connections=400", "logging_collector=off", "log_min_messages=fatal"];
        for setting in own.iter().chain(settings) {
            args.extend(["-c", setting]);
        }
        let mut command = as_user(&program.to_string_lossy(), "postgres", &args)?;
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { folder, child, port };
        server.wait()?;
        Ok(Some(server))
    }

    /// The address of its first database; other databases are made from there.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Its first process, whose children the others are.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait(&self) -> Result<()> {
        wait_for(self.port).context("PostgreSQL did not start")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its fast shutdown. The child may be `setpriv`, which became PostgreSQL: the same process.
        let _ = command("kill", &["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A pgbouncer before a [`Postgres`], for all of its databases. Dropped, it is stopped.
pub(crate) struct PgBouncer {
    child: Child,
    port: u16,
}

impl PgBouncer {
    /// `None` if Debian's package is not there.
    pub(crate) fn start(postgres: &Postgres) -> Result<Option<Self>> {
        let Some(program) = Tools::load()?.find("pgbouncer").map(PathBuf::from) else { return Ok(None) };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
            listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
            max_client_conn = 1000\ndefault_pool_size = 20\n",
            postgres.port
        );
        let path = postgres.folder.join("pgbouncer.ini");
        std::fs::write(&path, settings)?;
        let mut command = as_user(&program.to_string_lossy(), "postgres", &[&path.to_string_lossy()])?;
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { child, port };
        wait_for(port).context("pgbouncer did not start")?;
        Ok(Some(server))
    }

    /// Its host and port.
    pub(crate) fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for(port: u16) -> Result<()> {
    for _ in 0..200 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        pause();
    }
    bail!("nobody listens on port {port}")
}

#[expect(clippy::disallowed_methods, reason = "it waits for a program that cannot say when it is ready")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

fn is_root() -> Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?) == 0)
}

fn as_user(program: &str, user: &str, args: &[&str]) -> Result<Command> {
    if user == "root" || !is_root()? {
        return Ok(command(program, args));
    }
    let (reuid, regid) = (format!("--reuid={user}"), format!("--regid={user}"));
    let mut all = vec![reuid.as_str(), regid.as_str(), "--clear-groups", program];
    all.extend(args);
    let mut command = command("setpriv", &all);
    // Its own folder may be closed to that user.
    command.current_dir(Path::new("/"));
    Ok(command)
}

fn run_as(program: &str, user: &str, args: &[&str]) -> Result<()> {
    let output = as_user(program, user, args)?.output().with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
