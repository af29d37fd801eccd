//! Watches: which sessions show an answer that depends on what a write has touched, and what each has still to be told.
//!
//! A session names answers by paths; the caller reads them and says of which tags each was made ([`Watches::handle_read`]).
//! Once one of its tags is touched, a watch is read again and told: after [`COALESCE_MS`], so that a burst of writes is
//! one read and one frame. Nothing is queued for a session but the set of its own watches, so nothing can be lost or pile up,
//! and what went out on a socket that was lost is told again on the next one. It is told with the commit that touched it: whoever
//! has an answer of that commit or a later one may keep it. An answer that changes by itself is told at its deadline, with a commit
//! of its own.
//!
//! Refuses to know a clock (`now` is given), who may see what, or what an answer says. Bounds: 128 watches a session, and
//! [`LINKS_MAX`] tags of all of them, past which they depend on whole kinds; a session with 4 watches takes less than
//! 512 bytes. Sessions are bounded by the exchange, which ends them.

mod session;
#[cfg(test)]
mod tests;

use callbox_protocol::id::SessionId;
use callbox_protocol::signal::WATCHES_MAX;
use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

use crate::cache::{Commit, Kind, Tag, earlier};
use session::{Mark, Session, State, Watch};

/// How long a session is not told after the first touch, unless somebody says otherwise: shorter than anybody sees, long
/// enough for the writes of one action.
pub const COALESCE_MS: u64 = 20;
/// The most tags of all watches of a session, 90 KB at most. Four pages of calls have 100; a session at this bound watches 40 of
/// the longest lists.
pub const LINKS_MAX: usize = 4_096;

/// Why a watch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WatchError {
    /// The session has as many as it may have.
    #[error("{WATCHES_MAX} watches a session are the most")]
    TooMany,
    /// The session has ended.
    #[error("there is no such session")]
    NoSession,
}

/// An action for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read this answer as its session would be given it, then [`Watches::handle_read`] or [`Watches::handle_refused`].
    Read(SessionId, u32, Arc<str>),
    /// There is something to [`Watches::take`] for this session.
    Wake(SessionId),
}

/// Watches of a session that it is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Which.
    pub ids: Vec<u32>,
    /// Answers from before this commit are outdated.
    pub commit: Commit,
}

/// All watches of all sessions.
pub struct Watches {
    slots: Vec<Option<Box<Session>>>,
    free: Vec<u32>,
    slots_by_session: HashMap<SessionId, u32>,
    /// Who depends on a tag: each session once.
    index: BTreeSet<(Key, u32)>,
    /// Paths that somebody watches, each once: most pages show the same.
    paths: HashSet<Arc<str>>,
    due: BTreeSet<(UnixMillis, u32)>,
    /// Those few watches whose answers change by themselves: when, and by their slots and names.
    deadlines: BTreeSet<(UnixMillis, (u32, u32))>,
    deadlines_by_watch: HashMap<(u32, u32), UnixMillis>,
    coalesce_ms: u64,
    /// Of all sessions.
    count: usize,
    actions: VecDeque<Action>,
}

/// A tag in eight bytes, of which the first is the kind. Two tags that share one make a watch stale too often, never too
/// rarely; ids are the server's own, so nobody can choose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key([u32; 2]);

impl Key {
    const KIND_SHIFT: u32 = 24;
    const FIRST_BITS: u32 = (1 << Self::KIND_SHIFT) - 1;

    fn of(tag: &Tag) -> Self {
        let Some(id) = tag.key else { return Self::any(tag.kind) };
        let id = u128::from_be_bytes(id);
        let [high, low] =
            [id >> 64, id & u128::from(u64::MAX)].map(|half| u64::try_from(half).expect("it is a half"));
        let mixed = low.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ high.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(32);
        let [first, last] =
            [mixed >> 32, mixed & u64::from(u32::MAX)].map(|half| u32::try_from(half).expect("it is a half"));
        // The last bit tells a row from all rows.
        Self([((tag.kind as u32) << Self::KIND_SHIFT) | (first & Self::FIRST_BITS), last | 1])
    }

