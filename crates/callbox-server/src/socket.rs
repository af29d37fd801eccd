//! One WebSocket, from its upgrade to its end: the hello, frames in, frames out, signs of life.
//!
//! It decides nothing about people: whole frames go to the hub, and what the hub has for this session is
//! written as it comes. Bounds: 64 KB a frame, a hello within 5 s, 60 frames in a row and 30 a second,
//! 25 s of silence, 10 s for a write. Whatever breaks them closes this socket, with a code, and no other.

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use callbox_core::invite::InviteKey;
use callbox_core::limit::TokenBucket;
use callbox_protocol::signal::{
    ClientFrame, ClientHello, FRAME_BYTES_MAX, Join, LeaveAction, LeaveReason, SUBPROTOCOL, ServerFrame,
    close,
};
use callbox_store::{LoginFound, hash_token};
use futures_util::SinkExt;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::access;
use crate::app::App;
use crate::caller::Caller;
use crate::clock;
use crate::http::error::ApiError;
use crate::hub::{Arrival, Place};
use crate::outbox::{Batch, Close, Outbox};

const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a write may take before the reader counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// One beat; every second one sends a ping, the fifth in silence ends the socket.
const BEAT: Duration = Duration::from_secs(5);
const BEATS_PER_PING: u32 = 2;
const BEATS_IN_SILENCE_MAX: u32 = 5;
/// What clients are told: a ping every so often.
const HEARTBEAT_MS: u32 = 10_000;
/// A call's set-up is 22 frames at most when candidates trickle one by one; two in a row fit.
const FRAME_BURST: u32 = 60;
const FRAME_REFILL_MS: u64 = 33;
/// The default of 128 KB a socket would be most of a session's memory; frames larger than this still fit.
const READ_BUFFER_BYTES: usize = 4_096;
/// Small frames of one turn share a write.
const WRITE_BUFFER_BYTES: usize = 2_048;

const BYE: Close = Close { code: 1000, reason: "bye" };
const BAD_FRAME: Close = Close { code: close::BAD_FRAME, reason: "not a frame of callbox.v1" };
const TOO_LARGE: Close = Close { code: 1009, reason: "64 KB is the most" };
const NOT_TEXT: Close = Close { code: 1003, reason: "frames are text" };
const NOT_UTF8: Close = Close { code: 1007, reason: "text is UTF-8" };
const BROKEN: Close = Close { code: 1002, reason: "broken framing" };
const TOO_FAST: Close = Close { code: close::RATE_LIMITED, reason: "too many frames" };
const NO_HELLO: Close = Close { code: close::TIMEOUT, reason: "no hello within 5 s" };
const SILENT: Close = Close { code: close::TIMEOUT, reason: "no sign of life" };
const UNKNOWN: Close = Close { code: close::UNAUTHENTICATED, reason: "no valid token" };
const BROKE: Close = Close { code: 1011, reason: "something broke on our side" };

/// `GET /v1/socket`: the upgrade. A cookie is read here, since only here we see it.
pub async fn upgrade(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::BadRequest(format!("{}.", error.body_text())))?;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES);
    if upgrade.selected_protocol().is_none() {
        let message = format!("The WebSocket must offer the subprotocol `{SUBPROTOCOL}`.");
        return Err(ApiError::BadRequest(message));
    }
    // The method stands for a request that is no plain GET: a cookie counts only with our own page's name.
    let by_cookie = access::login(&app, &caller, &Method::POST, &headers)?;
    Ok(upgrade.on_upgrade(move |socket| serve(app, socket, by_cookie)).into_response())
}

async fn serve(app: App, mut socket: WebSocket, by_cookie: Option<LoginFound>) {
    let _open = app.sockets.subscribe();
    let outbox = Outbox::default();
    let end = match timeout(HELLO_TIMEOUT, hello(&app, &mut socket, by_cookie)).await {
        Err(_) => Some(NO_HELLO),
        Ok(Err(end)) => end,
        Ok(Ok(login)) => run(&app, &mut socket, &outbox, login).await,
    };
    // Nobody waits for a client that is gone; one that is there gets the code.
    if let Some(Close { code, reason }) = end {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
        linger(&mut socket).await;
    }
}

/// Reads on until the client has answered the close, so that the operating system does not reset the
/// connection, and with it the close frame, because of bytes that nobody read. Bounded in time and bytes.
async fn linger(socket: &mut WebSocket) {
    let drain = async {
        for _ in 0..16 {
            if !matches!(socket.recv().await, Some(Ok(_))) {
                return;
            }
        }
    };
    let _ = timeout(Duration::from_secs(1), drain).await;
}

/// Waits for the first frame and finds out who it is. An error is how to close; `None`: the client is gone.
async fn hello(
    app: &App,
    socket: &mut WebSocket,
    by_cookie: Option<LoginFound>,
) -> Result<LoginFound, Option<Close>> {
    let text = loop {
        if let Some(text) = receive(socket).await? {
            break text;
        }
    };
    let Ok(ClientFrame::Hello(ClientHello { token })) = ClientFrame::parse(&text) else {
        return Err(Some(BAD_FRAME));
    };
    let login = match token {
        Some(token) => app.store.login_by_token_hash(&hash_token(&token), clock::now()).map_err(|error| {
            tracing::error!(%error, "the store failed at a hello");
            Some(BROKE)
        })?,
        None => by_cookie,
    };
    login.ok_or(Some(UNKNOWN))
}

