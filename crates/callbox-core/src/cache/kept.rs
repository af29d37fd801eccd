//! A bounded map of what is kept, by S3-FIFO: what is asked for once leaves soon, what is asked for again stays.
//!
//! New entries wait in a small queue of a tenth of the bytes. One that was asked for meanwhile moves to the main queue,
//! the others leave, and their names are remembered for a while: one that returns goes to the main queue at once. (Yang
//! and others, "FIFO queues are all you need for cache eviction", SOSP 2023, algorithm 1.) It is our own since all that we
//! need of it is these two queues: a crate would bring hash tables, locks and a seed of its own, and an eviction that
//! nobody can count by route. Bounds: bytes as the caller weighs them, 16,384 names of what left.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

/// Names of entries that left, by their hashes: about half a megabyte.
const LEFT_MAX: usize = 16_384;
/// One tenth of the bytes is for newcomers, as in the paper.
const SMALL_SHARE: usize = 10;
/// How often an entry can have been asked for and be told apart.
const USES_MAX: u8 = 3;

/// Entries by their keys.
#[derive(Debug)]
pub(super) struct Kept<K, E> {
    slots: HashMap<K, Slot<E>>,
    small: VecDeque<K>,
    main: VecDeque<K>,
    left: VecDeque<u64>,
    left_set: HashSet<u64>,
    bytes: usize,
    small_bytes: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Slot<E> {
    entry: E,
    bytes: usize,
    uses: u8,
    is_main: bool,
}

impl<K: Clone + Eq + Hash, E> Kept<K, E> {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            slots: HashMap::new(),
            small: VecDeque::new(),
            main: VecDeque::new(),
            left: VecDeque::new(),
            left_set: HashSet::new(),
            bytes: 0,
            small_bytes: 0,
            bytes_max,
        }
    }

    /// The entry of a key, which counts as used.
    pub(super) fn used(&mut self, key: &K) -> Option<&mut E> {
        let slot = self.slots.get_mut(key)?;
        slot.uses = (slot.uses + 1).min(USES_MAX);
        Some(&mut slot.entry)
    }

    /// The entry of a key, which is not used by that.
    pub(super) fn peek(&mut self, key: &K) -> Option<&mut E> {
        self.slots.get_mut(key).map(|slot| &mut slot.entry)
    }

    /// Keeps an entry of this weight; one that is there already is replaced where it stands. Calls `evicted` for each
    /// that had to leave. An entry above an eighth of all is not kept; returns whether it is.
    pub(super) fn insert(&mut self, key: K, entry: E, bytes: usize, mut evicted: impl FnMut(&K)) -> bool {
        if bytes > self.bytes_max / 8 {
            self.remove(&key);
            return false;
        }
        if let Some(slot) = self.slots.get_mut(&key) {
            let before = std::mem::replace(&mut slot.bytes, bytes);
            slot.entry = entry;
            let is_main = slot.is_main;
            self.weigh(before, bytes, is_main);
        } else {
            let is_main = self.returns(&key);
            let queue = if is_main { &mut self.main } else { &mut self.small };
            queue.push_back(key.clone());
            self.slots.insert(key, Slot { entry, bytes, uses: 0, is_main });
            self.weigh(0, bytes, is_main);
        }
        while self.bytes > self.bytes_max {
            match self.evict() {
                Some(key) => evicted(&key),
                None => break,
            }
        }
        true
    }

    /// An entry has become lighter.
    pub(super) fn weigh_anew(&mut self, key: &K, bytes: usize) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        let (before, is_main) = (std::mem::replace(&mut slot.bytes, bytes), slot.is_main);
        self.weigh(before, bytes, is_main);
    }

    /// Drops those that are not to be retained. It walks over all: 100,000 entries take some milliseconds.
    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(&mut E) -> bool) {
        let (bytes, small_bytes) = (&mut self.bytes, &mut self.small_bytes);
        self.slots.retain(|_, slot| {
            let stays = is_kept(&mut slot.entry);
            if !stays {
                *bytes -= slot.bytes;
                *small_bytes -= if slot.is_main { 0 } else { slot.bytes };
            }
            stays
        });
        let slots = &self.slots;
        for queue in [&mut self.small, &mut self.main] {
            queue.retain(|key| slots.contains_key(key));
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Their weight.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops one entry. The queue is walked: for what is too large to stay, which is rare.
    fn remove(&mut self, key: &K) {
        let Some(slot) = self.slots.remove(key) else { return };
        self.weigh(slot.bytes, 0, slot.is_main);
        let queue = if slot.is_main { &mut self.main } else { &mut self.small };
        queue.retain(|other| other != key);
    }

    fn weigh(&mut self, before: usize, after: usize, is_main: bool) {
        self.bytes = self.bytes - before + after;
        if !is_main {
            self.small_bytes = self.small_bytes - before + after;
        }
    }

    /// Makes room: the key of the entry that left; `None` if there is none.
    fn evict(&mut self) -> Option<K> {
        while !self.slots.is_empty() {
            let is_small = self.small_bytes > self.bytes_max / SMALL_SHARE || self.main.is_empty();
            let queue = if is_small { &mut self.small } else { &mut self.main };
            let key = queue.pop_front()?;
            let slot = self.slots.get_mut(&key).expect("a key in a queue has its entry");
            if slot.uses == 0 {
                let bytes = slot.bytes;
                self.slots.remove(&key);
                self.weigh(bytes, 0, !is_small);
                if is_small {
                    self.remember(&key);
                }
                return Some(key);
            }
            if is_small {
                (slot.uses, slot.is_main) = (0, true);
                self.small_bytes -= slot.bytes;
            } else {
                slot.uses -= 1;
            }
            self.main.push_back(key);
        }
        None
    }

    fn remember(&mut self, key: &K) {
        let hash = self.slots.hasher().hash_one(key);
        if self.left_set.insert(hash) {
            self.left.push_back(hash);
        }
        if self.left.len() > LEFT_MAX
            && let Some(oldest) = self.left.pop_front()
        {
            self.left_set.remove(&oldest);
        }
    }

    /// Whether it left a short while ago.
    fn returns(&self, key: &K) -> bool {
        !self.left_set.is_empty() && self.left_set.contains(&self.slots.hasher().hash_one(key))
    }
}

#[cfg(test)]
mod tests;
