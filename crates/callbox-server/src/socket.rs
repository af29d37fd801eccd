//! One WebSocket, from its upgrade to its end: the hello, frames in, frames out, signs of life.
//!
//! It decides nothing about people: whole frames go to the hub, and the hub's frames for this session are written as
//! they come. Answers that the session watches are read in the background, by `watching.rs`. Bounds: 64 KB a frame, a hello within 5 s, 25 s of silence (5 s while waiting), 10 s for a write. A
//! violation closes this socket, with a code, and no other; the session may outlive it.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use callbox_core::address::ClientAddr;
use callbox_core::exchange::{Arrival, Incoming, Leave, Misuse, Welcome};
use callbox_core::grant::Grant;
use callbox_core::party::InviteKey;
use callbox_monitor::Counter;
use callbox_protocol::error::ErrorCode;
use callbox_protocol::id::{SessionId, UserId};
use callbox_protocol::notice::BanNotice;
use callbox_protocol::signal::{
    ClientFrame, ClientHello, FRAME_BYTES_MAX, IceServer, Join, LeaveAction, LeaveReason, Numbers,
    RelayPolicy, SUBPROTOCOL, ServerFrame, WATCHES_MAX, Watch, close,
};
use callbox_protocol::text::well_formed;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use callbox_store::{LoginFound, Suspect, hash_token};
use futures_util::SinkExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

use crate::access;
use crate::admission::{Admitted, RetryAfterMs};
use crate::app::App;
use crate::caller::Caller;
use crate::http::error::ApiError;
use crate::hub::{Batch, Fate, Handle};
use crate::randomness::Randomness;
use crate::watching::Resolver;
use crate::{counters, ice};

const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a write may take before the reader counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The heartbeat for clients: they receive something this often, a `ping` if nothing else. A call's frames are closer
/// together, so that few sockets are pinged while calls are made.
const HEARTBEAT_MS: u32 = 15_000;
/// How long a client may be silent: with the step, 25 s.
const SILENCE_MS_MAX: u64 = 25_000 - PULSE_STEP_MS;
/// The instants at which timers ring lie this far apart, so one may ring so much later than it should.
const PULSE_STEP_MS: u64 = 100;
/// Heartbeat and silence of a client that may be matched with a stranger at any moment.
const WAITING_HEARTBEAT_MS: u64 = 2_000;
const WAITING_SILENCE_MS_MAX: u64 = 5_000 - PULSE_STEP_MS;
/// The default of 128 KB a socket would be most of a session's memory. Frames larger than this still fit: an offer
/// takes two reads.
const READ_BUFFER_BYTES: usize = 2_048;
/// Small frames of one turn share a write.
const WRITE_BUFFER_BYTES: usize = 2_048;

/// Why and how a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Close {
    code: u16,
    /// For the browser's developer tools.
    reason: &'static str,
}

impl Close {
    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

const BYE: Close = Close::new(1000, "bye");
const BAD_FRAME: Close = Close::new(close::BAD_FRAME, "not a frame of callbox.v1");
const TOO_LARGE: Close = Close::new(1009, "64 KB is the most");
const NOT_TEXT: Close = Close::new(1003, "frames are text");
const NOT_UTF8: Close = Close::new(1007, "text is UTF-8");
const BROKEN: Close = Close::new(1002, "broken framing");
const TOO_FAST: Close = Close::new(close::RATE_LIMITED, "too many frames");
const NO_HELLO: Close = Close::new(close::TIMEOUT, "no hello within 5 s");
const SILENT: Close = Close::new(close::TIMEOUT, "no sign of life");
const GAP: Close = Close::new(close::GAP, "a frame is missing");
const UNKNOWN: Close = Close::new(close::UNAUTHENTICATED, "no valid token");
const BROKE: Close = Close::new(1011, "something broke on our side");

/// As for a user who is banned while they are here.
const BANNED: Leave = Leave {
    reason: LeaveReason::Banned,
    action: LeaveAction::Disconnect,
    after_ms: None,
    code: close::UNAUTHENTICATED,
};

/// How a socket ends: the leave frame, the close, and the fate of its session.
struct End {
    leave: Option<Leave>,
    /// `None`: the client is gone.
    close: Option<Close>,
    fate: Fate,
    /// The notice for a banned user.
    ban: Option<Box<BanNotice>>,
}

impl End {
    /// The client closed it, or broke the framing.
    const fn closed(close: Close) -> Self {
        Self { leave: None, close: Some(close), fate: Fate::Over, ban: None }
    }

    /// The browser took the page away.
    const fn page_gone() -> Self {
        Self { leave: None, close: Some(BYE), fate: Fate::KeptInCall, ban: None }
    }

