//! Time without a process: it is counted as down, slot by slot, when the next process finds the gap.
//!
//! The own probe looks every ten seconds, so such a gap is as many probes that found nobody. Bound: rows of the time that
//! is kept for each step, some 4,100 at most.

use callbox_protocol::time::UnixMillis;

use crate::figure::Figure;
use crate::metric::Counter;
use crate::rollup::{COUNTERS, Changes, RowKey, Split, Step, minute_of, time_of};

/// How often the own probe looks.
pub const PROBE_MS: u64 = 10_000;

/// The probes that found nobody between the last sign of life and now.
pub fn gap(alive_at: UnixMillis, now: UnixMillis) -> Changes {
    let mut changes = Changes::new();
    let slot = |time: UnixMillis| time.0 / PROBE_MS;
    for step in Step::ALL {
        let kept_from = step.kept_from(Split::Name, minute_of(now));
        let first = step.start(minute_of(alive_at)).max(kept_from);
        for at in (first..=minute_of(now)).step_by(step.minutes() as usize) {
            let begin = slot(alive_at.max(time_of(at)));
            let end = slot(now.min(time_of(at + step.minutes())));
            let count = end.saturating_sub(begin);
            if count > 0 {
                let (row, offset) = step.row_of(at);
                let key = RowKey { metric: COUNTERS, step, split: Split::Name, at: row };
                let label = vec![Counter::ProbesDown.name().to_owned()];
                changes.entry(key).or_default().add(label, offset, &Figure::Count(count));
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(alive_at: u64, now: u64, step: Step) -> Vec<u64> {
        let changes = gap(UnixMillis(alive_at), UnixMillis(now));
        let of_step = changes.values().zip(changes.keys()).filter(|(_, key)| key.step == step);
        of_step
            .flat_map(|(cells, _)| cells.iter())
            .map(|(_, _, figure)| match figure {
                Figure::Count(count) => *count,
                other @ Figure::Spread(_) => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_gap_is_as_many_probes_in_each_step_as_there_would_have_been() {
        const NOON: u64 = 1_795_694_400_000;
        // From half a minute before noon until a quarter past.
        let (from, to) = (NOON - 30_000, NOON + 15 * 60_000);
        assert_eq!(counts(from, to, Step::Minute), [&[3][..], &[6; 15]].concat());
        assert_eq!(counts(from, to, Step::Hour), [3, 90]);
        assert_eq!(counts(from, to, Step::Day), [93]);
        assert!(counts(to, from, Step::Day).is_empty(), "a clock that was set back");
        assert!(gap(UnixMillis(from), UnixMillis(from + 5_000)).is_empty());
    }

    #[test]
    fn a_gap_of_years_has_rows_of_the_time_that_is_kept() {
        let now = UnixMillis(1_795_694_400_000);
        let changes = gap(UnixMillis(1), now);
        assert!(changes.len() < 1_300, "{}", changes.len());
        let days = counts(1, now.0, Step::Day);
        assert_eq!((days.len(), days[0]), (397, 8_640));
    }
}
