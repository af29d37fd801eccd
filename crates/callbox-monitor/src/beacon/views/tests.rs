//! Tests of `views.rs`.

use super::super::check::tests::{NOW, beacon};
use super::*;
use proptest::prelude::*;

fn of() -> Of {
    Of { route: "/".into(), release: "".into(), device: "desk", nav: "hard", weight: 1, at: NOW }
}

fn numbered(number: u8, sequence: u32, members: &str) -> Beacon {
    Beacon { sequence, view: ViewId::from_bytes([number; 16]), started_at: NOW, ..beacon(members) }
}

#[test]
fn a_later_beacon_adds_the_difference_and_an_older_one_nothing() {
    let mut views = Views::new(NOW);
    let first = r#","vitals":{"fcp":900,"lcp":1000,"cls":0},"errors":[{"name":"E","count":2}],"events":[{"name":"chat"}],"complaints":1"#;
    let difference = views.take(&numbered(1, 1, first), of(), NOW).unwrap();
    assert!(difference.is_new);
    assert_eq!(difference.vitals, [(Distribution::Fcp, 900.0)]);
    assert_eq!((&difference.errors[..], &difference.events[..]), (&[(0, 2)][..], &[(0, 1)][..]));
    let last = r#","is_final":true,"vitals":{"fcp":901,"lcp":1500,"cls":0.2,"inp":8},"errors":[{"name":"F"},{"name":"E","count":5}],"events":[{"name":"chat"}],"complaints":1"#;
    let difference = views.take(&numbered(1, 3, last), of(), NOW).unwrap();
    let grown = [(Distribution::Lcp, 1500.0), (Distribution::Cls, 0.2), (Distribution::Inp, 8.0)];
    assert_eq!((difference.is_new, &difference.vitals[..]), (false, &grown[..]));
    assert_eq!(
        (&difference.errors[..], difference.events.len(), difference.complaints),
        (&[(0, 1), (1, 3)][..], 0, 0)
    );
    assert_eq!(views.take(&numbered(1, 3, last), of(), NOW), None);
    assert_eq!(views.take(&numbered(1, 2, first), of(), NOW), None);
}

#[test]
fn a_view_that_ends_without_a_word_is_counted_by_what_it_said_last() {
    let mut views = Views::new(NOW);
    views.take(&numbered(1, 1, r#","vitals":{"lcp":1000}"#), of(), NOW).unwrap();
    assert_eq!(
        views.held().map(|(_, kind, value)| (kind, value)).collect::<Vec<_>>(),
        [(Distribution::Lcp, 1000.0)]
    );
    assert!(views.settled(NOW.plus(HELD_MS)).is_empty());
    let settled = views.settled(NOW.plus(HELD_MS + 1));
    assert_eq!(settled, [(of(), vec![(Distribution::Lcp, 1000.0)])]);
    assert!(views.take(&numbered(1, 2, r#","vitals":{"lcp":2000}"#), of(), NOW.plus(HELD_MS + 1)).is_none());
    assert_eq!(views.held().count(), 0);
}

#[test]
fn a_first_beacon_that_comes_again_after_hours_counts_once_and_one_that_waited_so_long_counts() {
    let mut views = Views::new(NOW);
    assert!(views.take(&numbered(1, 1, ""), of(), NOW).is_some());
    for hour in 1..=24 {
        let now = NOW.plus(hour * 60 * 60 * 1_000);
        views.settled(now);
        assert_eq!(views.take(&numbered(1, 1, ""), of(), now), None, "hour {hour}");
        let waited = numbered(u8::try_from(hour).unwrap() + 1, 1, "");
        assert!(views.take(&waited, of(), now).is_some_and(|found| found.is_new), "hour {hour}");
        assert_eq!(views.take(&waited, of(), now), None);
    }
}

#[test]
fn a_flood_of_views_makes_none_count_twice_and_loses_no_vital() {
    let mut views = Views::new(UnixMillis(0));
    views.take(&numbered(1, 1, r#","vitals":{"lcp":1000}"#), of(), NOW).unwrap();
    for number in 0..u32::try_from(VIEWS_MAX).unwrap() {
        let mut id = [9; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let junk = Beacon { view: ViewId::from_bytes(id), ..numbered(2, 1, "") };
        views.take(&junk, of(), NOW.plus(1)).unwrap();
    }
    assert_eq!(views.known.values().count(), VIEWS_MAX);
    assert_eq!(views.settled(NOW.plus(1)).len(), 1);
    let early =
        Beacon { started_at: NOW.minus(1), ..numbered(1, 2, r#","is_final":true,"vitals":{"lcp":1000}"#) };
    assert_eq!(views.take(&early, of(), NOW.plus(2)), None);
    let first = Beacon { started_at: NOW.minus(1), ..numbered(1, 1, r#","vitals":{"lcp":1000}"#) };
    assert_eq!(views.take(&first, of(), NOW.plus(2)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever order the beacons of a view come in, and however often: each thing counts as the highest one says.
    #[test]
    fn nothing_counts_twice(order in prop::collection::vec(1_u32..6, 1..20)) {
        let mut views = Views::new(UnixMillis(0));
        let (mut seen, mut errors, mut lcps, mut highest) = (0, 0, 0, 0);
        for sequence in order {
            let members = format!(r#","is_final":{},"vitals":{{"lcp":{sequence}00}},"errors":[{{"name":"E","count":{sequence}}}]"#, sequence > 2);
            let Some(more) = views.take(&numbered(1, sequence, &members), of(), NOW) else { continue };
            seen += u32::from(more.is_new);
            errors += more.errors.iter().map(|(_, count)| count).sum::<u32>();
            lcps += more.vitals.len();
            highest = highest.max(sequence);
        }
        prop_assert_eq!((seen, errors), (1, highest));
        prop_assert!(lcps <= 1 && (highest <= 2 || lcps == 1));
    }
}
