//! What was counted of each view, so that its next beacon adds the difference alone.
//!
//! Some vitals grow as long as a view lasts. They are held until the page is hidden, or no beacon came for half an hour,
//! and counted once. Bounds: 16,384 views, 64 entries in each. A view that had to be forgotten counts no further, and its
//! first beacon, if it comes again, not anew: a flood can hide views, but it cannot make one count twice.

use callbox_protocol::beacon::{Beacon, BeaconCall, BeaconError, Vitals};
use callbox_protocol::id::ViewId;
use callbox_protocol::time::UnixMillis;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::idle::IdleMap;
use super::past::{Past, hash};
use crate::metric::Distribution;

const VIEWS_MAX: usize = 16_384;
/// How long the vitals of a view that ended without a word are held: the longest idle time of a visit.
const HELD_MS: u64 = 30 * 60 * 1_000;
/// Errors, events and calls of one view that are told apart.
const ENTRIES_MAX: usize = 64;

/// What a view was of, as its values are counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Of {
    pub(super) route: Arc<str>,
    pub(super) release: Arc<str>,
    pub(super) device: &'static str,
    pub(super) nav: &'static str,
    pub(super) weight: u32,
    pub(super) at: UnixMillis,
}

/// The views that still may send a beacon.
#[derive(Debug)]
pub(super) struct Views {
    known: IdleMap<ViewId, Known>,
    /// Those that sent nothing for long.
    past: Past,
    /// Views that began before this, and had sent a beacon before, may have been counted and forgotten.
    forgotten_until: UnixMillis,
    /// Vitals of views that were forgotten before they were hidden.
    settled: Vec<(Of, Vec<(Distribution, f64)>)>,
}

/// What was counted of one view.
#[derive(Debug)]
pub(super) struct Known {
    view: u64,
    sequence: u32,
    of: Of,
    /// The vitals that were counted, by their place in [`vitals`].
    counted: [bool; 7],
    held: [Option<f64>; 3],
    entries: Vec<(u32, u32)>,
    complaints: u32,
    visible_ms: u32,
    errors_dropped: u32,
    has_failed: bool,
}

/// What a beacon adds to what was counted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    pub(super) is_new: bool,
    pub(super) vitals: Vec<(Distribution, f64)>,
    /// Places in the beacon's lists, and how many more there are.
    pub(super) errors: Vec<(usize, u32)>,
    pub(super) events: Vec<(usize, u32)>,
    pub(super) calls: Vec<usize>,
    pub(super) complaints: u32,
    pub(super) visible_ms: u32,
    pub(super) errors_dropped: u32,
    /// The view's first errors are among them.
    pub(super) fails: bool,
}

/// The first four are measured once; the last three may grow until the page is hidden.
fn vitals(vitals: &Vitals) -> [(Distribution, Option<f64>); 7] {
    [
        (Distribution::Fcp, vitals.fcp),
        (Distribution::Ttfb, vitals.ttfb),
        (Distribution::Fid, vitals.fid),
        (Distribution::PageLoad, vitals.load),
        (Distribution::Lcp, vitals.lcp),
        (Distribution::Cls, vitals.cls),
        (Distribution::Inp, vitals.inp),
    ]
}
const GROWING: [Distribution; 3] = [Distribution::Lcp, Distribution::Cls, Distribution::Inp];

impl Views {
    /// No view that began before `start` and has sent a beacon counts: another process may have counted it.
    pub(super) fn new(start: UnixMillis) -> Self {
        Self {
            known: IdleMap::new(VIEWS_MAX),
            past: Past::default(),
            forgotten_until: start,
            settled: Vec::new(),
        }
    }

    /// What this beacon adds; `None` if all of it was counted.
    pub(super) fn take(&mut self, beacon: &Beacon, of: Of, now: UnixMillis) -> Option<Difference> {
        if let Some(known) = self.known.get_mut(&beacon.view, now) {
            if beacon.sequence <= known.sequence {
                return None;
            }
            return Some(known.add(beacon, false));
        }
        if beacon.sequence > 1 && beacon.started_at < self.forgotten_until {
            return None;
        }
        if self.past.may_have(&beacon.view, beacon.started_at) {
            return None;
        }
        let mut known = Known::new(&beacon.view, of);
        let difference = known.add(beacon, true);
        if let Some((left, used_at)) = self.known.insert(beacon.view, known, now) {
            self.forgotten_until = self.forgotten_until.max(used_at);
            self.settle(left, used_at);
        }
        Some(difference)
    }

    /// The vitals of views that sent nothing for long, and of those that were forgotten.
    pub(super) fn settled(&mut self, now: UnixMillis) -> Vec<(Of, Vec<(Distribution, f64)>)> {
        while let Some((known, used_at)) = self.known.pop_idle(now.minus(HELD_MS)) {
            self.forgotten_until = self.forgotten_until.max(now.minus(HELD_MS));
            self.settle(known, used_at);
        }
        std::mem::take(&mut self.settled)
    }

