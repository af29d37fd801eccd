//! A PostgreSQL of a test's own, which it may stop and start: the one that all tests share must stay as it is. And a
//! connection to one that admits nobody without TLS.
//!
//! Durable as an operator's, since it is killed. PostgreSQL refuses to be run by root, so root runs it as `postgres`.
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

use crate::support::PATIENCE;
use callbox_protocol::time::UnixMillis;
use callbox_store::{Options, Store, StoreError};
use rcgen::{CertificateParams, KeyPair};
use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// `None` if Debian's package is missing.
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

    /// From now on nobody comes in without TLS; gives the file of the authority.
    fn demand_tls(&self) -> PathBuf {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let data = self.folder.path().join("data");
        std::fs::write(data.join("server.crt"), certificate.pem()).unwrap();
        std::fs::write(data.join("server.key"), key.serialize_pem()).unwrap();
        std::fs::set_permissions(data.join("server.key"), Permissions::from_mode(0o600)).unwrap();
        let owner = data.metadata().unwrap();
        chown(data.join("server.key"), Some(owner.uid()), Some(owner.gid())).unwrap();
        let rules = "hostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.conf")).unwrap();
        settings.write_all(b"\nssl = on\n").unwrap();
        self.control("restart", "fast");
        let authority = self.folder.path().join("authority.pem");
        std::fs::write(&authority, certificate.pem()).unwrap();
        authority
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// `immediate` is as a crash: data that are not on the disk are lost.
    pub(crate) fn restart(&self, mode: &str) {
        self.control("restart", mode);
    }

    /// Runs SQL as an operator does by hand; returns the output.
    pub(crate) fn sql(&self, text: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", text]);
        let out = command.output().unwrap();
        assert!(out.status.success(), "{text}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// The connections that it counts, the one included that asks.
    pub(crate) fn connections(&self) -> u32 {
        self.sql(include_str!("postgres/connections.sql")).trim().parse().unwrap()
    }

    fn control(&self, what: &str, mode: &str) {
        let port = self.port;
        let sockets = self.folder.path().display();
        let options = format!("-p {port} -k {sockets} -h 127.0.0.1");
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["-w", "-m", mode, "-o", &options, "-l", log.to_str().unwrap(), what]);
    }

    fn run(&self, program: &str, args: &[&str]) {
        let mut command = as_postgres(&self.programs.join(program));
        // Its own folder may be closed to that user. A pipe would be held open by the server that it starts.
        let data = self.folder.path().join("data");
        let errors = tempfile::tempfile().unwrap();
        let command = command.arg("-D").arg(data).args(args).current_dir("/");
        let status = command.stdout(Stdio::null()).stderr(errors).status().unwrap();
        assert!(status.success(), "{command:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control("stop", "immediate");
    }
}

/// A pgbouncer before it, in transaction mode.
pub(crate) struct PgBouncer {
    child: Child,
    port: u16,
}

impl PgBouncer {
    /// `None` if Debian's package is missing.
    pub(crate) async fn start(postgres: &Postgres) -> Option<Self> {
        let program = Path::new("/usr/sbin/pgbouncer");
        if !program.exists() {
            eprintln!("skipped: there is no pgbouncer; `cargo xtask test --install` installs it");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
            listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n",
            postgres.port
        );
        let path = postgres.folder.path().join("pgbouncer.ini");
        std::fs::write(&path, settings).unwrap();
        let mut command = as_postgres(program);
        command.arg("-q").arg(path).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { child: command.spawn().unwrap(), port };
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.expect("pgbouncer does not listen");
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

async fn connect(url: String) -> Result<(), StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { url: Some(url), ..Options::embedded(folder.path()) };
    let store = Store::connect(&options).await?;
    store.test_write(UnixMillis(1)).await?;
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn a_postgresql_that_demands_tls_is_reached_by_its_right_name_and_authority_alone() {
    let Some(postgres) = Postgres::start() else { return };
    let authority = postgres.demand_tls();
    let (port, authority) = (postgres.port, authority.display());
    let url = |host: &str, tls: &str| format!("postgres://postgres@{host}:{port}/postgres{tls}");
    let known = format!("?sslmode=verify-full&sslrootcert={authority}");
    connect(url("localhost", &known)).await.unwrap();
    for (host, tls, expected) in [
        ("localhost", "", "no encryption"),
        ("localhost", "?sslmode=require", "certificate"),
        // It is the same machine, and not the name that the certificate is for.
        ("127.0.0.1", &known, "certificate"),
    ] {
        let error = connect(url(host, tls)).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{host}{tls}: {error}");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}
