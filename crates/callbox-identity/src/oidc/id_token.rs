//! ID tokens: whether an issuer signed one, for us, for this sign-in, just now (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! Signatures are `ring`'s work, as in TLS; here is only the form around them (RFC 7515, section 3). The algorithm is one of
//! two, both with public keys, and the key must be of its kind: a token cannot choose a weaker one. Bounds: 16 KB.

use callbox_protocol::time::UnixMillis;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use thiserror::Error;

use super::documents::{Address, Key, Material, decode};

const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How far two clocks may be apart.
const LEEWAY_S: u64 = 60;
/// The token was made for this sign-in, so it cannot be older than that.
const AGE_S_MAX: u64 = 10 * 60;
/// Section 2: `sub` is 255 ASCII characters at most.
const SUBJECT_BYTES_MAX: usize = 255;

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Too long, or not of the form.
    #[error("the ID token is malformed")]
    Malformed,
    /// `none`, a shared secret, or another algorithm that we do not take.
    #[error("the ID token's algorithm is neither RS256 nor ES256")]
    Algorithm,
    /// The issuer's keys, as we know them, do not have it.
    #[error("no key of the issuer is the ID token's")]
    UnknownKey,
    /// Not made by the issuer's key.
    #[error("the ID token's signature is wrong")]
    Signature,
    /// For another issuer, client or sign-in.
    #[error("the ID token's `{0}` is not what it must be")]
    Claim(&'static str),
    /// Too old, or from the future.
    #[error("the ID token is not of now")]
    Time,
}

/// The claims that a token must have.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer that must have made it.
    pub issuer: &'a str,
    /// The client that it must be for.
    pub client_id: &'a str,
    /// The sign-in that it must be for.
    pub nonce: &'a str,
    /// By a clock that is comparable with the clocks of others.
    pub now: UnixMillis,
}

/// The facts that a token proves.
#[derive(Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The issuer's own name for the person.
    pub subject: String,
    /// Their address, as the token has it.
    pub address: Address,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515, section 4.1.11); we understand none.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nonce: Option<String>,
    #[serde(flatten)]
    address: Address,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Reads a token that one of these keys has signed.
pub fn verify(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Vouched, TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let part = |text: &str| decode(text).ok_or(TokenError::Malformed);
    let header: Header = serde_json::from_slice(&part(header)?).map_err(|_| TokenError::Malformed)?;
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    check_signature(&header, keys, signed.as_bytes(), &part(signature)?)?;
    // Nothing in it is believed before this line.
    let claims: Claims = serde_json::from_slice(&part(claims)?).map_err(|_| TokenError::Malformed)?;
    check_claims(&claims, expected)?;
    Ok(Vouched { subject: claims.sub, address: claims.address })
}

fn check_signature(header: &Header, keys: &[Key], signed: &[u8], signature: &[u8]) -> Result<(), TokenError> {
    let is_rsa = match header.alg.as_str() {
        "RS256" => true,
        "ES256" => false,
        _ => return Err(TokenError::Algorithm),
    };
    let is_its = |key: &&Key| {
        matches!(key.material, Material::Rsa { .. }) == is_rsa
            && (header.kid.is_none() || key.id.is_none() || key.id == header.kid)
    };
    let mut is_known = false;
    for key in keys.iter().filter(is_its) {
        is_known = true;
        let verified = match &key.material {
            Material::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
        };
        if verified.is_ok() {
            return Ok(());
        }
    }
    Err(if is_known { TokenError::Signature } else { TokenError::UnknownKey })
}

fn check_claims(claims: &Claims, expected: &Expected<'_>) -> Result<(), TokenError> {
    let Claims { iss, sub, aud, azp, exp, iat, nonce, .. } = claims;
    let claim = |name, is_right: bool| if is_right { Ok(()) } else { Err(TokenError::Claim(name)) };
    claim("iss", iss == expected.issuer)?;
    let (is_for_us, is_for_others) = match aud {
        Audience::One(one) => (one == expected.client_id, false),
        Audience::Many(all) => (all.iter().any(|one| one == expected.client_id), all.len() > 1),
    };
    claim("aud", is_for_us)?;
    let is_our_request = azp.as_ref().map_or(!is_for_others, |azp| azp == expected.client_id);
    claim("azp", is_our_request)?;
    claim("nonce", nonce.as_deref() == Some(expected.nonce))?;
    claim("sub", !sub.is_empty() && sub.len() <= SUBJECT_BYTES_MAX && sub.is_ascii())?;
    #[expect(clippy::cast_precision_loss, reason = "seconds are exact for 285 million years")]
    let (now, leeway, age) = ((expected.now.0 / 1_000) as f64, LEEWAY_S as f64, AGE_S_MAX as f64);
    if now - leeway >= *exp || *iat > now + leeway || *iat < now - age - leeway {
        return Err(TokenError::Time);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
