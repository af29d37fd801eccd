//! The exchange: everybody who is connected, waiting and calling, as one machine.
//!
//! Pure. It ties sessions, lobby, invites and calls together: frames go in, frames for others come out. Sockets are
//! names here: the caller moves the bytes, and reports when one is gone. Bounds: `sessions_max` sessions, those
//! whose socket is gone included; 16 of one user; what each keeps is bounded by its stream, and while it waits by one
//! parked offer.

mod arrivals;
mod frames;
mod handover;
mod pairs;
mod parked;
mod presence;
mod quality;
mod said;

use bytes::Bytes;
use callbox_protocol::call::{CallKind, CallRecord, Side};
use callbox_protocol::error::ErrorCode;
use callbox_protocol::failure::Evidence;
use callbox_protocol::http::{ReportLine, Stats};
use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{
    LeaveAction, LeaveReason, Quality, RESUME_MS, RelayPolicy, Sample, ServerFrame, Snapshot, close,
};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use crate::call::{CallError, Calls};
use crate::grant::Grants;
use crate::invite::Invites;
use crate::limit::{Buckets, TokenBucket};
use crate::lobby::{Interests, Lobby, Seeker};
use crate::party::InviteKey;
use crate::random::Random;
use crate::session::{Stream, StreamError};
use presence::ReportedPeer;
use quality::ReportedQuality;
use said::Said;

pub use arrivals::{Arrival, Welcome};
pub use frames::Incoming;
pub use handover::Handover;

/// Sessions of one user: devices of a person, not a crowd behind one name.
const SESSIONS_PER_USER_MAX: usize = 16;
/// Those among them that only observe: pages that are left open keep nobody from a call.
const OBSERVERS_PER_USER_MAX: usize = 8;
/// A person's limit of seeks and skips: ten in a row, then one every two seconds.
const SEEK_BURST: u32 = 10;
const SEEK_REFILL_MS: u64 = 2_000;
/// How many users' skips are remembered.
const SEEK_USERS_MAX: usize = 100_000;
/// A call's set-up is 22 frames at most when candidates trickle one by one; two in a row fit, and as many that
/// were kept while a socket was away.
const FRAME_BURST: u32 = 120;
const FRAME_REFILL_MS: u64 = 33;
/// Clients reconnect within this time after a restart, each at its own moment.
const RETURN_SPREAD_MS: u64 = 3_000;
/// Those in a call come first: media that went by our relay stand still until then.
const CALL_RETURN_SPREAD_MS: u64 = 500;

/// One socket, as long as this exchange lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

/// The session that continues when a login is used a second time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateLogin {
    /// The newest; the older is notified.
    #[default]
    Newest,
    /// The one that is there, while its socket is.
    Refuse,
}

/// The settings of an exchange, given once.
pub struct Settings {
    /// The most sessions at once.
    pub sessions_max: usize,
    /// The policy for two sessions of one login.
    pub duplicate_login: DuplicateLogin,
    /// Whether there is a relay, so that people may ask for it.
    pub has_relay: bool,
    /// Whether a relay must know which addresses people name to each other.
    pub announces: bool,
    /// Seals and opens call grants.
    pub grants: Grants,
    /// The name of this memory; another process has another, unless it takes this one over.
    pub epoch: u64,
    /// The seed of ids and of the spread of returns: same seed and same events, same actions.
    pub seed: u64,
}

/// How the server takes leave of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Why.
    pub reason: LeaveReason,
    /// The client's next step.
    pub action: LeaveAction,
    /// When.
    pub after_ms: Option<u64>,
    /// The close code.
    pub code: u16,
}

/// An action for the caller.
#[derive(Debug)]
pub enum Action {
    /// There is something to [`Exchange::take`] for this socket.
    Wake(SocketId),
    /// Say this and close.
    Close(SocketId, Leave),
    /// A call has ended: keep its record.
    Record(Box<CallRecord>),
    /// This side reported how its call was so far; the last report counts.
    Quality(Side, Box<Quality>),
    /// This side reported what its media connection had come to.
    Evidence(Side, Box<Evidence>),
    /// This side reported how its call is going.
    Sample(Side, Sample, UnixMillis),
    /// A session has this socket from now on; and whether its client has lost nothing, so that it keeps its watches.
    SocketOpened(SessionId, SocketId, bool),
    /// It has none any more.
    SocketLost(SessionId),
    /// What a session watches from now on, and what no longer. It has that socket.
    Watch(SessionId, SocketId, WatchChange),
    /// A session began, or came from another process: it may use what goes with one.
    Opened(SessionId, UserId),
    /// It has ended, and so has all that it might use.
    Closed(SessionId),
    /// These two are in a call with each other from now on.
    Attached(CallId, [SessionId; 2]),
    /// A session named this address as one of its own to the other side of its call (only if a relay must know).
    Announced(SessionId, IpAddr),
    /// They are not any more.
    Detached([SessionId; 2]),
}