    /// Nobody meant it.
    const fn lost(close: Option<Close>) -> Self {
        Self { leave: None, close, fate: Fate::Kept, ban: None }
    }

    /// The client broke a rule and must not reconnect at once; the close code says which.
    const fn misuse(close: Close) -> Self {
        let (reason, action) = (LeaveReason::Misuse, LeaveAction::Disconnect);
        let leave = Leave { reason, action, after_ms: None, code: close.code };
        Self { leave: Some(leave), close: Some(close), fate: Fate::Over, ban: None }
    }

    /// How it is counted.
    fn counter(&self) -> Counter {
        match (self.leave.map(|leave| leave.reason), self.close, self.fate) {
            (Some(LeaveReason::Full), ..) => Counter::SocketsEndedFull,
            (Some(LeaveReason::Misuse), ..) => Counter::SocketsEndedMisuse,
            (Some(_), ..) => Counter::SocketsEndedByServer,
            (None, Some(BROKE), _) => Counter::SocketsEndedFault,
            (None, Some(SILENT), _) => Counter::SocketsEndedSilent,
            (None, Some(UNKNOWN), _) => Counter::SocketsEndedUnknown,
            (None, _, Fate::KeptInCall) => Counter::SocketsEndedPageGone,
            (None, Some(BYE), Fate::Over) => Counter::SocketsEndedBye,
            (None, None | Some(BYE), _) => Counter::SocketsEndedLost,
            (None, Some(_), _) => Counter::SocketsEndedMisuse,
        }
    }

    /// The server closes. Whether the session continues was decided with the leave frame.
    const fn leave(leave: Leave) -> Self {
        let close = Close::new(leave.code, "see the leave frame");
        Self { leave: Some(leave), close: Some(close), fate: Fate::Kept, ban: None }
    }
}

/// Opens the signaling socket.
///
/// The subprotocol is `callbox.v1`; docs/PROTOCOL.md describes its frames. The first frame proves the login, unless the
/// page's own cookie does.
#[utoipa::path(get, path = "/v1/socket", responses(
    (status = 101, description = "A WebSocket from here on."),
    (status = 400, description = "Not a WebSocket's upgrade, or without the subprotocol.")))]
pub async fn upgrade(
    State(app): State<App>,
    Extension(resolver): Extension<Arc<Resolver>>,
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
    // A cookie is read here, since only here we see it. The method is one of a request that is no plain GET: a cookie
    // counts only with our own page's name.
    let by_cookie = access::token(&caller, &Method::POST, &headers).map(|token| hash_token(&token));
    let admitted = app.admission.admit(caller.client);
    let relay_policy = app.relay_policies.of(caller.origin());
    let address = app.keyed_hashes.address(caller.client);
    let page = Opened { by_cookie, relay_policy, address, client: caller.client };
    // Ten thousand of these wait at once: the parts that only the greeting needs are in a box that is freed after it.
    Ok(upgrade
        .on_upgrade(move |socket| serve(app, resolver, Box::new(socket), admitted, page))
        .into_response())
}

/// The facts of the upgrade about the page that asked for it.
struct Opened {
    /// SHA-256 of the token in the cookie: whose it is, is asked at the hello.
    by_cookie: Option<[u8; 32]>,
    /// Of the page's origin.
    relay_policy: RelayPolicy,
    /// The keyed hash of the caller's address.
    address: Option<[u8; 32]>,
    client: ClientAddr,
}

/// Who is at the other end, for what they watch.
struct Watcher {
    user: UserId,
    client: ClientAddr,
    /// SHA-256 of the token of their login.
    token_hash: [u8; 32],
}

async fn serve(
    app: App,
    resolver: Arc<Resolver>,
    mut socket: Box<WebSocket>,
    admitted: Result<Admitted, RetryAfterMs>,
    page: Opened,
) {
    let _open = app.sockets.subscribe();
    counters::add(Counter::SocketsOpened);
    let end = match Box::pin(greet(&app, &mut socket, admitted, page)).await {
        Err(end) => end,
        Ok((_admitted, handle, sent, watcher)) => {
            let mut end = exchange(&app, &resolver, &mut socket, &handle, (&watcher, sent)).await;
            let code = end.close.map(|close| close.code);
            tracing::debug!(session = %handle.session(), fate = ?end.fate, code, "socket ended");
            handle.leave(end.fate);
            if end.leave.is_some_and(|leave| leave.reason == LeaveReason::Banned) {
                let suspect = Suspect { user: Some(watcher.user), ..Suspect::default() };
                let found = app.moderation.notice(suspect, app.clock.now()).await;
                end.ban = found.ok().flatten().map(Box::new);
            }
            end
        }
    };
    counters::add(end.counter());
    Box::pin(close(&mut socket, end)).await;
}

