//! One certificate from an ACME server (RFC 8555), its name proved by TLS-ALPN-01 (RFC 8737).
//!
//! The account is made at the first order and kept. Bounds: 2 min for the proof, 2 min for the certificate, and for
//! each request those of `outbound.rs`. The challenge is answered while an order is under way, and no longer.

use instant_acme::{
    AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::io;
use std::time::Duration;
use thiserror::Error;

use super::client::Client;
use super::kept::Kept;
use crate::tls::TlsError;
use crate::tls::certificates::Certificates;

/// From half a second on, with longer and longer pauses. Let's Encrypt looks from several places within some seconds.
const POLLS: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_mins(2));

/// The server has forgotten the account (RFC 8555, section 6.7).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Why there is no certificate.
#[derive(Debug, Error)]
pub(super) enum OrderError {
    /// The ACME server was not reached, or refused a request.
    #[error("{0}")]
    Server(#[from] Error),
    /// It looked for the proof and did not find it.
    #[error(
        "the ACME server could not verify that {name} is this server: {detail}. It asks on port 443 of the addresses that the \
         name has in the DNS: they must lead here, past every firewall and proxy"
    )]
    Unproven {
        /// The name.
        name: String,
        /// The reason, by the ACME server.
        detail: String,
    },
    /// What came of the proof is not known.
    #[error("the ACME server was asked for the proof's result, and did not give it: {0}")]
    Unanswered(Error),
    /// It wants another proof.
    #[error("the ACME server offers no tls-alpn-01 challenge for {0}")]
    NoChallenge(String),
    /// It sent no certificate for our key.
    #[error("what the ACME server sent cannot be used: {0}")]
    Unusable(#[from] TlsError),
    /// It sent no X.509 certificate.
    #[error("what the ACME server sent is no X.509 certificate")]
    NoValidity,
    /// The new certificate is due for its renewal already.
    #[error("the new certificate is due for its renewal already: is the clock of this machine right?")]
    DueAtOnce,
    /// A request or the answer to a challenge could not be made.
    #[error("cannot make a request for a certificate: {0}")]
    Making(#[from] rcgen::Error),
    /// The answer to a challenge cannot be used.
    #[error("cannot make the answer to a challenge: {0}")]
    Answer(#[from] rustls::Error),
    /// The data folder takes no files.
    #[error("cannot keep the ACME account in the data folder: {0}")]
    Keeping(#[from] io::Error),
}

/// A new certificate.
pub(super) struct Issued {
    /// In PEM.
    pub(super) chain: String,
    /// In PEM.
    pub(super) key: String,
}

/// Orders a certificate for this name.
pub(super) async fn issue(
    client: &Client,
    kept: &Kept,
    directory: &str,
    email: Option<&str>,
    name: &str,
    certificates: &Certificates,
) -> Result<Issued, OrderError> {
    let identifiers = [Identifier::Dns(name.to_owned())];
    let new = NewOrder::new(&identifiers);
    let known = match known_account(client, kept, email).await? {
        Some(account) => match account.new_order(&new).await {
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_ACCOUNT) => {
                tracing::warn!("the ACME server does not know our account any more; another one is made");
                None
            }
            order => Some(order?),
        },
        None => None,
    };
    let mut order = match known {
        Some(order) => order,
        None => new_account(client, kept, directory, email).await?.new_order(&new).await?,
    };
    prove(&mut order, name, certificates).await?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    order.finalize_csr(params.serialize_request(&key)?.der()).await?;
    let chain = order.poll_certificate(&POLLS).await?;
    Ok(Issued { chain, key: key.serialize_pem() })
}

/// The account of an earlier order at this server.
async fn known_account(
    client: &Client,
    kept: &Kept,
    email: Option<&str>,
) -> Result<Option<instant_acme::Account>, OrderError> {
    let Some(account) = kept.account() else { return Ok(None) };
    let Ok(credentials) = serde_json::from_value::<AccountCredentials>(account.credentials.clone()) else {
        tracing::warn!("the kept ACME account cannot be read; another one is made");
        return Ok(None);
    };
    let known = builder(client).from_credentials(credentials).await?;
    if account.email.as_deref() != email {
        let contact = contact(email);
        match known.update_contacts(&contact.iter().map(String::as_str).collect::<Vec<_>>()).await {
            Ok(()) => kept.keep_account(email, account.credentials)?,
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_ACCOUNT) => return Ok(None),
            // A certificate needs no address.
            Err(error) => tracing::warn!(%error, "the ACME server did not take `acme_email`"),
        }
    }
    Ok(Some(known))
}

async fn new_account(
    client: &Client,
    kept: &Kept,
    directory: &str,
    email: Option<&str>,
) -> Result<instant_acme::Account, OrderError> {
    let contact = contact(email);
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder(client).create(&new, directory.to_owned(), None).await?;
    kept.keep_account(email, serde_json::to_value(credentials).map_err(Error::Json)?)?;
    Ok(account)
}

fn builder(client: &Client) -> AccountBuilder {
    instant_acme::Account::builder_with_http(Box::new(client.clone()))
}

fn contact(email: Option<&str>) -> Option<String> {
    email.map(|email| format!("mailto:{email}"))
}

/// Answers the challenge until the server has looked.
async fn prove(order: &mut Order, name: &str, certificates: &Certificates) -> Result<(), OrderError> {
    let mut answering = None;
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        // The server may still accept the proof of an earlier order.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge = authorization
            .challenge(ChallengeType::TlsAlpn01)
            .ok_or_else(|| OrderError::NoChallenge(name.to_owned()))?;
        let answer = answer(name, challenge.key_authorization().digest().as_ref())?;
        // The one before takes its answer away when it is dropped.
        drop(answering.take());
        answering = Some(certificates.answer(name, answer));
        challenge.set_ready().await?;
    }
    let polled = order.poll_ready(&POLLS).await;
    drop(answering);
    match polled {
        Ok(OrderStatus::Ready) => Ok(()),
        Ok(_) => Err(unproven(order, name, "it does not say why").await),
        // The order's own fault is the proof's. Else the question for its state was refused, which says nothing of the proof.
        Err(Error::Api(problem)) if order.state().error.is_some() => {
            Err(unproven(order, name, problem.detail.as_deref().unwrap_or("it does not say why")).await)
        }
        Err(error) => Err(OrderError::Unanswered(error)),
    }
}

/// The reason is in the challenge.
async fn unproven(order: &mut Order, name: &str, otherwise: &str) -> OrderError {
    let mut detail = otherwise.to_owned();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        let problem = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(text) = problem.and_then(|problem| problem.detail.as_deref()) {
            detail = text.trim_end_matches('.').to_owned();
        }
    }
    OrderError::Unproven { name: name.to_owned(), detail }
}

/// The certificate that proves it, which nobody else is shown (RFC 8737, section 3).
fn answer(name: &str, digest: &[u8]) -> Result<CertifiedKey, OrderError> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = ring::default_provider().key_provider.load_private_key(key)?;
    // Without rustls's check that the two belong together: it refuses the extension, which is critical.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}
