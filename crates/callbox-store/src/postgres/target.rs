//! The address of PostgreSQL, as its URL has it, and how the connection there is secured.
//!
//! On this machine the connection needs no TLS. To any other machine it must have it, with a certificate for that
//! very name from an authority that the machine trusts, or from those in `sslrootcert`: libpq's `verify-full`. The
//! modes of libpq that encrypt without knowing to whom mean the same here. `sslmode=disable` says that the network
//! between is trusted.

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// A database to connect to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    /// `None` if the connection stays in the clear.
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a `postgres://` URL; the sentence names the fault, and does not repeat its password.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "postgres://user:password@host/callbox";
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(format!("it does not begin as in {EXAMPLE}"));
        }
        let (url, mode, roots) = take_tls(url)?;
        let mut config = Config::from_str(&url).map_err(|error| error.to_string())?;
        if config.get_dbname().is_none() {
            return Err(format!("it names no database, as in {EXAMPLE}"));
        }
        if config.get_application_name().is_none() {
            config.application_name("callbox");
        }
        config.connect_timeout(Duration::from_secs(3));
        config.keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(15));
        let is_safe = mode.is_safe(&config);
        config.ssl_mode(if is_safe { SslMode::Require } else { SslMode::Disable });
        let tls = if is_safe { Some(connector(roots.as_deref())?) } else { None };
        Ok(Self { config, tls })
    }

    /// A connection, and a task that drives it as long as it exists; `ended` is notified of its end.
    pub(crate) async fn connect(&self, ended: Arc<Notify>) -> Result<Client, StoreError> {
        let Some(tls) = &self.tls else {
            let (client, driver) = self.config.connect(NoTls).await?;
            return Ok(drive(client, driver, ended));
        };
        // A handshake is large, and rare.
        let connected = Box::pin(self.config.connect(tls.clone())).await;
        let (client, driver) = connected.map_err(|error| {
            match StoreError::from(error) {
                // The remedy is not in the words of TLS.
                StoreError::Unavailable(why) if why.contains("TLS") => StoreError::Unavailable(format!(
                    "{why} (in its URL, sslrootcert=FILE names an authority; sslmode=disable says that the \
                    network between is trusted)"
                )),
                other => other,
            }
        })?;
        Ok(drive(client, driver, ended))
    }
}

fn drive<S, T>(client: Client, driver: tokio_postgres::Connection<S, T>, ended: Arc<Notify>) -> Client
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
        ended.notify_one();
    });
    client
}

/// The demand of `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Never,
    Elsewhere,
    Always,
}

impl Mode {
    fn is_safe(self, config: &Config) -> bool {
        match self {
            Self::Never => false,
            Self::Elsewhere => !is_here(config),
            Self::Always => true,
        }
    }
}

fn is_here(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// Takes `sslmode` and `sslrootcert` out of a URL: the library knows half of the one, and nothing of the other.
fn take_tls(url: &str) -> Result<(String, Mode, Option<String>), String> {
    let (mut mode, mut roots) = (Mode::Elsewhere, None);
    let Some((place, query)) = url.split_once('?') else { return Ok((url.to_owned(), mode, roots)) };
    let mut others = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "disable")) => mode = Mode::Never,
            Some(("sslmode", "allow" | "prefer")) => mode = Mode::Elsewhere,
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => mode = Mode::Always,
            Some(("sslmode", _)) => {
                return Err("sslmode is disable, prefer, require or verify-full".to_owned());
            }
            Some(("sslrootcert", path)) => roots = Some(decode(path)?),
            _ => others.push(pair),
        }
    }
    let url = if others.is_empty() { place.to_owned() } else { format!("{place}?{}", others.join("&")) };
    Ok((url, mode, roots))
}

fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| "sslrootcert is not UTF-8".to_owned())
}

fn connector(roots: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let mut store = RootCertStore::empty();
    if let Some(path) = roots {
        let unusable = |error: &dyn std::fmt::Display| format!("sslrootcert: {path}: {error}");
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            store.add(certificate).map_err(|error| unusable(&error))?;
        }
        if store.is_empty() {
            return Err(unusable(&"there is no certificate in it"));
        }
    } else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if store.is_empty() {
            let what = "this machine trusts no authority: install ca-certificates, or name one with sslrootcert=FILE";
            return Err(what.to_owned());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> Result<SslMode, String> {
        let target = Target::parse(url)?;
        assert_eq!(target.tls.is_some(), target.config.get_ssl_mode() == SslMode::Require);
        Ok(target.config.get_ssl_mode())
    }

    #[test]
    fn the_way_to_another_machine_has_tls_unless_it_is_said_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("a b.pem");
        std::fs::write(&roots, ROOT).unwrap();
        let roots = roots.to_str().unwrap().replace(' ', "%20");
        let elsewhere = format!("postgres://a:b@db.example.org/callbox?sslrootcert={roots}");
        assert_eq!(mode(&elsewhere), Ok(SslMode::Require));
        assert_eq!(mode(&format!("{elsewhere}&sslmode=disable&connect_timeout=2")), Ok(SslMode::Disable));
        for here in ["127.0.0.1", "localhost", "[::1]", "%2Frun%2Fpostgresql", ""] {
            let here = format!("postgres://a:b@{here}/callbox");
            assert_eq!(mode(&here), Ok(SslMode::Disable), "{here}");
            assert_eq!(
                mode(&format!("{here}?sslmode=verify-full&sslrootcert={roots}")),
                Ok(SslMode::Require)
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_without_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        for (url, expected) in [
            ("mysql://a:secret@host/callbox", "does not begin"),
            ("postgres://a:secret@host", "names no database"),
            ("postgres://a:secret@host/callbox?sslmode=maybe", "sslmode is"),
            ("postgres://a:secret@host/callbox?sslrootcert=/nowhere", "/nowhere"),
            (&format!("postgres://a:secret@host/callbox?sslrootcert={}", empty.display()), "no certificate"),
        ] {
            let error = mode(url).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{url}: {error}");
        }
    }

    /// An authority of a test, which signs nothing.
    const ROOT: &str = include_str!("../../tests/root.pem");
}
