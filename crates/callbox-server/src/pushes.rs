//! What is told to sessions that watch answers: `callbox_core::watch` behind one lock, its clock and its sockets.
//!
//! The store calls [`Pushes::handle_touch`] after a commit and before the write is answered. A session whose answers that
//! concerns gets them to read (`Taken::reads`: its socket's task has `watching.rs` do it), and then one frame: the new
//! answer where it is small, else that it is stale. The lock is taken after the hub's or alone, never the other way round;
//! what is taken while it is held is the store's lock of versions, for some lookups. Refuses to know who may read what. Bounds: 128
//! watches a session, and one answer of 1 KB for each until its socket takes it; sessions that watch nothing are not known.

use axum::body::Bytes;
use callbox_core::cache::{Commit, Stamp, Tag};
use callbox_core::exchange::{SocketId, WatchChange};
use callbox_core::watch::{Action, COALESCE_MS, Stale, Watches};
use callbox_protocol::id::SessionId;
use callbox_protocol::signal::{Numbers, PUT_BYTES_MAX, ServerFrame};
use callbox_protocol::time::UnixMillis;
use callbox_store::Store;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

use crate::answers::{Answer, Watched};
use crate::clock::Clock;

/// An answer to read: the name of the watch, and its path.
pub(crate) type Read = (u32, Arc<str>);

/// All that is to be told to sessions.
pub struct Pushes {
    state: Mutex<State>,
    store: Arc<Store>,
    clock: Clock,
    /// Rung when the next timeout has come nearer.
    earlier: Notify,
}

struct State {
    watches: Watches,
    /// The sockets of the sessions that watch something.
    sockets: HashMap<SessionId, Socket>,
    /// When [`Pushes::run`] wakes by itself.
    wakes_at: Option<UnixMillis>,
}

struct Socket {
    id: SocketId,
    wake: Arc<Notify>,
    reads: Vec<Read>,
    puts: Vec<Put>,
}

/// A new answer that may be told itself.
struct Put {
    watch: u32,
    watched: Watched,
}

/// All that a socket's task is to do now.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Frames to write.
    pub(crate) frames: Vec<Bytes>,
    /// Answers to read.
    pub(crate) reads: Vec<Read>,
}

impl Pushes {
    /// Nobody watches anything yet.
    pub(crate) fn new(store: Arc<Store>, clock: Clock) -> Self {
        let (watches, sockets) = (Watches::new(COALESCE_MS), HashMap::new());
        let state = State { watches, sockets, wakes_at: None };
        Self { state: Mutex::new(state), store, clock, earlier: Notify::new() }
    }

    /// A commit has touched these.
    pub fn handle_touch(&self, tags: &[Tag], commit: Commit) {
        self.change(|state, now| state.watches.handle_touch(tags, commit, now));
    }

    /// What a session watches has changed; `wake` is its socket's. Returns the names that are one too many.
    pub(crate) fn handle_watch(
        &self,
        session: SessionId,
        (id, wake): (SocketId, &Arc<Notify>),
        WatchChange { drop, add }: &WatchChange,
    ) -> Vec<u32> {
        self.change(|State { watches, sockets, .. }, _| {
            if !watches.has(session) {
                if add.is_empty() {
                    return Vec::new();
                }
                watches.handle_attached(session, false);
            }
            let socket = sockets.entry(session).or_insert_with(|| Socket::new(id, Arc::clone(wake)));
            // A name may be another path's from now on.
            socket
                .puts
                .retain(|put| !drop.contains(&put.watch) && add.iter().all(|(watch, _)| *watch != put.watch));
            for watch in drop {
                watches.handle_drop(session, *watch);
            }
            let refused =
                add.iter().filter(|(watch, path)| watches.handle_add(session, *watch, path).is_err());
            refused.map(|(watch, _)| *watch).collect()
        })
    }

    /// A session has another socket. Its watches stand if its client has lost nothing.
    pub(crate) fn handle_opened(
        &self,
        session: SessionId,
        (id, wake): (SocketId, &Arc<Notify>),
        recovered: bool,
    ) {
        self.change(|State { watches, sockets, .. }, _| {
            if !watches.has(session) {
                return;
            }
            if recovered {
                sockets.insert(session, Socket::new(id, Arc::clone(wake)));
                watches.handle_detached(session);
                watches.handle_attached(session, true);
            } else {
                sockets.remove(&session);
                watches.handle_closed(session);
            }
        });
    }

    /// Its socket is gone.
    pub(crate) fn handle_lost(&self, session: SessionId) {
        self.change(|State { watches, sockets, .. }, _| {
            sockets.remove(&session);
            watches.handle_detached(session);
        });
    }

    /// It has ended.
    pub(crate) fn handle_closed(&self, session: SessionId) {
        self.change(|State { watches, sockets, .. }, _| {
            sockets.remove(&session);
            watches.handle_closed(session);
        });
    }

