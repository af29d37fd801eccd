//! TLS: the source of the certificate, and its replacement while connections continue.
//!
//! From files, which are read again when they change and on SIGHUP; from an ACME server (`tls/acme.rs`); or made
//! here, for a network on which nobody can be asked for one. Open connections stay; the next one gets the new
//! certificate. A new file that cannot be used is logged, and the old certificate stays.

pub mod acme;
mod certificates;

use callbox_identity::origin::Origin;
use callbox_protocol::time::UnixMillis;
use callbox_settings::listen::{TlsMode, TlsSettings};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::environment::Environment;

use acme::Acme;
pub(crate) use certificates::CHALLENGE_PROTOCOL;
use certificates::Certificates;

/// TURN's name in ALPN (RFC 7443, section 3).
pub(crate) const TURN_PROTOCOL: &[u8] = b"stun.turn";

/// How often the files are looked at. Renewals come weeks before the end.
const LOOK: Duration = Duration::from_mins(1);
/// TURN first: no browser names it for pages, and coturn's client names HTTP beside it. Then HTTP/2; sockets come by HTTP/1.1, since
/// browsers ask for it by themselves.
const PROTOCOLS: [&[u8]; 3] = [TURN_PROTOCOL, b"h2", b"http/1.1"];
const SELF_SIGNED: &str = "tls-self-signed.pem";

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that is not there, or not ours to read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
    /// A file with something else in it.
    #[error("{path} has no {what} in PEM: {source}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// The block that was looked for.
        what: &'static str,
        /// The fault that was found.
        source: pem::Error,
    },
    /// The two do not belong together, or are of a kind that nobody uses.
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// A certificate of our own could not be made.
    #[error("cannot make a certificate: {0}")]
    Making(#[from] rcgen::Error),
    /// One could not be kept.
    #[error("cannot keep the certificate in {path}: {source}")]
    Keeping {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
    /// The settings ask for files and name none.
    #[error("`tls` is \"files\", and `tls_certificate` or `tls_key` is empty")]
    Unnamed,
    /// The settings ask for a certificate by ACME, and for no name.
    #[error(
        "`tls` is \"acme\", and `public_url` names no host of the internet, such as https://call.example.org"
    )]
    NoName,
}

/// TLS as it is now.
pub struct Tls {
    acceptor_config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    source: Source,
    asked: Notify,
    clock: Clock,
}

/// The source of the next certificate.
enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    Acme(Acme),
}

impl Tls {
    /// As the settings want it; `None` if they want none. One that is made here, or got for the name in `public_url`,
    /// is kept in the data folder.
    pub fn start(
        settings: &TlsSettings,
        data: &Path,
        public_url: Option<&Origin>,
        environment: &Environment,
    ) -> Result<Option<Self>, TlsError> {
        let certificates = Arc::new(Certificates::default());
        let source = if settings.mode == TlsMode::Acme {
            let acme = Acme::new(&settings.acme, data, public_url, environment.clone())?;
            acme.load(&certificates);
            Source::Acme(acme)
        } else {
            let Some((certificate, key)) = paths(settings, data)? else { return Ok(None) };
            if settings.mode == TlsMode::SelfSigned {
                make_self_signed(&certificate)?;
            }
            certificates.set(read(&certificate, &key)?);
            Source::Files { certificate, key }
        };
        let mut acceptor_config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificates) as _);
        acceptor_config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        if matches!(source, Source::Acme(_)) {
            acceptor_config.alpn_protocols.push(CHALLENGE_PROTOCOL.to_vec());
        }
        let acceptor_config = Arc::new(acceptor_config);
        Ok(Some(Self {
            acceptor_config,
            certificates,
            source,
            asked: Notify::new(),
            clock: environment.clock.clone(),
        }))
    }

    /// The part that does the handshakes.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.acceptor_config))
    }

    /// SHA-256 of the certificate, as browsers show it; `None` if there is none yet.
    pub fn fingerprint(&self) -> Option<String> {
        let digest = Sha256::digest(&self.certificates.current()?.cert[0]);
        let mut text = String::new();
        for byte in digest {
            let colon = if text.is_empty() { "" } else { ":" };
            write!(text, "{colon}{byte:02X}").expect("a string takes all");
        }
        Some(text)
    }

    /// Whole days until the certificate of the next handshake ends; negative once it has.
    pub fn days_left(&self, now: UnixMillis) -> Option<i32> {
        i32::try_from(self.certificates.validity()?.days_left(now)).ok()
    }

    /// Whether browsers can connect: there is a certificate, and it has not expired.
    pub fn is_usable(&self, now: UnixMillis) -> bool {
        self.certificates.validity().is_some_and(|validity| validity.seconds_left(now) > 0)
    }

    /// Asks for the files to be read again now, or for a try of ACME that waits only because others have failed.
    pub fn reload(&self) {
        self.asked.notify_one();
    }

    /// Keeps the certificate current; runs until it is dropped.
    pub async fn run(&self) {
        match &self.source {
            Source::Files { certificate, key } => self.watch(certificate, key).await,
            Source::Acme(acme) => acme.run(&self.certificates, &self.asked).await,
        }
    }

    /// Reads the files again when they change or when somebody asks.
    async fn watch(&self, certificate: &Path, key: &Path) {
        let changed_at =
            || [certificate, key].map(|path| path.metadata().and_then(|file| file.modified()).ok());
        let mut seen: [Option<SystemTime>; 2] = changed_at();
        loop {
            let is_asked = tokio::select! {
                () = self.asked.notified() => true,
                () = self.clock.sleep(LOOK) => false,
            };
            let now = changed_at();
            if !is_asked && now == seen {
                continue;
            }
            seen = now;
            match read(certificate, key) {
                Ok(new) => {
                    self.certificates.set(new);
                    tracing::info!(fingerprint = self.fingerprint(), "the certificate was read again");
                }
                Err(error) => tracing::error!(%error, "the old certificate stays in use"),
            }
        }
    }
}