    /// Of an answer that depends on all rows of a kind.
    fn any(kind: Kind) -> Self {
        Self([(kind as u32) << Self::KIND_SHIFT, 0])
    }

    /// The last of a kind; [`Self::any`] is the first.
    fn last(kind: Kind) -> Self {
        Self([((kind as u32) << Self::KIND_SHIFT) | Self::FIRST_BITS, u32::MAX])
    }

    fn kind_only(self) -> Self {
        Self([self.0[0] & !Self::FIRST_BITS, 0])
    }
}

impl Watches {
    /// Nobody watches anything yet. A session is told so long after the first touch.
    pub fn new(coalesce_ms: u64) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            slots_by_session: HashMap::new(),
            index: BTreeSet::new(),
            paths: HashSet::new(),
            due: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            deadlines_by_watch: HashMap::new(),
            coalesce_ms,
            count: 0,
            actions: VecDeque::new(),
        }
    }

    /// A session has a socket. If its client keeps its watches since nothing was lost (`recovered`), they continue, and
    /// what it may have missed is told again. Otherwise it begins with none.
    pub fn handle_attached(&mut self, id: SessionId, recovered: bool) {
        let slot = self.slot_of(id);
        if !recovered {
            self.remove_all(slot);
        }
        let session = self.session(slot);
        session.has_socket = true;
        if session.tell_again() {
            self.actions.push_back(Action::Wake(id));
        }
        self.read_all(slot);
    }

    /// Its socket is gone. Nothing is read for it until there is another, and what is being read is read again then.
    pub fn handle_detached(&mut self, id: SessionId) {
        let Some(slot) = self.slots_by_session.get(&id).copied() else { return };
        self.set_due(slot, None);
        self.session(slot).lose_socket();
    }

    /// The session has ended.
    pub fn handle_closed(&mut self, id: SessionId) {
        let Some(slot) = self.slots_by_session.get(&id).copied() else { return };
        self.remove_all(slot);
        self.set_due(slot, None);
        self.slots_by_session.remove(&id);
        self.slots[slot as usize] = None;
        self.free.push(slot);
    }

    /// A session watches the answer to this path, under a name of its own, which may have been another path's. The answer
    /// is read, and then told in any case: nobody knows which one the client has.
    pub fn handle_add(&mut self, id: SessionId, watch: u32, path: &str) -> Result<(), WatchError> {
        let slot = *self.slots_by_session.get(&id).ok_or(WatchError::NoSession)?;
        self.remove(slot, watch);
        if self.session(slot).watches.len() >= WATCHES_MAX {
            return Err(WatchError::TooMany);
        }
        let path = self.intern(path);
        let session = self.session(slot);
        // A page adds all that it shows at once: a vector that doubled would be half empty.
        session.watches.reserve_exact(1);
        session.watches.push(Watch::new(watch, path));
        self.count += 1;
        let session = self.session(slot);
        if session.has_socket {
            self.read_all(slot);
        }
        Ok(())
    }

    /// It does not watch it any more.
    pub fn handle_drop(&mut self, id: SessionId, watch: u32) {
        if let Some(slot) = self.slots_by_session.get(&id).copied() {
            self.remove(slot, watch);
        }
    }

    /// The answer to a watch was read: it contains all commits up to `as_of`, was made of these tags, and changes by itself at
    /// the deadline. `touched` says when one of the tags was touched last; it is asked here, so that a touch is seen by it
    /// or comes later. Returns whether the answer itself may be told: it is current, and the session is to be told not for
    /// the first time.
    pub fn handle_read(
        &mut self,
        (id, watch, path): (SessionId, u32, &str),
        (tags, as_of, deadline): (&[Tag], Commit, Option<UnixMillis>),
        touched: impl FnOnce() -> Commit,
        now: UnixMillis,
    ) -> bool {
        let Some(slot) = self.slots_by_session.get(&id).copied() else { return false };
        let session = self.session(slot);
        let has_room = session.links.len() + tags.len() <= LINKS_MAX;
        let has_socket = session.has_socket;
        let Some(found) = session.watch(watch) else { return false };
        if found.state != State::Reading || *found.path != *path {
            return false;
        }
        let touched = touched();
        let is_first = found.mark == Mark::New;
        if matches!(found.mark, Mark::New | Mark::Touched) || touched > found.told {
            found.mark = Mark::Pending;
            found.told = found.told.max(touched);
        }
        let is_pending = found.mark == Mark::Pending;
        let is_current = touched <= as_of && deadline.is_none_or(|deadline| now < deadline);
        if is_current {
            found.state = State::Armed;
            let keys = tags.iter().map(Key::of).map(|key| if has_room { key } else { key.kind_only() });
            for key in session.link(watch, keys) {
                self.index.insert((key, slot));
            }
            if let Some(deadline) = deadline {
                self.deadlines.insert((deadline, (slot, watch)));
                self.deadlines_by_watch.insert((slot, watch), deadline);
            }
        } else {
            // It may depend on something else by now.
            found.state = State::Unread;
            self.delay(slot, now);
        }
        if is_pending && has_socket {
            self.actions.push_back(Action::Wake(id));
        }
        is_pending && is_current && !is_first
    }

    /// The answer to a watch is refused, or cannot be read: it is watched no longer. Returns whether it was until now.
    pub fn handle_refused(&mut self, id: SessionId, watch: u32, path: &str) -> bool {
        let Some(slot) = self.slots_by_session.get(&id).copied() else { return false };
        let is_same = self.session(slot).watch(watch).is_some_and(|found| *found.path == *path);
        if is_same {
            self.remove(slot, watch);
        }
        is_same
    }

    /// A commit has touched these.
    pub fn handle_touch(&mut self, tags: &[Tag], commit: Commit, now: UnixMillis) {
        for tag in tags {
            let key = Key::of(tag);
            if tag.key.is_none() {
                self.touch(key, Key::last(tag.kind), commit, now);
            } else {
                self.touch(key, key, commit, now);
                let any = Key::any(tag.kind);
                self.touch(any, any, commit, now);
            }
        }
    }

    /// Reads what was touched long enough ago. `advance` gives a commit of its own to what has changed by itself: it is asked
    /// once, if there is any, and what was read before counts as older.
    pub fn handle_timeout(&mut self, now: UnixMillis, advance: impl FnOnce() -> Commit) {
        let is_over = |(at, _): &(UnixMillis, (u32, u32))| *at <= now;
        if self.deadlines.first().is_some_and(is_over) {
            let commit = advance();
            while let Some((_, (slot, watch))) = self.deadlines.first().copied().filter(is_over) {
                self.outdate(slot, watch, commit);
                self.delay(slot, now);
            }
        }
        while let Some((_, slot)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.set_due(slot, None);
            self.read_all(slot);
        }
    }

    /// When [`Self::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        let due = self.due.first().map(|(at, _)| *at);
        earlier(due, self.deadlines.first().map(|(at, _)| *at))
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes all that is to be told on this session's socket now. What is told again has a commit of its own, so that a
    /// client which heard it asks for nothing.
    pub fn take(&mut self, id: SessionId) -> Vec<Stale> {
        let Some(slot) = self.slots_by_session.get(&id).copied() else { return Vec::new() };
        let session = self.session(slot);
        if !session.has_socket {
            return Vec::new();
        }
        session.take()
    }

    /// The watches of all sessions, by their names and paths, for the process that takes over.
    pub fn hand_over(&self) -> Vec<(SessionId, Vec<(u32, String)>)> {
        let watches = |session: &Session| {
            session.watches.iter().map(|watch| (watch.id, watch.path.to_string())).collect()
        };
        let sessions = self.slots.iter().flatten().filter(|session| !session.watches.is_empty());
        sessions.map(|session| (session.id, watches(session))).collect()
    }

    /// Takes over the watches of a session that comes from another process: all are told once it has a socket.
    pub fn take_over(&mut self, id: SessionId, watches: &[(u32, String)]) {
        self.slot_of(id);
        for (watch, path) in watches {
            let _ = self.handle_add(id, *watch, path);
        }
    }

    /// Whether this session has watched anything, and has not ended.
    pub fn has(&self, id: SessionId) -> bool {
        self.slots_by_session.contains_key(&id)
    }

    /// Sessions that are known, and their watches.
    pub fn len(&self) -> (usize, usize) {
        (self.slots_by_session.len(), self.count)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots_by_session.is_empty()
    }

    /// The watches that depend on keys between these two are outdated.
    fn touch(&mut self, first: Key, last: Key, commit: Commit, now: UnixMillis) {
        while let Some((key, slot)) = self.index.range((first, 0)..=(last, u32::MAX)).next().copied() {
            for watch in self.session(slot).linked(first, last) {
                self.outdate(slot, watch, commit);
            }
            self.index.remove(&(key, slot));
            self.delay(slot, now);
        }
    }

    /// What is known of its answer is from before this commit.
    fn outdate(&mut self, slot: u32, watch: u32, commit: Commit) {
        self.unlink(slot, watch);
        let found = self.session(slot).watch(watch).expect("links and deadlines are of watches");
        found.state = State::Unread;
        found.told = found.told.max(commit);
        if found.mark == Mark::Told {
            found.mark = Mark::Touched;
        }
    }

    /// Without a socket it is read when there is one.
    fn delay(&mut self, slot: u32, now: UnixMillis) {
        let session = self.session(slot);
        if session.has_socket && session.due.is_none() {
            let at = now.plus(self.coalesce_ms);
            self.set_due(slot, Some(at));
        }
    }

    fn set_due(&mut self, slot: u32, at: Option<UnixMillis>) {
        if let Some(before) = std::mem::replace(&mut self.session(slot).due, at) {
            self.due.remove(&(before, slot));
        }
        self.due.extend(at.map(|at| (at, slot)));
    }

    fn read_all(&mut self, slot: u32) {
        let Some(session) = self.slots[slot as usize].as_mut() else { return };
        for watch in session.watches.iter_mut().filter(|watch| watch.state == State::Unread) {
            watch.state = State::Reading;
            self.actions.push_back(Action::Read(session.id, watch.id, Arc::clone(&watch.path)));
        }
    }

    fn intern(&mut self, path: &str) -> Arc<str> {
        if let Some(known) = self.paths.get(path) {
            return Arc::clone(known);
        }
        let path = Arc::<str>::from(path);
        self.paths.insert(Arc::clone(&path));
        path
    }

    fn slot_of(&mut self, id: SessionId) -> u32 {
        if let Some(slot) = self.slots_by_session.get(&id) {
            return *slot;
        }
        let session = Some(Box::new(Session::new(id)));
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = session;
            slot
        } else {
            self.slots.push(session);
            u32::try_from(self.slots.len() - 1).expect("the exchange has fewer sessions")
        };
        self.slots_by_session.insert(id, slot);
        slot
    }

    fn remove(&mut self, slot: u32, watch: u32) {
        let Some(place) = self.session(slot).watches.iter().position(|one| one.id == watch) else { return };
        self.unlink(slot, watch);
        let Watch { path, .. } = self.session(slot).watches.swap_remove(place);
        self.count -= 1;
        // Ours, and the one in the set.
        if Arc::strong_count(&path) == 2 {
            self.paths.remove(&path);
        }
    }

    fn remove_all(&mut self, slot: u32) {
        while let Some(watch) = self.session(slot).watches.last().map(|watch| watch.id) {
            self.remove(slot, watch);
        }
    }

    fn unlink(&mut self, slot: u32, watch: u32) {
        for key in self.session(slot).unlink(watch) {
            self.index.remove(&(key, slot));
        }
        if let Some(deadline) = self.deadlines_by_watch.remove(&(slot, watch)) {
            self.deadlines.remove(&(deadline, (slot, watch)));
        }
    }

    fn session(&mut self, slot: u32) -> &mut Session {
        self.slots[slot as usize].as_mut().expect("a slot that is named has a session")
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches").field("len", &self.len()).finish_non_exhaustive()
    }
}
