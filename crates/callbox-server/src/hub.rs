//! The hub: who is connected; it feeds the cores and carries out what they decide.
//!
//! One lock around all of it: a frame costs microseconds here, and two people of one call are always two
//! sessions, so finer locks would buy deadlocks before speed. It waits for nothing while it holds the lock:
//! frames go to outboxes, records to the store's queue. Bounds: `sessions_max` sessions, 16 of one user.

mod actions;
mod frames;

use callbox_core::call::{CallError, Calls};
use callbox_core::invite::{InviteKey, Invites};
use callbox_core::limit::Buckets;
use callbox_core::lobby::{Interests, Lobby, Seeker};
use callbox_protocol::error::ErrorCode;
use callbox_protocol::http::{AgeClass, Stats, User};
use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{LeaveAction, LeaveReason, ServerFrame};
use callbox_protocol::time::UnixMillis;
use callbox_store::Store;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

use crate::clock;
use crate::outbox::{Close, Outbox};

/// Sessions of one user: tabs and devices of a person, not a crowd behind one token.
const SESSIONS_PER_USER_MAX: usize = 16;
/// What a person may seek and skip: ten in a row, then one every two seconds.
const SEEK_BURST: u32 = 10;
const SEEK_REFILL_MS: u64 = 2_000;
/// How many users' skips are remembered.
const SEEK_USERS_MAX: usize = 100_000;
/// Clients come back within this time after a shutdown, each at its own moment.
const COME_BACK_MS: u64 = 3_000;

/// Who is connected, waiting and calling.
pub struct Hub {
    state: Mutex<State>,
    /// Rung when the next timeout may have come nearer.
    earlier: Notify,
    is_shutting_down: AtomicBool,
}

struct State {
    sessions: HashMap<SessionId, Session>,
    sessions_by_user: HashMap<UserId, Vec<SessionId>>,
    sessions_max: usize,
    lobby: Lobby,
    invites: Invites,
    calls: Calls,
    seek_limit: Buckets<UserId>,
    store: Arc<Store>,
}

struct Session {
    user: UserId,
    login: LoginId,
    age: Option<AgeClass>,
    blocked: Arc<HashSet<UserId>>,
    interests: Interests,
    outbox: Outbox,
}

/// Who a session is, as the store knew it at the hello.
pub struct Arrival {
    /// The user.
    pub user: User,
    /// The login.
    pub login: LoginId,
    /// Whom the user has blocked.
    pub blocked: HashSet<UserId>,
}

/// Why a frame was refused; goes back to its sender as an `error` frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
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

/// A session's place in the hub; dropping it, even in a panic, is how a session leaves.
pub struct Place {
    hub: Arc<Hub>,
    session: SessionId,
}

impl Place {
    /// The session's name.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.leave(self.session);
    }
}

impl Hub {
    /// An empty hub.
    pub fn new(store: Arc<Store>, sessions_max: usize) -> Self {
        Self {
            state: Mutex::new(State {
                sessions: HashMap::new(),
                sessions_by_user: HashMap::new(),
                sessions_max,
                lobby: Lobby::default(),
                invites: Invites::default(),
                calls: Calls::default(),
                seek_limit: Buckets::new(SEEK_BURST, SEEK_REFILL_MS, SEEK_USERS_MAX),
                store,
            }),
            earlier: Notify::new(),
            is_shutting_down: AtomicBool::new(false),
        }
    }

    /// Takes a new session in; `None` where it is full or going down: the outbox then says so and closes.
    pub fn arrive(self: &Arc<Self>, arrival: Arrival, outbox: &Outbox) -> Option<Place> {
        let mut state = self.lock();
        if self.is_shutting_down() {
            say_shutdown(outbox);
            return None;
        }
        let Arrival { user, login, blocked } = arrival;
        let of_user = state.sessions_by_user.get(&user.id).map_or(0, Vec::len);
        if state.sessions.len() >= state.sessions_max || of_user >= SESSIONS_PER_USER_MAX {
            let (action, after_ms) = (LeaveAction::Reconnect, Some(5_000 + spread(10_000)));
            outbox.push(&ServerFrame::Leave { reason: LeaveReason::Full, action, after_ms });
            outbox.close(Close { code: 1013, reason: "full" });
            return None;
        }
        let session = SessionId::new(clock::now(), clock::luck());
        state.sessions_by_user.entry(user.id).or_default().push(session);
        state.sessions.insert(
            session,
            Session {
                user: user.id,
                login,
                age: user.age,
                blocked: Arc::new(blocked),
                interests: Interests::default(),
                outbox: outbox.clone(),
            },
        );
        Some(Place { hub: Arc::clone(self), session })
    }

