//! Accepting connections, and ending them.
//!
//! Plain, or with TLS, then HTTP/1.1 or HTTP/2 as the two agree. Bounds: a number of connections, a time for the
//! handshake and for the headers, a size for the headers, streams of one connection. Past the number of
//! connections nobody is refused; the operating system's queue holds them until somebody leaves. At a
//! shutdown no new connection is taken, requests under way are finished, and what is left after 10 s is cut.

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::address::PeerAddr;
use crate::host::Host;

/// A process may hold 20,000 files on the machines we know; this leaves room for the database and the rest.
const CONNECTIONS_MAX: usize = 15_000;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection of HTTP/2 whose other end is gone is noticed so.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Out of files or memory: try again, a little later, instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// A page and its parts come at once, and then one request at a time: more is an attack.
const STREAMS_MAX: u32 = 100;

/// Serves until `stop` turns true; returns when every connection has ended.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, peer, place)) => {
                    let connection = connection(stream, peer, tls.clone(), router.clone(), stop.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
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
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    // Frames are small and somebody waits for each.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let Some(tls) = tls else { return speak(stream, Protocol::Http1, peer, router, stop).await };
    let handshake = tokio::select! {
        handshake = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
        () = told_to_stop(&mut stop) => return,
    };
    match handshake {
        Ok(Ok(stream)) => {
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
            speak(stream, protocol, peer, router, stop).await;
        }
        // Somebody who speaks plain HTTP, a scanner, a browser that does not like our certificate.
        Ok(Err(error)) => tracing::trace!(%error, "a handshake failed"),
        Err(_) => tracing::trace!("a handshake took too long"),
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
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router.map_request(move |request| arrived(request, peer)));
    let stream = TokioIo::new(stream);
    // The two kinds of connection have the same two verbs and no trait for them.
    macro_rules! serve {
        ($connection:expr) => {{
            let mut connection = std::pin::pin!($connection);
            tokio::select! {
                result = connection.as_mut() => result,
                () = told_to_stop(&mut stop) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        }};
    }
    let result = match protocol {
        Protocol::Http1 => serve!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(HEADER_BYTES_MAX)
                .serve_connection(stream, service)
                .with_upgrades()
        ),
        Protocol::Http2 => serve!(
            http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(KEEP_ALIVE)
                .max_concurrent_streams(STREAMS_MAX)
                .max_header_list_size(u32::try_from(HEADER_BYTES_MAX).expect("16 KiB fit"))
                .serve_connection(stream, service)
        ),
    };
    if let Err(error) = result {
        // Broken requests and lost connections are everyday life of a public port.
        tracing::trace!(%error, "a connection ended early");
    }
}

/// A request, with what its connection knows of it.
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
