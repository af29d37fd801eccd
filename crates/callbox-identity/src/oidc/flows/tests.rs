//! Tests of `flows.rs`.

use super::*;
use callbox_core::address::ClientAddr;
use callbox_core::fair::Rank;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn flow(state: &str) -> Flow {
    Flow {
        provider: 0,
        redirect: "https://call.example.org/oidc".to_owned(),
        state: state.to_owned(),
        nonce: "n".to_owned(),
        verifier: "v".to_owned(),
        login: None,
        is_link: false,
    }
}

fn from(address: &str, rank: Rank) -> Standing<Network> {
    ClientAddr(address.parse().unwrap()).standing(rank)
}

fn key(number: usize) -> Key {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    key
}

fn flows() -> Flows<&'static str> {
    Flows::default()
}

#[test]
fn a_flow_comes_back_once_to_its_own_browser_and_in_time() {
    let mut flows = flows();
    let here = from("192.0.2.1", Rank::Guest);
    let (one, other) = (key(1), key(2));
    flows.begin(one, flow("s"), here, NOW);
    flows.begin(other, flow("t"), here, NOW);
    assert_eq!(flows.take_back(&other, "s", NOW), None, "another browser's state");
    assert_eq!(flows.take_back(&key(3), "s", NOW), None, "made up");
    assert!(flows.take_back(&one, "s", NOW.plus(LIFE_MS - 1)).is_some());
    assert_eq!(flows.take_back(&one, "s", NOW.plus(LIFE_MS - 1)), None, "used");
    assert_eq!(flows.take_back(&other, "t", NOW.plus(LIFE_MS)), None, "ended");
    assert!(flows.away.is_empty() && flows.ends.is_empty() && flows.shares.is_empty());
}

#[test]
fn an_offer_is_for_the_login_that_it_was_made_to_and_no_flow() {
    let (mut flows, key) = (flows(), key(1));
    let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
    assert!(flows.offer(key, Offer { identity: "ann", email: None, user, login }, NOW));
    assert_eq!(flows.take_back(&key, "", NOW), None);
    assert_eq!(flows.take_offer(&key, user, LoginId::from_bytes([3; 16]), NOW), None);
    assert_eq!(flows.take_offer(&key, UserId::from_bytes([3; 16]), login, NOW), None);
    assert!(flows.take_offer(&key, user, login, NOW).is_some());
    assert_eq!(flows.take_offer(&key, user, login, NOW), None);
}

#[test]
fn an_owner_is_asked_one_thing_at_a_time_and_for_ten_minutes() {
    let mut flows = flows();
    let (one, two) = (key(1), key(2));
    let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
    for (key, identity) in [(one, "one"), (two, "two")] {
        assert!(flows.offer(key, Offer { identity, email: None, user, login }, NOW));
    }
    assert_eq!(flows.take_offer(&one, user, login, NOW), None);
    assert_eq!(flows.take_offer(&two, user, login, NOW.plus(LIFE_MS)), None);
    assert!(flows.take_offer(&two, user, login, NOW.plus(LIFE_MS - 1)).is_some());
}

#[test]
fn a_crowd_that_begins_without_end_loses_its_own_and_an_owner_comes_back() {
    let mut flows = flows();
    let (owner, known) = (key(usize::MAX), key(usize::MAX - 1));
    flows.begin(owner, flow("s"), from("198.51.100.1", Rank::Guest), NOW);
    flows.begin(known, flow("t"), from("192.0.2.1", Rank::Known), NOW);
    for number in 0..2 * FLOWS_MAX {
        flows.begin(key(number), flow("u"), from(&format!("192.0.2.{}", number % 46), Rank::Guest), NOW);
    }
    assert_eq!((flows.away.len(), flows.ends.len(), flows.shares.len()), (FLOWS_MAX, FLOWS_MAX, FLOWS_MAX));
    assert!(flows.take_back(&owner, "s", NOW).is_some());
    assert!(flows.take_back(&known, "t", NOW).is_some());
}
