//! A cache that tasks share, by the store's commits: one reads, the others wait for that one.
//!
//! What is kept, who leads and what is true say the pure parts in `callbox_core::cache`; here are the lock and the waiting.
//! Nothing is held while an answer is read. A reader that goes away lets one of those who wait lead, and the others wait for
//! that one; [`AGAIN_MAX`] times, so that a database that fails holds nobody up.

use callbox_core::cache::{Cache, Counts, Dependent, Fill, Flight, Hit, Key, Landed, Limits, Lookup};
use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

use crate::commits::Commits;

/// How often somebody waits for the next reader after one went away.
const AGAIN_MAX: usize = 3;

/// Answers that are read from the store, by their questions.
pub struct SharedCache<K, V> {
    state: Mutex<State<K, V>>,
    commits: Arc<Commits>,
    weigh: fn(&V) -> usize,
}

struct State<K, V> {
    cache: Cache<K, V>,
    /// The ends of reads that somebody waits for, by their flights: as many as the cache has flights.
    ends: HashMap<u64, watch::Receiver<Option<Landed<V>>>>,
}

/// A read that was begun. Dropped without an answer it lets the next one lead.
struct Lead<'c, K: Key, V: Clone> {
    shared: &'c SharedCache<K, V>,
    fill: Option<Fill<K>>,
    end: Option<watch::Sender<Option<Landed<V>>>>,
}

impl<K: Key, V: Clone> SharedCache<K, V> {
    pub(crate) fn new(limits: Limits, commits: Arc<Commits>, weigh: fn(&V) -> usize) -> Self {
        let state = State { cache: Cache::new(limits), ends: HashMap::new() };
        Self { state: Mutex::new(state), commits, weigh }
    }

    /// The answer: a known one, or by `read`, which is one of [`crate::Store::tagged`] and what is made of its value, and is
    /// not begun otherwise. Of those who ask at the same time one reads. An error is that one's alone: the next reads again.
    pub async fn get<E>(
        &self,
        key: &K,
        now: UnixMillis,
        read: impl Future<Output = Result<Dependent<V>, E>>,
    ) -> Result<Hit<V>, E> {
        match self.look(|cache, commits| cache.get(key, now, &commits.versions())) {
            Found::Hit(hit) => Ok(hit),
            // A hit neither makes nor moves what a read needs.
            found => Box::pin(self.get_read(found, key, now, read)).await,
        }
    }

    /// An answer that was not known when somebody looked.
    async fn get_read<E>(
        &self,
        mut found: Found<'_, K, V>,
        key: &K,
        now: UnixMillis,
        read: impl Future<Output = Result<Dependent<V>, E>>,
    ) -> Result<Hit<V>, E> {
        let mut again = 0;
        loop {
            let (flight, end) = match found {
                Found::Hit(hit) => return Ok(hit),
                Found::Lead(lead) => return Ok(lead.fill(read.await?, now)),
                Found::Wait(flight, end) => (flight, end),
            };
            found = match self.landed(key, flight, end).await {
                Waited::Served(hit) => return Ok(hit),
                Waited::Abandoned if again < AGAIN_MAX => {
                    again += 1;
                    self.look(|cache, commits| cache.get_again(key, now, &commits.versions()))
                }
                _ => self.look(|cache, commits| cache.get_alone(key, now, &commits.versions())),
            };
        }
    }

    /// Changes what is kept of a key: something of it that no tag is about.
    pub fn update(&self, key: &K, change: impl FnOnce(&mut V)) {
        self.lock().cache.update(key, change);
    }

    /// A hit's asker had the bytes already, and was sent 304.
    pub fn count_not_modified(&self, key: &K) {
        self.lock().cache.count_not_modified(key);
    }

    /// Drops what is outdated; to be called once a minute.
    pub fn sweep(&self, now: UnixMillis) {
        self.commits.settle_doubts(now);
        self.lock().cache.sweep(now, &self.commits.versions());
    }

    /// What it did, by class.
    pub fn counts(&self) -> Vec<Counts> {
        self.lock().cache.counts().to_vec()
    }

    /// Answers that it has, and what they weigh.
    pub fn size(&self) -> (usize, usize) {
        let state = self.lock();
        (state.cache.len(), state.cache.bytes())
    }

    fn look(&self, look: impl FnOnce(&mut Cache<K, V>, &Commits) -> Lookup<K, V>) -> Found<'_, K, V> {
        let mut state = self.lock();
        let State { cache, ends } = &mut *state;
        match look(cache, &self.commits) {
            Lookup::Hit(hit) => Found::Hit(hit),
            Lookup::Wait(flight) => match ends.get(&flight.number) {
                Some(end) => Found::Wait(flight, end.clone()),
                None => unreachable!("a flight has its end until it lands, under one lock"),
            },
            Lookup::Lead(fill) => {
                let end = fill.flight().map(|number| {
                    let (sender, end) = watch::channel(None);
                    ends.insert(number, end);
                    sender
                });
                Found::Lead(Lead { shared: self, fill: Some(fill), end })
            }
        }
    }

    /// What came of a wait for somebody else's read.
    async fn landed(
        &self,
        key: &K,
        flight: Flight,
        mut end: watch::Receiver<Option<Landed<V>>>,
    ) -> Waited<V> {
        let Ok(Some(landed)) = end.wait_for(Option::is_some).await.map(|landed| landed.clone()) else {
            return Waited::Abandoned;
        };
        if !landed.serves(flight) {
            return Waited::Outdated;
        }
        self.lock().cache.count_shared(key);
        Waited::Served(Hit { value: landed.value, as_of: landed.as_of })
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found<'c, K: Key, V: Clone> {
    Hit(Hit<V>),
    Lead(Lead<'c, K, V>),
    Wait(Flight, watch::Receiver<Option<Landed<V>>>),
}

enum Waited<V> {
    Served(Hit<V>),
    /// The answer is older than the wait.
    Outdated,
    /// There is no answer: the reader went away, or failed.
    Abandoned,
}

impl<K: Key, V: Clone> Lead<'_, K, V> {
    fn fill(mut self, mut answer: Dependent<V>, now: UnixMillis) -> Hit<V> {
        let fill = self.fill.take().expect("it is there until the end");
        let bytes = (self.shared.weigh)(&answer.value);
        if self.shared.commits.is_doubtful(&answer.tags, now) {
            // It is over at once: it is given to those who wait, and not kept.
            answer.deadline = Some(now);
        }
        let mut state = self.shared.lock();
        let number = fill.flight();
        let landed = state.cache.fill(fill, answer, bytes, now, &self.shared.commits.versions());
        number.map(|number| state.ends.remove(&number));
        drop(state);
        let hit = Hit { value: landed.value.clone(), as_of: landed.as_of };
        if let Some(end) = self.end.take() {
            let _ = end.send(Some(landed));
        }
        hit
    }
}

impl<K: Key, V: Clone> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        let Some(fill) = self.fill.take() else { return };
        let mut state = self.shared.lock();
        state.cache.abandon(&fill);
        fill.flight().map(|number| state.ends.remove(&number));
    }
}

impl<K: Key, V: Clone> fmt::Debug for SharedCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCache").field("cache", &self.lock().cache).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
