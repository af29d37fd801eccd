//! Tests of `rollup.rs`.

use super::*;
use crate::figure::Figure;

#[test]
fn steps_begin_where_utc_does() {
    let noon = minute_of(UnixMillis(1_795_695_900_000));
    assert_eq!((noon, time_of(noon)), (29_928_265, UnixMillis(1_795_695_900_000)));
    let starts = Step::ALL.map(|step| step.start(noon));
    assert_eq!(starts, [29_928_265, 29_928_240, 29_927_520]);
    assert_eq!(starts[2] % (24 * 60), 0);
    assert_eq!(Step::Minute.kept_from(Split::All, noon), noon - 2_880);
    assert_eq!(Step::Hour.kept_from(Split::All, 10), 0, "nothing is before 1970");
    assert_eq!(Step::ALL.map(|step| step.row_of(noon)), [(29_928_240, 25), (29_928_240, 0), (29_927_520, 0)]);
}

#[test]
fn minutes_are_kept_for_two_days_and_split_by_a_dimension_for_six_hours() {
    let now = 29_928_265;
    let kept = |step, split: Split| now - kept_from(step, split.number(), now);
    // Rows of minutes go by whole hours.
    assert_eq!([kept(1, Split::All), kept(1, Split::Name), kept(1, Split::Route)], [2_905, 2_905, 385]);
    assert_eq!([kept(60, Split::All), kept(60, Split::Route)], [35 * 1_440 + 25; 2]);
    assert_eq!(kept(1_440, Split::Every), 396 * 1_440 + 745);
    assert_eq!((kept_from(7, 0, now), kept_from(1, 9, now)), (0, 0), "of another version");
}

#[test]
fn a_figure_of_a_minute_is_in_the_rows_of_its_minute_hour_and_day() {
    let mut changes = Changes::new();
    for minute in [29_928_265, 29_928_266, 29_928_300] {
        for (key, offset) in rows_of(COUNTERS, Split::Name, minute) {
            changes.entry(key).or_default().add(vec!["calls".to_owned()], offset, &Figure::Count(2));
        }
    }
    let counts: Vec<_> = changes
        .iter()
        .flat_map(|(key, cells)| {
            cells.iter().map(|(_, offset, figure)| (key.step, key.at + offset, figure.clone()))
        })
        .collect();
    assert_eq!(
        counts,
        [
            (Step::Minute, 29_928_265, Figure::Count(2)),
            (Step::Minute, 29_928_266, Figure::Count(2)),
            (Step::Minute, 29_928_300, Figure::Count(2)),
            (Step::Hour, 29_928_240, Figure::Count(4)),
            (Step::Hour, 29_928_300, Figure::Count(2)),
            (Step::Day, 29_927_520, Figure::Count(6)),
        ]
    );
    assert!(!Split::Every.is_kept(Step::Hour) && Split::Every.is_kept(Step::Day));
}

#[test]
fn a_row_that_cannot_be_read_is_replaced_and_noticed() {
    let mut change = Cells::default();
    change.add(Vec::new(), 0, &Figure::Count(1));
    let (bytes, error) = merged(Some(b"noise"), &change);
    assert_eq!((Cells::decode(&bytes), error), (Ok(change.clone()), Some(CellsError::Version)));
    let (bytes, _) = merged(Some(&bytes), &change);
    assert_eq!(Cells::decode(&bytes).unwrap().iter().next(), Some((&Vec::new(), 0, &Figure::Count(2))));
}