/// A change of what a session watches; `drop` comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchChange {
    /// Names that are not watched any more.
    pub drop: Vec<u32>,
    /// Names and their paths.
    pub add: Vec<(u32, String)>,
}

/// A client's violation that breaks a socket, and whether the session may continue on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// Frames come faster than allowed: the session ends.
    TooFast,
    /// An acknowledgement of a frame that was never sent: the session ends.
    BadAck,
    /// A frame is missing: the session can be resumed.
    Gap,
}

/// Frames to write, and how lively the socket must be.
#[derive(Debug, Default)]
pub struct Taken {
    /// In order.
    pub frames: Vec<Bytes>,
    /// Somebody may be matched with this session at any moment: it must not be dead.
    pub is_waiting: bool,
}

/// Everybody who is connected, waiting and calling.
pub struct Exchange {
    sessions: HashMap<SessionId, Session>,
    sessions_by_user: HashMap<UserId, Vec<SessionId>>,
    /// When sessions without a socket end.
    expiries: BTreeSet<(UnixMillis, SessionId)>,
    /// Sessions whose client does not read, to be cut off with the next [`Self::drain`].
    slow: Vec<SessionId>,
    lobby: Lobby,
    invites: Invites,
    calls: Calls,
    said: Said,
    seek_limit: Buckets<UserId>,
    has_relay: bool,
    announces: bool,
    grants: Grants,
    epoch: u64,
    random: Random,
    sockets: u64,
    sessions_max: usize,
    duplicate_login: DuplicateLogin,
    is_going_down: bool,
    actions: VecDeque<Action>,
}

struct Session {
    user: UserId,
    login: LoginId,
    /// Whether it only watches answers: it neither waits nor calls, and is none of the sessions of which a login has one.
    observes: bool,
    age: Option<AgeClass>,
    blocked: Arc<HashSet<UserId>>,
    /// Whether it is kept from strangers.
    is_held: bool,
    interests: Interests,
    /// The relay policy that the page's app wants, and the one that the person wants for later calls.
    app_relay: RelayPolicy,
    relay: RelayPolicy,
    stream: Stream,
    /// How often both sides began to count from 1 again: a client that missed the hello which said so must not
    /// be taken for one that received it.
    numbering: u32,
    frame_limit: TokenBucket,
    socket: Option<SocketId>,
    /// When it ends, while it has no socket.
    expires_at: Option<UnixMillis>,
    /// Its wait when its socket was lost.
    paused: Option<Paused>,
    /// The offer for its next match, while it waits.
    parked: Option<Box<RawValue>>,
    /// The last state of the other side that it was sent.
    reported_peer: ReportedPeer,
    reported_quality: ReportedQuality,
}

/// A wait that is taken up again when a socket comes: nobody is matched with somebody who is not there.
#[derive(Clone, Copy, Debug)]
enum Paused {
    Seek { since: UnixMillis },
    Join { key: InviteKey, since: UnixMillis },
}

/// Why a frame was refused; goes back to its sender as an `error` frame.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    code: ErrorCode,
    message: &'static str,
    retry_after_ms: Option<u64>,
}

impl Refusal {
    const fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message, retry_after_ms: None }
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::TooManyCandidates => {
                Self::new(ErrorCode::TooLarge, "64 candidates a side are the most.")
            }
            _ => Self::new(ErrorCode::NotInCall, "You are not in this call, or not any more."),
        }
    }
}

impl Exchange {
    /// An empty exchange.
    pub fn new(settings: Settings) -> Self {
        Self {
            sessions: HashMap::new(),
            sessions_by_user: HashMap::new(),
            expiries: BTreeSet::new(),
            slow: Vec::new(),
            lobby: Lobby::default(),
            invites: Invites::default(),
            calls: Calls::default(),
            said: Said::default(),
            seek_limit: Buckets::new(SEEK_BURST, SEEK_REFILL_MS, SEEK_USERS_MAX),
            has_relay: settings.has_relay,
            announces: settings.announces,
            grants: settings.grants,
            epoch: settings.epoch,
            random: Random::new(settings.seed),
            sockets: 0,
            sessions_max: settings.sessions_max,
            duplicate_login: settings.duplicate_login,
            is_going_down: false,
            actions: VecDeque::new(),
        }
    }

    /// The user answered the age question.
    pub fn handle_age(&mut self, user: UserId, age: AgeClass) {
        for session in self.sessions_by_user.get(&user).into_iter().flatten() {
            if let Some(session) = self.sessions.get_mut(session) {
                session.age = Some(age);
            }
        }
    }

