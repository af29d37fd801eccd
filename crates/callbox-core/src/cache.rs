//! A cache that is never wrong: it gives an answer only if nothing that it was made of was touched since it was read.
//!
//! Three parts. [`Tag`]s say what an answer depends on and what a write changes. [`Versions`] count when each was
//! touched last: one for all caches of a process. A [`Cache`] keeps answers with their tags and the commit before which
//! their read began, and compares both each time it is asked. So no order of reads, fills and touches makes it wrong:
//! an answer that was read before a write and is offered after it is returned to whoever asked, and is never a hit.
//!
//! How to read (all under the caller's locks, none of which is held while it reads):
//! 1. [`Cache::get`]. A [`Lookup::Hit`] is the answer. [`Lookup::Wait`] means that somebody reads the same: wait for that
//!    [`Flight`]'s end, take its [`Landed`] answer if it [serves](Landed::serves) this flight, else [`Cache::get_alone`]; after a flight that was abandoned [`Cache::get_again`].
//! 2. [`Lookup::Lead`]: read. Take [`Versions::commit`] *before* the first row is read, and the tags of all that was read.
//! 3. [`Cache::fill`] with the [`Fill`] and the [`Dependent`] answer; or [`Cache::abandon`], if there is none. The next who
//!    asks leads then.
//!
//! How to write: commit, then [`Versions::touch`], then answer.
//!
//! Refuses to know a clock (`now` is given), threads or encodings. Bounds: bytes as [`Limits`] say, by S3-FIFO
//! (`cache/kept.rs`); 4,096 flights; an answer lives a minute at most, also if nothing touches it, so that a change by
//! other hands in the database is seen. Time-dependent answers carry a deadline.

mod body;
mod kept;
mod tag;
#[cfg(test)]
mod tests;
mod versions;

use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

pub use body::{Body, Etag};
use kept::Kept;
pub use tag::{Kind, TAGS_MAX, Tag, Tags};
pub use versions::{Commit, NoStamp, Stamp, Versions};

/// The memory of a cache unless somebody says otherwise: 100,000 answers of half a kilobyte.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long an answer is kept that nothing touches.
pub const KEPT_MS: u64 = 60_000;
/// Reads that others may wait for. Those past it read for themselves.
const FLIGHTS_MAX: usize = 4_096;
/// An entry beside its body and its tags: its slot, its key twice, its place in a queue.
const ENTRY_BYTES: usize = 256;

/// A name of an answer: the question with all that the answer depends on beside the data, such as who asks.
pub trait Key: Clone + Eq + Hash {
    /// What it is counted under: a route's place in their table, below [`Limits::classes`].
    fn class(&self) -> usize {
        0
    }
}

impl Key for [u8; 32] {}

/// The bounds of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of all entries, with their tags and keys.
    pub bytes_max: usize,
    /// How long an answer is kept at most.
    pub kept_ms: u64,
    /// Classes that are counted, one at the least.
    pub classes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: BYTES_MAX, kept_ms: KEPT_MS, classes: 1 }
    }
}

/// An answer, and when it stops being true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent<T> {
    /// The answer.
    pub value: T,
    /// All that it was made of, also of what was not there: each once.
    pub tags: Vec<Tag>,
    /// The time at which it changes by itself: the end of a ban that it tells of, the age at which a row leaves it.
    pub deadline: Option<UnixMillis>,
    /// The last commit before the first of it was read: it contains all of that one and of those before it.
    pub as_of: Commit,
    /// Statements that it took: what a hit saves.
    pub reads: u32,
}

impl<T> Dependent<T> {
    /// The same of another value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Dependent<U> {
        let Self { value, tags, deadline, as_of, reads } = self;
        Dependent { value: make(value), tags, deadline, as_of, reads }
    }

    /// An answer made of two.
    pub fn and<U, V>(self, other: Dependent<U>, make: impl FnOnce(T, U) -> V) -> Dependent<V> {
        let mut tags = Tags::default();
        tags.extend(self.tags.into_iter().chain(other.tags));
        Dependent {
            value: make(self.value, other.value),
            tags: tags.into_sorted(),
            deadline: earlier(self.deadline, other.deadline),
            as_of: self.as_of.min(other.as_of),
            reads: self.reads + other.reads,
        }
    }
}

impl<T> Dependent<Option<T>> {
    /// The answer, if there is one.
    pub fn transpose(self) -> Option<Dependent<T>> {
        let Self { value, tags, deadline, as_of, reads } = self;
        value.map(|value| Dependent { value, tags, deadline, as_of, reads })
    }
}

