//! The effects of a write outside of the database: answers that depend on what it touched are outdated, and a listener is
//! notified of changes for people who may be connected.
//!
//! A use case adds events while it runs, and each of its statements the tags of what it changed. They are sent once its
//! transaction is committed and before its caller is answered, also if its caller went away. A transaction that is undone
//! sends no event. Decides nothing. Bounds: 1,024 tags of one transaction, past which they name whole kinds.

use callbox_core::cache::{Tag, Tags};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::user::AgeClass;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use crate::commits::Commits;

/// A change by a write, for people who may be connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserEvent {
    /// These logins of a user ended.
    LoginsEnded(UserId, Vec<LoginId>),
    /// A user was banned. Other users may be hit too, by their browser or address: their logins ended with it.
    Banned(UserId),
    /// A user is kept from strangers from now on, or not any more.
    Held(UserId, bool),
    /// A user answered the age question.
    AgeSet(UserId, AgeClass),
    /// The first blocked the second.
    Blocked(UserId, UserId),
    /// The first may meet the second again.
    Unblocked(UserId, UserId),
}

type Listener = Box<dyn Fn(&[UserEvent]) + Send + Sync>;

/// The receivers of the effects of writes.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) commits: Arc<Commits>,
    listener: OnceLock<Listener>,
}

impl Effects {
    /// The first listener is the only one.
    pub(crate) fn listen(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    fn send(&self, events: &[UserEvent]) {
        let Some(listener) = self.listener.get().filter(|_| !events.is_empty()) else { return };
        // The write is committed, and its thread writes for all.
        if catch_unwind(AssertUnwindSafe(|| listener(events))).is_err() {
            tracing::error!("the listener of the store's events panicked");
        }
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects").field("commits", &self.commits).finish_non_exhaustive()
    }
}

/// The effects of one transaction. Dropped without a commit it sends no event; its tags are touched either way, since a
/// commit whose answer was lost may stand.
#[derive(Debug)]
pub(crate) struct Pending {
    effects: Arc<Effects>,
    tags: Tags,
    events: Vec<UserEvent>,
}

impl Pending {
    pub(crate) fn new(effects: Arc<Effects>) -> Self {
        Self { effects, tags: Tags::default(), events: Vec::new() }
    }

    /// A statement changed these.
    pub(crate) fn touch(&mut self, tags: impl IntoIterator<Item = Tag>) {
        self.tags.extend(tags);
    }

    pub(crate) fn push(&mut self, event: UserEvent) {
        self.events.push(event);
    }

    /// How many events there are so far.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The statements since then were undone.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.events.truncate(len);
    }

    /// Nobody knows whether the transaction is committed, or is yet to be.
    pub(crate) fn doubt(self) {
        self.effects.commits.doubt(&self.tags.clone().into_sorted());
    }

    /// The transaction is committed.
    pub(crate) fn apply(mut self) {
        let (effects, events) = (Arc::clone(&self.effects), std::mem::take(&mut self.events));
        // The tags first: a receiver of an event may ask.
        drop(self);
        effects.send(&events);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.effects.commits.touch(std::mem::take(&mut self.tags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn events_are_sent_by_a_commit_and_by_nothing_else() {
        let (effects, sent) = (Arc::new(Effects::default()), Arc::new(Mutex::new(Vec::new())));
        effects.listen(Box::new({
            let sent = Arc::clone(&sent);
            move |events| {
                sent.lock().unwrap().extend_from_slice(events);
                assert_ne!(
                    events[0],
                    UserEvent::Banned(UserId::from_bytes([9; 16])),
                    "a fault of the listener's"
                );
            }
        }));
        let banned = |number| UserEvent::Banned(UserId::from_bytes([number; 16]));
        let mut undone = Pending::new(Arc::clone(&effects));
        undone.push(banned(1));
        drop(undone);
        let mut done = Pending::new(Arc::clone(&effects));
        done.push(banned(2));
        let len = done.len();
        done.push(banned(3));
        done.truncate(len);
        done.apply();
        // A listener cannot stop the writer.
        let mut done = Pending::new(Arc::clone(&effects));
        done.push(banned(9));
        done.apply();
        Pending::new(effects).apply();
        assert_eq!(*sent.lock().unwrap(), [banned(2), banned(9)]);
    }
}