/// The certificate of the settings, once its key was proven to fit; `None` if there is none, or none yet: nothing is
/// made.
pub fn certificate(
    settings: &TlsSettings,
    data: &Path,
    public_url: Option<&Origin>,
) -> Result<Option<CertificateDer<'static>>, TlsError> {
    if settings.mode == TlsMode::Acme {
        let kept = acme::kept(&settings.acme, data, public_url)?.certified()?;
        return Ok(kept.map(|mut certificate| certificate.cert.swap_remove(0)));
    }
    let Some((certificate, key)) = paths(settings, data)? else { return Ok(None) };
    if settings.mode == TlsMode::SelfSigned && !certificate.exists() {
        return Ok(None);
    }
    Ok(Some(read(&certificate, &key)?.cert.swap_remove(0)))
}

fn paths(settings: &TlsSettings, data: &Path) -> Result<Option<(PathBuf, PathBuf)>, TlsError> {
    match settings.mode {
        TlsMode::Off | TlsMode::Acme => Ok(None),
        TlsMode::Files => match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
            _ => Err(TlsError::Unnamed),
        },
        TlsMode::SelfSigned => {
            let path = data.join(SELF_SIGNED);
            Ok(Some((path.clone(), path)))
        }
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    parse(bytes(certificate)?, certificate, bytes(key)?, key)
}

/// A certificate with its chain, and its key, both in PEM; the paths are for errors.
fn parse(
    chain: impl AsRef<[u8]>,
    chain_path: &Path,
    key: impl AsRef<[u8]>,
    key_path: &Path,
) -> Result<CertifiedKey, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain.as_ref())
        .collect::<Result<_, _>>()
        .and_then(|all: Vec<_>| if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) })
        .map_err(|source| TlsError::Pem { path: chain_path.to_owned(), what: "certificate", source })?;
    let private = PrivateKeyDer::from_pem_slice(key.as_ref()).map_err(|source| TlsError::Pem {
        path: key_path.to_owned(),
        what: "private key",
        source,
    })?;
    Ok(CertifiedKey::from_der(chain, private, &ring::default_provider())?)
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

/// Makes a certificate for all names of this machine, unless the one that is there has them all.
fn make_self_signed(path: &Path) -> Result<(), TlsError> {
    let names = names();
    // Readers of PEM skip the text between the blocks, so the names can be there.
    let note = format!("Callbox made this for {}\n", names.join(" "));
    if std::fs::read_to_string(path).is_ok_and(|text| text.starts_with(&note)) {
        return Ok(());
    }
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.self_signed(&key)?;
    let text = format!("{note}{}{}", certificate.pem(), key.serialize_pem());
    let keeping = |source| TlsError::Keeping { path: path.to_owned(), source };
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(keeping)?;
    file.write_all(text.as_bytes()).map_err(keeping)
}

/// By which somebody on the same network may come.
fn names() -> Vec<String> {
    let mut addresses: Vec<String> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|one| !one.is_link_local())
        .map(|one| one.ip().to_string())
        .collect();
    addresses.push("127.0.0.1".to_owned());
    addresses.sort_unstable();
    addresses.dedup();
    std::iter::once("localhost".to_owned()).chain(addresses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_our_own_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SELF_SIGNED);
        make_self_signed(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        make_self_signed(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        read(&path, &path).unwrap();
        // For other names another one.
        std::fs::write(&path, "Callbox made this for elsewhere\n").unwrap();
        make_self_signed(&path).unwrap();
        assert_ne!(std::fs::read(&path).unwrap(), first);
    }

    #[test]
    fn what_cannot_be_used_is_told_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["one", "other"] {
            make_self_signed(&path(name)).unwrap();
        }
        std::fs::write(path("empty"), "").unwrap();
        let told =
            |certificate: &str, key: &str| read(&path(certificate), &path(key)).unwrap_err().to_string();
        assert!(told("missing", "one").contains("cannot read"));
        assert!(told("empty", "one").contains("no certificate in PEM"));
        assert!(told("one", "empty").contains("no private key in PEM"));
        assert!(told("one", "other").contains("cannot be used"));
    }
}
