//! The mail server: how we speak to it, and how its refusals are read.
//!
//! By TLS as its URL says (`crates/callbox-settings/src/smtp_url.rs`). The system's certificates decide whom we trust. One connection for each mail, [`TIMEOUT`] for each step. A server's
//! own words may name an address, so above DEBUG only its code is logged.

use callbox_settings::mail::SmtpUrl;
use lettre::transport::smtp::{self, extension::ClientId};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

/// RFC 5321 (section 4.5.3.2) allows minutes, for servers of another age; others wait behind this one.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A way to the mail server.
#[derive(Debug)]
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// The reason why a mail was not taken. The texts are for the log, and have no address in them.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It may be taken later.
    ForNow(String),
    /// It will not be.
    ForGood(String),
}

impl Smtp {
    /// `name` is ours, by which we greet.
    pub(super) fn new(url: &SmtpUrl, name: &str) -> Result<Self, smtp::Error> {
        let hello = match name.parse() {
            Ok(IpAddr::V4(addr)) => ClientId::Ipv4(addr),
            Ok(IpAddr::V6(addr)) => ClientId::Ipv6(addr),
            Err(_) => ClientId::Domain(name.to_owned()),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.whole())?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).hello_name(hello).build() })
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), Refusal> {
        let Err(error) = self.transport.send(message).await else { return Ok(()) };
        tracing::debug!(?error, "the mail server did not take a mail");
        if let Some(code) = error.status() {
            let text = format!("the server answered {code}");
            return Err(if error.is_permanent() { Refusal::ForGood(text) } else { Refusal::ForNow(text) });
        }
        if error.is_client() {
            return Err(Refusal::ForGood("the server does not speak what we need".to_owned()));
        }
        if error.is_response() {
            return Err(Refusal::ForNow("the server's answer could not be read".to_owned()));
        }
        // A connection that failed: there was nobody to name an address.
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Err(Refusal::ForNow(cause))
    }
}
