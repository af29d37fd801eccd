//! HTTPS as browsers and operators meet it: both protocols, sockets, another certificate in mid-call, the redirect.

use crate::process::Serving;
use crate::support::{JSON, PATIENCE, Running, guest, request, start, until};
use axum::body::Bytes;
use callbox_server::clock::Clock;
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// A connection that trusts the certificates in these files alone.
pub(crate) async fn connect(addr: SocketAddr, trusted: &[&Path], protocol: &[u8]) -> TlsStream<TcpStream> {
    connect_with(addr, trusted, vec![protocol.to_vec()]).await
}

pub(crate) async fn connect_without_protocol(addr: SocketAddr, trusted: &[&Path]) -> TlsStream<TcpStream> {
    connect_with(addr, trusted, Vec::new()).await
}

async fn connect_with(addr: SocketAddr, trusted: &[&Path], protocols: Vec<Vec<u8>>) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let name = ServerName::from(addr.ip());
    TlsConnector::from(client_config(trusted, protocols)).connect(name, stream).await.unwrap()
}

/// Of a client that trusts these certificates, and names these protocols.
pub(crate) fn client_config(trusted: &[&Path], protocols: Vec<Vec<u8>>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for path in trusted {
        for certificate in CertificateDer::pem_file_iter(path).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols;
    Arc::new(config)
}

fn own_certificate(server: &Running) -> std::path::PathBuf {
    server.server.config.database.folder.join("tls-self-signed.pem")
}

/// The certificate that the next handshake shows.
async fn shown(addr: SocketAddr, trusted: &[&Path]) -> Vec<u8> {
    let stream = connect(addr, trusted, b"http/1.1").await;
    let certificates = stream.get_ref().1.peer_certificates().unwrap();
    Sha256::digest(&certificates[0]).to_vec()
}

#[tokio::test]
async fn http_2_and_http_1_serve_the_same_and_cookies_are_secure() {
    let server = start(&[("tls", "self-signed"), ("public_url", "https://call.example.org")]).await;
    let file = own_certificate(&server);
    let origin = "https://call.example.org";

    let stream = connect(server.addr, &[&file], b"h2").await;
    let (mut h2, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = axum::http::Request::post(format!("{origin}/v1/guests"))
        .header("content-type", "application/json")
        .header("origin", origin)
        .body(())
        .unwrap();
    let (answer, mut body) = h2.send_request(request, false).unwrap();
    body.send_data(Bytes::from_static(b"{\"age\":null}"), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 201);
    let cookies: Vec<_> =
        answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert!(
        matches!(cookies[..], [line] if line.starts_with("__Host-callbox=") && line.contains("Secure")),
        "{cookies:?}"
    );
    let foreign =
        axum::http::Request::get(format!("{origin}/v1/me")).header("origin", "https://evil.example");
    let (answer, _) = h2.send_request(foreign.body(()).unwrap(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 403);

    let two_hosts = axum::http::Request::get(format!("{origin}/v1/oidc")).header("host", "evil.example");
    let (answer, _) = h2.send_request(two_hosts.body(()).unwrap(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 400, "`:authority` and `Host` differ");

    let mut stream = connect(server.addr, &[&file], b"http/1.1").await;
    let text = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.addr);
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // Whether the end is announced does not matter here.
    let _ = stream.read_to_end(&mut bytes).await;
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK"));
    server.server.stop().await;
}

#[tokio::test]
async fn a_socket_goes_on_under_the_old_certificate_while_the_next_one_gets_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // Certificates of two other servers.
    let mut digests = Vec::new();
    for name in ["old.pem", "new.pem"] {
        let other = start(&[("tls", "self-signed")]).await;
        std::fs::copy(own_certificate(&other), path(name)).unwrap();
        digests.push(shown(other.addr, &[&path(name)]).await);
        other.server.stop().await;
    }
    assert_ne!(digests[0], digests[1]);
    let (both, old, new) = (path("both.pem"), path("old.pem"), path("new.pem"));
    let trusted = [&*old, &*new];
    std::fs::copy(&old, &both).unwrap();
    let both_text = both.to_str().unwrap();
    let settings = [("tls", "files"), ("tls_certificate", both_text), ("tls_key", both_text)];
    let server = start(&settings).await;

    let stream = connect(server.addr, &trusted, b"http/1.1").await;
    let mut request = format!("wss://{}/v1/socket", server.addr).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "callbox.v1".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let token = guest_over_tls(server.addr, &trusted).await;
    let hello = json!({ "type": "hello", "token": token }).to_string();
    socket.send(Message::text(hello)).await.unwrap();
    let frame = socket.next().await.unwrap().unwrap();
    assert!(frame.to_text().unwrap().contains("\"hello\""));

    let tls = Arc::clone(server.server.tls.as_ref().unwrap());
    assert_eq!(shown(server.addr, &trusted).await, digests[0]);
    std::fs::write(&both, "nothing of use").unwrap();
    tls.reload();
    assert_eq!(shown(server.addr, &trusted).await, digests[0], "what cannot be used changes nothing");
    std::fs::copy(&new, &both).unwrap();
    tls.reload();
    until(async || shown(server.addr, &trusted).await == digests[1]).await;

    socket.send(Message::text(json!({ "type": "cancel", "seq": 1 }).to_string())).await.unwrap();
    let frame = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(frame.to_text().unwrap().contains("\"idle\""), "{frame}");
    drop(socket);
    server.server.stop().await;
}

async fn guest_over_tls(addr: SocketAddr, trusted: &[&Path]) -> String {
    let mut stream = connect(addr, trusted, b"http/1.1").await;
    let body = json!({ "age": "adult" }).to_string();
    let text = format!(
        "POST /v1/guests HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).unwrap();
    let body: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_plain_port_sends_everybody_over_and_nobody_elsewhere() {
    let server = start(&[("tls", "self-signed"), ("plain_listen", "127.0.0.1:0")]).await;
    let plain = server.server.plain_addr.unwrap();
    let answer = request(plain, "GET", "/i/abc?x=1", &[("Host", "127.0.0.1")], "").await;
    let there = format!("https://127.0.0.1:{}/i/abc?x=1", server.addr.port());
    assert_eq!((answer.status, answer.header("location")), (308, Some(there.as_str())));
    for host in ["evil.example/..", "a@evil.example", "evil.example#", ""] {
        let answer = request(plain, "GET", "/", &[("Host", host)], "").await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{host}");
    }
    let answer = request(plain, "GET", "//evil.example/", &[("Host", "127.0.0.1")], "").await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
    server.server.stop().await;

    let public =
        [("tls", "self-signed"), ("plain_listen", "127.0.0.1:0"), ("public_url", "https://call.example.org")];
    let server = start(&public).await;
    let answer = request(server.server.plain_addr.unwrap(), "POST", "/v1/guests", &[JSON], "{}").await;
    assert_eq!((answer.status, answer.header("location")), (308, Some("https://call.example.org/v1/guests")));
    server.server.stop().await;
}

#[tokio::test]
async fn those_who_connect_and_say_nothing_or_the_wrong_thing_keep_nobody_waiting() {
    let server = start(&[("tls", "self-signed")]).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.addr).await.unwrap());
    }
    let mut plain = TcpStream::connect(server.addr).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes).await;
    assert!(!bytes.starts_with(b"HTTP"), "plain HTTP is not answered on this port");
    let file = own_certificate(&server);
    assert_eq!(guest_over_tls(server.addr, &[&file]).await.len(), 43);
    // They do not hold up the end either.
    server.server.stop().await;
}

