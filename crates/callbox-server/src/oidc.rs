//! Sign-in by OpenID Connect: the authorization code flow with PKCE, at issuers that the settings name (Core 1.0).
//!
//! Says who somebody is to an issuer; the store and the routes decide whose account that opens. Documents and keys
//! are asked for when they are needed, one question at a time for each issuer. Bounds: documents are kept for an
//! hour, keys are asked for anew once a minute at most, an issuer that failed is not asked for 5 s; and the bounds of
//! `callbox_identity::oidc::flows`.

use callbox_core::address::Network;
use callbox_core::fair::Standing;
use callbox_identity::email::EmailAddress;
use callbox_identity::oidc::documents::{
    Address, DocumentError, Key, Metadata, Tokens, Userinfo, discovery_url, read_keys,
};
use callbox_identity::oidc::flows::{self, Flow, Flows};
use callbox_identity::oidc::id_token::{Expected, TokenError, verify};
use callbox_identity::oidc::provider::OidcProvider;
use callbox_identity::oidc::request::{CodeRequest, authorization_url, code_request};
use callbox_protocol::account::{OidcStarted, Provider};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{Identity, hash_token, new_token};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

use crate::clock::Clock;
use crate::outbound::{Outbound, OutboundError, Response};
use callbox_settings::oidc::{NoPublicUrl, check};
use callbox_settings::site::Site;

/// An identity that waits for its owner's word.
pub type Offer = flows::Offer<Identity>;

/// Issuers announce new endpoints days ahead.
const DOCUMENT_MS: u64 = 60 * 60 * 1_000;
/// A token with an unknown key is no reason to ask more often: anybody can make one.
const KEYS_MS: u64 = 60 * 1_000;
/// People try again at once; an issuer that is down need not hear each of them.
const FAILURE_MS: u64 = 5_000;

/// Why nobody was vouched for.
#[derive(Debug, Error)]
pub enum OidcError {
    /// It was begun elsewhere, has ended, or was finished before.
    #[error("there is no such sign-in under way")]
    Ended,
    /// Too many owners are asked at the moment.
    #[error("too many identities wait for their owner's approval")]
    Busy,
    /// It failed a moment ago.
    #[error("it failed a moment ago")]
    Failing,
    /// No answer.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// An answer that says no; to a code that is most often one that was used before.
    #[error("the {0} answered {1}")]
    Refused(&'static str, u16),
    /// An answer that cannot be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A token that proves nothing.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// RFC 9207: the answer came from another issuer.
    #[error("the browser returned from another issuer")]
    OtherIssuer,
    /// Another person's.
    #[error("the userinfo endpoint describes another person")]
    OtherSubject,
}

/// A person whom an issuer has vouched for.
#[derive(Debug)]
pub struct Person {
    /// Their identity there.
    pub identity: Identity,
    /// Their address, if the issuer says that it is theirs, and we could write to it.
    pub verified: Option<EmailAddress>,
    /// Their address as the issuer says it, for them to see.
    pub said: Option<String>,
}

/// All providers of the settings, and who is under way to one.
pub struct Oidc {
    outbound: Outbound,
    providers: Vec<ProviderState>,
    flows: Mutex<Flows<Identity>>,
    clock: Clock,
}

struct ProviderState {
    provider: OidcProvider,
    /// Its holder may be asking: others wait for the same answer.
    held: tokio::sync::Mutex<Held>,
}

#[derive(Default)]
struct Held {
    metadata: Option<(Arc<Metadata>, UnixMillis)>,
    keys: Option<(Arc<Vec<Key>>, UnixMillis)>,
    failed_at: Option<UnixMillis>,
}

impl Oidc {
    /// Nobody is under way.
    pub fn new(providers: &[OidcProvider], site: &Site, clock: Clock) -> Result<Self, NoPublicUrl> {
        check(providers, site)?;
        let provider_state = |provider: &OidcProvider| ProviderState {
            provider: provider.clone(),
            held: tokio::sync::Mutex::default(),
        };
        let providers = providers.iter().map(provider_state).collect();
        Ok(Self { outbound: Outbound::default(), providers, flows: Mutex::default(), clock })
    }

    /// For buttons.
    pub fn providers(&self) -> Vec<Provider> {
        let providers = self.providers.iter().map(|provider_state| &provider_state.provider);
        providers.map(|one| Provider { id: one.id.clone(), name: one.name.clone() }).collect()
    }

