//! The certificate of a handshake: the current one, or that of an ACME challenge.
//!
//! A challenge is answered to clients that offer `acme-tls/1` and nothing else, for the one name that is being proved
//! (RFC 8737, section 3). If there is no certificate yet, a handshake fails with an alert. Bounds: one of each.

use callbox_identity::certificate::{self, Validity};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};

/// The protocol that a challenge is asked by, and nothing is spoken in (RFC 8737, section 6.2).
pub(crate) const CHALLENGE_PROTOCOL: &[u8] = b"acme-tls/1";

/// The certificates of the next handshake.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    current: RwLock<Option<Arc<CertifiedKey>>>,
    challenge: RwLock<Option<(String, Arc<CertifiedKey>)>>,
}

impl Certificates {
    pub(super) fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time for which the current one is valid.
    pub(super) fn validity(&self) -> Option<Validity> {
        certificate::of(&self.current()?.cert[0])
    }

    pub(super) fn set(&self, certificate: CertifiedKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certificate));
    }

    /// Answers challenges for this name, until the returned guard is dropped.
    pub(super) fn answer(&self, name: &str, certificate: CertifiedKey) -> Answering<'_> {
        self.set_challenge(Some((name.to_owned(), Arc::new(certificate))));
        Answering { certificates: self }
    }

    fn set_challenge(&self, challenge: Option<(String, Arc<CertifiedKey>)>) {
        *self.challenge.write().unwrap_or_else(PoisonError::into_inner) = challenge;
    }

    fn challenge(&self, asked: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let challenge = self.challenge.read().unwrap_or_else(PoisonError::into_inner);
        let (name, certificate) = challenge.as_ref()?;
        (asked == Some(name.as_str())).then(|| Arc::clone(certificate))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut protocols = hello.alpn().into_iter().flatten();
        if protocols.next() == Some(CHALLENGE_PROTOCOL) && protocols.next().is_none() {
            return self.challenge(hello.server_name());
        }
        self.current()
    }
}

/// A challenge that is being answered.
pub(super) struct Answering<'a> {
    certificates: &'a Certificates,
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.certificates.set_challenge(None);
    }
}