    /// One user blocked another: their calls with each other end, and they will not meet again.
    pub fn handle_block(&mut self, blocker: UserId, blocked: UserId, now: UnixMillis) {
        self.lobby.handle_block(blocker, blocked, now);
        self.invites.handle_block(blocker, blocked);
        for id in self.sessions_by_user.get(&blocker).cloned().unwrap_or_default() {
            if let Some(session) = self.sessions.get_mut(&id) {
                Arc::make_mut(&mut session.blocked).insert(blocked);
            }
            self.end_call_with(id, blocked, now);
        }
        self.drain(now);
    }

    /// One user may meet again whom they had blocked. For a user who waits now it takes effect with their next wish.
    pub fn handle_unblock(&mut self, blocker: UserId, blocked: UserId) {
        for id in self.sessions_by_user.get(&blocker).into_iter().flatten() {
            if let Some(session) = self.sessions.get_mut(id) {
                Arc::make_mut(&mut session.blocked).remove(&blocked);
            }
        }
    }

    /// Logins of a user ended: so do their sessions, and with them their calls and what they may relay.
    pub fn handle_logins_ended(&mut self, user: UserId, logins: &[LoginId], now: UnixMillis) {
        self.end_sessions(user, LeaveReason::SignedOut, now, |login| logins.contains(&login));
    }

    /// A user was banned, and all their logins ended.
    pub fn handle_ban(&mut self, user: UserId, now: UnixMillis) {
        self.end_sessions(user, LeaveReason::Banned, now, |_| true);
    }

    /// A user is kept from strangers from now on, or not any more. A call that runs continues.
    pub fn handle_hold(&mut self, user: UserId, is_held: bool, now: UnixMillis) {
        for id in self.sessions_by_user.get(&user).cloned().unwrap_or_default() {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            session.is_held = is_held;
            if is_held && self.lobby.handle_cancel(id, now) {
                self.drop_parked(id);
                self.send(id, &ServerFrame::Idle);
                self.answer(id, &Err(frames::ON_HOLD));
            }
        }
        self.drain(now);
    }

    fn end_sessions(
        &mut self,
        user: UserId,
        reason: LeaveReason,
        now: UnixMillis,
        is_meant: impl Fn(LoginId) -> bool,
    ) {
        for id in self.sessions_by_user.get(&user).cloned().unwrap_or_default() {
            let session = &self.sessions[&id];
            if !is_meant(session.login) {
                continue;
            }
            if let Some(socket) = session.socket {
                let leave = Leave { reason, ..arrivals::SIGNED_OUT };
                self.actions.push_back(Action::Close(socket, leave));
            }
            self.end_session(id, now);
        }
        self.drain(now);
    }

