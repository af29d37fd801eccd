//! The commits of this process, and what they touched: the versions that all caches go by, and whoever watches.
//!
//! A write's tags are raised after its commit and before its answer (`effects.rs`), so whoever is answered, and whoever
//! they tell, reads what was written. A commit that was not answered may come later: for [`DOUBT_MS`] nothing is kept that
//! depends on what it touches. One lock, held for some hash lookups. Decides nothing: `callbox_core::cache` does. Bounds: of all
//! doubtful commits together as many tags as of one.

use callbox_core::cache::{Commit, Stamp, Tag, Tags, Versions};
use callbox_protocol::time::UnixMillis;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::secret::random_number;

/// How long a commit that was not answered may still come. The last bytes of a connection that was given up are sent again
/// for 15 s (`tcp_user_timeout`), and PostgreSQL may take its time.
pub(crate) const DOUBT_MS: u64 = 60_000;

type Watcher = Box<dyn Fn(Commit, &[Tag]) + Send + Sync>;

/// The versions, and who is told of them.
pub(crate) struct Commits {
    versions: RwLock<Versions>,
    watcher: OnceLock<Watcher>,
    is_doubtful: AtomicBool,
    doubts: Mutex<Doubts>,
}

/// What commits that were not answered touch.
#[derive(Default)]
struct Doubts {
    tags: Tags,
    /// When the last of them is over; `None` until somebody says how late it is.
    end: Option<UnixMillis>,
}

impl Commits {
    /// As they are now; not to be held while anything is read.
    pub(crate) fn versions(&self) -> RwLockReadGuard<'_, Versions> {
        self.versions.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last commit.
    pub(crate) fn last(&self) -> Commit {
        self.versions().commit()
    }

    /// The last commit, with the name of the process.
    pub(crate) fn stamp(&self) -> Stamp {
        self.versions().stamp()
    }

    /// Something changed by itself: a commit of its own.
    pub(crate) fn advance(&self) -> Commit {
        self.write().advance()
    }

    /// The first watcher is the only one.
    pub(crate) fn watch(&self, watcher: Watcher) {
        let _ = self.watcher.set(watcher);
    }

    /// A write is committed: answers that depend on these are outdated from here on.
    pub(crate) fn touch(&self, tags: Tags) {
        if tags.is_empty() {
            return;
        }
        let tags = tags.into_sorted();
        let commit = self.write().touch(&tags);
        let Some(watcher) = self.watcher.get() else { return };
        // The write is committed, and its thread writes for all.
        if catch_unwind(AssertUnwindSafe(|| watcher(commit, &tags))).is_err() {
            tracing::error!("the watcher of the store's commits panicked");
        }
    }

    /// A write of these waits, and nobody awaits it: whoever asks is to settle first, and not to be given an answer
    /// from before. Watchers are told when it is committed.
    pub(crate) fn announce(&self, tags: &[Tag]) {
        if !tags.is_empty() {
            self.write().touch(tags);
        }
    }

    /// Nobody knows whether a write of these was committed, or is yet to be.
    pub(crate) fn doubt(&self, tags: &[Tag]) {
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        doubts.tags.extend(tags.iter().copied());
        doubts.end = None;
        self.is_doubtful.store(!doubts.tags.is_empty(), Ordering::Release);
    }

    /// Whether an answer with these tags depends on a doubtful commit, and so is not to be kept. Versions stay as they are:
    /// an answer that was read just now is true, as far as anybody can know, and may be sent to those who watch it.
    pub(crate) fn is_doubtful(&self, tags: &[Tag], now: UnixMillis) -> bool {
        self.settle_doubts(now);
        if !self.is_doubtful.load(Ordering::Acquire) {
            return false;
        }
        let doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        tags.iter().any(|tag| doubts.tags.iter().any(|doubt| doubt.meets(*tag)))
    }

    /// Ends the doubts if no such commit can come any more: watchers are told once, then.
    pub(crate) fn settle_doubts(&self, now: UnixMillis) {
        if !self.is_doubtful.load(Ordering::Acquire) {
            return;
        }
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        let end = *doubts.end.get_or_insert_with(|| now.plus(DOUBT_MS));
        if now < end {
            return;
        }
        let Doubts { tags, .. } = std::mem::take(&mut *doubts);
        self.is_doubtful.store(false, Ordering::Release);
        drop(doubts);
        self.touch(tags);
    }

    fn write(&self) -> RwLockWriteGuard<'_, Versions> {
        self.versions.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No commit yet, in a process with a name of its own.
impl Default for Commits {
    fn default() -> Self {
        Self {
            versions: RwLock::new(Versions::new(random_number())),
            watcher: OnceLock::new(),
            is_doubtful: AtomicBool::new(false),
            doubts: Mutex::default(),
        }
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commits").field("last", &self.last()).finish_non_exhaustive()
    }
}
