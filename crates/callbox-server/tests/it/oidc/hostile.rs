//! An issuer of OpenID Connect that lies as it is told to: in its documents, its keys and its tokens.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The next statements of the issuer.
pub(crate) struct Plan {
    pub(crate) discovery: Value,
    pub(crate) key_set: Value,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) userinfo: Value,
    /// Instead of a signature by its key.
    pub(crate) signature: Option<String>,
    /// Bytes that follow each document.
    pub(crate) excess_bytes: usize,
    /// The requests at the token endpoint, and how often the keys and the document were asked for.
    pub(crate) asked: Vec<(String, String)>,
    pub(crate) key_questions: usize,
    pub(crate) document_questions: usize,
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    plan: Arc<Mutex<Plan>>,
    keys: Arc<(EcdsaKeyPair, SystemRandom)>,
}

type Shared = (Arc<Mutex<Plan>>, Arc<(EcdsaKeyPair, SystemRandom)>);

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(new_key());
        let plan = Plan {
            discovery: json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/auth"),
                "token_endpoint": format!("{url}/token"),
                "jwks_uri": format!("{url}/keys"),
                "userinfo_endpoint": format!("{url}/me"),
            }),
            key_set: json!({ "keys": [jwk(&keys.0, "k1")] }),
            header: json!({ "alg": "ES256", "kid": "k1" }),
            claims: json!({ "iss": url, "sub": "1", "aud": "callbox", "email": "ann@example.org", "email_verified": true }),
            userinfo: json!({}),
            signature: None,
            excess_bytes: 0,
            asked: Vec::new(),
            key_questions: 0,
            document_questions: 0,
        };
        let plan = Arc::new(Mutex::new(plan));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(key_set))
            .route("/token", post(token))
            .route("/me", get(userinfo))
            .with_state((Arc::clone(&plan), Arc::clone(&keys)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, plan, keys }
    }

    /// The setting that names it.
    pub(crate) fn setting(&self) -> String {
        let url = &self.url;
        format!(
            r#"[{{ id = "ours", name = "Our Issuer", issuer = "{url}", client_id = "callbox", client_secret = "north & south" }}]"#
        )
    }

    pub(crate) fn plan<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.plan.lock().unwrap())
    }

    /// Its claims with these on top; a `null` one is left out.
    pub(crate) fn claim(&self, changes: &[(&str, Value)]) {
        self.plan(|plan| {
            for (name, value) in changes {
                plan.claims[*name] = value.clone();
            }
        });
    }

    /// The public key that it signs with, under another name.
    pub(crate) fn key_named(&self, id: &str) -> Value {
        jwk(&self.keys.0, id)
    }
}

/// Of somebody else.
pub(crate) fn foreign_key(id: &str) -> Value {
    jwk(&new_key().0, id)
}

fn new_key() -> (EcdsaKeyPair, SystemRandom) {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    (pair, random)
}

fn jwk(pair: &EcdsaKeyPair, id: &str) -> Value {
    let point = pair.public_key().as_ref();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({ "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": part(&point[1..33]), "y": part(&point[33..]) })
}

fn padded(value: &Value, excess_bytes: usize) -> impl IntoResponse + use<> {
    ([("content-type", "application/json")], format!("{value}{}", " ".repeat(excess_bytes)))
}

async fn discovery(State((plan, _)): State<Shared>) -> impl IntoResponse {
    let mut plan = plan.lock().unwrap();
    plan.document_questions += 1;
    padded(&plan.discovery, plan.excess_bytes)
}

async fn key_set(State((plan, _)): State<Shared>) -> impl IntoResponse {
    let mut plan = plan.lock().unwrap();
    plan.key_questions += 1;
    padded(&plan.key_set, plan.excess_bytes)
}

async fn userinfo(State((plan, _)): State<Shared>, headers: HeaderMap) -> impl IntoResponse {
    if headers["authorization"] != "Bearer an access token" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(plan.lock().unwrap().userinfo.clone()).into_response()
}

/// Takes any code, as often as one likes.
async fn token(State((plan, keys)): State<Shared>, headers: HeaderMap, body: String) -> impl IntoResponse {
    let mut plan = plan.lock().unwrap();
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    plan.asked.push((authorization.to_owned(), body));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&plan.header), part(&plan.claims));
    let signature = plan
        .signature
        .clone()
        .unwrap_or_else(|| URL_SAFE_NO_PAD.encode(keys.0.sign(&keys.1, signed.as_bytes()).unwrap()));
    Json(
        json!({ "access_token": "an access token", "token_type": "Bearer", "id_token": format!("{signed}.{signature}") }),
    )
}