    /// Ends sessions that did not reconnect, asks those who wait again, ends matches that nobody confirmed.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((at, session)) = self.expiries.first().copied().filter(|(at, _)| *at <= now) {
            self.expiries.remove(&(at, session));
            self.end_session(session, now);
        }
        self.drain(now);
        self.lobby.handle_timeout(now);
        self.drain(now);
        self.calls.handle_timeout(now);
        self.drain(now);
        self.said.handle_timeout(now);
    }

    /// When [`Self::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        let expiry = self.expiries.first().map(|(at, _)| *at);
        let cores = [self.lobby.next_timeout(), self.calls.next_timeout(), self.said.next_timeout()];
        cores.into_iter().chain([expiry]).flatten().min()
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The frames that wait for this socket; `None` once it is not the session's any more.
    pub fn take(&mut self, id: SessionId, socket: SocketId) -> Option<Taken> {
        let call = self.calls.call_of(id);
        let session = self.sessions.get_mut(&id).filter(|session| session.socket == Some(socket))?;
        let frames = session.stream.take(call);
        Some(Taken { frames, is_waiting: self.is_waiting(id) })
    }

    /// A `ping` for this socket, with whatever is to be acknowledged.
    pub fn ping(&mut self, id: SessionId) -> Option<Bytes> {
        self.sessions.get_mut(&id).map(|session| session.stream.uncounted(&ServerFrame::Ping))
    }

    /// The two users of a call that runs now.
    pub fn parties(&self, call: CallId) -> Option<(UserId, UserId)> {
        self.calls.parties(call).map(|[caller, callee]| (caller.user, callee.user))
    }

    /// The last lines of the chat of a call that runs, or ended a moment ago.
    pub fn said(&self, call: CallId) -> Vec<ReportLine> {
        self.said.of(call)
    }

    /// The present numbers; the outcomes are the store's.
    pub fn stats(&self) -> Stats {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Stats {
            sessions: count(self.sessions.len()),
            waiting: count(self.lobby.len()),
            proposed: count(self.calls.len_proposed()),
            calls: count(self.calls.len_running()),
            ..Stats::default()
        }
    }

    /// The present state of a session.
    pub fn snapshot(&self, id: SessionId, now: UnixMillis) -> Snapshot {
        if let Some(call) = self.calls.call_of(id) {
            let has_begun = self.calls.has_begun(call).unwrap_or_default();
            let is_peer_here = self.peer_of(id).is_some_and(|(_, peer)| self.is_here(peer));
            return Snapshot::Call { call, has_begun, is_peer_here };
        }
        let paused = self.sessions.get(&id).and_then(|session| session.paused);
        let (kind, waited_ms) = match paused {
            Some(Paused::Seek { since }) => (CallKind::Random, Some(now.since(since))),
            Some(Paused::Join { since, .. }) => (CallKind::Invite, Some(now.since(since))),
            None => match self.lobby.waited_ms(id, now) {
                Some(waited_ms) => (CallKind::Random, Some(waited_ms)),
                None => (CallKind::Invite, self.invites.waited_ms(id, now)),
            },
        };
        waited_ms.map_or(Snapshot::Idle, |waited_ms| Snapshot::Queued { kind, waited_ms })
    }

    /// The bytes that all sessions keep, and the largest share of one: for those who watch the bounds.
    pub fn kept_bytes(&self) -> (usize, usize) {
        let parked = |session: &Session| session.parked.as_ref().map_or(0, |parked| parked.get().len());
        let each = self.sessions.values().map(|session| session.stream.kept_bytes() + parked(session));
        (each.clone().sum(), each.max().unwrap_or_default())
    }

    fn send(&mut self, id: SessionId, frame: &ServerFrame<'_>) {
        let call = self.calls.call_of(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let candidates_of = match frame {
            ServerFrame::Candidates { call, .. } => Some(*call),
            _ => None,
        };
        match session.stream.send(frame, candidates_of, call, session.socket.is_some()) {
            Ok(()) => self.actions.extend(session.socket.map(Action::Wake)),
            Err(StreamError::SlowReader | StreamError::Gap | StreamError::AckAhead) => self.slow.push(id),
        }
    }

    /// The session as somebody who waits for a stranger; `None` without an answer to the age question, or if it is kept from them.
    fn seeker(&self, id: SessionId) -> Option<Seeker> {
        let session = self.sessions.get(&id).filter(|session| !session.is_held)?;
        Some(Seeker {
            session: id,
            user: session.user,
            login: session.login,
            age: session.age?,
            interests: session.interests.clone(),
            blocked: Arc::clone(&session.blocked),
        })
    }

    fn is_waiting(&self, id: SessionId) -> bool {
        self.lobby.is_waiting(id) || self.invites.key_of(id).is_some()
    }

    /// Cuts off those who do not read; they may reconnect.
    fn cut_slow(&mut self, now: UnixMillis) {
        for id in std::mem::take(&mut self.slow) {
            if let Some(socket) = self.sessions.get(&id).and_then(|session| session.socket) {
                let (reason, action) = (LeaveReason::Misuse, LeaveAction::Resume);
                let leave = Leave { reason, action, after_ms: None, code: close::SLOW_READER };
                self.actions.push_back(Action::Close(socket, leave));
                self.detach(id, now);
            }
        }
    }

    fn end_session(&mut self, id: SessionId, now: UnixMillis) {
        let Some(gone) = self.sessions.remove(&id) else { return };
        self.actions.push_back(Action::Closed(id));
        if let Some(others) = self.sessions_by_user.get_mut(&gone.user) {
            others.retain(|other| *other != id);
            if others.is_empty() {
                self.sessions_by_user.remove(&gone.user);
            }
        }
        if let Some(at) = gone.expires_at {
            self.expiries.remove(&(at, id));
        }
        self.lobby.handle_cancel(id, now);
        self.invites.handle_leave(id);
        self.calls.handle_session_lost(id, now);
    }

    fn detach(&mut self, id: SessionId, now: UnixMillis) {
        let call = self.calls.call_of(id);
        let waits = if let Some(waited_ms) = self.lobby.waited_ms(id, now) {
            self.lobby.handle_cancel(id, now);
            Some(Paused::Seek { since: now.minus(waited_ms) })
        } else if let (Some(key), Some(waited_ms)) =
            (self.invites.key_of(id), self.invites.waited_ms(id, now))
        {
            self.invites.handle_leave(id);
            Some(Paused::Join { key, since: now.minus(waited_ms) })
        } else {
            None
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        self.actions.extend(session.socket.take().map(|_| Action::SocketLost(id)));
        session.paused = waits.or(session.paused);
        session.stream.handle_detach(call);
        session.parked = None;
        let at = now.plus(RESUME_MS);
        session.expires_at = Some(at);
        self.expiries.insert((at, id));
        self.tell_peer_of(id);
    }
}

#[cfg(test)]
mod tests;
