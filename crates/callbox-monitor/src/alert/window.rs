//! What a rule remembers: counts of up to three days, and readings or values of up to an hour.
//!
//! Counts stand in slots of ten seconds for an hour, and of five minutes beyond: a longer stretch is right within five
//! minutes. Bounds: 361 slots of ten seconds, 865 of five minutes; as many readings or sketches as looks in an hour.

use callbox_protocol::time::UnixMillis;
use std::collections::VecDeque;

use crate::Sketch;

/// How often rules are looked at.
const FINE_MS: u64 = 10_000;
const COARSE_MS: u64 = 300_000;
/// What is longer is told apart by five minutes alone.
pub(super) const FINE_KEPT_MS: u64 = 3_600_000;
/// The longest stretch of a burn rate.
pub(super) const COARSE_KEPT_MS: u64 = 3 * 86_400_000;

/// Counts of a share: the part, and the whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    fine: Slots,
    /// Empty if no stretch needs it.
    coarse: Slots,
    is_long: bool,
}

impl Counts {
    /// For stretches of up to this length.
    pub(super) fn of(longest_ms: u64) -> Self {
        Self { is_long: longest_ms > FINE_KEPT_MS, ..Self::default() }
    }

    pub(super) fn add(&mut self, part: u64, whole: u64, now: UnixMillis) {
        self.fine.add(part, whole, now.0 / FINE_MS, FINE_KEPT_MS / FINE_MS);
        if self.is_long {
            self.coarse.add(part, whole, now.0 / COARSE_MS, COARSE_KEPT_MS / COARSE_MS);
        }
    }

    /// The part and the whole of the last stretch of this length.
    pub(super) fn sum(&self, length_ms: u64, now: UnixMillis) -> (u64, u64) {
        if length_ms <= FINE_KEPT_MS {
            self.fine.sum(length_ms / FINE_MS, now.0 / FINE_MS)
        } else {
            self.coarse.sum(length_ms / COARSE_MS, now.0 / COARSE_MS)
        }
    }
}

/// Counts in slots of one length. A stretch is the difference of two totals, so its sum costs a search.
#[derive(Clone, Debug, Default)]
struct Slots {
    slots: VecDeque<Slot>,
    part: u64,
    whole: u64,
}

/// What had been counted when a slot began.
#[derive(Clone, Copy, Debug)]
struct Slot {
    number: u64,
    part: u64,
    whole: u64,
}

impl Slots {
    fn add(&mut self, part: u64, whole: u64, number: u64, kept: u64) {
        while self.slots.front().is_some_and(|first| first.number + kept < number) {
            self.slots.pop_front();
        }
        if part == 0 && whole == 0 {
            return;
        }
        // Time never goes back; if it did, the last slot takes what comes.
        if self.slots.back().is_none_or(|last| last.number < number) {
            self.slots.push_back(Slot { number, part: self.part, whole: self.whole });
        }
        self.part += part;
        self.whole += whole;
    }

    fn sum(&self, length: u64, last: u64) -> (u64, u64) {
        let first = (last + 1).saturating_sub(length);
        let place = self.slots.partition_point(|slot| slot.number < first);
        let before = self.slots.get(place);
        before.map_or((0, 0), |before| (self.part - before.part, self.whole - before.whole))
    }
}

/// What was read or came, each with its time.
#[derive(Clone, Debug)]
pub(super) struct Recent<T> {
    items: VecDeque<(UnixMillis, T)>,
    length_ms: u64,
}

impl<T> Recent<T> {
    pub(super) fn of(length_ms: u64) -> Self {
        Self { items: VecDeque::new(), length_ms: length_ms.min(FINE_KEPT_MS) }
    }

    /// Forgets what is too old, and takes what came.
    pub(super) fn add(&mut self, item: Option<T>, now: UnixMillis) {
        while self.items.front().is_some_and(|(at, _)| now.since(*at) >= self.length_ms) {
            self.items.pop_front();
        }
        if let Some(item) = item {
            self.items.push_back((now, item));
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }
}

impl Recent<Sketch> {
    /// All values together.
    pub(super) fn merged(&self) -> Sketch {
        self.iter().fold(Sketch::default(), |mut all, sketch| {
            all.merge(sketch);
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_has_what_came_in_it_and_nothing_older() {
        let mut counts = Counts::of(COARSE_KEPT_MS);
        // One of two each ten seconds, for four days.
        let looks = 4 * 8_640;
        for look in 0..looks {
            counts.add(1, 2, UnixMillis(look * FINE_MS));
        }
        let now = UnixMillis((looks - 1) * FINE_MS);
        assert_eq!(counts.sum(FINE_MS, now), (1, 2));
        assert_eq!(counts.sum(120_000, now), (12, 24));
        assert_eq!(counts.sum(FINE_KEPT_MS, now), (360, 720));
        assert_eq!(counts.sum(6 * 3_600_000, now), (6 * 360, 6 * 720));
        assert_eq!(counts.sum(COARSE_KEPT_MS, now), (3 * 8_640, 3 * 17_280));
        let later = now.plus(60_000);
        counts.add(0, 0, later);
        assert_eq!(counts.sum(120_000, later), (6, 12));
        counts.add(0, 0, now.plus(5 * 86_400_000));
        assert!(counts.fine.slots.is_empty() && counts.coarse.slots.is_empty(), "nothing old is held");
    }

    #[test]
    fn slots_have_a_bound() {
        let mut counts = Counts::of(COARSE_KEPT_MS);
        for second in 0..400_000_u64 {
            counts.add(1, 1, UnixMillis(second * 1_000));
        }
        assert!(counts.fine.slots.len() <= 361 && counts.coarse.slots.len() <= 865);
        let mut recent = Recent::of(60_000);
        for look in 0..100_u64 {
            recent.add((look != 99).then_some(look), UnixMillis(look * FINE_MS));
        }
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [94, 95, 96, 97, 98]);
    }
}