    /// The answer to a watch was read.
    pub(crate) fn handle_read(&self, session: SessionId, watch: u32, path: &str, watched: &Watched) {
        let Watched { answer, as_of } = watched;
        self.change(|State { watches, sockets, .. }, now| {
            let read = (&answer.tags[..], *as_of, answer.deadline);
            let touched = || self.store.touched(&answer.tags);
            let may_put = watches.handle_read((session, watch, path), read, touched, now);
            let socket = sockets.get_mut(&session).filter(|_| may_put);
            if let Some(socket) = socket.filter(|_| answer.body.bytes().len() <= PUT_BYTES_MAX) {
                socket.puts.retain(|put| put.watch != watch);
                socket.puts.push(Put { watch, watched: watched.clone() });
            }
        });
    }

    /// It is refused, or cannot be read. Returns whether it was watched until now.
    pub(crate) fn handle_refused(&self, session: SessionId, watch: u32, path: &str) -> bool {
        self.change(|state, _| state.watches.handle_refused(session, watch, path))
    }

    /// Takes all that there is to do for this socket of a session; nothing if another has the session.
    pub(crate) fn take(&self, session: SessionId, id: SocketId) -> Taken {
        let (stale, reads, puts) = {
            let mut state = self.lock();
            let State { watches, sockets, .. } = &mut *state;
            let Some(socket) = sockets.get_mut(&session).filter(|socket| socket.id == id) else {
                return Taken::default();
            };
            let (reads, puts) = (std::mem::take(&mut socket.reads), std::mem::take(&mut socket.puts));
            (watches.take(session), reads, puts)
        };
        Taken { frames: self.frames(stale, &puts), reads }
    }

    /// The watches of all sessions, for the process that takes over.
    pub(crate) fn hand_over(&self) -> Vec<(SessionId, Vec<(u32, String)>)> {
        self.lock().watches.hand_over()
    }

    /// Takes over those of another process.
    pub(crate) fn take_over(&self, left: &[(SessionId, Vec<(u32, String)>)]) {
        self.change(|state, _| {
            for (session, watches) in left {
                state.watches.take_over(*session, watches);
            }
        });
    }

    /// Sessions that watch something, and their watches.
    pub fn size(&self) -> (usize, usize) {
        self.lock().watches.len()
    }

    /// Has what was touched read when its time has come; runs until it is dropped.
    pub async fn run(&self) {
        loop {
            let earlier = self.earlier.notified();
            let next = {
                let mut state = self.lock();
                state.wakes_at = state.watches.next_timeout();
                state.wakes_at
            };
            let wait_ms = next.map_or(u64::MAX, |at| at.since(self.clock.now()));
            // A day is longer than what happens within it: it means "until something happens".
            tokio::select! {
                () = self.clock.sleep(Duration::from_millis(wait_ms.min(86_400_000))) => {
                    self.change(|state, now| state.watches.handle_timeout(now, || self.store.advance()));
                }
                () = earlier => {}
            }
        }
    }

    /// What was pending, as frames. An answer goes out only if it is current now.
    fn frames(&self, stale: Vec<Stale>, puts: &[Put]) -> Vec<Bytes> {
        let node = self.store.stamp().node;
        let mut frames = Vec::new();
        for Stale { mut ids, commit } in stale {
            for Put { watch, watched: Watched { answer, as_of } } in puts {
                let Some(place) = ids.iter().position(|id| id == watch) else { continue };
                if let Some(stamp) = self.store.stamp_if_current(&answer.tags, *as_of) {
                    frames.push(put(*watch, answer, stamp));
                    ids.swap_remove(place);
                }
            }
            if !ids.is_empty() {
                let commit = &Stamp { node, commit }.to_string();
                let frame = ServerFrame::Stale { ids: &ids, all: false, commit };
                frames.push(frame.to_text(Numbers::default()).into());
            }
        }
        frames
    }

    /// One event for the watches, then whatever they want done.
    fn change<T>(&self, work: impl FnOnce(&mut State, UnixMillis) -> T) -> T {
        let mut state = self.lock();
        // Under the lock, so that they never see time go back.
        let result = work(&mut state, self.clock.now());
        state.carry_out();
        let next = state.watches.next_timeout();
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
    fn carry_out(&mut self) {
        while let Some(action) = self.watches.next_action() {
            let session = match &action {
                Action::Read(session, ..) | Action::Wake(session) => *session,
            };
            let Some(socket) = self.sockets.get_mut(&session) else { continue };
            if let Action::Read(_, watch, path) = action {
                // It may have been another path's.
                socket.reads.retain(|(other, _)| *other != watch);
                socket.reads.push((watch, path));
            }
            socket.wake.notify_one();
        }
    }
}

impl Socket {
    fn new(id: SocketId, wake: Arc<Notify>) -> Self {
        Self { id, wake, reads: Vec::new(), puts: Vec::new() }
    }
}

fn put(watch: u32, answer: &Answer, stamp: Stamp) -> Bytes {
    let text = std::str::from_utf8(answer.body.bytes()).expect("an answer is JSON");
    let body: &RawValue = serde_json::from_str(text).expect("an answer is JSON");
    let (etag, commit) = (&answer.body.etag().to_string(), &stamp.to_string());
    ServerFrame::Put { id: watch, etag, body, commit }.to_text(Numbers::default()).into()
}

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushes").field("size", &self.size()).finish_non_exhaustive()
    }
}
