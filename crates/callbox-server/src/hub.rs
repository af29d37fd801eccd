//! The hub: the exchange behind one lock, its sockets, its clock and its records.
//!
//! One lock around all of it: a frame costs microseconds here, and two people of one call are always two sessions, so
//! finer locks would buy deadlocks before speed. It waits for nothing while it holds the lock: frames stay in the
//! exchange until the socket's task takes them, records go to the store's queue. What sessions watch goes to `pushes.rs`, in
//! the order in which they have sockets.

use axum::body::Bytes;
use callbox_core::exchange::{
    Action, Arrival, Exchange, Handover, Incoming, Leave, Misuse, Settings, SocketId, Welcome,
};
use callbox_core::grant::{Grant, Grants};
use callbox_media::Relays;
use callbox_monitor::Counter;
use callbox_protocol::error::ErrorCode;
use callbox_protocol::http::{ReportLine, Stats};
use callbox_protocol::id::{CallId, SessionId, UserId};
use callbox_protocol::signal::{LeaveAction, LeaveReason, Numbers};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use callbox_store::{Store, UserEvent};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;

use crate::answers::Watched;
use crate::clock::Clock;
use crate::judging::Judging;
use crate::monitor::Monitor;
use crate::pushes::{Pushes, Read, Taken};
use crate::{counters, relay};

/// Changes that are remembered: a second's worth of more than one server has.
const CHANGES_MAX: usize = 1_024;
/// How often a greeting asks who it is, if the same user's data change each time.
const ASKS_MAX: u32 = 5;
/// To a client whose own data change again and again as it connects.
const FULL: Leave =
    Leave { reason: LeaveReason::Full, action: LeaveAction::Resume, after_ms: Some(1_000), code: 1013 };

/// The exchange and all that moves its bytes.
pub struct Hub {
    clock: Clock,
    state: Mutex<State>,
    grants: Grants,
    judging: Arc<Judging>,
    pushes: Arc<Pushes>,
    /// Rung when the next timeout may have come nearer.
    earlier: Notify,
    is_going_down: AtomicBool,
}

struct State {
    exchange: Exchange,
    outboxes: HashMap<SocketId, Outbox>,
    changes: Changes,
    store: Arc<Store>,
    judging: Arc<Judging>,
    pushes: Arc<Pushes>,
    relays: Option<Arc<Relays>>,
    /// When [`Hub::run_timeouts`] wakes by itself.
    wakes_at: Option<UnixMillis>,
}

/// The users of the store's last events: as many as matter to greetings that are under way. A greeting that was
/// overtaken by more asks the store once more than it must.
#[derive(Default)]
struct Changes {
    count: u64,
    /// `None` may be anybody.
    last: VecDeque<Option<UserId>>,
}

/// How many changes there had been when a greeting asked the store.
#[derive(Clone, Copy)]
struct Moment(u64);

impl Changes {
    fn moment(&self) -> Moment {
        Moment(self.count)
    }

    fn note(&mut self, event: &UserEvent) {
        match event {
            // It may hit others too, by their browser or address.
            UserEvent::Banned(_) => self.push(None),
            UserEvent::LoginsEnded(user, _) | UserEvent::Held(user, _) | UserEvent::AgeSet(user, _) => {
                self.push(Some(*user));
            }
            UserEvent::Blocked(blocker, blocked) | UserEvent::Unblocked(blocker, blocked) => {
                self.push(Some(*blocker));
                self.push(Some(*blocked));
            }
        }
    }

    fn push(&mut self, user: Option<UserId>) {
        self.count += 1;
        self.last.truncate(CHANGES_MAX - 1);
        self.last.push_front(user);
    }

    fn may_concern(&self, user: UserId, Moment(before): Moment) -> bool {
        let since = usize::try_from(self.count - before).unwrap_or(usize::MAX);
        let is_theirs = |one: &Option<UserId>| one.is_none_or(|one| one == user);
        since > self.last.len() || self.last.iter().take(since).any(is_theirs)
    }
}

/// The hub's end of a socket.
struct Outbox {
    wake: Arc<Notify>,
    leave: Option<Leave>,
}

/// All that is to be written to a socket now.
#[derive(Debug, Default)]
pub struct Batch {
    /// Frames, in order.
    pub frames: Vec<Bytes>,
    /// To be sent after them, before the close.
    pub leave: Option<Leave>,
    /// Somebody may be matched with this session at any moment: it must not be dead.
    pub is_waiting: bool,
    /// Answers to read, for what the session watches.
    pub reads: Vec<Read>,
}