    /// The name of an issuer for people.
    pub fn name_of<'a>(&'a self, issuer: &'a str) -> &'a str {
        let provider_state =
            self.providers.iter().find(|provider_state| provider_state.provider.issuer == issuer);
        provider_state.map_or(issuer, |provider_state| &provider_state.provider.name)
    }

    /// Sends a browser to the issuer of this id; `None` if there is no such provider. It returns to `redirect`.
    pub async fn start(
        &self,
        id: &str,
        redirect: String,
        login: Option<LoginId>,
        is_link: bool,
        standing: Standing<Network>,
    ) -> Result<Option<OidcStarted>, OidcError> {
        let found =
            self.providers.iter().enumerate().find(|(_, provider_state)| provider_state.provider.id == id);
        let Some((provider, provider_state)) = found else { return Ok(None) };
        let metadata = logged(provider_state, self.metadata(provider_state).await)?;
        let [name, state, nonce, verifier] = [(); 4].map(|()| new_token());
        let flow = Flow { provider, redirect, state, nonce, verifier, login, is_link };
        let url = authorization_url(&provider_state.provider, &metadata, &flow);
        self.flows().begin(hash_token(&name), flow, standing, self.clock.now());
        Ok(Some(OidcStarted { url, flow: name }))
    }

    /// Takes a browser back, once: it must be the one that was sent away with this `state`.
    pub fn take_back(&self, flow: &str, state: &str) -> Result<Flow, OidcError> {
        self.flows().take_back(&hash_token(flow), state, self.clock.now()).ok_or(OidcError::Ended)
    }

    /// Asks the issuer who returned with this code.
    pub async fn person(&self, flow: &Flow, code: &str, iss: Option<&str>) -> Result<Person, OidcError> {
        let provider_state = &self.providers[flow.provider];
        logged(provider_state, self.ask_person(provider_state, flow, code, iss).await)
    }

    /// Keeps an identity until its owner says that it is to be linked.
    pub fn offer(&self, flow: &str, offer: Offer) -> Result<(), OidcError> {
        if self.flows().offer(hash_token(flow), offer, self.clock.now()) {
            Ok(())
        } else {
            Err(OidcError::Busy)
        }
    }

    /// The offer that waits for the approval of this login.
    pub fn offered(&self, flow: &str, user: UserId, login: LoginId) -> Result<Offer, OidcError> {
        let flows = self.flows();
        flows.offered(&hash_token(flow), user, login, self.clock.now()).cloned().ok_or(OidcError::Ended)
    }

    /// The owner's word.
    pub fn take_offer(&self, flow: &str, user: UserId, login: LoginId) -> Result<Offer, OidcError> {
        self.flows().take_offer(&hash_token(flow), user, login, self.clock.now()).ok_or(OidcError::Ended)
    }

    async fn ask_person(
        &self,
        provider_state: &ProviderState,
        flow: &Flow,
        code: &str,
        iss: Option<&str>,
    ) -> Result<Person, OidcError> {
        let metadata = self.metadata(provider_state).await?;
        let issuer = provider_state.provider.issuer.as_str();
        if iss.map_or(metadata.names_itself, |iss| iss != issuer) {
            return Err(OidcError::OtherIssuer);
        }
        let tokens = self.ask_tokens(provider_state, &metadata, flow, code).await?;
        // The issuer's clock says when a token was made.
        let now = self.clock.wall();
        let expected =
            Expected { issuer, client_id: &provider_state.provider.client_id, nonce: &flow.nonce, now };
        let keys = self.keys(provider_state, &metadata, None).await?;
        let vouched = match verify(&tokens.id_token, &keys, &expected) {
            // Issuers change keys; a new one is not among those that we know.
            Err(TokenError::UnknownKey) => {
                let keys = self.keys(provider_state, &metadata, Some(&keys)).await?;
                verify(&tokens.id_token, &keys, &expected)?
            }
            known => known?,
        };
        let mut address = vouched.address;
        if address.email.is_none()
            && let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
        {
            address = self.ask_address(url, token, &vouched.subject).await?;
        }
        let Address { email: said, email_verified } = address;
        let verified = said.as_deref().filter(|_| email_verified).and_then(|email| email.parse().ok());
        let identity = Identity { issuer: issuer.to_owned(), subject: vouched.subject };
        Ok(Person { identity, verified, said })
    }

