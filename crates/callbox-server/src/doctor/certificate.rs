//! The certificate: whether it can be read and its key fits, how long it lasts, whether it is for the name people type.
//!
//! Its signer is not judged: browsers decide that, each by its own list.

use callbox_identity::certificate::{self, Validity};
use callbox_identity::origin::Origin;
use callbox_protocol::time::UnixMillis;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use super::{Finding, acme, duration};
use crate::clock;
use crate::config::Config;
use crate::tls::TlsMode;
use crate::tls::{self, TlsError};

pub(super) const CHECK: &str = "certificate";
/// Certbot renews 30 days before the end: with fewer days than this, the renewal does not work.
const DAYS_MIN: i64 = 14;
const DAY_SECONDS: i64 = 24 * 3_600;

pub(super) fn check(config: &Config, is_in_use: Option<bool>) -> Finding {
    if config.tls.mode == TlsMode::Acme {
        return acme::check(config, is_in_use);
    }
    let is_self_signed = config.tls.mode == TlsMode::SelfSigned;
    match tls::certificate(&config.tls, &config.database.folder, config.site.public_url.as_ref()) {
        Ok(None) if is_self_signed => Finding::ok(CHECK, "It will be made at the first start."),
        Ok(None) => Finding::ok(CHECK, "None is needed, since `tls` is off."),
        // It is made anew when the machine's addresses change, and ends in two thousand years.
        Ok(Some(_)) if is_self_signed => Finding::ok(CHECK, "The one that was made here can be used."),
        Ok(Some(certificate)) => {
            let url = config.site.public_url.as_ref();
            decide(certificate::of(&certificate), clock::now(), url, &|host| is_for(&certificate, host))
        }
        Err(error) => unusable(&error, is_self_signed),
    }
}

pub(super) fn unusable(error: &TlsError, is_self_signed: bool) -> Finding {
    let fix = match error {
        _ if is_self_signed => {
            "Run doctor as the user that the server runs as; if it still fails, remove the file: the start makes a new one."
        }
        TlsError::Read { .. } => {
            "Correct `tls_certificate` or `tls_key`, or let this user read the file (`ls -l` shows who may); \
             docs/DEPLOY.md says how systemd hands over a key."
        }
        TlsError::Pem { .. } => {
            "Let `tls_certificate` name the chain in PEM (certbot: fullchain.pem) and `tls_key` the key (privkey.pem)."
        }
        TlsError::NoName => "Name the host that people type: --domain call.example.org.",
        TlsError::Unnamed => {
            "Set both `tls_certificate` and `tls_key`, or `tls` to \"self-signed\" or \"off\"."
        }
        TlsError::Unusable(_) | TlsError::Making(_) | TlsError::Keeping { .. } => {
            "Let `tls_certificate` and `tls_key` name the two files of one issue, such as certbot's fullchain.pem \
             and privkey.pem of one folder."
        }
    };
    Finding::fail(CHECK, format!("{error}."), fix)
}

fn decide(
    validity: Option<Validity>,
    now: UnixMillis,
    public_url: Option<&Origin>,
    is_for: &dyn Fn(&str) -> bool,
) -> Finding {
    let Some(validity) = validity else {
        return Finding::fail(
            CHECK,
            "The file of `tls_certificate` holds no X.509 certificate.",
            "Let `tls_certificate` name the chain in PEM, such as certbot's fullchain.pem.",
        );
    };
    let left = validity.seconds_left(now);
    let days = left / DAY_SECONDS;
    let now = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX);
    let renewal = "Renew it (`certbot renew`, and see why that did not run by itself); it is then read within a minute.";
    if now < validity.not_before {
        return Finding::fail(
            CHECK,
            format!("It begins to be valid in {}.", duration(validity.not_before - now)),
            "Set this machine's clock (`timedatectl set-ntp true`), or wait.",
        );
    }
    if left < 0 {
        return Finding::fail(CHECK, format!("It expired {} ago.", duration(-left)), renewal);
    }
    if days < DAYS_MIN {
        return Finding::warn(CHECK, format!("It expires in {}.", duration(left)), renewal);
    }
    match public_url {
        Some(url) if !is_for(url.host()) => Finding::warn(
            CHECK,
            format!("It is not for {}, the name in `public_url`; it lasts {days} days.", url.host()),
            format!(
                "Get one for that name (`certbot certonly -d {}`), or correct `public_url`; right if a proxy with its own \
                 certificate stands before.",
                url.host()
            ),
        ),
        Some(url) => Finding::ok(CHECK, format!("It is for {} and lasts {days} days.", url.host())),
        None => Finding::ok(CHECK, format!("It lasts {days} days.")),
    }
}

fn is_for(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let (Ok(parsed), Ok(name)) = (ParsedCertificate::try_from(certificate), ServerName::try_from(host))
    else {
        return false;
    };
    verify_server_name(&parsed, &name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use rcgen::{CertificateParams, KeyPair};
    use std::path::PathBuf;

    #[test]
    fn an_end_that_is_near_is_warned_of_and_one_that_has_passed_fails() {
        let now = 1_000 * DAY_SECONDS;
        for (not_before, left, state, words) in [
            (0, 90 * DAY_SECONDS, State::Ok, "lasts 90 days"),
            (0, 14 * DAY_SECONDS, State::Ok, "lasts 14 days"),
            (0, 14 * DAY_SECONDS - 1, State::Warn, "expires in 13 days"),
            (0, 7_200, State::Warn, "expires in 2 hours"),
            (0, -1, State::Fail, "expired less than an hour ago"),
            (0, -40 * DAY_SECONDS, State::Fail, "expired 40 days ago"),
            (now + DAY_SECONDS, 90 * DAY_SECONDS, State::Fail, "valid in 1 day"),
        ] {
            let validity = Validity { not_before, not_after: now + left };
            let now = UnixMillis(u64::try_from(now * 1_000).unwrap());
            let finding = decide(Some(validity), now, None, &|_| true);
            assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
        }
        assert_eq!(decide(None, UnixMillis(0), None, &|_| true).state, State::Fail);
    }

    #[test]
    fn a_name_that_people_type_and_the_certificate_has_not_is_warned_of() {
        let names = ["call.example.org", "*.wild.example.org", "203.0.113.5", "2001:db8::1"];
        let params = CertificateParams::new(names.map(str::to_owned)).unwrap();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let validity = certificate::of(certificate.der());
        for (url, state) in [
            ("https://call.example.org", State::Ok),
            ("https://CALL.example.org:8443", State::Ok),
            ("https://a.wild.example.org", State::Ok),
            ("https://203.0.113.5", State::Ok),
            ("https://[2001:db8::1]", State::Ok),
            ("https://other.example.org", State::Warn),
            ("https://203.0.113.6", State::Warn),
        ] {
            let url: Origin = url.parse().unwrap();
            let now = UnixMillis(1_000_000_000_000);
            let finding = decide(validity, now, Some(&url), &|host| is_for(certificate.der(), host));
            assert_eq!(finding.state, state, "{finding:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_fails_with_a_fix_of_its_own() {
        let read =
            TlsError::Read { path: PathBuf::from("x.pem"), source: std::io::ErrorKind::NotFound.into() };
        for (error, words) in [
            (read, "let this user read"),
            (TlsError::Unnamed, "Set both"),
            (TlsError::Unusable(rustls::Error::General("no".to_owned())), "one issue"),
        ] {
            let finding = unusable(&error, false);
            assert!(finding.state == State::Fail && finding.fix.unwrap().contains(words));
            assert!(unusable(&error, true).fix.unwrap().contains("remove the file"));
        }
    }
}
