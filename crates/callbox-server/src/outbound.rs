//! HTTP requests that the server itself makes, to places that its operator named.
//!
//! HTTPS by the machine's own authorities; plain HTTP to this machine alone, and to private networks for targets of alerts. Follows no redirect and knows no proxy. A
//! connection serves one request, since there are a few in an hour. Bounds: 10 s for all of it, 1 MiB of answer.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, header};
use callbox_identity::endpoint::{Endpoint, EndpointError};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const DEADLINE: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// A URL that we do not ask.
    #[error(transparent)]
    Url(#[from] EndpointError),
    /// A header that is none.
    #[error("a header cannot be sent: {0}")]
    Header(#[from] axum::http::Error),
    /// Nobody there, or not who they should be.
    #[error("no connection to {host}: {source}")]
    Connect {
        /// The host that was asked.
        host: String,
        /// The message of the system or of TLS.
        source: io::Error,
    },
    /// It broke off, or is no HTTP.
    #[error("the answer broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// Longer than anything that we ask for.
    #[error("the answer is longer than 1 MiB")]
    TooLarge,
    /// Neither an answer nor a refusal.
    #[error("no answer within 10 s")]
    Late,
}

/// The answer, with any status.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// The client. Cheap to make: authorities are read with the first HTTPS request.
#[derive(Default)]
pub struct Outbound {
    tls: OnceLock<TlsConnector>,
    is_near: bool,
}

impl Outbound {
    /// One that believes these authorities alone.
    pub(crate) fn trusting(roots: RootCertStore) -> Self {
        Self { tls: OnceLock::from(connector(roots)), is_near: false }
    }

    /// One that asks private networks by plain HTTP too: for URLs of the settings alone.
    pub(crate) fn near() -> Self {
        Self { is_near: true, ..Self::default() }
    }

    /// Asks by GET.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, OutboundError> {
        self.ask(Method::GET, url, headers, Bytes::new()).await
    }

    /// Asks by POST.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Response, OutboundError> {
        self.ask(Method::POST, url, headers, body.into()).await
    }

    /// Asks by any method.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response, OutboundError> {
        let place = if self.is_near { Endpoint::parse_near(url)? } else { Endpoint::parse(url)? };
        let mut request =
            Request::builder().method(method).uri(&place.path).header(header::HOST, &place.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let asked = async {
            let connect = |source| OutboundError::Connect { host: place.host.clone(), source };
            let stream = TcpStream::connect((place.host.as_str(), place.port)).await.map_err(connect)?;
            if !place.is_tls {
                return exchange(stream, request).await;
            }
            let name = ServerName::try_from(place.host.clone())
                .map_err(|error| connect(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
            let tls = self.tls.get_or_init(|| connector(authorities()));
            exchange(tls.connect(name, stream).await.map_err(connect)?, request).await
        };
        timeout(DEADLINE, asked).await.unwrap_or(Err(OutboundError::Late))
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response, OutboundError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender at the latest.
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => OutboundError::Broken(*error),
        Err(other) => {
            debug_assert!(other.is::<LengthLimitError>());
            OutboundError::TooLarge
        }
    })?;
    Ok(Response { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
}

/// The authorities that the machine trusts, as for mails; if there are none, no connection is made.
fn authorities() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of this machine's certificate authorities cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

fn connector(roots: RootCertStore) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[cfg(test)]
mod tests;
