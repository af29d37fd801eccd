//! An issuer's documents: its discovery document, its keys, and its answers to a code. Pure reading.
//!
//! The server only asks what the settings and the issuer's own document name: endpoints by HTTPS, or in the clear on
//! this machine if the issuer is itself there in the clear. Bounds: the caller bounds a document's size; 64 keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use thiserror::Error;

use crate::endpoint::Endpoint;

/// Issuers have two or three, while they replace them.
const KEYS_MAX: usize = 64;

/// Why a document cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DocumentError {
    /// Not JSON, or not what it should be.
    #[error("the {0} cannot be read")]
    Unreadable(&'static str),
    /// The document is of another issuer.
    #[error("the discovery document names another issuer than the settings")]
    OtherIssuer,
    /// An endpoint that we do not ask.
    #[error("the discovery document's `{0}` is not an https URL")]
    Endpoint(&'static str),
    /// The endpoint takes neither of the two ways of proving who we are.
    #[error("the token endpoint takes neither client_secret_basic nor client_secret_post")]
    ClientAuth,
}

/// How we prove to the token endpoint who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// By a header.
    Basic,
    /// In the form.
    Post,
}

/// A discovery document (OpenID Connect Discovery 1.0, section 3), as far as it is used.
#[derive(Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The page that browsers are sent to.
    pub authorization_endpoint: String,
    /// The URL at which a code is redeemed.
    pub token_endpoint: String,
    /// The URL of its keys.
    pub jwks_uri: String,
    /// The URL at which more of a person may be asked.
    pub userinfo_endpoint: Option<String>,
    /// The authentication that its token endpoint wants.
    pub client_auth: ClientAuth,
    /// Whether the browser always returns with `iss` (RFC 9207, section 3).
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The URL of the discovery document (section 4).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Metadata {
    /// Reads the document of this issuer.
    pub fn read(body: &[u8], issuer: &str) -> Result<Self, DocumentError> {
        let found: Discovery =
            serde_json::from_slice(body).map_err(|_| DocumentError::Unreadable("discovery document"))?;
        if found.issuer != issuer {
            return Err(DocumentError::OtherIssuer);
        }
        let is_allowed = |url: &str| {
            Endpoint::parse(url).is_ok() && (url.starts_with("https:") || issuer.starts_with("http:"))
        };
        let userinfo = found.userinfo_endpoint.as_deref();
        for (name, url) in [
            ("authorization_endpoint", Some(found.authorization_endpoint.as_str())),
            ("token_endpoint", Some(found.token_endpoint.as_str())),
            ("jwks_uri", Some(found.jwks_uri.as_str())),
            ("userinfo_endpoint", userinfo),
        ] {
            if url.is_some_and(|url| !is_allowed(url)) {
                return Err(DocumentError::Endpoint(name));
            }
        }
        let methods = found.token_endpoint_auth_methods_supported;
        let has = |method: &str| methods.as_ref().is_some_and(|all| all.iter().any(|one| one == method));
        let client_auth = if methods.is_none() || has("client_secret_basic") {
            ClientAuth::Basic
        } else if has("client_secret_post") || has("none") {
            ClientAuth::Post
        } else {
            return Err(DocumentError::ClientAuth);
        };
        Ok(Self {
            authorization_endpoint: found.authorization_endpoint,
            token_endpoint: found.token_endpoint,
            jwks_uri: found.jwks_uri,
            userinfo_endpoint: found.userinfo_endpoint,
            client_auth,
            names_itself: found.authorization_response_iss_parameter_supported,
        })
    }
}

/// A public key of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its `kid`.
    pub id: Option<String>,
    /// The key itself.
    pub material: Material,
}

/// The two kinds that we take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// Both numbers are big-endian, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// `None` for a key of another kind or use.
    fn read(self) -> Option<Key> {
        if self.usage.is_some_and(|usage| usage != "sig") {
            return None;
        }
        let (expected, material) = match self.kty.as_str() {
            "RSA" => ("RS256", Material::Rsa { n: number(&self.n?)?, e: number(&self.e?)? }),
            "EC" if self.crv.as_deref() == Some("P-256") => {
                let point = [vec![4], decode(&self.x?)?, decode(&self.y?)?].concat();
                (point.len() == 65).then_some(("ES256", Material::P256(point)))?
            }
            _ => return None,
        };
        let is_ours = self.alg.is_none_or(|alg| alg == expected);
        is_ours.then_some(Key { id: self.kid, material })
    }
}

/// Reads those of an issuer's keys that we can use.
pub fn read_keys(body: &[u8]) -> Result<Vec<Key>, DocumentError> {
    let set: JwkSet = serde_json::from_slice(body).map_err(|_| DocumentError::Unreadable("key set"))?;
    let keys = set.keys.into_iter().take(KEYS_MAX);
    Ok(keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.read()).collect())
}

/// The token endpoint's answer to a code.
#[derive(Deserialize)]
pub struct Tokens {
    /// The token that says who it is.
    pub id_token: String,
    /// The token that opens the userinfo endpoint.
    pub access_token: Option<String>,
}

impl Tokens {
    /// Reads the answer.
    pub fn read(body: &[u8]) -> Result<Self, DocumentError> {
        serde_json::from_slice(body).map_err(|_| DocumentError::Unreadable("token endpoint's answer"))
    }
}

/// The claims of an ID token or the userinfo endpoint about an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// The mail address, as the issuer writes it.
    pub email: Option<String>,
    /// Whether the issuer knows that it is theirs.
    #[serde(default, deserialize_with = "truth")]
    pub email_verified: bool,
}

/// The userinfo endpoint's answer (OpenID Connect Core 1.0, section 5.3.2).
#[derive(Deserialize)]
pub struct Userinfo {
    /// The person that it describes.
    pub sub: String,
    /// Their address.
    #[serde(flatten)]
    pub address: Address,
}

impl Userinfo {
    /// Reads the answer.
    pub fn read(body: &[u8]) -> Result<Self, DocumentError> {
        serde_json::from_slice(body).map_err(|_| DocumentError::Unreadable("userinfo endpoint's answer"))
    }
}

/// Some issuers write `"true"`.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value == Value::Bool(true) || value == "true")
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = decode(text)?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

#[cfg(test)]
mod tests;
