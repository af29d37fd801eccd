//! A certificate that the server gets automatically from an ACME server, and renews in time.
//!
//! One task checks each minute whether a certificate is due (`crates/callbox-identity/src/renewal.rs`), orders it
//! (`acme/order.rs`) and keeps it (`acme/kept.rs`); connections continue meanwhile. A server without a certificate is
//! up, says so, and refuses handshakes. Bounds: one order at a time, of at most 10 min.

mod client;
pub(crate) mod kept;
mod order;

use callbox_identity::certificate::{self, Validity};
use callbox_identity::origin::Origin;
use callbox_identity::renewal::{self, Health, Schedule};
use callbox_monitor::Counter;
use callbox_protocol::time::UnixMillis;
use callbox_settings::acme::AcmeSettings;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::certificates::Certificates;
use super::{TlsError, parse};
use crate::counters;
use crate::environment::Environment;
use crate::outbound::Outbound;
use client::Client;
use kept::Kept;
use order::{Issued, OrderError};

/// How often it is looked whether a certificate is due: the machine's clock may be set, and the machine may sleep.
const LOOK_MS: u64 = 60_000;
const ORDER_TIMEOUT: Duration = Duration::from_mins(10);

/// The files in the data folder for the name in `public_url`.
pub(crate) fn kept(
    settings: &AcmeSettings,
    folder: &Path,
    public_url: Option<&Origin>,
) -> Result<Kept, TlsError> {
    Ok(Kept::new(folder, name(public_url)?, &settings.directory))
}

/// The way to the ACME server.
pub(crate) fn outbound(settings: &AcmeSettings) -> Result<Outbound, TlsError> {
    match &settings.root {
        Some(path) => Ok(Outbound::trusting(roots(path)?)),
        None => Ok(Outbound::default()),
    }
}

/// The name that a certificate is for; addresses are not ordered.
pub(crate) fn name(public_url: Option<&Origin>) -> Result<&str, TlsError> {
    let host = public_url.filter(|url| url.is_tls && !url.is_loopback()).map(Origin::host);
    host.filter(|host| matches!(ServerName::try_from(*host), Ok(ServerName::DnsName(_))))
        .ok_or(TlsError::NoName)
}

/// The task's own.
pub(super) struct Acme {
    settings: AcmeSettings,
    name: String,
    kept: Kept,
    outbound: Arc<Outbound>,
    environment: Environment,
}