/// The earlier of two deadlines.
pub fn earlier(one: Option<UnixMillis>, other: Option<UnixMillis>) -> Option<UnixMillis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The result of a question to the cache.
#[derive(Debug)]
#[must_use = "a lead that is neither filled nor abandoned keeps others waiting"]
pub enum Lookup<K, V> {
    /// It is known.
    Hit(Hit<V>),
    /// It is not, and whoever asked is to read it.
    Lead(Fill<K>),
    /// It is not, and somebody reads it now.
    Wait(Flight),
}

/// An answer that is true now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<V> {
    /// The answer.
    pub value: V,
    /// It contains all commits up to this one: for `Callbox-Commit`.
    pub as_of: Commit,
}

/// The duty to read an answer: given back to [`Cache::fill`] or [`Cache::abandon`].
#[derive(Debug, PartialEq, Eq)]
pub struct Fill<K> {
    key: K,
    /// `None` if nobody waits for it.
    flight: Option<u64>,
}

impl<K> Fill<K> {
    /// The question.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The flight that others may wait for, by its number, which no other has.
    pub fn flight(&self) -> Option<u64> {
        self.flight
    }
}

/// A read of somebody else's, and when it was joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Its number.
    pub number: u64,
    /// The last commit when it was joined.
    pub joined: Commit,
}

/// An answer that has just been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed<V> {
    /// The answer.
    pub value: V,
    /// It contains all commits up to this one.
    pub as_of: Commit,
    /// Whether none of its tags was touched up to its landing.
    pub is_current: bool,
}

impl<V> Landed<V> {
    /// Whether it is true for somebody who joined its flight then: it is current, or its read began after they came.
    pub fn serves(&self, flight: Flight) -> bool {
        self.is_current || flight.joined <= self.as_of
    }
}

/// What a cache did for one class since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Questions that it answered.
    pub hits: u64,
    /// Questions that were read for, also by somebody else at the same time.
    pub misses: u64,
    /// Those among the misses that waited for somebody else's read, and were served by it.
    pub shared: u64,
    /// Hits whose asker had the bytes already: [`Cache::count_not_modified`].
    pub not_modified: u64,
    /// Answers that were touched while they were read, or are too large: they were not kept.
    pub not_kept: u64,
    /// Answers that were dropped since something touched them, or their time was over.
    pub outdated: u64,
    /// Answers that left for others.
    pub evicted: u64,
    /// Statements that the database was not asked.
    pub reads_avoided: u64,
}

/// Answers by their keys.
pub struct Cache<K, V> {
    kept: Kept<K, Entry<V>>,
    flights: HashMap<K, u64>,
    next_flight: u64,
    kept_ms: u64,
    counts: Vec<Counts>,
}

#[derive(Debug)]
struct Entry<V> {
    /// `None` once it is outdated: its place in the queues stays.
    answer: Option<Answer<V>>,
}

#[derive(Debug)]
struct Answer<V> {
    value: V,
    tags: Box<[Tag]>,
    as_of: Commit,
    ends_at: UnixMillis,
    reads: u32,
}

impl<V> Answer<V> {
    fn is_true(&self, now: UnixMillis, versions: &Versions) -> bool {
        now < self.ends_at && versions.is_current(&self.tags, self.as_of)
    }
}

