//! Tests of `streams.rs`.

use super::*;
use crate::stream::tests::connected;

const NOW: Millis = Millis(1_790_000_000_000);

fn streams() -> Streams {
    Streams::new(Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC).unwrap()), 1 << 32)
}

#[test]
fn a_connection_without_an_allocation_ends_and_one_with_an_allocation_stays() {
    let mut streams = streams();
    let (idle, _one) = connected(false);
    let (mut busy, _other) = connected(true);
    let slot = Arc::new(());
    busy.held = Box::new(Arc::clone(&slot));
    let keys = [idle, busy].map(|connection| streams.take(connection, NOW).unwrap());
    let [idle, busy] = keys.map(|key| streams.client(key).unwrap());
    let has_allocation = |client| client == busy;
    streams.sweep(Millis(NOW.0 + IDLE_MS - 1), has_allocation);
    assert_eq!(Arc::strong_count(&slot), 1, "an allocation gives the listener's slot back");
    assert_eq!(streams.next_ended(), None);
    // Not asked again within the second.
    streams.sweep(Millis(NOW.0 + IDLE_MS), has_allocation);
    assert_eq!(streams.next_ended(), None);
    streams.sweep(Millis(NOW.0 + IDLE_MS + SWEEP_MS), has_allocation);
    assert_eq!((streams.next_ended(), streams.next_ended()), (Some(idle), None));
    assert_eq!((streams.client(keys[0]), streams.client(keys[1])), (None, Some(busy)));
    // Its time counts from when it had one.
    streams.sweep(Millis(NOW.0 + 2 * IDLE_MS), |_| false);
    assert_eq!(streams.next_ended(), None);
    streams.sweep(Millis(NOW.0 + 3 * IDLE_MS), |_| false);
    assert_eq!(streams.next_ended(), Some(busy));
}

#[test]
fn one_that_reads_nothing_ends_and_so_does_one_that_asks_and_reads_no_answers() {
    let mut streams = streams();
    let (connection, _client) = connected(false);
    let key = streams.take(connection, NOW).unwrap();
    let client = streams.client(key).unwrap();
    while streams.push(key, &[0x40; 1_204], Kind::Media) {
        streams.flush(NOW);
    }
    streams.sweep(Millis(NOW.0 + STALLED_MS - 1), |_| true);
    assert_eq!(streams.next_ended(), None);
    streams.sweep(Millis(NOW.0 + STALLED_MS + SWEEP_MS), |_| true);
    assert_eq!(streams.next_ended(), Some(client));

    let (connection, _client) = connected(false);
    let key = streams.take(connection, NOW).unwrap();
    let client = streams.client(key).unwrap();
    while streams.push(key, &[1, 1, 0, 0], Kind::Answer) {}
    assert_eq!(streams.next_ended(), Some(client));
    assert!(!streams.push(key, &[0x40, 0, 0, 0], Kind::Media), "it is gone");
}