    async fn ask_tokens(
        &self,
        provider_state: &ProviderState,
        metadata: &Metadata,
        flow: &Flow,
        code: &str,
    ) -> Result<Tokens, OidcError> {
        let CodeRequest { authorization, form } =
            code_request(&provider_state.provider, metadata, flow, code);
        let mut headers =
            vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        let answer = self.outbound.post(&metadata.token_endpoint, &headers, form).await?;
        Ok(Tokens::read(&good("token endpoint", answer)?)?)
    }

    async fn ask_address(&self, url: &str, token: &str, subject: &str) -> Result<Address, OidcError> {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("accept", "application/json")];
        let answer = self.outbound.get(url, &headers).await?;
        let found = Userinfo::read(&good("userinfo endpoint", answer)?)?;
        // Section 5.3.2: else another person's address could be put in this one's place.
        if found.sub == subject { Ok(found.address) } else { Err(OidcError::OtherSubject) }
    }

    async fn metadata(&self, provider_state: &ProviderState) -> Result<Arc<Metadata>, OidcError> {
        let mut held = provider_state.held.lock().await;
        let now = self.clock.now();
        if let Some((metadata, at)) = &held.metadata
            && now.since(*at) < DOCUMENT_MS
        {
            return Ok(Arc::clone(metadata));
        }
        if held.failed_at.is_some_and(|at| now.since(at) < FAILURE_MS) {
            return Err(OidcError::Failing);
        }
        // If the request ends while it waits, the next caller is to ask.
        let issuer = &provider_state.provider.issuer;
        let asked = async {
            let answer = self.outbound.get(&discovery_url(issuer), &ACCEPT).await?;
            Ok(Metadata::read(&good("discovery document", answer)?, issuer)?)
        };
        match asked.await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                (held.metadata, held.failed_at) = (Some((Arc::clone(&metadata), self.clock.now())), None);
                Ok(metadata)
            }
            Err(error) => {
                held.failed_at = Some(self.clock.now());
                Err(error)
            }
        }
    }

    /// The issuer's keys; newer ones than `known`, if it is time to ask again.
    async fn keys(
        &self,
        provider_state: &ProviderState,
        metadata: &Metadata,
        known: Option<&Arc<Vec<Key>>>,
    ) -> Result<Arc<Vec<Key>>, OidcError> {
        let mut held = provider_state.held.lock().await;
        let now = self.clock.now();
        if let Some((keys, at)) = &held.keys {
            let is_newer = known.is_none_or(|known| !Arc::ptr_eq(known, keys));
            let age_ms = now.since(*at);
            if age_ms < KEYS_MS || (is_newer && age_ms < DOCUMENT_MS) {
                return Ok(Arc::clone(keys));
            }
        }
        let answer = self.outbound.get(&metadata.jwks_uri, &ACCEPT).await?;
        let keys = Arc::new(read_keys(&good("key set", answer)?)?);
        held.keys = Some((Arc::clone(&keys), self.clock.now()));
        Ok(keys)
    }

    fn flows(&self) -> MutexGuard<'_, Flows<Identity>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const ACCEPT: [(&str, &str); 1] = [("accept", "application/json")];

fn good(what: &'static str, answer: Response) -> Result<axum::body::Bytes, OidcError> {
    if answer.status == 200 { Ok(answer.body) } else { Err(OidcError::Refused(what, answer.status)) }
}

/// Logs an error that the operator may have to fix. Nothing of the person is in it.
fn logged<T>(provider_state: &ProviderState, asked: Result<T, OidcError>) -> Result<T, OidcError> {
    if let Err(error) = &asked {
        tracing::warn!(provider = ?provider_state.provider, %error, "a sign-in by OpenID Connect failed");
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_for_the_world_that_has_providers_names_itself() {
        let provider = OidcProvider {
            id: "a".to_owned(),
            name: "A".to_owned(),
            issuer: "https://a.example".to_owned(),
            client_id: "c".to_owned(),
            client_secret: None,
        };
        let (one, none) = (std::slice::from_ref(&provider), &[][..]);
        let site = |listen: &str, public_url: Option<&str>| Site {
            listen: listen.parse().unwrap(),
            is_tls: false,
            public_url: public_url.map(|url| url.parse().unwrap()),
        };
        let open = "0.0.0.0:8080";
        assert!(check(one, &site(open, None)).is_err());
        assert!(check(none, &site(open, None)).is_ok(), "there is no provider");
        assert!(check(one, &site("127.0.0.1:8080", None)).is_ok(), "on loopback, for a try");
        assert!(check(one, &site(open, Some("https://call.example.org"))).is_ok());
    }
}