impl Acme {
    pub(super) fn new(
        settings: &AcmeSettings,
        folder: &Path,
        public_url: Option<&Origin>,
        environment: Environment,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            settings: settings.clone(),
            name: name(public_url)?.to_owned(),
            kept: kept(settings, folder, public_url)?,
            outbound: Arc::new(outbound(settings)?),
            environment,
        })
    }

    /// The certificate that an earlier order brought. One that cannot be read is ordered anew.
    pub(super) fn load(&self, certificates: &Certificates) {
        match self.kept.certified() {
            Ok(Some(certificate)) => certificates.set(certificate),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "the kept certificate cannot be used; another one is ordered");
            }
        }
    }

    /// Keeps the certificate current; runs until it is dropped.
    pub(super) async fn run(&self, certificates: &Certificates, asked: &Notify) {
        let mut schedule = Schedule::start(self.kept.failures(), self.environment.clock.wall());
        let mut said = None;
        loop {
            let (now, validity) = (self.environment.clock.wall(), certificates.validity());
            schedule.handle_time(now);
            let health = renewal::health(validity, now);
            if said.replace(health) != Some(health) {
                self.say(health, &schedule, validity, now);
            }
            let next = schedule.next(validity);
            if next <= now {
                self.try_once(certificates, &mut schedule).await;
                continue;
            }
            tokio::select! {
                () = self.environment.clock.sleep(Duration::from_millis(next.since(now).min(LOOK_MS))) => {}
                () = asked.notified() => schedule.handle_request(),
            }
        }
    }

    fn say(&self, health: Health, schedule: &Schedule, validity: Option<Validity>, now: UnixMillis) {
        let name = &self.name;
        match health {
            Health::Missing => tracing::warn!(
                name,
                directory = self.settings.directory,
                next_try = %after(schedule.next(validity), now),
                "there is no certificate yet, so nobody can connect; one is ordered"
            ),
            Health::Good => tracing::info!(
                name,
                days = validity.map(|validity| validity.days_left(now)),
                "the certificate is good"
            ),
            Health::Ending => {
                tracing::warn!(
                    name,
                    days = validity.map(|validity| validity.days_left(now)),
                    "the certificate ends soon, and was not renewed"
                );
            }
            Health::Ended => tracing::error!(name, "the certificate has expired: browsers refuse to connect"),
        }
    }

    async fn try_once(&self, certificates: &Certificates, schedule: &mut Schedule) {
        schedule.handle_begin(self.environment.clock.wall());
        // A try that a restart would forget is not made: the server counts it all the same.
        if let Err(error) = self.kept.keep_failures(schedule.failures().clone()) {
            let reason = format!("the data folder takes no note of the try: {error}");
            return self.fail(&reason, None, certificates, schedule);
        }
        let client = Client::new(Arc::clone(&self.outbound), self.environment.clock.clone());
        let (directory, email) = (&self.settings.directory, self.settings.email.as_deref());
        tracing::info!(name = self.name, directory, "a certificate is ordered");
        let issue = order::issue(&client, &self.kept, directory, email, &self.name, certificates);
        let issued = match timeout(ORDER_TIMEOUT, issue).await {
            Ok(Ok(issued)) => self.install(&issued, certificates).map_err(|error| {
                // The ACME server counts it all the same.
                schedule.handle_useless(self.environment.clock.wall());
                error.to_string()
            }),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the order was not finished within 10 min".to_owned()),
        };
        match issued {
            Ok(validity) => {
                schedule.handle_success();
                counters::add(Counter::CertificateOrdersMade);
                let days = validity.days_left(self.environment.clock.wall());
                tracing::info!(name = self.name, days, "a new certificate is in use");
            }
            Err(reason) => self.fail(&reason, client.retry_after_ms(), certificates, schedule),
        }
        if let Err(error) = self.kept.keep_failures(schedule.failures().clone()) {
            tracing::error!(%error, "the tries for a certificate cannot be written down: a restart forgets them");
        }
    }

    /// Takes a new certificate into use, and keeps it.
    fn install(&self, issued: &Issued, certificates: &Certificates) -> Result<Validity, OrderError> {
        let path = self.kept.certificate_path();
        let certificate = parse(&issued.chain, &path, &issued.key, &path)?;
        let validity = certificate::of(&certificate.cert[0]).ok_or(OrderError::NoValidity)?;
        // One that is due at once would be ordered again and again.
        if renewal::renew_at(Some(validity)) <= self.environment.clock.wall() {
            return Err(OrderError::DueAtOnce);
        }
        certificates.set(certificate);
        if let Err(error) = self.kept.keep_certificate(&issued.chain, &issued.key) {
            tracing::error!(%error, "the new certificate cannot be kept: a restart orders another one");
        }
        Ok(validity)
    }

    fn fail(
        &self,
        reason: &str,
        retry_after_ms: Option<u64>,
        certificates: &Certificates,
        schedule: &mut Schedule,
    ) {
        counters::add(Counter::CertificateOrdersFailed);
        let now = self.environment.clock.wall();
        schedule.handle_failure(now, reason, retry_after_ms, self.environment.randomness.number());
        let validity = certificates.validity();
        let (name, next_try) = (&self.name, after(schedule.next(validity), now));
        match renewal::health(validity, now) {
            Health::Missing | Health::Ended => {
                tracing::error!(name, reason, %next_try, "no certificate came, and there is none that can be used");
            }
            Health::Good | Health::Ending => {
                let days = validity.map(|validity| validity.days_left(now));
                tracing::warn!(name, reason, days, %next_try, "the certificate could not be renewed");
            }
        }
    }
}

/// How long it is until then.
fn after(at: UnixMillis, now: UnixMillis) -> String {
    let seconds = at.since(now) / 1_000;
    match seconds {
        0 => "now".to_owned(),
        1..120 => format!("in {seconds} s"),
        120..7_200 => format!("in {} min", seconds / 60),
        _ => format!("in {} h", seconds / 3_600),
    }
}

/// The authorities in a file.
fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let text = super::bytes(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let pem = |source| TlsError::Pem { path: path.to_owned(), what: "certificate", source };
        roots.add(certificate.map_err(pem)?)?;
    }
    if roots.is_empty() {
        let source = rustls::pki_types::pem::Error::NoItemsFound;
        return Err(TlsError::Pem { path: path.to_owned(), what: "certificate", source });
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_ordered_for_a_name_that_others_can_reach_and_for_nothing_else() {
        for (url, expected) in [
            ("https://call.example.org", Some("call.example.org")),
            ("https://call.example.org:8443", Some("call.example.org")),
            ("http://call.example.org", None),
            ("https://203.0.113.5", None),
            ("https://[2001:db8::1]", None),
            ("https://localhost", None),
        ] {
            let url: Origin = url.parse().unwrap();
            assert_eq!(name(Some(&url)).ok(), expected, "{url}");
        }
        assert!(matches!(name(None), Err(TlsError::NoName)));
    }

    #[test]
    fn a_wait_is_given_in_a_unit_that_fits() {
        let texts = [0, 90_000, 900_000, 21_600_000].map(|ms| after(UnixMillis(5 + ms), UnixMillis(5)));
        assert_eq!(texts, ["now", "in 90 s", "in 15 min", "in 6 h"]);
    }
}
