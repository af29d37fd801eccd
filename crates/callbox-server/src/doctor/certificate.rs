//! The certificate: whether it can be read and its key fits, and whether it has a name.
//!
//! It is read, never changed; its signer is not asked.

use callbox_identity::certificate;
use callbox_protocol::time::UnixMillis;
use callbox_settings::doctor::certificate::{CHECK, decide};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use super::Finding;
use crate::config::Config;
use crate::tls::{self, TlsError};
use callbox_settings::listen::TlsMode;

pub(super) fn check(config: &Config, now: UnixMillis) -> Finding {
    let is_self_signed = config.tls.mode == TlsMode::SelfSigned;
    match tls::certificate(&config.tls, &config.database.folder, config.site.public_url.as_ref()) {
        Ok(None) if is_self_signed => Finding::ok(CHECK, "It will be made at the first start."),
        Ok(None) => Finding::ok(CHECK, "None is needed, since `tls` is off."),
        // It is made anew when the machine's addresses change, and ends in two thousand years.
        Ok(Some(_)) if is_self_signed => Finding::ok(CHECK, "The one that was made here can be used."),
        Ok(Some(certificate)) => {
            let url = config.site.public_url.as_ref();
            decide(certificate::of(&certificate), now, url, &|host| is_for(&certificate, host))
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
    use callbox_identity::origin::Origin;
    use rcgen::{CertificateParams, KeyPair};
    use std::path::PathBuf;

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
