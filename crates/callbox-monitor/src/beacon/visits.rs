//! Which visits are new, and which are kept whole.
//!
//! Kept are 200 visits a day, spread over it, and those with an error or a failed call: these begin with the view in
//! which that happened, since nothing is written of the others. Bounds: 16,384 visits in memory; 2,000 a day for their
//! errors.

use callbox_protocol::id::VisitId;
use callbox_protocol::time::UnixMillis;

use super::idle::IdleMap;

const VISITS_MAX: usize = 16_384;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// A quiet server keeps all of its visits; a busy one a few of each hour.
const SAMPLED: Allowance = Allowance { burst: 50, day: 200 };
const FAILED: Allowance = Allowance { burst: 200, day: 2_000 };

/// The visits that still may have another view.
#[derive(Debug)]
pub(super) struct Visits {
    /// Whether each is kept.
    known: IdleMap<VisitId, bool>,
    sampled: Meter,
    failed: Meter,
}

/// What is to be done with a view's visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_new: bool,
    pub(super) is_kept: bool,
}

impl Visits {
    pub(super) fn new() -> Self {
        Self { known: IdleMap::new(VISITS_MAX), sampled: Meter::new(SAMPLED), failed: Meter::new(FAILED) }
    }

    /// Notes a beacon of this visit. One whose beginning is not known is new only if this is its first view.
    pub(super) fn note(
        &mut self,
        visit: VisitId,
        view_number: u32,
        has_failed: bool,
        now: UnixMillis,
    ) -> Standing {
        let known = self.known.get_mut(&visit, now).copied();
        let is_new = known.is_none() && view_number <= 1;
        let is_kept = known == Some(true)
            || (has_failed && self.failed.take(now))
            || (is_new && self.sampled.take(now));
        match self.known.get_mut(&visit, now) {
            Some(kept) => *kept = is_kept,
            // The one that leaves for it had its last view long ago.
            None => drop(self.known.insert(visit, is_kept, now)),
        }
        Standing { is_new, is_kept }
    }
}

#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: u64,
    day: u64,
}

/// A token bucket, kept as the time at which it is full again.
#[derive(Debug)]
struct Meter {
    allowance: Allowance,
    full_at: UnixMillis,
}

impl Meter {
    fn new(allowance: Allowance) -> Self {
        Self { allowance, full_at: UnixMillis(0) }
    }

    fn take(&mut self, now: UnixMillis) -> bool {
        let refill_ms = DAY_MS / self.allowance.day;
        let full_at = self.full_at.max(now).plus(refill_ms);
        let is_there = full_at <= now.plus(refill_ms * self.allowance.burst);
        if is_there {
            self.full_at = full_at;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(number: u32) -> VisitId {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        VisitId::from_bytes(id)
    }

    #[test]
    fn a_visit_is_new_once_and_stays_kept() {
        let (mut visits, now) = (Visits::new(), UnixMillis(DAY_MS));
        let note = |visits: &mut Visits, number, view, failed| visits.note(visit(number), view, failed, now);
        assert_eq!(note(&mut visits, 1, 1, false), Standing { is_new: true, is_kept: true });
        assert_eq!(note(&mut visits, 1, 2, false), Standing { is_new: false, is_kept: true });
        assert_eq!(
            note(&mut visits, 2, 5, false),
            Standing { is_new: false, is_kept: false },
            "its beginning is not known"
        );
        assert_eq!(note(&mut visits, 2, 6, true), Standing { is_new: false, is_kept: true });
    }

    #[test]
    fn on_a_busy_day_a_few_of_each_hour_are_kept_and_those_with_errors_beside_them() {
        let mut visits = Visits::new();
        let (mut kept, mut failed) = (0, 0);
        for minute in 0..24 * 60 {
            for each in 0..10 {
                let number = minute * 10 + each;
                let now = UnixMillis(DAY_MS + u64::from(minute) * 60_000);
                let has_failed = each == 0;
                let standing = visits.note(visit(number), 1, has_failed, now);
                assert!(standing.is_new);
                *if has_failed { &mut failed } else { &mut kept } += u32::from(standing.is_kept);
            }
        }
        assert!((200..=250).contains(&kept), "{kept}");
        assert_eq!(failed, 24 * 60);
    }
}
