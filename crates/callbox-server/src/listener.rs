//! Accepting connections, and ending them.
//!
//! Plain, or with TLS, then HTTP/1.1 or HTTP/2 as the two agree, or TURN, which is the relay's from then on: one port
//! can serve all (`listener/first.rs`). Bounds: slots (`listener/slots.rs`), times for each kind of waiting
//! (`Timeouts`), a size for the headers, streams and windows of a connection. At a shutdown no new connection is
//! accepted, requests under way are finished, and connections that are left after 10 s are cut.

mod first;
mod proxied;
mod requests;
mod slots;
mod stream;

use axum::Router;
use axum::extract::Request;
use callbox_core::address::PeerAddr;
use callbox_identity::host::Host;
use callbox_media::{Connection, Relays};
use callbox_monitor::Counter;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConnection;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use crate::clock::Clock;
use crate::counters;
use crate::tls::{CHALLENGE_PROTOCOL, TURN_PROTOCOL};
use first::{First, Rewound};
use requests::{EndReason, Requests, ResponseBody};
pub use slots::Slots;
use stream::Stream;
pub(crate) use stream::UNSENT_BYTES_MAX;

/// How long each kind of waiting may take.
#[derive(Clone, Copy, Debug)]
struct Timeouts {
    /// For the first byte, for TLS, and for the first byte inside it.
    handshake: Duration,
    /// For the headers of a request, in HTTP/1.1 from the end of the one before.
    headers: Duration,
    /// For a write, or a piece of an answer, that the other end does not take.
    write: Duration,
    /// For the next request, in HTTP/2.
    idle: Duration,
    /// From the first request to the last, in HTTP/2.
    age: Duration,
}

/// A page is read within seconds; a phone in a tunnel gets half a minute. Clients open a new connection of HTTP/2
/// without a reason from us.
const TIMEOUTS: Timeouts = Timeouts {
    handshake: Duration::from_secs(10),
    headers: Duration::from_secs(10),
    write: Duration::from_secs(30),
    idle: Duration::from_mins(1),
    age: Duration::from_mins(10),
};

/// A connection of HTTP/2 whose other end is gone is noticed so.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Out of files or memory: try again, a little later, instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// A page and its parts come at once, and then one request at a time: more is an attack.
const STREAMS_MAX: u32 = 100;
/// The bytes that a stream may send before we read it: a body of the largest size. A connection: of a few requests.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// The bytes that HTTP/2 holds of an answer, and TLS of a connection, before they are written.
const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// Connections that the operating system holds until we accept them: a crowd that reconnects comes all at once.
const BACKLOG: u32 = 8_192;

/// The services of a port. A connection for another one is closed.
#[derive(Clone)]
pub struct Services {
    /// TLS, for those who begin with it.
    pub tls: Option<TlsAcceptor>,
    /// HTTP.
    pub router: Option<Router>,
    /// TURN over TCP, or over TLS.
    pub relays: Option<Arc<Relays>>,
    /// What idle connections go by.
    pub clock: Clock,
}

impl Services {
    /// HTTP without TLS, and nothing else.
    pub(crate) fn plain(router: Router, clock: Clock) -> Self {
        Self { tls: None, router: Some(router), relays: None, clock }
    }
}

