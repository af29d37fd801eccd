//! The identity of a caller, by the headers that proxies and callers write.

use crate::support::{Answer, Client, JSON, Running, request, start};
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PUBLIC: &str = "https://call.example.org";

/// Behind nginx or Caddy, as docs/DEPLOY.md has it: they write `X-Forwarded-For` and `X-Forwarded-Proto`, and pass on
/// everything else.
async fn behind_a_proxy(more: &[(&str, &str)]) -> Running {
    start(&[&[("trusted_proxies", "127.0.0.1")], more].concat()).await
}

async fn guest(addr: SocketAddr, headers: &[(&str, &str)]) -> Answer {
    request(addr, "POST", "/v1/guests", &[&[JSON], headers].concat(), r#"{"age":"adult"}"#).await
}

#[tokio::test]
async fn a_callers_own_forwarded_header_makes_nobody_of_them_and_lifts_no_limit() {
    let running = behind_a_proxy(&[("public_url", PUBLIC)]).await;
    let own = ["for=127.0.0.1", "for=127.0.0.1;proto=http", "for=\"[::1]\"", "for=203.0.113.7"];
    let mut refused = 0;
    for number in 0..40 {
        let headers = [
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "https"),
            ("Forwarded", own[number % own.len()]),
            ("Origin", PUBLIC),
        ];
        let answer = guest(running.addr, &headers).await;
        match answer.status {
            201 => {
                let cookie = answer.header("set-cookie").unwrap();
                assert!(cookie.starts_with("__Host-callbox=") && cookie.contains("Secure"), "{cookie}");
            }
            status => {
                assert_eq!(status, 429, "{answer:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "an address makes thirty guests at once");
    let other = guest(running.addr, &[("X-Forwarded-For", "203.0.113.7")]).await;
    assert_eq!(other.status, 201, "whoever was named in vain is not touched");
}

#[tokio::test]
async fn a_proxy_that_writes_forwarded_is_read_where_the_setting_says_so() {
    let running = behind_a_proxy(&[("proxy_header", "Forwarded")]).await;
    let headers =
        [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1, for=203.0.113.9;proto=https")];
    let answer = guest(running.addr, &headers).await;
    assert_eq!((answer.status, answer.header("ratelimit-limit")), (201, Some("30")), "{answer:?}");
    assert!(answer.header("strict-transport-security").is_some());
}

#[tokio::test]
async fn an_entry_that_is_no_address_is_refused() {
    let running = behind_a_proxy(&[]).await;
    for entry in ["unknown", "_hidden", "203.0.113.9, what", "call.example.org"] {
        let answer = guest(running.addr, &[("X-Forwarded-For", entry)]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("bad_request")), "{entry}");
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
        let socket = Client::connect(running.addr, &[("x-forwarded-for", entry)]).await;
        assert_eq!(socket.err(), Some(400), "{entry}");
    }
    assert_eq!(guest(running.addr, &[("X-Forwarded-For", "unknown, 203.0.113.9")]).await.status, 201);
}

#[tokio::test]
async fn a_socket_finds_the_pages_cookie_whatever_scheme_its_upgrade_is_said_to_have() {
    let host = ("Host", "call.example.org");
    let client = ("X-Forwarded-For", "203.0.113.9");
    for set in [[("public_url", PUBLIC)].as_slice(), &[]] {
        let running = behind_a_proxy(set).await;
        let page = [host, client, ("X-Forwarded-Proto", "https"), ("Origin", PUBLIC)];
        let answer = guest(running.addr, &page).await;
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        for proto in ["https", "wss", "https, http", "wss, ws", "http", "ws"] {
            let headers = [
                ("host", host.1),
                ("x-forwarded-for", client.1),
                ("origin", PUBLIC),
                ("x-forwarded-proto", proto),
                ("cookie", &*cookie),
            ];
            let mut socket = Client::connect(running.addr, &headers).await.unwrap();
            socket.send(&json!({ "type": "hello" })).await;
            assert_eq!(socket.next().await["type"], "hello", "{proto} {set:?}");
        }
    }
}

#[tokio::test]
async fn a_plain_cookie_is_nobodys_over_tls() {
    let running = behind_a_proxy(&[]).await;
    let plain = [
        ("Host", "call.example.org"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "http"),
        ("Origin", "http://call.example.org"),
    ];
    let answer = guest(running.addr, &plain).await;
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("callbox="), "{cookie}");
    for (proto, status) in [("http", 200), ("https", 401)] {
        let headers = [plain[0], plain[1], ("X-Forwarded-Proto", proto), ("Cookie", &*cookie)];
        assert_eq!(request(running.addr, "GET", "/v1/me", &headers, "").await.status, status, "{proto}");
    }
}

/// The status that answers these lines, sent as they are.
async fn status(addr: SocketAddr, lines: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(format!("{lines}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_request_names_its_host_once_and_only_health_is_told_without() {
    let running = start(&[]).await;
    let [one, other] = ["Host: call.example.org\r\n", "Host: evil.example\r\n"];
    for (line, host, expected) in [
        ("GET / HTTP/1.1", one.to_owned(), "200"),
        ("GET / HTTP/1.1", String::new(), "400"),
        ("GET / HTTP/1.1", format!("{one}{other}"), "400"),
        ("GET / HTTP/1.1", format!("{one}{one}"), "400"),
        ("GET / HTTP/1.1", "Host: a b\r\n".to_owned(), "400"),
        ("GET / HTTP/1.0", String::new(), "200"),
        ("GET / HTTP/1.0", format!("{one}{other}"), "400"),
        ("GET http://call.example.org/ HTTP/1.1", one.to_owned(), "200"),
        ("OPTIONS /v1/guests HTTP/1.1", String::new(), "400"),
        ("GET /nowhere HTTP/1.1", String::new(), "400"),
        ("GET /healthz HTTP/1.1", String::new(), "200"),
        ("GET /readyz HTTP/1.1", String::new(), "200"),
        ("GET /readyz HTTP/1.1", format!("{one}{other}"), "200"),
    ] {
        assert_eq!(status(running.addr, &format!("{line}\r\n{host}")).await, expected, "{line} {host:?}");
    }
}