/// From the upgrade to a place in the hub.
async fn greet(
    app: &App,
    socket: &mut WebSocket,
    admitted: Result<Admitted, RetryAfterMs>,
    page: Opened,
) -> Result<(Admitted, Handle, ice::SentCredentials, Watcher), End> {
    let mut admitted =
        admitted.map_err(|RetryAfterMs(wait_ms)| End::leave(full(wait_ms, &app.randomness)))?;
    let relay_policy = page.relay_policy;
    let hello = app.clock.timeout(HELLO_TIMEOUT, hello(socket)).await;
    let hello = hello.unwrap_or(Err(End::closed(NO_HELLO)))?;
    let (hello, page) = (&hello, &page);
    let token_hash = hello.token.as_deref().map(hash_token).or(page.by_cookie);
    let token_hash = token_hash.ok_or(End::closed(UNKNOWN))?;
    let asking = app.hub.greet(|| arrival(app, hello, page, &token_hash));
    let greeted = timeout(HELLO_TIMEOUT, asking).await.unwrap_or(Err(End::lost(Some(BROKE))))?;
    admitted.greet();
    let (user, welcome, handle) = greeted.map_err(End::leave)?;
    counters::add(if welcome.recovered { Counter::SessionsRecovered } else { Counter::SessionsBegun });
    tracing::debug!(session = %handle.session(), recovered = welcome.recovered, "session has a socket");
    let watcher = Watcher { user: user.id, client: page.client, token_hash };
    let (hello, sent) = hello_text(app, welcome, user, relay_policy);
    if write(socket, [hello]).await.is_err() {
        handle.leave(Fate::Kept);
        return Err(End::lost(None));
    }
    Ok((admitted, handle, sent, watcher))
}