/// Listens there; must be called in a runtime.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of the last process to be forgotten.
    socket.set_reuseaddr(true)?;
    // Its connections inherit that.
    socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` turns true; returns when every connection has ended, but for those of the relay.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    slots: Arc<Slots>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &slots) => match accepted {
                Ok((tcp, peer, one)) => {
                    let Some(slot) = slots.assign(one, peer) else {
                        counters::add(Counter::ConnectionsRefused);
                        continue;
                    };
                    counters::add(Counter::ConnectionsAccepted);
                    let stream = Stream::new(tcp, TIMEOUTS.write, slot);
                    let slots = Arc::clone(&slots);
                    connections.spawn(connection(stream, peer, services.clone(), slots, TIMEOUTS, stop.clone()));
                }
                Err(error) => {
                    counters::add(Counter::ConnectionsFailed);
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!("a connection's task panicked");
                }
            }
            () = told_to_stop(&mut stop) => break,
        }
    }
    // No new connections from here on, even while the old ones finish.
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(END_TIMEOUT, all).await.is_err() {
        tracing::warn!(connections = connections.len(), "some connections did not end in time and are cut");
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Slots,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let one = slots.wait().await;
    let (stream, peer) = listener.accept().await?;
    // Frames are small and somebody waits for each.
    stream.set_nodelay(true)?;
    Ok((stream, peer, one))
}

async fn connection(
    mut stream: Stream,
    peer: SocketAddr,
    services: Services,
    slots: Arc<Slots>,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) {
    let Services { tls, router, relays, clock } = services;
    let begun = in_time(timeouts, proxied::begin(&mut stream, peer, &slots), &mut stop).await;
    let Some((peer, Some(first))) = begun else { return };
    match (First::of(first), tls) {
        (First::Stun, _) => {
            if let Some(relays) = relays {
                hand_over(stream, peer, None, Vec::new(), &relays);
            }
        }
        // A client that speaks plain HTTP here gets an alert of TLS.
        (_, Some(tls)) => {
            let accepted = tls.accept_with(stream, |tls| tls.set_buffer_limit(Some(SEND_BUFFER_BYTES)));
            if let Some(stream) = in_time(timeouts, accepted, &mut stop).await {
                inside_tls(stream, peer, (router, relays), timeouts, stop, clock).await;
            }
        }
        (_, None) => {
            if let Some(router) = router {
                speak(stream, Protocol::Http1, peer, router, timeouts, stop, clock).await;
            }
        }
    }
}

/// Serves the protocol of ALPN, or of the first byte if a client names none, as browsers do for TURN (RFC 7443).
async fn inside_tls(
    mut stream: TlsStream<Stream>,
    peer: SocketAddr,
    (router, relays): (Option<Router>, Option<Arc<Relays>>),
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
    clock: Clock,
) {
    let (protocol, head) = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => (Some(Protocol::Http2), None),
        Some(TURN_PROTOCOL) => (None, None),
        // The handshake was all that an ACME server asked for.
        Some(CHALLENGE_PROTOCOL) => return,
        Some(_) => (Some(Protocol::Http1), None),
        None => {
            let Some(byte) = in_time(timeouts, stream.read_u8(), &mut stop).await else { return };
            let protocol = if First::of(byte) == First::Stun { None } else { Some(Protocol::Http1) };
            (protocol, Some(byte))
        }
    };
    match (protocol, router, relays) {
        (Some(protocol), Some(router), _) => {
            speak(Rewound::new(stream, head), protocol, peer, router, timeouts, stop, clock).await;
        }
        (None, _, Some(relays)) => {
            let (stream, tls) = stream.into_inner();
            hand_over(stream, peer, Some(tls), head.into_iter().collect(), &relays);
        }
        _ => {}
    }
}

/// Waits no longer than for a handshake, or until the server stops.
async fn in_time<T>(
    timeouts: Timeouts,
    wait: impl Future<Output = io::Result<T>>,
    stop: &mut watch::Receiver<bool>,
) -> Option<T> {
    let result = tokio::select! {
        result = timeout(timeouts.handshake, wait) => result,
        () = told_to_stop(stop) => return None,
    };
    match result {
        Ok(Ok(value)) => return Some(value),
        // A scanner, somebody who is gone, a browser that does not like our certificate.
        Ok(Err(error)) => tracing::trace!(%error, "a handshake failed"),
        Err(_) => tracing::trace!("a handshake took too long"),
    }
    None
}

/// Leaves a connection to the relay, with its slot.
fn hand_over(
    stream: Stream,
    client: SocketAddr,
    tls: Option<ServerConnection>,
    mut read: Vec<u8>,
    relays: &Relays,
) {
    let (tcp, unread, slot) = stream.into_parts();
    read.extend(unread);
    let tls = tls.map(Box::new);
    let connection = tcp.into_std().map(|tcp| Connection { tcp, client, tls, read, held: Box::new(slot) });
    match connection.map(|connection| relays.connect(connection)) {
        Ok(true) => {}
        Ok(false) => tracing::debug!("a connection is closed: no thread of the relay takes it"),
        Err(error) => tracing::debug!(%error, "a connection could not be left to the relay"),
    }
}

#[derive(Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

async fn speak<S>(
    stream: S,
    protocol: Protocol,
    peer: SocketAddr,
    router: Router,
    timeouts: Timeouts,
    stop: watch::Receiver<bool>,
    clock: Clock,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = TokioIo::new(stream);
    let result = match protocol {
        Protocol::Http1 => speak_http1(stream, peer, router, timeouts, stop).await,
        Protocol::Http2 => speak_http2(stream, peer, router, timeouts, stop, clock).await,
    };
    if let Err(error) = result {
        // Broken requests and lost connections are everyday life of a public port.
        tracing::trace!(%error, "a connection ended early");
    }
}

async fn speak_http1<S>(
    stream: TokioIo<S>,
    peer: SocketAddr,
    router: Router,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router.map_request(move |request| arrived(request, peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.headers)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(stream, service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        result = connection.as_mut() => result,
        () = told_to_stop(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

async fn speak_http2<S>(
    stream: TokioIo<S>,
    peer: SocketAddr,
    router: Router,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
    clock: Clock,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let requests = Arc::new(Requests::new(clock));
    let service = service_fn(|request: Request<Incoming>| {
        let under_way = requests.begin();
        let response = router.clone().oneshot(arrived(request, peer));
        async move { response.await.map(|response| response.map(|body| ResponseBody::new(body, under_way))) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_header_list_size(u32::try_from(HEADER_BYTES_MAX).expect("16 KiB fit"))
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    let over = tokio::select! {
        result = connection.as_mut() => return result,
        over = requests.watch(&timeouts) => over,
        () = told_to_stop(&mut stop) => EndReason::Old,
    };
    if over == EndReason::Stalled {
        tracing::trace!("an answer was not taken");
        return Ok(());
    }
    connection.as_mut().graceful_shutdown();
    timeout(timeouts.write, connection).await.unwrap_or(Ok(()))
}

/// A request, with the facts of its connection.
fn arrived(request: Request<Incoming>, peer: SocketAddr) -> Request {
    let mut request = request.map(axum::body::Body::new);
    let host = Host::of(request.version(), request.uri(), request.headers());
    request.extensions_mut().insert(PeerAddr(peer));
    request.extensions_mut().insert(host);
    request
}

/// Waits for the word; a sender that is gone means the same.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