/// The session. Returns how to close, or `None` where the client is gone.
async fn run(app: &App, socket: &mut WebSocket, outbox: &Outbox, login: LoginFound) -> Option<Close> {
    let blocked = match app.store.blocked_by(login.user.id) {
        Ok(blocked) => blocked,
        Err(error) => {
            tracing::error!(%error, "the store failed at a hello");
            return Some(BROKE);
        }
    };
    let user = login.user.clone();
    let arrival = Arrival { user: login.user, login: login.login, blocked };
    let Some(place) = app.hub.arrive(arrival, outbox) else {
        let batch = outbox.next_batch().await;
        return write(socket, batch).await.unwrap_or(None);
    };
    outbox.push(&ServerFrame::Hello {
        session: place.session(),
        user,
        ice_servers: &app.config.ice_servers,
        heartbeat_ms: HEARTBEAT_MS,
        version: env!("CARGO_PKG_VERSION"),
    });
    tracing::debug!(session = %place.session(), "session began");
    let end = exchange(app, socket, outbox, &place).await;
    tracing::debug!(session = %place.session(), code = end.map(|end| end.code), "session ended");
    end
}

/// Frames in, frames out, beats, until something ends it.
async fn exchange(app: &App, socket: &mut WebSocket, outbox: &Outbox, place: &Place) -> Option<Close> {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    let (mut beats, mut beats_in_silence) = (0_u32, 0_u32);
    let mut limit = TokenBucket::new(FRAME_BURST, FRAME_REFILL_MS);
    loop {
        tokio::select! {
            received = receive(socket) => {
                beats_in_silence = 0;
                let text = match received {
                    Ok(Some(text)) => text,
                    Ok(None) => continue,
                    Err(end) => return end,
                };
                if limit.try_take(1, clock::now()).is_err() {
                    return farewell(socket, TOO_FAST).await;
                }
                if let Err(end) = handle(app, place, &text) {
                    return farewell(socket, end).await;
                }
            }
            batch = outbox.next_batch() => match write(socket, batch).await {
                Ok(None) => {}
                Ok(end) => return end,
                Err(Gone) => return None,
            },
            _ = beat.tick() => {
                beats = beats.wrapping_add(1);
                beats_in_silence += 1;
                if beats_in_silence >= BEATS_IN_SILENCE_MAX {
                    return Some(SILENT);
                }
                if beats.is_multiple_of(BEATS_PER_PING) {
                    outbox.push(&ServerFrame::Ping);
                }
            }
        }
    }
}

/// Tells a client that broke a rule not to come back at once; the close code says which rule.
async fn farewell(socket: &mut WebSocket, end: Close) -> Option<Close> {
    let outbox = Outbox::default();
    let (reason, action) = (LeaveReason::Misuse, LeaveAction::Disconnect);
    outbox.push(&ServerFrame::Leave { reason, action, after_ms: None });
    match write(socket, outbox.next_batch().await).await {
        Ok(_) => Some(end),
        Err(Gone) => None,
    }
}

fn handle(app: &App, place: &Place, text: &str) -> Result<(), Close> {
    match ClientFrame::parse(text) {
        Err(error) => {
            tracing::debug!(session = %place.session(), %error, "bad frame");
            Err(BAD_FRAME)
        }
        Ok(ClientFrame::Hello(_)) => Err(BAD_FRAME),
        Ok(ClientFrame::Pong) => Ok(()),
        Ok(ClientFrame::Join(Join { invite })) => {
            let hash = hash_token(&invite);
            let found = app.store.invite(&hash, clock::now()).map_err(|error| {
                tracing::error!(%error, "the store failed at an invite");
                BROKE
            })?;
            app.hub.handle_join(place.session(), found.map(|_| InviteKey(hash)));
            Ok(())
        }
        Ok(frame) => {
            app.hub.handle_frame(place.session(), &frame);
            Ok(())
        }
    }
}

/// The next message: a text, nothing of interest (`None`), or how to end; `Err(None)`: the client is gone.
async fn receive(socket: &mut WebSocket) -> Result<Option<Utf8Bytes>, Option<Close>> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(Some(NOT_TEXT)),
        Some(Ok(Message::Close(_))) => Err(Some(BYE)),
        Some(Err(error)) => Err(broken(error)),
        None => Err(None),
    }
}

/// Which close code a broken frame gets (RFC 6455, section 7.4.1).
fn broken(error: axum::Error) -> Option<Close> {
    use tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Some(TOO_LARGE),
        Some(Error::Utf8(_)) => Some(NOT_UTF8),
        Some(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => None,
        Some(Error::Protocol(_)) => Some(BROKEN),
        _ => None,
    }
}

/// The client is gone, or reads nothing.
struct Gone;

/// Writes all frames with one flush; then says how to close, if the batch ends so.
async fn write(socket: &mut WebSocket, batch: Batch) -> Result<Option<Close>, Gone> {
    let all = async {
        for text in batch.frames {
            socket.feed(Message::Text(text)).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_TIMEOUT, all).await {
        Ok(Ok(())) => Ok(batch.close),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}