/// A socket's place in the hub. Dropping it, even in a panic, ends the session: frames that make us panic
/// must not come again with a resume. [`Self::leave`] may keep it.
pub struct Handle {
    hub: Arc<Hub>,
    session: SessionId,
    socket: SocketId,
    wake: Arc<Notify>,
    fate: Fate,
}

/// The fate of a session whose socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has ended.
    Over,
    /// It is kept for a while.
    Kept,
    /// It is kept if it is in a call.
    KeptInCall,
}

impl Handle {
    /// The session's name.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// One frame of the client.
    pub fn handle_frame(&self, numbers: Numbers, bytes: usize, incoming: Incoming<'_>) -> Result<(), Misuse> {
        let (id, socket) = (self.session, self.socket);
        self.hub.change(|exchange, now| exchange.handle_frame(id, socket, numbers, bytes, incoming, now))
    }

    /// Waits for something to write and takes it all. To be called by the socket's task alone.
    ///
    /// Other tasks that are ready in this turn run first: their frames for this socket go in the same write.
    pub async fn next_batch(&self) -> Batch {
        loop {
            let wake = self.wake.notified();
            let_others_run().await;
            let mut batch = self.hub.lock().take(self.session, self.socket);
            let Taken { frames, reads } = self.hub.pushes.take(self.session, self.socket);
            batch.frames.extend(frames);
            batch.reads = reads;
            if batch.leave.is_some() || !batch.frames.is_empty() || !batch.reads.is_empty() {
                return batch;
            }
            wake.await;
        }
    }

    /// This is not watched.
    pub fn refuse_watch(&self, watch: u32, error: ErrorCode) {
        self.hub.change(|exchange, now| exchange.handle_unwatched(self.session, watch, error, now));
    }

    /// A `ping` to be written.
    pub fn ping(&self) -> Option<Bytes> {
        self.hub.lock().exchange.ping(self.session)
    }

    /// The socket is gone, and this becomes of the session.
    pub fn leave(mut self, fate: Fate) {
        self.fate = fate;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let (id, socket, fate) = (self.session, self.socket, self.fate);
        self.hub.change(|exchange, now| match fate {
            Fate::Over => exchange.handle_session_closed(id, socket, now),
            Fate::Kept => exchange.handle_socket_lost(id, socket, now),
            Fate::KeptInCall => exchange.handle_page_gone(id, socket, now),
        });
        self.hub.lock().outboxes.remove(&socket);
    }
}

impl Hub {
    /// An empty hub.
    pub fn new(
        store: Arc<Store>,
        relays: Option<Arc<Relays>>,
        monitor: Arc<Monitor>,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        let grants = settings.grants.clone();
        let (exchange, outboxes) = (Exchange::new(settings), HashMap::new());
        let judging = Arc::new(Judging::new(Arc::clone(&store), relays.clone(), monitor, clock.clone()));
        let pushes = Arc::new(Pushes::new(Arc::clone(&store), clock.clone()));
        let state = State {
            exchange,
            outboxes,
            changes: Changes::default(),
            store,
            judging: Arc::clone(&judging),
            pushes: Arc::clone(&pushes),
            relays,
            wakes_at: None,
        };
        Self {
            clock,
            state: Mutex::new(state),
            grants,
            judging,
            pushes,
            earlier: Notify::new(),
            is_going_down: AtomicBool::new(false),
        }
    }

    /// Continues where another process left off; returns whether it was in time.
    pub fn take_over(&self, mut handover: Handover) -> bool {
        let watches = handover.take_watches();
        let is_in_time = self.change(|exchange, now| exchange.take_over(handover, now));
        if is_in_time {
            self.pushes.take_over(&watches);
        }
        is_in_time
    }

    /// The contents of a grant, if it is one of ours.
    pub fn open_grant(&self, text: &str) -> Option<Grant> {
        self.grants.open(text, self.clock.now())
    }