/// Takes leave, if there is something to say, and closes with a code. Nobody waits for a client that is gone.
async fn close(socket: &mut WebSocket, end: End) {
    let Some(Close { code, reason }) = end.close else { return };
    if let Some(Leave { reason, action, after_ms, .. }) = end.leave {
        let frame = ServerFrame::Leave { reason, action, after_ms, ban: end.ban.as_deref() };
        if write(socket, [frame.to_text(Numbers::default()).into()]).await.is_err() {
            return;
        }
    }
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let _ = timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
    linger(socket).await;
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

/// Waits for the first frame.
async fn hello(socket: &mut WebSocket) -> Result<ClientHello, End> {
    let text = loop {
        if let Some(text) = receive(socket).await? {
            break text;
        }
    };
    let text = well_formed(&text);
    match ClientFrame::parse(&text) {
        Ok((_, ClientFrame::Hello(hello))) => Ok(hello),
        _ => Err(End::closed(BAD_FRAME)),
    }
}

/// Finds out who it is. The hub may ask more than once.
async fn arrival(
    app: &App,
    hello: &ClientHello,
    page: &Opened,
    token_hash: &[u8; 32],
) -> Result<Arrival, End> {
    let broke = |error| {
        counters::add(Counter::StoreFault);
        tracing::error!(%error, "the store failed at a hello");
        End::lost(Some(BROKE))
    };
    let login = app.store.login_by_token_hash(token_hash, app.clock.now()).await.map_err(broke)?;
    let LoginFound { user, login, role: _ } = login.ok_or(End::closed(UNKNOWN))?;
    // A ban ends the logins that it hits; this one may have been made elsewhere.
    let suspect = Suspect { user: Some(user.id), device: None, address: page.address.as_ref() };
    if let Some(ban) = app.moderation.notice(suspect, app.clock.now()).await.map_err(broke)? {
        return Err(End { ban: Some(Box::new(ban)), ..End::leave(BANNED) });
    }
    let (blocked, is_held) = tokio::join!(app.store.blocked_by(user.id), app.store.is_held(user.id));
    let (blocked, is_held) = (blocked.map_err(broke)?, is_held.map_err(broke)?);
    let grant = hello.grant.as_deref().and_then(|text| app.hub.open_grant(text));
    let is_over = match &grant {
        Some(Grant { call, .. }) => app.store.call_parties(*call).await.map_err(broke)?.is_some(),
        None => false,
    };
    let (relay_policy, grant) = (page.relay_policy, grant.filter(|_| !is_over));
    let (observes, resume) = (hello.observes, hello.resume.clone());
    Ok(Arrival { user, login, blocked, is_held, relay_policy, observes, resume, grant })
}

fn hello_text(
    app: &App,
    welcome: Welcome,
    user: User,
    relay_policy: RelayPolicy,
) -> (Bytes, ice::SentCredentials) {
    let Welcome { session, socket: _, epoch, recovered, ack, snapshot } = welcome;
    let (ice_servers, sent) = ice_servers(app, session, &ice::SentCredentials::default());
    let frame = ServerFrame::Hello {
        session,
        epoch: &epoch,
        recovered,
        ack,
        snapshot,
        user,
        ice_servers: &ice_servers,
        relay_policy,
        heartbeat_ms: HEARTBEAT_MS,
        version: env!("CARGO_PKG_VERSION"),
    };
    (frame.to_text(Numbers::default()).into(), sent)
}

fn ice_servers(
    app: &App,
    session: SessionId,
    before: &ice::SentCredentials,
) -> (Vec<IceServer>, ice::SentCredentials) {
    let (now, wall) = (app.clock.now(), app.clock.wall());
    app.ice.servers(app.relays.as_deref(), session, before, now, wall)
}

/// Frames in, frames out, signs of life, until something ends it.
async fn exchange(
    app: &App,
    resolver: &Arc<Resolver>,
    socket: &mut WebSocket,
    handle: &Handle,
    (watcher, mut sent): (&Watcher, ice::SentCredentials),
) -> End {
    let mut pulse = Pulse::new(app.clock.now());
    let mut timer = std::pin::pin!(app.clock.sleep(pulse.wait(app.clock.now())));
    loop {
        tokio::select! {
            received = receive(socket) => {
                pulse.received_at = app.clock.now();
                match received {
                    Ok(Some(text)) => {
                        if let Err(end) = handle_frame(app, handle, watcher, &text).await {
                            return end;
                        }
                    }
                    Ok(None) => {}
                    Err(end) => return end,
                }
            }
            Batch { frames, leave, is_waiting, reads } = handle.next_batch() => {
                if !reads.is_empty() {
                    resolver.start(handle.session(), watcher.token_hash, reads);
                }
                if !frames.is_empty() {
                    counters::add_many(Counter::FramesSent, frames.len() as u64);
                    if write(socket, frames).await.is_err() {
                        return End::lost(None);
                    }
                    pulse.sent_at = app.clock.now();
                }
                if let Some(leave) = leave {
                    return End::leave(leave);
                }
                if pulse.set_waiting(is_waiting, app.clock.now()) {
                    timer.set(app.clock.sleep(pulse.wait(app.clock.now())));
                }
            }
            () = timer.as_mut() => {
                let now = app.clock.now();
                if pulse.is_dead(now) {
                    return End::lost(Some(SILENT));
                }
                if now >= pulse.ping_at() {
                    if write(socket, handle.ping()).await.is_err() {
                        return End::lost(None);
                    }
                    (pulse.sent_at, pulse.pinged_at) = (now, now);
                }
                // It rings every 25 s at least, which is soon enough for credentials that last for minutes.
                if sent.is_due(&app.ice, app.relays.as_deref(), now) {
                    let (ice_servers, renewed) = ice_servers(app, handle.session(), &sent);
                    let frame = ServerFrame::IceServers { ice_servers: &ice_servers };
                    if write(socket, [frame.to_text(Numbers::default()).into()]).await.is_err() {
                        return End::lost(None);
                    }
                    (sent, pulse.sent_at) = (renewed, now);
                }
                timer.set(app.clock.sleep(pulse.wait(now)));
            }
        }
    }
}

/// When to ask for a sign of life, and when to give up. A client that waits for a stranger is asked more often:
/// nobody should be matched with somebody who is gone. Frames move no timer; it looks again when it rings.
struct Pulse {
    is_waiting: bool,
    /// When the client last sent something, and when it was last sent something.
    received_at: UnixMillis,
    sent_at: UnixMillis,
    pinged_at: UnixMillis,
}

impl Pulse {
    fn new(now: UnixMillis) -> Self {
        Self { is_waiting: false, received_at: now, sent_at: now, pinged_at: now }
    }

    /// Returns whether that is a change.
    fn set_waiting(&mut self, is_waiting: bool, now: UnixMillis) -> bool {
        let is_change = self.is_waiting != is_waiting;
        if is_change {
            self.is_waiting = is_waiting;
            // Up to now the other rhythm was right.
            self.received_at = now;
        }
        is_change
    }

    fn is_dead(&self, now: UnixMillis) -> bool {
        now >= self.dead_at()
    }

    fn dead_at(&self) -> UnixMillis {
        self.received_at.plus(if self.is_waiting { WAITING_SILENCE_MS_MAX } else { SILENCE_MS_MAX })
    }

    /// A side that receives nothing must find out whether the other one lives.
    fn ping_at(&self) -> UnixMillis {
        let silent_since = self.received_at.min(self.sent_at).max(self.pinged_at);
        silent_since.plus(if self.is_waiting { WAITING_HEARTBEAT_MS } else { u64::from(HEARTBEAT_MS) })
    }

    /// Thousands of these ring: at instants that they share, so that the process wakes ten times a second for all.
    fn wait(&self, now: UnixMillis) -> Duration {
        let UnixMillis(at) = self.ping_at().min(self.dead_at());
        Duration::from_millis(UnixMillis(at.next_multiple_of(PULSE_STEP_MS)).since(now))
    }
}

/// One text of the client. An error is how the socket ends.
async fn handle_frame(app: &App, handle: &Handle, watcher: &Watcher, text: &str) -> Result<(), End> {
    counters::add(Counter::FramesReceived);
    let whole = well_formed(text);
    let (numbers, mut frame) = match ClientFrame::parse(&whole) {
        Ok((_, ClientFrame::Hello(_))) => return Err(End::misuse(BAD_FRAME)),
        Ok(read) => read,
        Err(error) => {
            tracing::debug!(session = %handle.session(), %error, "bad frame");
            return Err(End::misuse(BAD_FRAME));
        }
    };
    let refused = match &mut frame {
        ClientFrame::Watch(watch) => refuse_watches(app, watcher, watch),
        _ => Vec::new(),
    };
    let incoming = match &frame {
        ClientFrame::Join(Join { invite, relay }) => {
            let hash = hash_token(invite);
            let found = app.store.invite(&hash, app.clock.now()).await.map_err(|error| {
                counters::add(Counter::StoreFault);
                tracing::error!(%error, "the store failed at an invite");
                End::lost(Some(BROKE))
            })?;
            Incoming::Join(found.map(|_| InviteKey(hash)), *relay)
        }
        frame => Incoming::Frame(frame),
    };
    match handle.handle_frame(numbers, text.len(), incoming) {
        Ok(()) => {
            for watch in refused {
                handle.refuse_watch(watch, ErrorCode::RateLimited);
            }
            Ok(())
        }
        Err(Misuse::Gap) => Err(End::lost(Some(GAP))),
        Err(Misuse::BadAck) => Err(End::misuse(BAD_FRAME)),
        Err(Misuse::TooFast) => Err(End::misuse(TOO_FAST)),
    }
}

/// Takes those out of a frame that are over the limits of reads: each watch is one. Their names are free again.
fn refuse_watches(app: &App, watcher: &Watcher, watch: &mut Watch<'_>) -> Vec<u32> {
    // More than that are refused as they are.
    if watch.add.len() > WATCHES_MAX {
        return Vec::new();
    }
    let now = app.clock.now();
    let is_within = |_: &_| !app.limits.is_over_by_watch(watcher.client, watcher.user, now);
    let within = watch.add.iter().take_while(is_within).count();
    let refused: Vec<u32> = watch.add.drain(within..).map(|item| item.id).collect();
    watch.drop.extend(&refused);
    refused
}

fn full(wait_ms: u64, randomness: &Randomness) -> Leave {
    let random = u64::from(u32::from_be_bytes(randomness.bytes()));
    let after_ms = Some(wait_ms + random % wait_ms.max(1_000));
    Leave { reason: LeaveReason::Full, action: LeaveAction::Resume, after_ms, code: 1013 }
}

/// The next message: a text, nothing of interest (`None`), or how the socket ends.
async fn receive(socket: &mut WebSocket) -> Result<Option<Utf8Bytes>, End> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(End::closed(NOT_TEXT)),
        // Clients say 1000, browsers 1001 for a page that goes away. Any other code is trouble, and trouble may pass.
        Some(Ok(Message::Close(frame))) => match frame.map_or(1005, |frame| frame.code) {
            1000 | 1005 => Err(End::closed(BYE)),
            1001 => Err(End::page_gone()),
            _ => Err(End::lost(Some(BYE))),
        },
        Some(Err(error)) => Err(match broken(error) {
            Some(end) => End::closed(end),
            None => End::lost(None),
        }),
        None => Err(End::lost(None)),
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

/// Writes all frames with one flush.
async fn write(socket: &mut WebSocket, frames: impl IntoIterator<Item = Bytes>) -> Result<(), Gone> {
    let all = async {
        for text in frames {
            let text = Utf8Bytes::try_from(text).expect("our frames are JSON, which is UTF-8");
            socket.feed(Message::Text(text)).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_TIMEOUT, all).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}
