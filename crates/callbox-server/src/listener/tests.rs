//! Clients that take their time, over real sockets and with short timeouts: each connection comes to its end.

mod begin;

use super::*;
use axum::body::{Body, Bytes};
use axum::routing::get;
use callbox_settings::limits::{LimitSettings, RateLimits};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;

/// Longer than anything that is waited for here.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

const SHORT: Timeouts = Timeouts {
    handshake: Duration::from_millis(300),
    headers: Duration::from_millis(300),
    write: Duration::from_millis(300),
    idle: Duration::from_millis(300),
    age: Duration::from_secs(5),
};

const LIMITS: LimitSettings =
    LimitSettings { sessions_max: 100, sockets_per_address_max: 100, rates: RateLimits::On };

/// One connection's two ends: the server's task, and the client's socket, which holds few bytes that nobody reads.
async fn connect(protocol: Protocol, router: Router, timeouts: Timeouts) -> (JoinHandle<()>, TcpStream) {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let slots = Slots::new(&LIMITS, Vec::new());
    let client = tokio::net::TcpSocket::new_v4().unwrap();
    client.set_recv_buffer_size(4_096).unwrap();
    let (client, accepted) =
        tokio::join!(client.connect(listener.local_addr().unwrap()), accept(&listener, &slots));
    let (tcp, peer, one) = accepted.unwrap();
    assert_eq!(socket2::SockRef::from(&tcp).tcp_notsent_lowat().unwrap(), UNSENT_BYTES_MAX);
    let stream = Stream::new(tcp, timeouts.write, slots.assign(one, peer).unwrap());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        speak(stream, protocol, peer, router, timeouts, stopped, Clock::system()).await;
        drop(stop);
    });
    (task, client.unwrap())
}

/// Answers `/` with 64 MB, and counts how many of them were asked for.
fn endless() -> (Router, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let piece = Bytes::from(vec![b'x'; 64 * 1_024]);
    let handler = move || async move {
        let pieces = (0..1_024).map(move |_| {
            count.fetch_add(64 * 1_024, Ordering::Relaxed);
            Ok::<_, io::Error>(piece.clone())
        });
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    (Router::new().route("/", get(handler)), taken)
}

async fn ends(task: JoinHandle<()>) {
    timeout(TEST_TIMEOUT, task).await.expect("the connection goes on").unwrap();
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_and_costs_little_until_then() {
    let (router, taken) = endless();
    let (task, mut client) = connect(Protocol::Http1, router, SHORT).await;
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    ends(task).await;
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken <= 512 * 1_024, "{taken} bytes were taken for nobody");
    let mut rest = Vec::new();
    let end = client.read_to_end(&mut rest).await;
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset, "what was unsent is thrown away");
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all() {
    let body = Bytes::from(vec![b'x'; 200_000]);
    let router = Router::new().route("/", get(move || async move { body }));
    let timeouts = Timeouts { write: Duration::from_secs(1), ..SHORT };
    let (task, mut client) = connect(Protocol::Http1, router, timeouts).await;
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut pause = tokio::time::interval(timeouts.write / 50);
    let (mut all, mut piece) = (0, vec![0; 3_000]);
    loop {
        pause.tick().await;
        match client.read(&mut piece).await.unwrap() {
            0 => break,
            bytes => all += bytes,
        }
    }
    assert!(all > 200_000, "{all}");
    ends(task).await;
}

#[tokio::test]
async fn a_client_of_http_1_that_asks_for_nothing_more_is_let_go() {
    let router = Router::new().route("/", get(async || "all"));
    let (task, mut client) = connect(Protocol::Http1, router, SHORT).await;
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    ends(task).await;
}

#[tokio::test]
async fn headers_that_trickle_are_cut_off() {
    let (task, mut client) = connect(Protocol::Http1, Router::new(), SHORT).await;
    let mut pause = tokio::time::interval(SHORT.headers / 20);
    let trickle = async {
        for byte in b"GET / HTTP/1.1\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'a')) {
            if client.write_all(&[*byte]).await.is_err() {
                return;
            }
            pause.tick().await;
        }
    };
    timeout(TEST_TIMEOUT, trickle).await.expect("headers are taken for ever");
    ends(task).await;
}

#[tokio::test]
async fn a_client_of_http_2_that_only_pings_is_let_go() {
    let router = Router::new().route("/", get(async || "all"));
    let (task, client) = connect(Protocol::Http2, router, SHORT).await;
    let (mut requests, mut connection) = h2::client::handshake(client).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let connection = tokio::spawn(connection);
    let request = axum::http::Request::get("https://call.example.org/").body(()).unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
    let pinging = async {
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(TEST_TIMEOUT, pinging).await.expect("pings keep it");
    ends(task).await;
    let _ = connection.await.unwrap();
}

#[tokio::test]
async fn a_client_of_http_2_that_never_begins_is_let_go() {
    let (task, mut client) = connect(Protocol::Http2, Router::new(), SHORT).await;
    let mut nothing = Vec::new();
    let _ = client.read_to_end(&mut nothing).await;
    ends(task).await;
}

#[tokio::test]
async fn a_client_of_http_2_that_opens_no_window_is_cut_and_costs_little_until_then() {
    for window in [0, 1, 60_000] {
        let (router, taken) = endless();
        let (task, client) = connect(Protocol::Http2, router, SHORT).await;
        let mut builder = h2::client::Builder::new();
        let (mut requests, mut connection) =
            builder.initial_window_size(window).handshake::<_, Bytes>(client).await.unwrap();
        let mut pings = connection.ping_pong().unwrap();
        let connection = tokio::spawn(connection);
        let request = axum::http::Request::get("https://call.example.org/").body(()).unwrap();
        let (response, _) = requests.send_request(request, true).unwrap();
        let unread = response.await.unwrap();
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        ends(task).await;
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken <= 256 * 1_024, "{taken} bytes were taken for nobody");
        drop(unread);
        let _ = connection.await.unwrap();
    }
}

#[tokio::test]
async fn no_connection_of_http_2_grows_old() {
    let timeouts = Timeouts { age: Duration::from_millis(300), ..SHORT };
    let router = Router::new().route("/", get(async || "all"));
    let (task, client) = connect(Protocol::Http2, router, timeouts).await;
    let (mut requests, connection) = h2::client::handshake(client).await.unwrap();
    let connection = tokio::spawn(connection);
    // One request after another, until the server takes no more.
    let asking = async {
        loop {
            let request = axum::http::Request::get("https://call.example.org/").body(()).unwrap();
            let Ok(mut ready) = requests.ready().await else { return };
            let Ok((response, _)) = ready.send_request(request, true) else { return };
            if response.await.is_err() {
                return;
            }
            requests = ready;
        }
    };
    timeout(TEST_TIMEOUT, asking).await.expect("it goes on for ever");
    ends(task).await;
    let _ = connection.await.unwrap();
}
