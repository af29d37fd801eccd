//! Views that were counted and send no more: their first beacon may come again, hours later.
//!
//! A browser keeps a beacon for a day if it heard no answer, and a page that ends hears none. Only a hash of each view is
//! kept. Bounds: 131,072 views (some 5 MiB) and 25 hours. A view that had to leave earlier hides the first beacons of
//! all views that began before it did: so a flood can hide views, but none counts twice. A process that begins knows none.

use callbox_protocol::id::ViewId;
use callbox_protocol::time::UnixMillis;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

const VIEWS_MAX: usize = 131_072;
/// An hour more than a browser keeps a beacon.
const KEPT_MS: u64 = 25 * 60 * 60 * 1_000;

/// The views that are past.
#[derive(Debug, Default)]
pub(super) struct Past {
    views: HashSet<u64>,
    /// In the order in which they came, with the time of their last beacon.
    queue: VecDeque<(u64, UnixMillis)>,
    /// Nothing is known any more of views whose last beacon came before this.
    unknown_until: UnixMillis,
}

impl Past {
    /// Notes a view whose last beacon came then.
    pub(super) fn add(&mut self, view: u64, last_at: UnixMillis) {
        while let Some((oldest, at)) = self.queue.front().copied() {
            let is_old = last_at.since(at) > KEPT_MS;
            if !is_old && self.queue.len() < VIEWS_MAX {
                break;
            }
            self.queue.pop_front();
            self.views.remove(&oldest);
            if !is_old {
                self.unknown_until = self.unknown_until.max(at);
            }
        }
        if self.views.insert(view) {
            self.queue.push_back((view, last_at));
        }
    }

    /// Whether a view that began then was counted, or may have been.
    pub(super) fn may_have(&self, view: &ViewId, began: UnixMillis) -> bool {
        began < self.unknown_until || self.views.contains(&hash(view))
    }
}

/// 64 bits of an id that a browser made at random.
pub(super) fn hash(view: &ViewId) -> u64 {
    let mut hasher = DefaultHasher::new();
    view.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMillis = UnixMillis(1_790_000_000_000);

    fn view(number: u8) -> ViewId {
        ViewId::from_bytes([number; 16])
    }

    #[test]
    fn a_view_is_known_for_a_day_and_is_no_burden_then() {
        let mut past = Past::default();
        past.add(hash(&view(1)), AT);
        past.add(hash(&view(1)), AT);
        past.add(hash(&view(2)), AT.plus(KEPT_MS));
        assert!(past.may_have(&view(1), AT) && past.may_have(&view(2), AT));
        assert!(!past.may_have(&view(3), AT), "another one, however old");
        past.add(hash(&view(4)), AT.plus(KEPT_MS + 1));
        assert_eq!((past.views.len(), past.queue.len()), (2, 2));
        assert!(!past.may_have(&view(1), AT.plus(1)) && past.may_have(&view(4), AT));
    }

    #[test]
    fn a_flood_hides_views_from_before_it_and_finds_an_end() {
        let mut past = Past::default();
        for number in 0..=VIEWS_MAX as u64 {
            past.add(number, AT.plus(number));
        }
        assert_eq!((past.views.len(), past.queue.len()), (VIEWS_MAX, VIEWS_MAX));
        assert!(past.may_have(&view(1), AT.minus(1)), "it may be one of those that left");
        assert!(!past.may_have(&view(1), AT.plus(1)));
    }
}
