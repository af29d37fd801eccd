//! Tests of `documents.rs`.

use super::*;
use serde_json::json;

const ISSUER: &str = "https://id.example.org";

fn document(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut all = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example.org/auth",
        "token_endpoint": "https://tokens.example.org/token",
        "jwks_uri": "https://id.example.org/keys",
    });
    for (name, value) in changes {
        all[*name] = value.clone();
    }
    all.to_string().into_bytes()
}

#[test]
fn a_document_is_the_issuers_own_and_leads_nowhere_but_to_https() {
    let read = |changes: &[(&str, Value)]| Metadata::read(&document(changes), ISSUER);
    let found = read(&[]).unwrap();
    assert_eq!((found.client_auth, found.names_itself), (ClientAuth::Basic, false));
    assert_eq!(read(&[("issuer", json!("https://id.example.org/"))]), Err(DocumentError::OtherIssuer));
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        // Not even on this machine: the issuer is elsewhere.
        for url in ["http://127.0.0.1:8080/", "http://10.0.0.1/", "file:///etc/passwd", "javascript:1"] {
            assert_eq!(read(&[(name, json!(url))]), Err(DocumentError::Endpoint(name)), "{url}");
        }
    }
    let methods = |all: Value| read(&[("token_endpoint_auth_methods_supported", all)]);
    assert_eq!(methods(json!(["client_secret_post"])).unwrap().client_auth, ClientAuth::Post);
    assert_eq!(methods(json!(["private_key_jwt"])), Err(DocumentError::ClientAuth));
    let unreadable = Err(DocumentError::Unreadable("discovery document"));
    assert_eq!(Metadata::read(b"<html>", ISSUER), unreadable);
}

#[test]
fn an_issuer_of_this_machine_leads_to_this_machine() {
    let at = "http://127.0.0.1:9";
    let mut all: Value = serde_json::from_slice(&document(&[("issuer", json!(at))])).unwrap();
    all["token_endpoint"] = json!("http://127.0.0.1:9/token");
    assert!(Metadata::read(all.to_string().as_bytes(), at).is_ok());
    all["token_endpoint"] = json!("http://10.0.0.1/token");
    let refused = Metadata::read(all.to_string().as_bytes(), at);
    assert_eq!(refused, Err(DocumentError::Endpoint("token_endpoint")));
}

#[test]
fn keys_of_other_kinds_and_uses_are_passed_over() {
    let point = "A".repeat(43);
    let keys = json!({ "keys": [
            { "kty": "RSA", "kid": "r", "n": "AAEC", "e": "AQAB" },
            { "kty": "EC", "kid": "p", "crv": "P-256", "x": point, "y": point, "use": "sig" },
            { "kty": "RSA", "kid": "other use", "use": "enc", "n": "AQ", "e": "AQAB" },
            { "kty": "RSA", "kid": "other alg", "alg": "RS512", "n": "AQ", "e": "AQAB" },
            { "kty": "EC", "kid": "short", "crv": "P-256", "x": "AA", "y": "AA" },
            { "kty": "oct", "kid": "a shared secret", "k": "AQ" },
            { "kid": 5 },
        ] });
    let keys = read_keys(keys.to_string().as_bytes()).unwrap();
    let ids: Vec<_> = keys.iter().map(|key| key.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["r", "p"]);
    assert_eq!(keys[0].material, Material::Rsa { n: vec![1, 2], e: vec![1, 0, 1] });
}

#[test]
fn an_address_is_verified_only_where_that_is_said() {
    for (text, expected) in [
        (r#"{"sub":"1","email":"a@b.example","email_verified":true}"#, true),
        (r#"{"sub":"1","email":"a@b.example","email_verified":"true"}"#, true),
        (r#"{"sub":"1","email":"a@b.example","email_verified":"false"}"#, false),
        (r#"{"sub":"1","email":"a@b.example","email_verified":1}"#, false),
        (r#"{"sub":"1","email":"a@b.example"}"#, false),
    ] {
        assert_eq!(Userinfo::read(text.as_bytes()).unwrap().address.email_verified, expected, "{text}");
    }
}
