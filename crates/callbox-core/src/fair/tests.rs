//! Tests of `fair.rs`.

use super::*;
use Rank::{Guest, Known, Stranger};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const PATIENCE_MS: u64 = 10_000;

fn at(rank: Rank, networks: Networks<u32>) -> Standing<u32> {
    Standing { rank, networks }
}

type Queue = FairQueue<u32, &'static str>;

fn queue(waiting_max: usize) -> Queue {
    FairQueue::new(waiting_max, PATIENCE_MS)
}

/// So many turns; whose they were.
fn turns(queue: &mut Queue, count: usize) -> Vec<&'static str> {
    let start = |queue: &mut Queue| {
        queue.handle_free(NOW);
        loop {
            match queue.next_action() {
                Some(Action::Start(item)) => return Some(item),
                Some(Action::Refuse(_)) => {}
                None => return None,
            }
        }
    };
    (0..count).map_while(|_| start(queue)).collect()
}

fn refused(queue: &mut Queue) -> Vec<&'static str> {
    std::iter::from_fn(|| queue.next_action())
        .map(|action| match action {
            Action::Refuse(item) => item,
            Action::Start(item) => panic!("{item} was started"),
        })
        .collect()
}

#[test]
fn an_owner_waits_for_one_turn_of_each_of_46_askers_however_often_they_ask() {
    let mut queue = queue(512);
    for number in 0..46 * 100 {
        let asker = number % 46;
        queue.handle_arrival("asker", at(Stranger, [asker, asker, asker]), NOW);
    }
    assert_eq!(refused(&mut queue).len(), 46 * 100 - 512);
    queue.handle_arrival("owner", at(Stranger, [99, 99, 99]), NOW);
    assert_eq!(refused(&mut queue), ["asker"]);
    assert_eq!(turns(&mut queue, 47).last(), Some(&"owner"));
}

#[test]
fn a_crowd_of_one_wide_network_is_one_asker_at_each_width() {
    let crowds: [fn(u32) -> Networks<u32>; 3] = [|n| [7, n, n], |n| [7, 7, n], |_| [7, 7, 7]];
    for (crowd, neighbour) in crowds.into_iter().zip([[8, 8, 8], [7, 8, 8], [7, 7, 8]]) {
        let mut queue = queue(512);
        for number in 10..1_010 {
            queue.handle_arrival("crowd", at(Stranger, crowd(number)), NOW);
        }
        refused(&mut queue);
        queue.handle_arrival("owner", at(Stranger, neighbour), NOW);
        queue.handle_arrival("owner", at(Stranger, [9, 9, 9]), NOW);
        assert_eq!(refused(&mut queue), ["crowd", "crowd"]);
        let served = turns(&mut queue, 5);
        assert_eq!(served.iter().filter(|who| **who == "owner").count(), 2, "{served:?}");
    }
}

#[test]
fn whoever_is_known_is_served_first_and_refused_last_and_guests_get_the_last_turns() {
    let mut queue = queue(30);
    for (who, rank) in [("guest", Guest), ("stranger", Stranger), ("known", Known)] {
        for _ in 0..10 {
            queue.handle_arrival(who, at(rank, [1, 1, 1]), NOW);
        }
    }
    let served = turns(&mut queue, 16);
    let count = |who| served.iter().filter(|one| **one == who).count();
    assert_eq!((count("known"), count("stranger"), count("guest")), (10, 4, 2), "{served:?}");
    for _ in 0..17 {
        queue.handle_arrival("known", at(Known, [1, 1, 1]), NOW);
    }
    assert_eq!(refused(&mut queue), ["guest"]);
    for _ in 0..14 {
        queue.handle_arrival("known", at(Known, [1, 1, 1]), NOW);
    }
    assert_eq!(refused(&mut queue), [["guest"; 7].as_slice(), &["stranger"; 6], &["known"]].concat());
}

#[test]
fn where_all_hold_the_same_the_last_one_is_refused() {
    let mut queue = queue(2);
    queue.handle_arrival("one", at(Stranger, [9, 9, 9]), NOW);
    queue.handle_arrival("two", at(Stranger, [8, 8, 8]), NOW);
    queue.handle_arrival("three", at(Stranger, [1, 1, 1]), NOW);
    assert_eq!(refused(&mut queue), ["three"]);
    assert_eq!(turns(&mut queue, 3), ["one", "two"]);
}

#[test]
fn nobody_waits_longer_than_the_patience_and_a_free_worker_starts_whoever_comes() {
    let mut queue = queue(10);
    queue.handle_arrival("one", at(Stranger, [1, 1, 1]), NOW);
    queue.handle_arrival("two", at(Known, [1, 1, 1]), NOW.plus(1));
    assert_eq!(queue.next_timeout(), Some(NOW.plus(PATIENCE_MS)));
    queue.handle_timeout(NOW.plus(PATIENCE_MS));
    assert_eq!((refused(&mut queue), queue.next_timeout()), (vec!["one"], Some(NOW.plus(PATIENCE_MS + 1))));
    queue.handle_free(NOW.plus(PATIENCE_MS + 1));
    assert_eq!((refused(&mut queue), queue.next_timeout()), (vec!["two"], None));
    queue.handle_arrival("three", at(Guest, [1, 1, 1]), NOW);
    assert_eq!((queue.next_action(), queue.next_timeout()), (Some(Action::Start("three")), None));
}

#[test]
fn what_does_not_fit_is_the_oldest_of_whoever_holds_most_and_ends_make_room() {
    let mut shares = Shares::new(4);
    for number in 1..=3 {
        assert_eq!(shares.handle_arrival(number, at(Guest, [7, 7, number])), None);
    }
    assert_eq!(shares.handle_arrival(10, at(Guest, [8, 8, 8])), None);
    assert_eq!(
        shares.handle_arrival(11, at(Guest, [8, 8, 8])),
        Some(3),
        "the network of three, and its last"
    );
    assert_eq!(shares.handle_arrival(12, at(Known, [8, 8, 8])), Some(10), "the same, and the later one");
    assert_eq!(shares.handle_arrival(13, at(Known, [8, 8, 8])), Some(2), "a guest, though others hold more");
    shares.handle_end(at(Known, [8, 8, 8]), |item| *item == 12);
    assert_eq!((shares.len(), shares.handle_arrival(14, at(Guest, [7, 7, 1]))), (3, None));
    assert!(shares.held.iter().all(|tree| tree.by_weight.len() == tree.inside.len()));
}
