//! Tests of `kept.rs`.

use super::*;

fn keep(kept: &mut Kept<u32, u32>, key: u32) -> Vec<u32> {
    let mut evicted = Vec::new();
    assert!(kept.insert(key, key, 10, |key| evicted.push(*key)));
    evicted
}

fn is_consistent(kept: &Kept<u32, u32>) {
    let weigh = |is_main: Option<bool>| {
        let slots = kept.slots.values().filter(|slot| is_main.is_none_or(|is_main| slot.is_main == is_main));
        slots.map(|slot| slot.bytes).sum::<usize>()
    };
    assert_eq!((kept.bytes, kept.small_bytes), (weigh(None), weigh(Some(false))));
    assert_eq!(kept.small.len() + kept.main.len(), kept.slots.len());
    assert!(kept.bytes <= kept.bytes_max && kept.left.len() == kept.left_set.len());
}

#[test]
fn a_scan_does_not_push_out_what_is_used() {
    let mut kept = Kept::new(1_000);
    for key in 0..50 {
        keep(&mut kept, key);
    }
    for _ in 0..2 {
        (0..50).for_each(|key| assert!(kept.used(&key).is_some()));
    }
    let evicted: Vec<u32> = (1_000..2_000).flat_map(|key| keep(&mut kept, key)).collect();
    assert_eq!(evicted.len(), 950);
    assert!(evicted.iter().all(|key| *key >= 1_000), "those were asked for once");
    is_consistent(&kept);
}

#[test]
fn one_that_returns_stays_longer() {
    let mut kept = Kept::new(1_000);
    (0..=100).for_each(|key| drop(keep(&mut kept, key)));
    assert!(kept.peek(&0).is_none(), "it was the first to leave");
    keep(&mut kept, 0);
    (1_000..2_000).for_each(|key| drop(keep(&mut kept, key)));
    assert!(kept.peek(&0).is_some());
    is_consistent(&kept);
}

#[test]
fn an_entry_is_replaced_where_it_stands_and_a_large_one_is_not_kept() {
    let mut kept = Kept::new(1_000);
    keep(&mut kept, 1);
    assert!(kept.insert(1, 2, 100, |_| unreachable!("there is room")));
    assert_eq!((kept.len(), kept.bytes(), kept.peek(&1).copied()), (1, 100, Some(2)));
    assert!(!kept.insert(1, 3, 126, |_| unreachable!("it is not kept")));
    assert_eq!((kept.len(), kept.bytes()), (0, 0));
    is_consistent(&kept);
}

#[test]
fn what_is_not_retained_is_gone_from_the_queues_too() {
    let mut kept = Kept::new(1_000);
    (0..60).for_each(|key| drop(keep(&mut kept, key)));
    kept.retain(|entry| *entry % 2 == 0);
    assert_eq!((kept.len(), kept.bytes()), (30, 300));
    is_consistent(&kept);
    (100..300).for_each(|key| drop(keep(&mut kept, key)));
    is_consistent(&kept);
}