#[tokio::test]
async fn without_tls_nothing_has_changed() {
    let server = start(&[("plain_listen", "127.0.0.1:0")]).await;
    assert!(server.server.tls.is_none() && server.server.plain_addr.is_none());
    assert_eq!(guest(server.addr, None).await.len(), 43);
    server.server.stop().await;
}

#[test]
fn a_hang_up_signal_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start_with(folder.path(), &["--tls", "self-signed"]);
    assert!(serving.line("callbox is listening on ").starts_with("https://127.0.0.1:"));
    assert_eq!(serving.line("Browsers will warn of its own certificate; its SHA-256: ").len(), 95);
    serving.signal("HUP");
    serving.signal("HUP");
    assert!(serving.terminate().success());
}

#[tokio::test]
async fn the_operator_reads_how_many_days_the_certificate_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ten-days.pem");
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let now = i64::try_from(Clock::system().now().0 / 1_000).unwrap();
    let end = now + 10 * 24 * 3_600 + 3_600;
    params.not_after =
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(end.try_into().unwrap());
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(&path, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    let text = path.to_str().unwrap();
    let server = start(&[("tls", "files"), ("tls_certificate", text), ("tls_key", text)]).await;
    let mut stream = connect(server.addr, &[&path], b"http/1.1").await;
    let (host, token) = (server.addr, &server.server.operator_token);
    let asked = format!(
        "GET /v1/stats HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let stats: Value = serde_json::from_str(body).unwrap();
    assert_eq!(stats["certificate_days"], 10, "{answer}");
    server.server.stop().await;
}
