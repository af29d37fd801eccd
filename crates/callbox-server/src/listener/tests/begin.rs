//! Clients that name no protocol, or take their time for it: none keeps its connection for long.

use super::*;
use crate::config::Layers;
use crate::environment::Environment;
use crate::tls::Tls;
use axum::Extension;
use callbox_settings::listen::{TlsMode, TlsSettings};
use ipnet::IpNet;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsConnector;

/// One connection to a port with TLS: the server's task, and the client's socket.
async fn begin(folder: &TempDir) -> (JoinHandle<()>, TcpStream) {
    begin_behind(folder, &[]).await
}

/// The same where these are trusted.
async fn begin_behind(folder: &TempDir, proxies: &[IpNet]) -> (JoinHandle<()>, TcpStream) {
    let settings = Layers::default().load().unwrap().tls;
    let settings = TlsSettings { mode: TlsMode::SelfSigned, ..settings };
    let environment = Environment::system();
    let tls = Tls::start(&settings, folder.path(), None, &environment).unwrap().unwrap().acceptor();
    let router = Router::new().route("/", get(from));
    let services = Services { tls: Some(tls), router: Some(router), relays: None, clock: environment.clock };
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let slots = Arc::new(Slots::new(&LIMITS, proxies.to_vec()));
    let (client, accepted) =
        tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), accept(&listener, &slots));
    let (tcp, peer, one) = accepted.unwrap();
    let stream = Stream::new(tcp, SHORT.write, slots.assign(one, peer).unwrap());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        connection(stream, peer, services, slots, SHORT, stopped).await;
        drop(stop);
    });
    (task, client.unwrap())
}

/// TLS with this protocol, or with none named.
async fn secure(
    folder: &TempDir,
    tcp: TcpStream,
    protocol: Option<&[u8]>,
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let file = folder.path().join("tls-self-signed.pem");
    for one in CertificateDer::pem_file_iter(file).unwrap() {
        roots.add(one.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocol.into_iter().map(<[u8]>::to_vec).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

#[tokio::test]
async fn a_client_that_says_nothing_or_drips_its_handshake_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (task, _silent) = begin(&folder).await;
    ends(task).await;
    let (task, mut client) = begin(&folder).await;
    let dripping = async {
        let mut pause = tokio::time::interval(SHORT.handshake / 20);
        // A record of a handshake of 512 bytes.
        let bytes = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 501]].concat();
        for byte in bytes {
            pause.tick().await;
            if client.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        panic!("it was let through");
    };
    timeout(TEST_TIMEOUT, dripping).await.expect("it goes on");
    ends(task).await;
}

#[tokio::test]
async fn a_client_that_says_nothing_inside_tls_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (task, client) = begin(&folder).await;
    let mut client = secure(&folder, client, None).await;
    let _ = client.read_to_end(&mut Vec::new()).await;
    ends(task).await;
}

#[tokio::test]
async fn a_client_that_names_no_protocol_gets_its_page_and_turn_without_a_relay_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[5; 12]].concat();
    for (protocol, bytes, is_page) in [
        (None, &request[..], true),
        (Some(&b"http/1.1"[..]), request, true),
        (None, &stun, false),
        (Some(TURN_PROTOCOL), &stun, false),
    ] {
        let (task, client) = begin(&folder).await;
        let mut client = secure(&folder, client, protocol).await;
        client.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert_eq!(answer.starts_with(b"HTTP/1.1 200 OK"), is_page, "{protocol:?}");
        assert!(is_page || answer.is_empty());
        ends(task).await;
    }
}

/// Where a request comes from.
async fn from(Extension(PeerAddr(peer)): Extension<PeerAddr>) -> String {
    format!("from {peer}")
}

#[tokio::test]
async fn a_trusted_proxy_names_the_client_before_the_handshake_and_a_stranger_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let line = b"PROXY TCP4 203.0.113.9 10.0.0.1 8080 443\r\n";
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x1f\x90\x01\xbb";
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let here: IpNet = "127.0.0.0/8".parse().unwrap();
    for (header, expected) in [
        (&line[..], "from 203.0.113.9:8080"),
        (binary, "from 203.0.113.9:8080"),
        (local, "from 127.0.0.1:"),
        (b"", "from 127.0.0.1:"),
    ] {
        let (task, mut client) = begin_behind(&folder, &[here]).await;
        client.write_all(header).await.unwrap();
        let mut client = secure(&folder, client, Some(b"http/1.1")).await;
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.contains(expected), "{header:?}: {text}");
        ends(task).await;
    }
    // Of anybody else the header is no beginning of TLS, and one that never ends is waited for no longer than for that.
    for (proxies, header) in [
        (&[][..], &line[..]),
        (&[], binary),
        (&[here], b"PROXY TCP4 1"),
        (&[here], b"PROXY TCP9 \r\n\r\n\r\n"),
    ] {
        let (task, mut client) = begin_behind(&folder, proxies).await;
        client.write_all(header).await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("from"));
        ends(task).await;
    }
}
