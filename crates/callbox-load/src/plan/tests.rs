//! Tests of `plan.rs`.

use super::*;
use std::collections::HashSet;

#[test]
fn candidates_go_in_two_frames_or_in_ten() {
    let batch = |from, to, sent_ms| Batch { from, to, sent_ms };
    assert_eq!(batched(), [batch(0, 7, 50), batch(7, 10, 120)]);
    let single = one_by_one();
    assert_eq!(single.len(), 10);
    assert_eq!(single[9], batch(9, 10, 100));
}

#[test]
fn instants_are_fixed_by_the_rate_alone() {
    let plan = Plan::new(100, 200.0, Duration::from_secs(2), 0.0).unwrap().starting(Nanos(7));
    assert_eq!(plan.setups, 400);
    assert_eq!(plan.meeting(0).at, Nanos(7));
    assert_eq!(plan.meeting(200).at, Nanos(7).plus_ms(1_000));
}

#[test]
fn nobody_meets_the_same_person_twice_and_everybody_rests() {
    for clients in [8, 10, 50, 128, 1_000] {
        let pairs = clients / 2;
        let seconds = Duration::from_secs((pairs * pairs) as u64);
        let plan = Plan::new(clients, 1.0, seconds, 0.0).unwrap();
        let mut met = HashSet::new();
        let mut last = vec![None; clients];
        for number in 0..plan.setups {
            let Meeting { left, right, .. } = plan.meeting(number);
            assert!(left < pairs && (pairs..clients).contains(&right));
            assert!(met.insert((left, right)), "{clients} clients: {left} and {right} met before");
            for client in [left, right] {
                if let Some(before) = last[client].replace(number) {
                    assert!((number - before) * 2 >= pairs, "{client} has no rest");
                }
            }
        }
    }
}

#[test]
fn too_few_clients_are_refused() {
    assert!(Plan::new(2, 1.0, Duration::from_secs(1), 0.0).is_ok());
    assert!(Plan::new(2, 2.0, Duration::from_secs(1), 0.0).is_err());
    assert!(Plan::new(1, 1.0, Duration::from_secs(1), 0.0).is_err());
}

#[test]
fn a_share_of_the_meetings_stays_and_it_is_spread_evenly() {
    let plan = Plan::new(1_000, 100.0, Duration::from_secs(1), 0.1).unwrap();
    let stays: Vec<usize> = (0..100).filter(|&number| plan.meeting(number).stays).collect();
    assert_eq!(stays.len(), 10);
    assert!(stays.windows(2).all(|two| two[1] - two[0] == 10));
}
