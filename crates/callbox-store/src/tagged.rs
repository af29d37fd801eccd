//! Reads whose answers may be kept: each with all that it depends on.
//!
//! A cache keeps what comes from here ([`crate::SharedCache`]), and gives it until one of its tags is touched. The same
//! use cases of [`Store`] itself give the answer alone. Which rows an answer depends on say the tags of its statements,
//! which are noted as they are read; the use cases add the times at which it changes by itself.

use callbox_core::cache::{Commit, Key, Limits, Stamp, Tag};
use callbox_protocol::time::UnixMillis;

use crate::cache::SharedCache;
use crate::db::ReadDb;
use crate::{Store, StoreError};

/// The store's reads that give [`callbox_core::cache::Dependent`] answers.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'s> {
    pub(crate) store: &'s Store,
}

impl Tagged<'_> {
    /// Somebody to ask, who notes what is read.
    pub(crate) async fn reader(&self) -> Result<ReadDb<'static>, StoreError> {
        let reader = self.store.reader().await?;
        Ok(reader.noting(self.store.effects.commits.last()))
    }
}

impl Store {
    /// The reads whose answers may be kept.
    pub fn tagged(&self) -> Tagged<'_> {
        Tagged { store: self }
    }

    /// A cache of answers of [`Self::tagged`]; `weigh` says how many bytes one has.
    pub fn cache<K: Key, V: Clone>(&self, limits: Limits, weigh: fn(&V) -> usize) -> SharedCache<K, V> {
        SharedCache::new(limits, self.effects.commits.clone(), weigh)
    }

    /// Drops what is outdated of the logins and keys that are kept; to be called once a minute.
    pub fn sweep_kept(&self, now: UnixMillis) {
        self.logins.sweep(now);
        self.keys.sweep(now);
    }

    /// The last commit, for `Callbox-Commit`: taken after a write was answered it is that write's or a later one.
    pub fn stamp(&self) -> Stamp {
        self.effects.commits.stamp()
    }

    /// When one of these was touched last, or later than that.
    pub fn touched(&self, tags: &[Tag]) -> Commit {
        self.effects.commits.versions().touched(tags)
    }

    /// The last commit, if none of these was touched after `as_of`: an answer that was made of them then is current.
    pub fn stamp_if_current(&self, tags: &[Tag], as_of: Commit) -> Option<Stamp> {
        let versions = self.effects.commits.versions();
        versions.is_current(tags, as_of).then(|| versions.stamp())
    }

    /// An answer changed by itself, at its deadline: a commit of its own, later than all before.
    pub fn advance(&self) -> Commit {
        self.effects.commits.advance()
    }

    /// Sets the watcher of what writes touch: it is called after the commit, when no cache gives anything older, and
    /// before the answer, by whichever thread wrote. It must not wait. Commits of writes at the same time may come in
    /// either order, and numbers may be left out. The first watcher is the only one.
    pub fn watch(&self, watcher: impl Fn(Commit, &[Tag]) + Send + Sync + 'static) {
        self.effects.commits.watch(Box::new(watcher));
    }
}
