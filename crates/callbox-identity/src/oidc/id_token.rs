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
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::{Value, json};

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
    const EXPECTED: Expected<'_> =
        Expected { issuer: "https://id.example.org", client_id: "callbox", nonce: "n-1", now: NOW };

    struct Signer(EcdsaKeyPair, SystemRandom);

    impl Signer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let pair =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
            Self(pair, random)
        }

        fn key(&self, id: &str) -> Key {
            let point = self.0.public_key().as_ref().to_vec();
            Key { id: Some(id.to_owned()), material: Material::P256(point) }
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.0.sign(&self.1, signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn claims(changes: &[(&str, Value)]) -> Value {
        let mut all = json!({
            "iss": "https://id.example.org", "sub": "1", "aud": "callbox", "nonce": "n-1",
            "exp": 1_790_000_300, "iat": 1_790_000_000, "email": "ann@example.org", "email_verified": true,
        });
        for (name, value) in changes {
            all[*name] = value.clone();
        }
        all
    }

    #[test]
    fn what_the_issuer_signed_for_this_sign_in_is_believed() {
        let signer = Signer::new();
        let header = json!({ "alg": "ES256", "kid": "k" });
        let vouched = verify(&signer.sign(&header, &claims(&[])), &[signer.key("k")], &EXPECTED).unwrap();
        assert_eq!(vouched.subject, "1");
        assert_eq!(vouched.address.email.as_deref(), Some("ann@example.org"));
        assert!(vouched.address.email_verified);
        let many = claims(&[("aud", json!(["callbox", "other"])), ("azp", json!("callbox"))]);
        assert!(verify(&signer.sign(&header, &many), &[signer.key("k")], &EXPECTED).is_ok());
    }

    #[test]
    fn what_is_for_another_issuer_client_sign_in_or_time_is_not() {
        let signer = Signer::new();
        let header = json!({ "alg": "ES256", "kid": "k" });
        for (changes, expected) in [
            (vec![("iss", json!("https://id.example.org/"))], TokenError::Claim("iss")),
            (vec![("aud", json!("other"))], TokenError::Claim("aud")),
            (vec![("aud", json!([]))], TokenError::Claim("aud")),
            (vec![("aud", json!(["callbox", "other"]))], TokenError::Claim("azp")),
            (vec![("azp", json!("other"))], TokenError::Claim("azp")),
            (vec![("nonce", json!("n-2"))], TokenError::Claim("nonce")),
            (vec![("nonce", Value::Null)], TokenError::Claim("nonce")),
            (vec![("sub", json!(""))], TokenError::Claim("sub")),
            (vec![("sub", json!("x".repeat(256)))], TokenError::Claim("sub")),
            (vec![("exp", json!(1_789_999_940))], TokenError::Time),
            (vec![("iat", json!(1_790_000_061))], TokenError::Time),
            (vec![("iat", json!(1_789_999_339))], TokenError::Time),
            (vec![("exp", json!("soon"))], TokenError::Malformed),
        ] {
            let token = signer.sign(&header, &claims(&changes));
            assert_eq!(verify(&token, &[signer.key("k")], &EXPECTED), Err(expected), "{changes:?}");
        }
    }

    #[test]
    fn a_token_cannot_choose_how_it_is_checked() {
        let signer = Signer::new();
        let key = signer.key("k");
        let with = |header: Value| signer.sign(&header, &claims(&[]));
        let check = |token: &str| verify(token, std::slice::from_ref(&key), &EXPECTED);
        for alg in ["none", "None", "HS256", "RS1", "ES384", ""] {
            assert_eq!(check(&with(json!({ "alg": alg, "kid": "k" }))), Err(TokenError::Algorithm), "{alg}");
        }
        // A key of another kind is none of its keys.
        assert_eq!(check(&with(json!({ "alg": "RS256", "kid": "k" }))), Err(TokenError::UnknownKey));
        assert_eq!(check(&with(json!({ "alg": "ES256", "kid": "other" }))), Err(TokenError::UnknownKey));
        let critical = with(json!({ "alg": "ES256", "kid": "k", "crit": ["b64"], "b64": false }));
        assert_eq!(check(&critical), Err(TokenError::Malformed));
    }

    #[test]
    fn a_changed_or_foreign_or_missing_signature_is_wrong() {
        let (signer, other) = (Signer::new(), Signer::new());
        let header = json!({ "alg": "ES256", "kid": "k" });
        let check = |token: &str| verify(token, &[signer.key("k")], &EXPECTED);
        assert_eq!(check(&other.sign(&header, &claims(&[]))), Err(TokenError::Signature));
        let token = signer.sign(&header, &claims(&[]));
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(check(&format!("{signed}.")), Err(TokenError::Signature));
        let changed = signer.sign(&header, &claims(&[("sub", json!("2"))]));
        let (_, signature) = changed.rsplit_once('.').unwrap();
        assert_eq!(check(&format!("{signed}.{signature}")), Err(TokenError::Signature));
        for malformed in ["", "a", "a.b", "..", &"x".repeat(TOKEN_BYTES_MAX + 1)] {
            assert_eq!(check(malformed), Err(TokenError::Malformed), "{malformed:.20}");
        }
    }
}