impl<K: Key, V: Clone> Cache<K, V> {
    /// Nothing is known yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            kept: Kept::new(limits.bytes_max),
            flights: HashMap::new(),
            next_flight: 0,
            kept_ms: limits.kept_ms,
            counts: vec![Counts::default(); limits.classes.max(1)],
        }
    }

    /// The answer, if it is known; else whether to read it or to wait for somebody who does.
    pub fn get(&mut self, key: &K, now: UnixMillis, versions: &Versions) -> Lookup<K, V> {
        if let Some(hit) = self.known(key, now, versions) {
            return Lookup::Hit(hit);
        }
        self.count(key).misses += 1;
        self.join(key, versions)
    }

    /// The same for somebody whose flight was abandoned: of those who waited for it one leads, and the others wait again.
    pub fn get_again(&mut self, key: &K, now: UnixMillis, versions: &Versions) -> Lookup<K, V> {
        match self.known(key, now, versions) {
            Some(hit) => Lookup::Hit(hit),
            None => self.join(key, versions),
        }
    }

    fn join(&mut self, key: &K, versions: &Versions) -> Lookup<K, V> {
        if let Some(number) = self.flights.get(key) {
            return Lookup::Wait(Flight { number: *number, joined: versions.commit() });
        }
        if self.flights.len() >= FLIGHTS_MAX {
            return Lookup::Lead(Fill { key: key.clone(), flight: None });
        }
        let number = self.next_flight;
        self.next_flight += 1;
        self.flights.insert(key.clone(), number);
        Lookup::Lead(Fill { key: key.clone(), flight: Some(number) })
    }

    /// The same for somebody whose flight landed and does not serve them, or who has waited often enough: there is an
    /// answer, or they read beside others.
    pub fn get_alone(&mut self, key: &K, now: UnixMillis, versions: &Versions) -> Lookup<K, V> {
        if let Some(hit) = self.known(key, now, versions) {
            return Lookup::Hit(hit);
        }
        let flight = (!self.flights.contains_key(key) && self.flights.len() < FLIGHTS_MAX).then(|| {
            self.next_flight += 1;
            self.flights.insert(key.clone(), self.next_flight - 1);
            self.next_flight - 1
        });
        Lookup::Lead(Fill { key: key.clone(), flight })
    }

    /// The answer to a question that somebody led; `bytes` is the weight of its value. It is kept if it is current. The
    /// flight is over: its number's waiters are to be given what this returns.
    pub fn fill(
        &mut self,
        fill: Fill<K>,
        answer: Dependent<V>,
        bytes: usize,
        now: UnixMillis,
        versions: &Versions,
    ) -> Landed<V> {
        let Dependent { value, tags, deadline, as_of, reads } = answer;
        let Fill { key, flight } = fill;
        self.land(&key, flight);
        let ends_at = earlier(deadline, Some(now.plus(self.kept_ms))).expect("one of them is there");
        let is_current = versions.is_current(&tags, as_of);
        let landed = Landed { value: value.clone(), as_of, is_current };
        let bytes = bytes + tags.len() * size_of::<Tag>() + ENTRY_BYTES;
        let answer = Answer { value, tags: tags.into(), as_of, ends_at, reads };
        if !is_current || now >= ends_at || !self.keep(&key, answer, bytes) {
            self.count(&key).not_kept += 1;
        }
        landed
    }

    /// There is no answer: it could not be read, or whoever read went away. The next who asks leads.
    pub fn abandon(&mut self, fill: &Fill<K>) {
        self.land(&fill.key, fill.flight);
    }

    /// Changes what is kept of a key, if it is current: something of it that no tag is about.
    pub fn update(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(answer) = self.kept.peek(key).and_then(|entry| entry.answer.as_mut()) {
            change(&mut answer.value);
        }
    }

    /// Somebody whose flight has landed was served by it; it took so many statements.
    pub fn count_shared(&mut self, key: &K) {
        let reads =
            self.kept.peek(key).and_then(|entry| entry.answer.as_ref()).map_or(1, |answer| answer.reads);
        let counts = self.count(key);
        counts.shared += 1;
        counts.reads_avoided += u64::from(reads);
    }

    /// A hit's asker had the bytes already.
    pub fn count_not_modified(&mut self, key: &K) {
        self.count(key).not_modified += 1;
    }

    /// Drops what is outdated: the bytes of somebody who was erased do not stay in memory. To be called once a minute:
    /// it walks over all, which takes some milliseconds for 100,000 answers.
    pub fn sweep(&mut self, now: UnixMillis, versions: &Versions) {
        self.kept.retain(|entry| entry.answer.as_ref().is_some_and(|answer| answer.is_true(now, versions)));
    }

    /// What it did, by class.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Answers that it has, the outdated ones among them.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it weighs.
    pub fn bytes(&self) -> usize {
        self.kept.bytes()
    }

    /// The answer, if it is known.
    fn known(&mut self, key: &K, now: UnixMillis, versions: &Versions) -> Option<Hit<V>> {
        let entry = self.kept.used(key)?;
        let answer = entry.answer.as_ref()?;
        if !answer.is_true(now, versions) {
            entry.answer = None;
            self.kept.weigh_anew(key, ENTRY_BYTES);
            self.count(key).outdated += 1;
            return None;
        }
        let (value, reads) = (answer.value.clone(), answer.reads);
        let counts = self.count(key);
        counts.hits += 1;
        counts.reads_avoided += u64::from(reads);
        Some(Hit { value, as_of: versions.commit() })
    }

    /// An answer that is there and began later stays.
    fn keep(&mut self, key: &K, answer: Answer<V>, bytes: usize) -> bool {
        let newer = self.kept.peek(key).and_then(|entry| entry.answer.as_ref());
        if newer.is_some_and(|newer| newer.as_of > answer.as_of) {
            return true;
        }
        let counts = &mut self.counts;
        let last = counts.len() - 1;
        let evicted = |key: &K| counts[key.class().min(last)].evicted += 1;
        self.kept.insert(key.clone(), Entry { answer: Some(answer) }, bytes, evicted)
    }

    fn land(&mut self, key: &K, flight: Option<u64>) {
        if flight.is_some() && self.flights.get(key) == flight.as_ref() {
            self.flights.remove(key);
        }
    }

    fn count(&mut self, key: &K) -> &mut Counts {
        let last = self.counts.len() - 1;
        &mut self.counts[key.class().min(last)]
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("counts", &self.counts).finish_non_exhaustive()
    }
}
