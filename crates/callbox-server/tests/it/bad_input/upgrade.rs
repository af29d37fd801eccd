//! Upgrades that must not become sockets, and sockets that must not become sessions.

use super::Bystanders;
use crate::support::{Client, guest, request};
use callbox_protocol::signal::close::{BAD_FRAME, UNAUTHENTICATED};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

type Headers = Vec<(&'static str, &'static str)>;

const GOOD: [(&str, &str); 5] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "callbox.v1"),
];

fn but(name: &'static str, value: Option<&'static str>) -> Headers {
    let rest = GOOD.into_iter().filter(|(known, _)| *known != name);
    rest.chain(value.map(|value| (name, value))).collect()
}

/// A method, headers, and the status that answers them.
pub(super) fn cases() -> Vec<(&'static str, Headers, u16)> {
    let mut cases: Vec<(&'static str, Headers, u16)> =
        GOOD.into_iter().map(|(name, _)| ("GET", but(name, None), 400)).collect();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        cases.push((method, GOOD.to_vec(), 405));
    }
    for version in ["12", "14", "0", "x", ""] {
        cases.push(("GET", but("Sec-WebSocket-Version", Some(version)), 400));
    }
    for protocol in ["callbox.v2", "callbox", "CALLBOX.V1", "chat, superchat", "callbox.v1x", ""] {
        cases.push(("GET", but("Sec-WebSocket-Protocol", Some(protocol)), 400));
    }
    cases.push(("GET", but("Upgrade", Some("h2c")), 400));
    cases.push(("GET", but("Connection", Some("keep-alive")), 400));
    for origin in [
        "null",
        "",
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:80@evil.example",
        "http://evil.example#http://localhost",
        "http://evil.example/http://localhost",
        "file://",
        "chrome-extension://localhost",
        "localhost",
        "//localhost",
        "http://",
        "http://localhost/path",
        "http://localhost, https://evil.example",
    ] {
        cases.push(("GET", [GOOD.as_slice(), &[("Origin", origin)]].concat(), 403));
    }
    cases
}

#[tokio::test]
async fn wrong_upgrades_are_answered_over_http_and_touch_nobody_else() {
    let mut bystanders = Bystanders::start().await;
    let addr = bystanders.running.addr;
    for (method, headers, status) in cases() {
        // `request` brings its own `Connection` header first; the last one must decide nothing.
        let answer = request(addr, method, "/v1/socket", &headers, "").await;
        assert_eq!(answer.status, status, "{method} {headers:?}: {answer:?}");
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn nothing_passes_before_a_valid_hello() {
    let mut bystanders = Bystanders::start().await;
    let addr = bystanders.running.addr;
    let call = bystanders.call.clone();
    let token = guest(addr, None).await;
    let long = "x".repeat(60_000);
    for (frame, code) in [
        (json!({ "type": "pong" }), BAD_FRAME),
        (json!({ "type": "seek" }), BAD_FRAME),
        (json!({ "type": "chat", "call": call, "text": "psst" }), BAD_FRAME),
        (json!({ "type": "end", "call": call, "cause": "hangup" }), BAD_FRAME),
        (json!({ "type": "hello" }), UNAUTHENTICATED),
        (json!({ "type": "hello", "token": "" }), UNAUTHENTICATED),
        (json!({ "type": "hello", "token": long }), UNAUTHENTICATED),
        (json!({ "type": "hello", "token": format!("{token} ") }), UNAUTHENTICATED),
        (json!({ "type": "hello", "token": token.to_uppercase() + "x" }), UNAUTHENTICATED),
        (json!({ "type": "hello", "token": [token] }), BAD_FRAME),
    ] {
        let mut rude = Client::connect(addr, &[]).await.unwrap();
        rude.try_send(Message::text(frame.to_string())).await;
        assert_eq!(rude.close_code().await, Some(code), "{:.60}", frame.to_string());
    }
    bystanders.are_untouched().await;
}
