//! Tests of `id_token.rs`.

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
