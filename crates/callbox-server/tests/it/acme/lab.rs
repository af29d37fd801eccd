//! A network namespace with an ACME server in it (Debian's pebble), a Callbox that gets its certificate there, and
//! the network of a browser: names by the namespace's own hosts file, the ports that are used on the internet.
//!
//! All of it ends with the test. Needs root and pebble; without them the tests are skipped, but not in CI.

use crate::process::callbox;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const IP: &str = "/usr/sbin/ip";
const PEBBLE: &str = "/usr/bin/pebble";
pub(super) const NAME: &str = "call.example.org";
const ACME: &str = "acme.example.org";
const HERE: &str = "127.0.0.1";
pub(super) const PEBBLE_PORT: u16 = 14_000;
const MANAGEMENT_PORT: u16 = 15_000;
/// Longer than an order takes on a machine that builds something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(50);
/// Between two checks of an awaited condition.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// A child that does not outlive its test.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(super) fn terminate(mut self) {
        self.signal("TERM");
        assert!(self.0.wait().unwrap().success());
    }

    pub(super) fn wait(mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The namespace and its processes.
pub(super) struct Lab {
    name: String,
    folder: tempfile::TempDir,
    server: Arc<ServerConfig>,
    pebble: Option<Process>,
}

impl Lab {
    /// With certificates that are valid for so many seconds. `None` if the namespace cannot be made.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub(super) fn lay(validity_seconds: u32) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let is_possible = Path::new(PEBBLE).exists() && rustix::process::geteuid().is_root();
        if !is_possible {
            assert!(std::env::var_os("CI").is_none(), "CI has root and pebble");
            eprintln!("skipped: it needs root and pebble; `cargo xtask test --install` installs it");
            return None;
        }
        let name = format!("cbacme-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap();
        let server = authority(folder.path());
        let mut lab = Self { name, folder, server, pebble: None };
        ip(&["netns", "add", &lab.name]);
        ip(&["-n", &lab.name, "link", "set", "lo", "up"]);
        std::fs::create_dir_all(lab.netns_folder()).unwrap();
        std::fs::write(lab.netns_folder().join("resolv.conf"), "").unwrap();
        lab.point(NAME, HERE);
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("{HERE}:{PEBBLE_PORT}"),
            "managementListenAddress": format!("{HERE}:{MANAGEMENT_PORT}"),
            "certificate": lab.path("server.pem"),
            "privateKey": lab.path("server.key"),
            "httpPort": 80,
            "tlsPort": 443,
            "certificateValidityPeriod": validity_seconds,
        }});
        std::fs::write(lab.path("pebble.json"), config.to_string()).unwrap();
        let mut pebble = lab.command(PEBBLE);
        // It would sleep up to 15 s before it looks; that it may trust an earlier proof is tested once it does.
        pebble.env("PEBBLE_VA_NOSLEEP", "1").arg("-config").arg(lab.path("pebble.json"));
        let log = File::create(lab.path("pebble.log")).unwrap();
        pebble.stdout(log.try_clone().unwrap()).stderr(log);
        lab.pebble = Some(Process(pebble.spawn().unwrap()));
        Some(lab)
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn netns_folder(&self) -> PathBuf {
        Path::new("/etc/netns").join(&self.name)
    }

    /// Lets the name of the server lead to this address.
    pub(super) fn point(&self, name: &str, address: &str) {
        let text = format!("{HERE} localhost\n{HERE} {ACME}\n{address} {name}\n");
        std::fs::write(self.netns_folder().join("hosts"), text).unwrap();
    }

    /// Makes this address one of ours.
    pub(super) fn take(&self, address: &str) {
        ip(&["-n", &self.name, "addr", "add", address, "dev", "lo"]);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(IP);
        command.env_clear().args(["netns", "exec", &self.name, program]);
        command
    }

    /// Starts Callbox as a deployment does, but for the ACME server's address.
    pub(super) fn serve(&self, acme_port: u16) -> Process {
        let log = File::options().create(true).append(true).open(self.path("callbox.log")).unwrap();
        let mut command = self.callbox("serve", acme_port);
        command.stdout(Stdio::null()).stderr(log);
        Process(command.spawn().unwrap())
    }

    /// The same on a machine whose clock is ahead by this much.
    pub(super) fn serve_at(&self, ahead: &str) -> Process {
        let log = File::options().create(true).append(true).open(self.path("callbox.log")).unwrap();
        let mut command = self.callbox("serve", PEBBLE_PORT);
        command.env("LD_PRELOAD", super::FAKETIME).env("FAKETIME", ahead).env("DONT_FAKE_MONOTONIC", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").stdout(Stdio::null()).stderr(log);
        Process(command.spawn().unwrap())
    }

    /// A command of Callbox with the settings of the deployment.
    pub(super) fn callbox(&self, word: &str, acme_port: u16) -> Command {
        let mut command = self.command(callbox().get_program().to_str().unwrap());
        let directory = format!("acme_directory=https://{ACME}:{acme_port}/dir");
        let root = format!("acme_root={}", self.path("authority.pem").display());
        command
            .args([word, "--domain", NAME, "--set", &directory, "--set", &root, "--data-dir"])
            .arg(self.data());
        command
    }

    /// Runs a test in the namespace.
    pub(super) fn enter<F: Future<Output = ()>>(&self, test: impl FnOnce() -> F + Send) {
        let test = || {
            let namespace = File::open(Path::new("/var/run/netns").join(&self.name)).unwrap();
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(test());
        };
        std::thread::scope(|threads| {
            if let Err(panic) = threads.spawn(test).join() {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// TLS as the ACME server speaks it, for a proxy before it.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    pub(super) async fn to_acme(&self, port: u16) -> Option<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("authority.pem")).unwrap()).unwrap();
        connect(port, ACME, roots).await
    }

    /// The root of the certificates that pebble issues, which is another one with each start; once pebble is there.
    pub(super) async fn root(&self) -> RootCertStore {
        self.until(async || self.to_acme(PEBBLE_PORT).await, async |_| Some(())).await;
        let pem = self.until(
            async || self.to_acme(MANAGEMENT_PORT).await,
            async |mut stream| {
                let answer = get(&mut stream, "/roots/0").await;
                answer.find("-----BEGIN").map(|at| answer[at..].to_owned())
            },
        );
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.await.as_bytes()).unwrap()).unwrap();
        roots
    }

    /// Opens the page as a browser that believes these roots, as soon as it can be; gives the certificate that it was shown.
    pub(super) async fn page(&self, roots: &RootCertStore) -> CertificateDer<'static> {
        self.until(
            async || connect(443, NAME, roots.clone()).await,
            async |mut stream| {
                let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned();
                get(&mut stream, "/").await.starts_with("HTTP/1.1 200 ").then_some(shown)
            },
        )
        .await
    }

    /// Tries until the second step gives something.
    async fn until<S, T>(
        &self,
        first: impl AsyncFn() -> Option<S>,
        second: impl AsyncFn(S) -> Option<T>,
    ) -> T {
        let all = async {
            loop {
                if let Some(step) = first().await
                    && let Some(found) = second(step).await
                {
                    return found;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, all).await;
        found.unwrap_or_else(|_| panic!("it never came to be so: {}\n{}", self.log(), self.pebble_log()))
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.path("callbox.log")).unwrap_or_default()
    }

    /// Waits until the log has this.
    pub(super) async fn logged(&self, words: &str) {
        self.logged_times(words, 1).await;
    }

    pub(super) async fn logged_times(&self, words: &str, times: usize) {
        let all = async {
            while self.log().matches(words).count() < times {
                tokio::time::sleep(POLL).await;
            }
        };
        let is_there = tokio::time::timeout(PATIENCE, all).await.is_ok();
        assert!(is_there, "`{words}` was never logged: {}\n{}", self.log(), self.pebble_log());
    }

    pub(super) fn pebble_log(&self) -> String {
        std::fs::read_to_string(self.path("pebble.log")).unwrap()
    }

    /// How many orders the ACME server has taken.
    pub(super) fn orders(&self) -> usize {
        self.pebble_log().matches("Added order ").count()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.pebble = None;
        let _ = Command::new(IP).args(["netns", "del", &self.name]).status();
        let _ = std::fs::remove_dir_all(self.netns_folder());
    }
}

/// A connection that trusts these roots alone; `None` if none can be made.
async fn connect(port: u16, name: &str, roots: RootCertStore) -> Option<TlsStream<TcpStream>> {
    try_connect(port, name, roots, b"http/1.1").await.ok()
}

pub(super) async fn try_connect(
    port: u16,
    name: &str,
    roots: RootCertStore,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect((HERE, port)).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let text = format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // Whether the end is announced does not matter here.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Plain HTTP, on port 80.
pub(super) async fn plain(path: &str) -> crate::support::Answer {
    let addr: SocketAddr = ([127, 0, 0, 1], 80).into();
    crate::support::request(addr, "GET", path, &[("Host", NAME)], "").await
}

fn ip(words: &[&str]) {
    assert!(Command::new(IP).args(words).status().unwrap().success(), "ip {}", words.join(" "));
}

/// A private authority, and a certificate by it for the ACME server itself.
fn authority(folder: &Path) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("authority.pem"), own.pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![ACME.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(config.unwrap())
}
