//! Guests: the place of the token, and the requests that may use the cookie.

use crate::support::{Client, JSON, request, start};
use serde_json::{Value, json};

const OWN: (&str, &str) = ("Origin", "https://call.example.org");
const HOST: (&str, &str) = ("Host", "call.example.org");

/// A guest made by the page of a public server: its cookie, as the browser would send it back.
async fn cookie_guest(addr: std::net::SocketAddr) -> String {
    let answer = request(addr, "POST", "/v1/guests", &[JSON, OWN, HOST], "{}").await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["token"], Value::Null);
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["__Host-callbox=", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{part} is missing in {cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn on_loopback_each_guest_gets_a_token_and_no_cookie() {
    let running = start(&[]).await;
    let origin = format!("http://{}", running.addr);
    let answer = request(running.addr, "POST", "/v1/guests", &[("Origin", &origin)], "").await;
    assert_eq!(answer.status, 201);
    assert!(answer.header("set-cookie").is_none());
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 43, "256 bits take 43 characters of base64");
    let bearer = format!("Bearer {token}");
    let me = request(running.addr, "GET", "/v1/me", &[("Authorization", &bearer)], "").await;
    assert_eq!((me.status, &me.json()["id"]), (200, &answer.json()["user"]["id"]));
}

#[tokio::test]
async fn the_cookie_counts_only_for_the_page_that_we_serve() {
    let allowed = ("allowed_origins", "https://app.example.org");
    let running = start(&[("public_url", "https://call.example.org"), allowed]).await;
    let cookie = cookie_guest(running.addr).await;
    let with = |more: Vec<(&'static str, &'static str)>| {
        let cookie = cookie.clone();
        async move {
            let mut headers = vec![HOST, ("Cookie", cookie.as_str())];
            headers.extend(more);
            request(running.addr, "GET", "/v1/me", &headers, "").await.status
        }
    };
    assert_eq!(with(vec![OWN]).await, 200);
    assert_eq!(with(vec![("Sec-Fetch-Site", "same-origin")]).await, 200);
    assert_eq!(with(vec![("Sec-Fetch-Site", "cross-site")]).await, 401);
    assert_eq!(with(vec![("Origin", "https://app.example.org")]).await, 401);
    assert_eq!(with(vec![("Origin", "https://evil.example")]).await, 403);
    let age = json!({ "age": "adult" }).to_string();
    let put = async |origin: &[(&str, &str)]| {
        let headers = [&[HOST, JSON, ("Cookie", cookie.as_str())], origin].concat();
        request(running.addr, "PUT", "/v1/me/age", &headers, &age).await.status
    };
    assert_eq!(put(&[]).await, 401, "a change needs to name our page");
    assert_eq!(put(&[OWN]).await, 200);
}

#[tokio::test]
async fn the_socket_takes_the_cookie_from_our_page_alone() {
    let running = start(&[("public_url", "https://call.example.org")]).await;
    let cookie = cookie_guest(running.addr).await;
    let mut own = Client::connect(running.addr, &[("origin", OWN.1), ("cookie", &cookie)]).await.unwrap();
    own.send(&json!({ "type": "hello" })).await;
    own.expect("hello").await;
    let mut unnamed = Client::connect(running.addr, &[("cookie", &cookie)]).await.unwrap();
    unnamed.send(&json!({ "type": "hello" })).await;
    assert_eq!(unnamed.close_code().await, Some(4401));
    let foreign = [("origin", "https://evil.example"), ("cookie", cookie.as_str())];
    assert_eq!(Client::connect(running.addr, &foreign).await.err(), Some(403));
}

#[tokio::test]
async fn another_allowed_page_gets_a_token_and_the_headers_to_read_it() {
    let running = start(&[]).await;
    let origin = ("Origin", "http://localhost:5173");
    let preflight = [origin, ("Access-Control-Request-Method", "POST")];
    let asked = request(running.addr, "OPTIONS", "/v1/guests", &preflight, "").await;
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (204, Some(origin.1)));
    let answer = request(running.addr, "POST", "/v1/guests", &[origin, JSON], "{}").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin.1));
    assert!(answer.header("access-control-allow-credentials").is_none());
    assert!(answer.json()["token"].is_string());
    let foreign = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
    assert_eq!(request(running.addr, "OPTIONS", "/v1/guests", &foreign, "").await.status, 403);
}

#[tokio::test]
async fn one_address_cannot_make_guests_without_end() {
    let running = start(&[("trusted_proxies", "127.0.0.1")]).await;
    let from = |client: &'static str| async move {
        request(running.addr, "POST", "/v1/guests", &[("X-Forwarded-For", client)], "").await
    };
    for _ in 0..30 {
        assert_eq!(from("198.51.100.7").await.status, 201);
    }
    // A slow machine gives tokens back meanwhile, one every two seconds.
    let mut refused = from("198.51.100.7").await;
    for _ in 0..30 {
        if refused.status == 201 {
            refused = from("198.51.100.7").await;
        }
    }
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("rate_limited")));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(from("198.51.100.8").await.status, 201);
}
