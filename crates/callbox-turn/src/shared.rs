//! The state that the threads of a relay share: the owners of relayed ports, and how many allocations each has.
//!
//! The owners are read for each packet to another thread, so without a lock; the book is opened only if an allocation
//! is made or freed, some times a second.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::Limits;
use crate::types::{Family, Relayed, SessionKey, UserKey};

/// Shared by all threads of a relay. Bounded by the ports there are and by [`Limits`].
#[derive(Debug)]
pub struct Shared {
    ports: RangeInclusive<u16>,
    /// By port, for IPv4 and for IPv6: the session that has it, or 0.
    owners: [Box<[AtomicU64]>; 2],
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    in_all: u32,
    by_session: HashMap<SessionKey, u32>,
    by_user: HashMap<UserKey, u32>,
    by_source: HashMap<u64, u32>,
}

/// The holder of an allocation, by which quotas count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) session: SessionKey,
    pub(crate) user: UserKey,
    pub(crate) source: u64,
}

impl Shared {
    /// For relayed addresses on these ports.
    pub fn new(ports: RangeInclusive<u16>) -> Self {
        let none = || ports.clone().map(|_| AtomicU64::new(0)).collect();
        Self { owners: [none(), none()], ports, book: Mutex::default() }
    }

    /// The owner of this relayed address.
    pub(crate) fn owner(&self, relayed: Relayed) -> Option<SessionKey> {
        let owner = self.place(relayed)?.load(Ordering::Acquire);
        std::num::NonZeroU64::new(owner).map(SessionKey)
    }

    /// Takes a port for a session, unless it is somebody's.
    pub(crate) fn claim(&self, relayed: Relayed, session: SessionKey) -> bool {
        let Some(place) = self.place(relayed) else { return false };
        place.compare_exchange(0, session.0.get(), Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(crate) fn release(&self, relayed: Relayed) {
        if let Some(place) = self.place(relayed) {
            place.store(0, Ordering::Release);
        }
    }

    /// Whether one more allocation is within everybody's bounds; then it is on the books.
    pub(crate) fn admit(&self, holder: Holder, limits: &Limits) -> bool {
        let book = &mut *self.book();
        let of_session = book.by_session.get(&holder.session).copied().unwrap_or(0);
        let of_user = book.by_user.get(&holder.user).copied().unwrap_or(0);
        let of_source = book.by_source.get(&holder.source).copied().unwrap_or(0);
        let is_within = book.in_all < limits.allocations
            && of_session < limits.allocations_per_session
            && of_user < limits.allocations_per_user
            && of_source < limits.allocations_per_address;
        if is_within {
            book.in_all += 1;
            book.by_session.insert(holder.session, of_session + 1);
            book.by_user.insert(holder.user, of_user + 1);
            book.by_source.insert(holder.source, of_source + 1);
        }
        is_within
    }

    pub(crate) fn dismiss(&self, holder: Holder) {
        let book = &mut *self.book();
        book.in_all = book.in_all.saturating_sub(1);
        one_less(&mut book.by_session, &holder.session);
        one_less(&mut book.by_user, &holder.user);
        one_less(&mut book.by_source, &holder.source);
    }

    fn place(&self, relayed: Relayed) -> Option<&AtomicU64> {
        let index = usize::from(relayed.port.checked_sub(*self.ports.start())?);
        let family = match relayed.family {
            Family::V4 => 0,
            Family::V6 => 1,
        };
        self.owners[family].get(index)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A thread that panicked left whole numbers behind: each change is one line.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody stays on the books with nothing.
fn one_less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
