//! The certificate by ACME, and the tries that failed.
//!
//! Reads the files that the server keeps in the data folder. The ACME server is not asked, and nothing is ordered.

use callbox_identity::certificate;
use callbox_protocol::time::UnixMillis;
use callbox_settings::doctor::acme::{Known, decide};
use callbox_settings::doctor::certificate::CHECK;

use super::Finding;
use super::certificate::unusable;
use crate::config::Config;
use crate::tls::acme::{kept, name, outbound};
use crate::tls::{self, TlsError};

pub(super) fn check(config: &Config, is_in_use: Option<bool>, now: UnixMillis) -> Finding {
    if let Err(error) = outbound(&config.tls.acme) {
        let fix = "Let `acme_root` name a file in PEM that the server's user may read, or leave it out.";
        return Finding::fail(CHECK, format!("{error}."), fix);
    }
    match examine(config, is_in_use, now) {
        Ok(finding) => finding,
        Err(error @ TlsError::NoName) => unusable(&error, false),
        Err(error) => Finding::fail(
            CHECK,
            format!("{error}."),
            "Run doctor as the user that the server runs as; if it still fails, remove the file: another one is ordered.",
        ),
    }
}

fn examine(config: &Config, is_in_use: Option<bool>, now: UnixMillis) -> Result<Finding, TlsError> {
    let (folder, url) = (&config.database.folder, config.site.public_url.as_ref());
    let name = name(url)?;
    let failures = kept(&config.tls.acme, folder, url)?.failures();
    let certificate = tls::certificate(&config.tls, folder, url)?;
    let known = Known {
        name,
        directory: &config.tls.acme.directory,
        validity: certificate.and_then(|certificate| certificate::of(&certificate)),
        failure: failures.last(),
        is_in_use,
    };
    Ok(decide(&known, now))
}
