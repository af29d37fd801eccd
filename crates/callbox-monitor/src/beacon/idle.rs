//! A bounded map whose entries leave when nobody has used them for longest.
//!
//! Each key stands in the queue once, with the time of a use; an entry that was used since goes to the queue's end when
//! its turn comes. So a use costs nothing but the map's own look-up.

use callbox_protocol::time::UnixMillis;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map of at most so many entries.
#[derive(Debug)]
pub(super) struct IdleMap<K, V> {
    max: usize,
    entries: HashMap<K, (V, UnixMillis)>,
    queue: VecDeque<(K, UnixMillis)>,
}

impl<K: Copy + Eq + Hash, V> IdleMap<K, V> {
    pub(super) fn new(max: usize) -> Self {
        Self { max, entries: HashMap::new(), queue: VecDeque::new() }
    }

    pub(super) fn get_mut(&mut self, key: &K, now: UnixMillis) -> Option<&mut V> {
        let (value, used_at) = self.entries.get_mut(key)?;
        *used_at = now.max(*used_at);
        Some(value)
    }

    /// Adds an entry that is not there; returns the one that left for it, and when that was used.
    pub(super) fn insert(&mut self, key: K, value: V, now: UnixMillis) -> Option<(V, UnixMillis)> {
        let left = if self.entries.len() >= self.max { self.pop(None) } else { None };
        if self.entries.insert(key, (value, now)).is_none() {
            self.queue.push_back((key, now));
        }
        left
    }

    /// Takes out an entry that nobody has used since `before`; and when it was used.
    pub(super) fn pop_idle(&mut self, before: UnixMillis) -> Option<(V, UnixMillis)> {
        self.pop(Some(before))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|(value, _)| value)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut().map(|(value, _)| value)
    }

    fn pop(&mut self, before: Option<UnixMillis>) -> Option<(V, UnixMillis)> {
        // Every key is looked at once at most: one that goes to the end has its time of use from then on.
        for _ in 0..=self.queue.len() {
            let (key, queued_at) = *self.queue.front()?;
            if before.is_some_and(|before| queued_at >= before) {
                return None;
            }
            self.queue.pop_front();
            match self.entries.get(&key) {
                Some((_, used_at)) if *used_at > queued_at => self.queue.push_back((key, *used_at)),
                _ => return self.entries.remove(&key),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_idle_for_longest_leaves_first() {
        let mut map = IdleMap::new(2);
        let at = UnixMillis;
        assert!(map.insert(1, 'a', at(1)).is_none() && map.insert(2, 'b', at(2)).is_none());
        *map.get_mut(&1, at(3)).unwrap() = 'A';
        assert_eq!(map.insert(3, 'c', at(4)), Some(('b', at(2))));
        assert_eq!((map.pop_idle(at(3)), map.pop_idle(at(4))), (None, Some(('A', at(3)))));
        let last = (map.values().count(), map.pop_idle(at(5)), map.pop_idle(at(9)));
        assert_eq!(last, (1, Some(('c', at(4))), None));
    }
}
