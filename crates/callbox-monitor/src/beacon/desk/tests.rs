//! Tests of `desk.rs`.

use super::super::check::tests::{NOW, beacon};
use super::*;
use callbox_protocol::id::{ViewId, VisitId};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn numbered(number: u32, members: &str) -> Beacon {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let (visit, view) = (VisitId::from_bytes(id), ViewId::from_bytes(id));
    Beacon { visit, view, started_at: NOW, ..beacon(members) }
}

/// The view and the sequence that the LCPs of the test below are made of.
fn lcps(samples: impl IntoIterator<Item = Sample>) -> Vec<(u32, u32)> {
    let lcps = samples.into_iter().filter(|one| one.distribution == Distribution::Lcp);
    lcps.map(|one| one.value.to_string().parse::<u32>().unwrap())
        .map(|lcp| (lcp / 1_000, lcp % 1_000))
        .collect()
}

fn take(desk: &mut Desk, mut beacon: Beacon) -> Noted {
    match desk.take(&mut beacon, NOW) {
        Intake::New(noted) => noted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_view_counts_under_its_route_and_the_rest_under_other() {
    let mut desk = Desk::new(NOW);
    for number in 0..200 {
        let route = format!("/page-{}", (b'a' + u8::try_from(number % 26).unwrap()) as char)
            .repeat(usize::try_from(number / 26 + 1).unwrap());
        assert_eq!(
            take(&mut desk, Beacon { route: route.clone(), ..numbered(number, "") }).route.as_ref(),
            route
        );
    }
    let noted = take(
        &mut desk,
        Beacon { route: "/one-more".to_owned(), ..numbered(1_000, r#","vitals":{"fcp":5}"#) },
    );
    assert_eq!((noted.samples[0].route.as_ref(), noted.capped), ("other", [1, 0, 0]));
    assert_eq!((noted.samples[0].release.as_ref(), noted.samples[0].nav), ("", "hard"));
}

#[test]
fn a_driven_browser_is_marked_and_counts_nowhere() {
    let mut desk = Desk::new(NOW);
    assert_eq!(desk.take(&mut numbered(1, r#","is_driven":true"#), NOW), Intake::Bot);
    assert!(take(&mut desk, numbered(1, "")).is_new_view);
}

#[test]
fn broken_weights_are_right_on_average() {
    let mut desk = Desk::new(NOW);
    let weights: Vec<_> =
        (0..1_000).map(|number| take(&mut desk, numbered(number, r#","weight":2.5"#)).weight).collect();
    let sum: u32 = weights.iter().sum();
    assert!((2_400..2_600).contains(&sum) && weights.iter().all(|weight| [2, 3].contains(weight)), "{sum}");
}

#[test]
fn a_call_of_another_app_has_its_values_once_and_one_of_ours_has_none() {
    let mut desk = Desk::new(NOW);
    let ours = "018f0000-0000-4000-8000-0000000000ca";
    let calls = |duration_ms| {
        format!(
            r#","calls":[{{"at_ms":1,"outcome":"success","setup_ms":900,"duration_ms":{duration_ms},
                "quality":{{"score":81,"rtt_ms":40,"loss_permille":25}}}},
                {{"at_ms":2,"setup_ms":5}},{{"call":"{ours}","outcome":"success","setup_ms":7}}]"#
        )
    };
    let noted = take(&mut desk, numbered(1, &calls(61_500)));
    let found: Vec<_> = noted.samples.iter().map(|one| (one.distribution, one.value)).collect();
    let expected = [
        (Distribution::ReportedCallSetup, 900.0),
        (Distribution::ReportedCallLength, 61.5),
        (Distribution::ReportedCallScore, 81.0),
        (Distribution::ReportedCallRtt, 40.0),
        (Distribution::ReportedCallLoss, 0.025),
    ];
    assert_eq!((&found[..], &noted.calls[..]), (&expected[..], &[0, 2][..]));
    let again = Beacon { sequence: 2, ..numbered(1, &calls(90_000)) };
    assert!(take(&mut desk, again).samples.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes, and comes again, whenever within a day: what was counted and what is held are together one value of
    /// each view, the last one that it said before it was counted.
    #[test]
    fn what_is_held_and_what_was_counted_are_together_each_view_once(
        steps in prop::collection::vec((0_u32..4, 1_u32..6, any::<bool>(), 0_u64..37), 1..40),
    ) {
        let (mut desk, mut now) = (Desk::new(NOW), NOW);
        let (mut counted, mut said) = (BTreeMap::new(), BTreeMap::new());
        for (view, sequence, is_final, minutes) in steps {
            now = now.plus(minutes * 60_000);
            for (view, value) in lcps(desk.settled(now)) {
                prop_assert_eq!(counted.insert(view, value), None);
            }
            let members = format!(r#","is_final":{is_final},"vitals":{{"lcp":{}}}"#, view * 1_000 + sequence);
            let mut beacon = Beacon { sequence, ..numbered(view, &members) };
            if let Intake::New(noted) = desk.take(&mut beacon, now) {
                if !counted.contains_key(&view) {
                    said.insert(view, sequence);
                }
                for (view, value) in lcps(noted.samples) {
                    prop_assert_eq!(counted.insert(view, value), None);
                }
            }
            let mut all = counted.clone();
            for (view, value) in lcps(desk.held()) {
                prop_assert_eq!(all.insert(view, value), None);
            }
            prop_assert_eq!(&all, &said);
        }
        for (view, value) in lcps(desk.release_all()) {
            prop_assert_eq!(counted.insert(view, value), None);
        }
        prop_assert_eq!((counted, desk.held().count()), (said, 0));
    }
}

#[test]
fn an_error_and_a_failed_call_are_reasons_to_keep_a_visit() {
    let mut desk = Desk::new(NOW);
    for number in 0..100 {
        take(&mut desk, numbered(number, ""));
    }
    assert!(!take(&mut desk, numbered(200, "")).is_kept, "the day's sample is full for now");
    assert!(take(&mut desk, numbered(201, r#","errors":[{"name":"E"}]"#)).is_kept);
    let failed = take(&mut desk, numbered(202, r#","calls":[{"outcome":"failure"},{"at_ms":5}]"#));
    assert!(failed.is_kept && failed.calls == [0]);
    assert!(!take(&mut desk, numbered(203, r#","calls":[{"outcome":"success"}]"#)).is_kept);
}
