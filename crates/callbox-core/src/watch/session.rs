//! The watches of one session, the tags that they depend on, and what of them is still to be told.
//!
//! Small, since there is one for each page that is open. Bounds: its owner's.

use callbox_protocol::id::SessionId;
use callbox_protocol::time::UnixMillis;
use std::sync::Arc;

use super::{Key, Stale};
use crate::cache::Commit;

pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) watches: Vec<Watch>,
    /// In order.
    pub(super) links: Vec<Link>,
    /// When what was touched is read.
    pub(super) due: Option<UnixMillis>,
    pub(super) has_socket: bool,
}

/// A tag, and a watch that depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    key: Key,
    watch: u32,
}

pub(super) struct Watch {
    pub(super) path: Arc<str>,
    /// The commit that it is told with, or is to be.
    pub(super) told: Commit,
    pub(super) id: u32,
    pub(super) state: State,
    pub(super) mark: Mark,
}

/// Whether a touch of what an answer depends on is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// What it depends on is not known.
    Unread,
    /// The caller reads it.
    Reading,
    /// A touch of what it depends on is heard.
    Armed,
}

/// The knowledge of the session's client about a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing: it is told once the answer was read.
    New,
    /// It was told. So it is again, if the socket is lost: nobody knows whether the client heard it.
    Told,
    /// Something was touched since: it is told once the answer was read.
    Touched,
    /// It is to be told.
    Pending,
    /// It is to be told again.
    Again,
}

impl Watch {
    pub(super) fn new(id: u32, path: Arc<str>) -> Self {
        Self { path, told: Commit(0), id, state: State::Unread, mark: Mark::New }
    }
}

impl Session {
    pub(super) fn new(id: SessionId) -> Self {
        Self { id, watches: Vec::new(), links: Vec::new(), due: None, has_socket: false }
    }

    pub(super) fn watch(&mut self, id: u32) -> Option<&mut Watch> {
        self.watches.iter_mut().find(|watch| watch.id == id)
    }

    /// A watch depends on these: returns those that no other did.
    pub(super) fn link(&mut self, watch: u32, keys: impl Iterator<Item = Key>) -> Vec<Key> {
        let keys: Vec<Key> = keys.collect();
        let new = keys.iter().copied().filter(|key| !self.has(*key)).collect();
        self.links.reserve_exact(keys.len());
        self.links.extend(keys.into_iter().map(|key| Link { key, watch }));
        self.links.sort_unstable();
        self.links.dedup();
        new
    }

    /// A watch depends on nothing any more: returns the keys on which no other does.
    pub(super) fn unlink(&mut self, watch: u32) -> Vec<Key> {
        let mut keys: Vec<Key> =
            self.links.iter().filter(|link| link.watch == watch).map(|link| link.key).collect();
        self.links.retain(|link| link.watch != watch);
        keys.retain(|key| !self.has(*key));
        keys
    }

    /// The watches that depend on something between these two, each once.
    pub(super) fn linked(&self, first: Key, last: Key) -> Vec<u32> {
        let start = self.links.partition_point(|link| link.key < first);
        let between = self.links[start..].iter().take_while(|link| link.key <= last);
        let mut watches: Vec<u32> = between.map(|link| link.watch).collect();
        watches.sort_unstable();
        watches.dedup();
        watches
    }

    pub(super) fn lose_socket(&mut self) {
        self.has_socket = false;
        let reading = self.watches.iter_mut().filter(|watch| watch.state == State::Reading);
        reading.for_each(|watch| watch.state = State::Unread);
    }

    /// There is another socket: what was told on the last one is told again. Returns whether there is anything to take.
    pub(super) fn tell_again(&mut self) -> bool {
        for watch in self.watches.iter_mut().filter(|watch| watch.mark == Mark::Told) {
            watch.mark = Mark::Again;
        }
        self.watches.iter().any(|watch| matches!(watch.mark, Mark::Again | Mark::Pending))
    }

    /// Takes all that is to be told: what is new with one commit, and the rest each with its own.
    pub(super) fn take(&mut self) -> Vec<Stale> {
        let pending = self.watches.iter_mut().filter(|watch| watch.mark == Mark::Pending);
        let commit = pending.map(|watch| watch.told).max().unwrap_or_default();
        let mut again = Vec::new();
        let mut ids = Vec::new();
        for watch in &mut self.watches {
            match watch.mark {
                Mark::Pending => {
                    watch.told = commit;
                    ids.push(watch.id);
                }
                Mark::Again => again.push((watch.told, watch.id)),
                Mark::New | Mark::Told | Mark::Touched => continue,
            }
            watch.mark = Mark::Told;
        }
        again.sort_unstable();
        let again = again.chunk_by(|one, other| one.0 == other.0);
        let again =
            again.map(|same| Stale { ids: same.iter().map(|(_, id)| *id).collect(), commit: same[0].0 });
        again.chain((!ids.is_empty()).then_some(Stale { ids, commit })).collect()
    }

    fn has(&self, key: Key) -> bool {
        let place = self.links.partition_point(|link| link.key < key);
        self.links.get(place).is_some_and(|link| link.key == key)
    }
}
