//! Tests of `spool.rs`.

use super::*;

const MINUTE: u64 = 60_000;

fn ids(spool: &Spool, now: u64) -> Vec<u64> {
    spool.due(UnixMillis(now)).iter().map(|delivery| delivery.id).collect()
}

#[test]
fn what_fails_is_tried_again_later_and_later_for_a_day() {
    let mut spool = Spool::default();
    spool.put("a", Vec::new(), UnixMillis(0));
    let (mut now, mut tries) = (0, Vec::new());
    while spool.waiting() > 0 {
        if ids(&spool, now) == [0] {
            tries.push(now / 1_000);
            spool.handle_failed(0, UnixMillis(now));
        }
        now += 10_000;
    }
    assert_eq!(tries[..7], [0, 10, 40, 100, 400, 1_300, 4_900]);
    assert_eq!((tries.len(), spool.lost()), (30, 1));
}

#[test]
fn a_target_that_is_down_holds_up_nobody_and_gets_all_in_order() {
    let mut spool = Spool::default();
    for target in ["a", "b", "a"] {
        spool.put(target, Vec::new(), UnixMillis(0));
    }
    assert_eq!(ids(&spool, 0), [0, 1]);
    spool.handle_failed(0, UnixMillis(0));
    spool.handle_done(1);
    assert_eq!(ids(&spool, 0), [0_u64; 0], "the second for `a` waits for the first");
    let text = serde_json::to_string(&spool).unwrap();
    let mut spool: Spool = serde_json::from_str(&text).unwrap();
    assert_eq!(ids(&spool, MINUTE), [0]);
    spool.handle_done(0);
    assert_eq!(ids(&spool, MINUTE), [2]);
    spool.keep_targets(|target| target == "b");
    assert_eq!(spool.waiting(), 0);
}

#[test]
fn past_two_hundred_the_oldest_is_given_up() {
    let mut spool = Spool::default();
    for _ in 0..250 {
        spool.put("a", Vec::new(), UnixMillis(0));
    }
    assert_eq!((spool.waiting(), spool.lost(), ids(&spool, 0)), (WAITING_MAX, 50, vec![50]));
}