    /// The vitals that are held: they belong to a figure of this moment, and to no row yet.
    pub(super) fn held(&self) -> impl Iterator<Item = (&Of, Distribution, f64)> {
        let held = self.known.values().flat_map(|known| {
            let held = GROWING.into_iter().zip(known.held);
            held.filter_map(move |(kind, value)| value.map(|value| (&known.of, kind, value)))
        });
        let settled = self
            .settled
            .iter()
            .flat_map(|(of, values)| values.iter().map(move |(kind, value)| (of, *kind, *value)));
        held.chain(settled)
    }

    /// All vitals that are held, once: the process ends, and the next one counts no view that began before it.
    pub(super) fn release_all(&mut self) -> Vec<(Of, Vec<(Distribution, f64)>)> {
        let held = self.known.values_mut().map(|known| (known.of.clone(), known.release()));
        let held: Vec<_> = held.filter(|(_, values)| !values.is_empty()).collect();
        self.settled.extend(held);
        std::mem::take(&mut self.settled)
    }

    fn settle(&mut self, mut known: Known, used_at: UnixMillis) {
        self.past.add(known.view, used_at);
        let values = known.release();
        // Nobody asks for a minute at most; a flood in it may lose what it made itself.
        if !values.is_empty() && self.settled.len() < VIEWS_MAX {
            self.settled.push((known.of, values));
        }
    }
}

impl Known {
    fn new(view: &ViewId, of: Of) -> Self {
        Self {
            view: hash(view),
            sequence: 0,
            of,
            counted: [false; 7],
            held: [None; 3],
            entries: Vec::new(),
            complaints: 0,
            visible_ms: 0,
            errors_dropped: 0,
            has_failed: false,
        }
    }

    fn add(&mut self, beacon: &Beacon, is_new: bool) -> Difference {
        self.sequence = beacon.sequence;
        let mut difference = Difference { is_new, ..Difference::default() };
        for (place, (kind, value)) in vitals(&beacon.vitals).into_iter().enumerate() {
            match (value, GROWING.iter().position(|growing| *growing == kind)) {
                (Some(_), _) if self.counted[place] => {}
                (Some(value), None) => {
                    self.counted[place] = true;
                    difference.vitals.push((kind, value));
                }
                (Some(value), Some(growing)) => self.held[growing] = Some(value),
                (None, _) => {}
            }
        }
        if beacon.is_final {
            difference.vitals.append(&mut self.release());
        }
        for (place, error) in beacon.errors.iter().enumerate() {
            let more = self.more(key_of_error(error), error.count);
            difference.errors.extend(more.map(|more| (place, more)));
        }
        for (place, event) in beacon.events.iter().enumerate() {
            let more = self.more(key(&("event", &event.name)), event.count);
            difference.events.extend(more.map(|more| (place, more)));
        }
        for (place, call) in beacon.calls.iter().enumerate().filter(|(_, call)| call.outcome.is_some()) {
            difference.calls.extend(self.more(key_of_call(call), 1).map(|_| place));
        }
        difference.complaints = raise(&mut self.complaints, beacon.complaints);
        difference.visible_ms = raise(&mut self.visible_ms, beacon.visible_ms);
        difference.errors_dropped = raise(&mut self.errors_dropped, beacon.errors_dropped);
        let has_errors = !difference.errors.is_empty() || difference.errors_dropped > 0;
        difference.fails = has_errors && !self.has_failed;
        self.has_failed |= has_errors;
        difference
    }

    /// How many more there are of this entry than were counted.
    fn more(&mut self, key: u32, count: u32) -> Option<u32> {
        let more = match self.entries.iter().position(|(known, _)| *known == key) {
            Some(place) => raise(&mut self.entries[place].1, count),
            None if self.entries.len() < ENTRIES_MAX => {
                self.entries.push((key, count));
                count
            }
            None => 0,
        };
        (more > 0).then_some(more)
    }

    /// The vitals that were held, once.
    fn release(&mut self) -> Vec<(Distribution, f64)> {
        let mut values = Vec::new();
        for (place, kind) in GROWING.into_iter().enumerate() {
            if let Some(value) = self.held[place].take() {
                self.counted[4 + place] = true;
                values.push((kind, value));
            }
        }
        values
    }
}

fn raise(counted: &mut u32, to: u32) -> u32 {
    let more = to.saturating_sub(*counted);
    *counted += more;
    more
}

fn key_of_error(error: &BeaconError) -> u32 {
    key(&("error", error.kind, &error.name, &error.message, &error.stack))
}

/// A call of ours has a name; another app's is known by when it began.
fn key_of_call(call: &BeaconCall) -> u32 {
    key(&("call", call.call, call.call.is_none().then_some(call.at_ms)))
}

/// 32 bits tell 64 entries apart.
fn key(of: &impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).expect("half of 64 bits")
}

#[cfg(test)]
mod tests;