    /// Registers a socket, for a session that continues or a new one; or returns the leave. `ask` asks the store who it
    /// is.
    ///
    /// The store's events come after the commit. That may be after the store was asked and before the session is
    /// registered: then it is asked again. So each change is seen by one of the two, in either order.
    pub async fn greet<E, A: Future<Output = Result<Arrival, E>>>(
        self: &Arc<Self>,
        ask: impl Fn() -> A,
    ) -> Result<Result<(User, Welcome, Handle), Leave>, E> {
        for _ in 0..ASKS_MAX {
            let moment = self.lock().changes.moment();
            let arrival = ask().await?;
            if let Some(result) = self.take_in(arrival, moment) {
                return Ok(result);
            }
        }
        Ok(Err(FULL))
    }

    /// `None` if something of this user may have changed since that moment.
    fn take_in(
        self: &Arc<Self>,
        arrival: Arrival,
        moment: Moment,
    ) -> Option<Result<(User, Welcome, Handle), Leave>> {
        let wake = Arc::new(Notify::new());
        let outbox = Outbox { wake: Arc::clone(&wake), leave: None };
        let user = arrival.user.clone();
        let welcome = self.change_state(|State { exchange, outboxes, changes, .. }, now| {
            if changes.may_concern(user.id, moment) {
                return None;
            }
            let welcome = exchange.handle_hello(arrival, now);
            if let Ok(welcome) = &welcome {
                outboxes.insert(welcome.socket, outbox);
            }
            Some(welcome)
        })?;
        Some(welcome.map(|welcome| {
            let (session, socket) = (welcome.session, welcome.socket);
            (user, welcome, Handle { hub: Arc::clone(self), session, socket, wake, fate: Fate::Over })
        }))
    }

    /// The store's changes for people who may be here.
    pub fn apply(&self, events: &[UserEvent]) {
        self.change_state(|State { exchange, changes, .. }, now| {
            for event in events {
                changes.note(event);
                match event {
                    UserEvent::LoginsEnded(user, logins) => exchange.handle_logins_ended(*user, logins, now),
                    UserEvent::Banned(user) => exchange.handle_ban(*user, now),
                    UserEvent::Held(user, is_held) => exchange.handle_hold(*user, *is_held, now),
                    UserEvent::AgeSet(user, age) => exchange.handle_age(*user, *age),
                    UserEvent::Blocked(blocker, blocked) => exchange.handle_block(*blocker, *blocked, now),
                    UserEvent::Unblocked(blocker, blocked) => exchange.handle_unblock(*blocker, *blocked),
                }
            }
        });
    }

    /// The two users of a call that runs now.
    pub fn parties(&self, call: CallId) -> Option<(UserId, UserId)> {
        self.lock().exchange.parties(call)
    }

    /// The last lines of the chat of a call that runs, or was over a moment ago.
    pub fn said(&self, call: CallId) -> Vec<ReportLine> {
        self.lock().exchange.said(call)
    }

    /// The present numbers; the outcomes are the store's.
    pub fn stats(&self) -> Stats {
        self.lock().exchange.stats()
    }

    /// Tells every client when to reconnect, admits nobody any more, and leaves all to the next process.
    pub fn shut_down(&self) -> Handover {
        self.is_going_down.store(true, Ordering::SeqCst);
        let mut handover = self.change(Exchange::handle_shutdown);
        handover.set_watches(self.pushes.hand_over());
        handover
    }

    /// What is told to sessions that watch answers.
    pub fn pushes(&self) -> &Arc<Pushes> {
        &self.pushes
    }

    /// The answer to a watch was read.
    pub(crate) fn handle_read(&self, session: SessionId, watch: u32, path: &str, watched: &Watched) {
        self.pushes.handle_read(session, watch, path, watched);
    }

    /// It is refused, or cannot be read.
    pub(crate) fn handle_refused(&self, session: SessionId, watch: u32, path: &str, error: ErrorCode) {
        if self.pushes.handle_refused(session, watch, path) {
            self.change(|exchange, now| exchange.handle_unwatched(session, watch, error, now));
        }
    }

    /// Why calls failed, once they have ended.
    pub(crate) fn judging(&self) -> &Arc<Judging> {
        &self.judging
    }

    /// Whether [`Self::shut_down`] was called.
    pub fn is_going_down(&self) -> bool {
        self.is_going_down.load(Ordering::SeqCst)
    }