    fn leave(&self, session: SessionId) {
        self.change(|state, now| {
            let Some(gone) = state.sessions.remove(&session) else { return };
            if let Some(others) = state.sessions_by_user.get_mut(&gone.user) {
                others.retain(|other| *other != session);
                if others.is_empty() {
                    state.sessions_by_user.remove(&gone.user);
                }
            }
            state.lobby.handle_cancel(session, now);
            state.invites.handle_leave(session);
            state.calls.handle_session_lost(session, now);
        });
    }

    /// The user answered the age question.
    pub fn set_age(&self, user: UserId, age: AgeClass) {
        self.change(|state, _| {
            for session in state.sessions_by_user.get(&user).into_iter().flatten() {
                if let Some(session) = state.sessions.get_mut(session) {
                    session.age = Some(age);
                }
            }
        });
    }

    /// One user blocked another: their calls with each other end, and they will not meet again.
    pub fn block(&self, blocker: UserId, blocked: UserId) {
        self.change(|state, now| {
            state.lobby.handle_block(blocker, blocked, now);
            state.invites.handle_block(blocker, blocked);
            let sessions = state.sessions_by_user.get(&blocker).cloned().unwrap_or_default();
            for id in sessions {
                if let Some(session) = state.sessions.get_mut(&id) {
                    Arc::make_mut(&mut session.blocked).insert(blocked);
                }
                state.end_call_with(id, blocked, now);
            }
        });
    }

    /// The two users of a call that runs now.
    pub fn parties(&self, call: CallId) -> Option<(UserId, UserId)> {
        self.lock().calls.parties(call).map(|[caller, callee]| (caller.user, callee.user))
    }

    /// What happens now; the outcomes are the store's.
    pub fn stats(&self) -> Stats {
        let state = self.lock();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Stats {
            sessions: count(state.sessions.len()),
            waiting: count(state.lobby.len()),
            proposed: count(state.calls.len_proposed()),
            calls: count(state.calls.len_running()),
            ..Stats::default()
        }
    }

    /// Ends every call, tells every client when to come back, and takes nobody in any more.
    pub fn shut_down(&self) {
        self.is_shutting_down.store(true, Ordering::SeqCst);
        self.change(|state, now| {
            state.calls.handle_shutdown(now);
            state.drain(now);
            for session in state.sessions.values() {
                say_shutdown(&session.outbox);
            }
        });
    }

    /// Whether [`Self::shut_down`] was called.
    pub fn is_shutting_down(&self) -> bool {
        self.is_shutting_down.load(Ordering::SeqCst)
    }

    /// Calls the cores when their time has come; runs until it is dropped.
    pub async fn run_timeouts(&self) {
        loop {
            let earlier = self.earlier.notified();
            let next = self.lock().next_timeout();
            let wait_ms = next.map_or(u64::MAX, |at| at.since(clock::now()));
            // A day is longer than any timeout here: it stands for "until something happens".
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(wait_ms.min(86_400_000))) => {
                    self.change(State::handle_timeout);
                }
                () = earlier => {}
            }
        }
    }

    /// One change of the state: `work` feeds the cores, then their actions are carried out.
    fn change<T>(&self, work: impl FnOnce(&mut State, UnixMillis) -> T) -> T {
        let mut state = self.lock();
        let before = state.next_timeout();
        // Under the lock, so that the cores never see time go back.
        let now = clock::now();
        let result = work(&mut state, now);
        state.drain(now);
        let after = state.next_timeout();
        drop(state);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.earlier.notify_one();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_timeout(&self) -> Option<UnixMillis> {
        [self.lobby.next_timeout(), self.calls.next_timeout()].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: UnixMillis) {
        self.lobby.handle_timeout(now);
        self.drain(now);
        self.calls.handle_timeout(now);
    }

    fn send(&self, session: SessionId, frame: &ServerFrame<'_>) {
        if let Some(session) = self.sessions.get(&session) {
            session.outbox.push(frame);
        }
    }

    /// The session as somebody who waits for a stranger; `None` without an answer to the age question.
    fn seeker(&self, id: SessionId) -> Option<Seeker> {
        let session = self.sessions.get(&id)?;
        Some(Seeker {
            session: id,
            user: session.user,
            login: session.login,
            age: session.age?,
            interests: session.interests.clone(),
            blocked: Arc::clone(&session.blocked),
        })
    }
}

/// A number of milliseconds below `ms`, so that a crowd does not move as one.
fn spread(ms: u64) -> u64 {
    u64::from(u32::from_be_bytes(clock::luck())) % ms
}

fn say_shutdown(outbox: &Outbox) {
    let after_ms = Some(500 + spread(COME_BACK_MS));
    outbox.push(&ServerFrame::Leave {
        reason: LeaveReason::Shutdown,
        action: LeaveAction::Reconnect,
        after_ms,
    });
    outbox.close(Close { code: 1001, reason: "the server goes down" });
}
