//! Tests of `admission.rs`.

use super::*;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn client(text: &str) -> ClientAddr {
    ClientAddr(text.parse().unwrap())
}

fn crowd(admission: &mut Admission, from: &str, count: usize) -> Vec<Admitted> {
    (0..count).map(|_| admission.handle_socket(client(from), NOW).unwrap()).collect()
}

fn close(admission: &mut Admission, sockets: impl IntoIterator<Item = Admitted>) {
    for socket in sockets {
        admission.handle_close(socket);
    }
}

/// How long one more would have to wait; it goes again at once.
fn wait(admission: &mut Admission, from: &str) -> Option<RetryAfterMs> {
    match admission.handle_socket(client(from), NOW) {
        Ok(admitted) => {
            admission.handle_close(admitted);
            None
        }
        Err(wait) => Some(wait),
    }
}

#[test]
fn an_address_has_so_many_sockets_and_gets_them_back_one_by_one() {
    let mut admission = Admission::new(3);
    let mut held = crowd(&mut admission, "192.0.2.1", 3);
    assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
    assert_eq!(wait(&mut admission, "192.0.2.2"), None, "others are not touched");
    close(&mut admission, held.pop());
    let wait = wait(&mut admission, "192.0.2.1").unwrap();
    assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
}

#[test]
fn a_block_has_so_many_sockets_whatever_its_addresses() {
    let mut admission = Admission::new(3);
    let own = ["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"];
    let held: Vec<_> = own.into_iter().flat_map(|from| crowd(&mut admission, from, 3)).collect();
    assert_eq!(wait(&mut admission, "2001:db8:0:4::1"), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
    assert_eq!(wait(&mut admission, "2001:db8:1::1"), None, "others are not touched");
    close(&mut admission, held);
    let wait = wait(&mut admission, "2001:db8:0:4::1").unwrap();
    assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
}

#[test]
fn strangers_are_bounded_wherever_they_come_from() {
    let mut admission = Admission::new(1);
    let mut held = crowd(&mut admission, "127.0.0.1", STRANGERS_MAX);
    assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
    admission.handle_hello(&mut held[0]);
    assert_eq!(wait(&mut admission, "192.0.2.1"), None);
    close(&mut admission, held);
    assert_eq!(admission.strangers, 0);
}

#[test]
fn one_address_and_one_block_are_not_all_strangers() {
    let mut admission = Admission::new(STRANGERS_MAX);
    let mut held = crowd(&mut admission, "192.0.2.1", STRANGERS_PER_ADDRESS_MAX);
    let full = Some(RetryAfterMs(STRANGERS_RETRY_MS));
    assert_eq!(wait(&mut admission, "192.0.2.1"), full);
    held.extend(crowd(&mut admission, "192.0.2.2", STRANGERS_PER_ADDRESS_MAX));
    held.extend(crowd(&mut admission, "192.0.2.3", STRANGERS_PER_ADDRESS_MAX));
    assert_eq!(wait(&mut admission, "192.0.2.4"), full);
    assert_eq!(wait(&mut admission, "192.0.3.1"), None);
    admission.handle_hello(&mut held[0]);
    assert_eq!(wait(&mut admission, "192.0.2.1"), None, "it has said who it is");
}

#[test]
fn a_socket_that_is_refused_holds_nothing() {
    let mut admission = Admission::new(STRANGERS_PER_ADDRESS_MAX + 1);
    let held = crowd(&mut admission, "192.0.2.1", STRANGERS_PER_ADDRESS_MAX);
    for _ in 0..3 {
        assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
    }
    close(&mut admission, held);
    assert_eq!(admission.strangers, 0);
}
