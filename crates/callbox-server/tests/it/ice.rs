//! Hosted TURN services, by stand-ins that answer as their documents say: hellos name their servers, and never wait.

use crate::support::{Client, JSON, Running, guest, hurry, request, start, start_by, until};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use callbox_server::clock::Clock;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

const CLOUDFLARE: &str = r#"{"iceServers":[{"urls":["stun:stun.cloudflare.com:3478"]},
    {"urls":["turn:turn.cloudflare.com:3478?transport=udp","turns:turn.cloudflare.com:443?transport=tcp"],
    "username":"cf","credential":"one"}]}"#;
const TWILIO: &str = r#"{"username":"tw","ttl":"86400","password":"two","account_sid":"AC1","ice_servers":[
    {"url":"turn:global.turn.twilio.com:3478?transport=udp","urls":"turn:global.turn.twilio.com:3478?transport=udp",
    "username":"tw","credential":"two"}]}"#;

/// Both services at one address; they refuse a caller that asks in another way.
async fn services() -> String {
    let asked = |headers: &HeaderMap, authorization: &str, content_type: &str| {
        headers["authorization"] == authorization && headers["content-type"] == content_type
    };
    let answer = |is_right: bool, text: &'static str| {
        if is_right { (StatusCode::CREATED, text) } else { (StatusCode::FORBIDDEN, "{}") }
    };
    let cloudflare = async move |headers: HeaderMap, body: String| {
        let is_right = asked(&headers, "Bearer north", "application/json") && body == r#"{"ttl":86400}"#;
        answer(is_right, CLOUDFLARE)
    };
    let twilio = async move |headers: HeaderMap, body: String| {
        // AC1:south
        let is_right = asked(&headers, "Basic QUMxOnNvdXRo", "application/x-www-form-urlencoded");
        answer(is_right && body == "Ttl=86400", TWILIO)
    };
    let routes = Router::new()
        .route("/v1/turn/keys/k1/credentials/generate-ice-servers", post(cloudflare))
        .route("/2010-04-01/Accounts/AC1/Tokens.json", post(twilio));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

fn settings(url: &str, cloudflare: &str, twilio: &str) -> String {
    format!(
        r#"[{{ kind = "cloudflare", key = "k1", token = "{cloudflare}", url = "{url}" }},
            {{ kind = "twilio", account = "AC1", token = "{twilio}", url = "{url}" }}]"#
    )
}

async fn stats(server: &Running) -> Vec<Value> {
    let token = format!("Bearer {}", server.server.operator_token);
    let answer = request(server.addr, "GET", "/v1/stats", &[JSON, ("Authorization", &token)], "").await;
    answer.json()["ice_services"].as_array().unwrap().clone()
}

async fn ice_servers(server: &Running) -> Value {
    let token = guest(server.addr, Some("adult")).await;
    let mut client = Client::connect(server.addr, &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    client.expect("hello").await["ice_servers"].clone()
}

#[tokio::test]
async fn what_hosted_services_gave_is_in_the_hello_and_counts_as_a_relay() {
    let services = settings(&services().await, "north", "south");
    let server = start(&[("ice_services", &services), ("relay_policy", "always")]).await;
    until(async || stats(&server).await.iter().all(|one| one["answered"] == 1)).await;
    let told = ice_servers(&server).await;
    assert_eq!(told[0]["urls"], json!(["stun:stun.cloudflare.com:3478"]));
    assert_eq!((&told[1]["username"], &told[1]["credential"]), (&json!("cf"), &json!("one")));
    assert_eq!(told[2]["urls"], json!(["turn:global.turn.twilio.com:3478?transport=udp"]));
    assert_eq!((&told[2]["username"], &told[2]["credential"]), (&json!("tw"), &json!("two")));
    let text = told.to_string();
    assert!(!text.contains("north") && !text.contains("south"), "{text}");
    server.server.stop().await;
}

#[tokio::test]
async fn a_service_that_refuses_or_is_not_there_keeps_nobody_waiting() {
    let wrong = settings(&services().await, "wrong", "wrong");
    for services in [wrong, settings("http://127.0.0.1:9", "north", "south")] {
        let server = start(&[("ice_services", &services)]).await;
        assert_eq!(ice_servers(&server).await, json!([]));
        until(async || stats(&server).await.iter().all(|one| one["is_failing"] == true)).await;
        let expected = json!({ "servers": 0, "answered": 0, "failed": 1, "is_failing": true });
        let mut found = stats(&server).await.remove(0);
        assert_eq!(found.as_object_mut().unwrap().remove("kind").unwrap(), "cloudflare");
        assert_eq!(found, expected);
        assert_eq!(ice_servers(&server).await, json!([]));
        server.server.stop().await;
    }
}

/// A service that is not ready when it is first asked, and whose credentials last for 12 s, each with a name of its own.
async fn short_lived() -> String {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let twilio = async || {
        let number = ASKED.fetch_add(1, Ordering::SeqCst);
        let server =
            json!({ "urls": "turn:turn.example.org", "username": number.to_string(), "credential": "c" });
        let status = if number == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CREATED };
        (status, json!({ "ttl": "12", "ice_servers": [server] }).to_string())
    };
    let routes = Router::new().route("/2010-04-01/Accounts/AC1/Tokens.json", post(twilio));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

#[tokio::test]
async fn who_stays_is_told_of_credentials_when_there_are_some_and_again_before_they_end() {
    let url = short_lived().await;
    let services = format!(r#"[{{ kind = "twilio", account = "AC1", token = "t", url = "{url}" }}]"#);
    let clock = Clock::movable();
    let server = start_by(&[("ice_services", &services)], clock.clone()).await;
    until(async || stats(&server).await[0]["failed"] == 1).await;
    let token = guest(server.addr, Some("adult")).await;
    let mut client = Client::connect(server.addr, &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    assert_eq!(client.expect("hello").await["ice_servers"], json!([]));
    // A waiting client is asked for signs of life every two seconds, so that its timer rings as often.
    client.seek(&[]).await;
    let mut names = Vec::new();
    let hearing = async {
        while names.len() < 2 {
            match tokio::time::timeout(Duration::from_millis(20), client.next()).await {
                Ok(frame) => {
                    assert_eq!(
                        (&frame["type"], &frame["seq"]),
                        (&json!("ice_servers"), &Value::Null),
                        "{frame}"
                    );
                    names.push(frame["ice_servers"][0]["username"].as_str().unwrap().parse::<u64>().unwrap());
                }
                // A second of the server's.
                Err(_) => client.send(&json!({ "type": "pong" })).await,
            }
        }
    };
    hurry(&clock, hearing).await;
    assert!(names[0] >= 1 && names[1] > names[0], "{names:?}");
    server.server.stop().await;
}
