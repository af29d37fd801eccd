//! A bounded number of names: routes, releases, names of events, groups of errors.
//!
//! What comes when all places are taken is `other`, and is counted, so that a stranger cannot make a row for each
//! beacon. A name that nobody sent for a day gives its place to the next.

use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;
use std::sync::Arc;

use crate::fold::OTHER;

/// How long a name keeps its place without a use.
const IDLE_MS: u64 = 24 * 60 * 60 * 1_000;
/// A search for idle names walks over all: once a minute is enough.
const SEARCH_MS: u64 = 60 * 1_000;

/// The names that have a place.
#[derive(Debug)]
pub(super) struct Names {
    max: usize,
    used_at: HashMap<Arc<str>, UnixMillis>,
    other: Arc<str>,
    next_search: UnixMillis,
}

impl Names {
    /// With so many places.
    pub(super) fn new(max: usize) -> Self {
        Self { max, used_at: HashMap::new(), other: OTHER.into(), next_search: UnixMillis(0) }
    }

    /// The name, or `None` if there is no place for it.
    pub(super) fn admit(&mut self, name: &str, now: UnixMillis) -> Option<Arc<str>> {
        if let Some((known, used_at)) =
            self.used_at.get_key_value(name).map(|(known, at)| (Arc::clone(known), *at))
        {
            if now.since(used_at) >= SEARCH_MS {
                self.used_at.insert(Arc::clone(&known), now);
            }
            return Some(known);
        }
        if self.used_at.len() >= self.max && now >= self.next_search {
            self.used_at.retain(|_, used_at| now.since(*used_at) < IDLE_MS);
            self.next_search = now.plus(SEARCH_MS);
        }
        if self.used_at.len() >= self.max {
            return None;
        }
        let name: Arc<str> = name.into();
        self.used_at.insert(Arc::clone(&name), now);
        Some(name)
    }

    /// The name or [`OTHER`], and whether it is that.
    pub(super) fn admit_or_other(&mut self, name: &str, now: UnixMillis) -> (Arc<str>, bool) {
        match self.admit(name, now) {
            Some(name) => (name, false),
            None => (Arc::clone(&self.other), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_its_places_a_name_is_other_until_one_was_idle_for_a_day() {
        let (mut names, start) = (Names::new(2), UnixMillis(IDLE_MS));
        assert_eq!(names.admit_or_other("a", start), ("a".into(), false));
        assert_eq!(names.admit_or_other("b", start), ("b".into(), false));
        assert_eq!(names.admit_or_other("c", start), (OTHER.into(), true));
        let later = start.plus(IDLE_MS - 1);
        assert_eq!(names.admit_or_other("b", later), ("b".into(), false));
        assert_eq!(names.admit_or_other("c", later), (OTHER.into(), true));
        let after = later.plus(SEARCH_MS);
        assert_eq!(names.admit_or_other("c", after), ("c".into(), false), "`a` gave its place");
        assert_eq!(names.admit_or_other("d", after.plus(SEARCH_MS)), (OTHER.into(), true));
    }
}