    /// Calls the exchange when its time has come; runs until it is dropped.
    pub async fn run_timeouts(&self) {
        loop {
            let earlier = self.earlier.notified();
            let next = {
                let mut state = self.lock();
                state.wakes_at = state.exchange.next_timeout();
                state.wakes_at
            };
            let wait_ms = next.map_or(u64::MAX, |at| at.since(self.clock.now()));
            // A day is longer than any timeout here: it means "until something happens".
            tokio::select! {
                () = self.clock.sleep(Duration::from_millis(wait_ms.min(86_400_000))) => {
                    self.change(Exchange::handle_timeout);
                }
                () = earlier => {}
            }
        }
    }

    fn change<T>(&self, work: impl FnOnce(&mut Exchange, UnixMillis) -> T) -> T {
        self.change_state(|state, now| work(&mut state.exchange, now))
    }

    /// One event for the exchange, then whatever it wants done.
    fn change_state<T>(&self, work: impl FnOnce(&mut State, UnixMillis) -> T) -> T {
        let mut state = self.lock();
        // Under the lock, so that the exchange never sees time go back.
        let now = self.clock.now();
        let result = work(&mut state, now);
        state.carry_out(now);
        // It may wake in vain, for a timeout that has gone; that is cheaper than to move it with each match.
        let next = state.exchange.next_timeout();
        let is_late = next.is_some_and(|next| state.wakes_at.is_none_or(|wakes_at| next < wakes_at));
        if is_late {
            state.wakes_at = next;
        }
        drop(state);
        if is_late {
            self.earlier.notify_one();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn carry_out(&mut self, now: UnixMillis) {
        while let Some(action) = self.exchange.next_action() {
            self.judging.handle(&action);
            self.push(&action, now);
            match action {
                Action::Wake(socket) => {
                    if let Some(outbox) = self.outboxes.get(&socket) {
                        outbox.wake.notify_one();
                    }
                }
                Action::Close(socket, leave) => {
                    if let Some(outbox) = self.outboxes.get_mut(&socket) {
                        outbox.leave = Some(leave);
                        outbox.wake.notify_one();
                    }
                }
                Action::Record(record) => {
                    counters::add(Counter::of_outcome(record.outcome));
                    counters::add(Counter::of_end(record.cause));
                    tracing::debug!(call = %record.call, cause = ?record.cause, outcome = ?record.outcome, "call ended");
                    self.store.record_call(record);
                }
                Action::Quality(side, quality) => self.store.record_quality(side, quality),
                Action::Evidence(side, evidence) => self.store.record_evidence(side, *evidence),
                Action::Sample(side, sample, at) => self.store.record_sample(side, sample, at),
                Action::Opened(..)
                | Action::Closed(_)
                | Action::Attached(..)
                | Action::Announced(..)
                | Action::Detached(_) => {
                    if matches!(action, Action::Attached(..)) {
                        counters::add(Counter::Matches);
                    }
                    if let Some(relays) = &self.relays {
                        relay::handle(relays, &action);
                    }
                }
                // They are of what is watched.
                Action::SocketOpened(..) | Action::SocketLost(_) | Action::Watch(..) => {}
            }
        }
    }

    /// What an action means for watches.
    fn push(&mut self, action: &Action, now: UnixMillis) {
        let Self { exchange, outboxes, pushes, .. } = self;
        match action {
            Action::SocketOpened(session, socket, recovered) => {
                if let Some(Outbox { wake, .. }) = outboxes.get(socket) {
                    pushes.handle_opened(*session, (*socket, wake), *recovered);
                }
            }
            Action::SocketLost(session) => pushes.handle_lost(*session),
            Action::Closed(session) => pushes.handle_closed(*session),
            Action::Watch(session, socket, change) => {
                let Some(Outbox { wake, .. }) = outboxes.get(socket) else { return };
                for watch in pushes.handle_watch(*session, (*socket, wake), change) {
                    exchange.handle_unwatched(*session, watch, ErrorCode::TooLarge, now);
                }
            }
            _ => {}
        }
    }

    /// The frames for this socket.
    fn take(&mut self, session: SessionId, socket: SocketId) -> Batch {
        let leave = self.outboxes.get_mut(&socket).and_then(|outbox| outbox.leave.take());
        let taken = self.exchange.take(session, socket).unwrap_or_default();
        Batch { frames: taken.frames, leave, is_waiting: taken.is_waiting, reads: Vec::new() }
    }
}

/// Goes to the end of the queue of tasks that are ready. The runtime's own `yield_now` also polls the system for
/// events, which costs a call.
async fn let_others_run() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests;
