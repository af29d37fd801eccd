//! Packets on their path, and the rules that stop them.

use super::*;
use crate::{Dropped, Family};
use stun_types::message::{MessageClass, MessageType};
use turn_types::attribute::Data;
use turn_types::message::{DATA, SEND};

pub(super) fn send_indication(to: PeerAddr, payload: &[u8]) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
    let mut message = Message::builder(kind, 77.into(), MessageWriteVec::new());
    message.add_attribute(&XorPeerAddress::new(to.0, 77.into())).unwrap();
    message.add_attribute(&Data::new(payload)).unwrap();
    message.finish()
}

/// The peer and the payload of a Data indication, as another implementation reads it.
fn read_data(bytes: &[u8]) -> (PeerAddr, Vec<u8>) {
    let message = Message::from_bytes(bytes).unwrap();
    assert!(message.has_method(DATA) && message.has_class(MessageClass::Indication));
    let peer = message.attribute::<XorPeerAddress>().unwrap().addr(message.transaction_id());
    (PeerAddr(peer), message.attribute::<Data<'_>>().unwrap().data().to_vec())
}

fn from_peer(
    relay: &mut Relay,
    to: PeerAddr,
    from: PeerAddr,
    payload: &[u8],
    now: Millis,
) -> Option<(Route, Vec<u8>)> {
    let (mut buffer, range) = packet(payload);
    let transmit = relay.handle_peer(by_port(to), from, &mut buffer, range, now)?;
    Some((transmit.route, buffer[transmit.range].to_vec()))
}

#[test]
fn a_channel_carries_packets_both_ways_byte_by_byte() {
    let (mut relay, mut client, here) = calling();
    let friend = peer("8.8.8.8:5000");
    client.bind(&mut relay, 0x4001, friend, START);
    for payload in [&b""[..], b"x", b"some media", &[7; 1_400]] {
        let (route, bytes) = client.send(&mut relay, &channel_data(0x4001, payload), START).unwrap();
        assert_eq!((route, &bytes[..]), (Route::Peer { relayed: by_port(here), to: friend }, payload));
        let (route, bytes) = from_peer(&mut relay, here, friend, payload, START).unwrap();
        assert_eq!((route, bytes), (Route::Client(client.addr), channel_data(0x4001, payload)));
    }
    // Padding, as over TCP, is left behind.
    let padded = [channel_data(0x4001, b"x"), vec![0; 3]].concat();
    assert_eq!(client.send(&mut relay, &padded, START).unwrap().1, b"x");
}

#[test]
fn indications_carry_packets_both_ways_in_both_families() {
    let (mut relay, mut client, here) = calling();
    let friend = peer("8.8.8.8:5000");
    client.permit(&mut relay, friend, START);
    for length in 0..=8 {
        let payload = vec![9; length];
        let (route, bytes) = client.send(&mut relay, &send_indication(friend, &payload), START).unwrap();
        assert_eq!((route, &bytes), (Route::Peer { relayed: by_port(here), to: friend }, &payload));
        // By address: packets from another port of the same peer pass too.
        let (route, bytes) = from_peer(&mut relay, here, peer("8.8.8.8:9000"), &payload, START).unwrap();
        assert_eq!((route, read_data(&bytes)), (Route::Client(client.addr), (peer("8.8.8.8:9000"), payload)));
    }

    let mut six = Client::new("198.51.100.1:4001", 1);
    six.knock(&mut relay, START);
    let asked = turn_types::attribute::RequestedAddressFamily::new(turn_types::AddressFamily::IPV6);
    let here = relayed(&six.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(17), &asked], START));
    let friend = peer("[2606:4700::1]:5000");
    assert_eq!(six.permit(&mut relay, friend, START), 0);
    let (_, bytes) = six.send(&mut relay, &send_indication(friend, b"six"), START).unwrap();
    assert_eq!(bytes, b"six");
    let (_, bytes) = from_peer(&mut relay, here, friend, b"back", START).unwrap();
    assert_eq!(read_data(&bytes), (friend, b"back".to_vec()));
}

#[test]
fn without_permission_nothing_passes_and_after_five_minutes_it_is_over() {
    let (mut relay, mut client, here) = calling();
    let friend = peer("8.8.8.8:5000");
    let indication = send_indication(friend, b"x");
    assert_eq!(client.send(&mut relay, &indication, START), None);
    assert_eq!(from_peer(&mut relay, here, friend, b"x", START), None);
    assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"x"), START), None);
    client.permit(&mut relay, friend, START);
    let last = Millis(START.plus_seconds(300).0 - 1);
    assert!(client.send(&mut relay, &indication, last).is_some());
    assert_eq!(client.send(&mut relay, &indication, START.plus_seconds(300)), None);
    assert_eq!(from_peer(&mut relay, here, friend, b"x", START.plus_seconds(300)), None);
    let counters = relay.counters();
    assert_eq!((counters.dropped(Dropped::NoPermission), counters.dropped(Dropped::NoChannel)), (4, 1));
}

#[test]
fn when_the_call_ends_nothing_flows_and_the_next_call_begins_with_the_same_address() {
    let (mut relay, mut client, here) = calling();
    let friend = peer("8.8.8.8:5000");
    client.bind(&mut relay, 0x4000, friend, START);
    client.send(&mut relay, &channel_data(0x4000, b"four"), START).unwrap();
    relay.handle_detached(key(1));
    let used = Action::Used { session: key(1), call: CallKey(1_002), packets: 1, bytes: 4, refused: None };
    assert_eq!(relay.next_action(), Some(used));
    assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"x"), START), None);
    assert_eq!(from_peer(&mut relay, here, friend, b"x", START), None);
    relay.handle_attached(key(1), CallKey(8), key(3));
    assert_eq!(
        client.send(&mut relay, &channel_data(0x4000, b"x"), START),
        None,
        "channels were of that call"
    );
    assert_eq!(client.bind(&mut relay, 0x4000, friend, START), 0);
    let (route, _) = client.send(&mut relay, &channel_data(0x4000, b"x"), START).unwrap();
    assert_eq!(route, Route::Peer { relayed: by_port(here), to: friend });
}

#[test]
fn when_the_session_ends_its_allocation_and_its_credential_are_over_at_once() {
    let (mut relay, mut client, here) = calling();
    let friend = peer("8.8.8.8:5000");
    client.bind(&mut relay, 0x4000, friend, START);
    relay.handle_revoked(key(1));
    assert_eq!(relay.next_action(), Some(Action::Close(by_port(here))));
    assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"x"), START), None);
    assert_eq!(from_peer(&mut relay, here, friend, b"x", START), None);
    assert_eq!(code(&client.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(17)], START)), 401);
    assert_eq!((relay.counters().allocations, relay.next_timeout()), (0, None));
}

/// Both sides of a call on relays, and the packets of one to the other.
fn both(relay: &mut Relay) -> [(Client, PeerAddr); 2] {
    in_call(relay, 1, 2);
    [1, 2].map(|session| {
        let mut client = Client::new(&format!("198.51.100.{session}:4000"), session);
        let here = client.allocate(relay, START);
        (client, here)
    })
}

#[test]
fn two_relayed_sides_of_a_call_reach_each_other_without_the_network() {
    let mut relay = relay_with(options());
    let [(mut one, here), (mut other, there)] = both(&mut relay);
    assert_eq!(one.bind(&mut relay, 0x4001, there, START), 0);
    assert_eq!(
        one.send(&mut relay, &channel_data(0x4001, b"early"), START),
        None,
        "the other side let nobody in yet"
    );
    assert_eq!(other.permit(&mut relay, here, START), 0);
    let (route, bytes) = one.send(&mut relay, &channel_data(0x4001, b"first"), START).unwrap();
    assert_eq!((route, read_data(&bytes)), (Route::Client(other.addr), (here, b"first".to_vec())));
    assert_eq!(other.bind(&mut relay, 0x4002, here, START), 0);
    let (route, bytes) = one.send(&mut relay, &channel_data(0x4001, b"media"), START).unwrap();
    assert_eq!((route, bytes), (Route::Client(other.addr), channel_data(0x4002, b"media")));
    let (route, bytes) = other.send(&mut relay, &send_indication(here, b"back"), START).unwrap();
    assert_eq!((route, bytes), (Route::Client(one.addr), channel_data(0x4001, b"back")));
    // From the network, somebody else wears the address of the other side.
    assert_eq!(from_peer(&mut relay, here, there, b"forged", START), None);
}

#[test]
fn the_relayed_address_of_anybody_else_is_out_of_reach() {
    let mut relay = relay_with(options());
    let [(mut one, here), (_, there)] = both(&mut relay);
    in_call(&mut relay, 3, 4);
    let mut third = Client::new("198.51.100.3:4000", 3);
    third.allocate(&mut relay, START);
    for target in [here, there, peer("203.0.113.10:50099")] {
        assert_eq!(third.bind(&mut relay, 0x4000, target, START), 403, "{target:?}");
        third.permit(&mut relay, target, START);
        assert_eq!(third.send(&mut relay, &send_indication(target, b"x"), START), None, "{target:?}");
    }
    assert_eq!(one.bind(&mut relay, 0x4000, here, START), 403, "its own");
    one.bind(&mut relay, 0x4001, there, START);
    relay.handle_detached(key(2));
    relay.handle_attached(key(2), CallKey(9), key(3));
    assert_eq!(
        one.send(&mut relay, &channel_data(0x4001, b"x"), START),
        None,
        "the other side is in another call"
    );
}

#[test]
fn a_side_on_another_thread_is_reached_by_the_neighbour() {
    let shared = Arc::new(Shared::new(50_000..=50_099));
    let part = |own_ports| Options { own_ports, ..options() };
    let mut left = Relay::new(part(50_000..=50_049), Arc::clone(&shared), 1);
    let mut right = Relay::new(part(50_050..=50_099), shared, 2);
    for relay in [&mut left, &mut right] {
        in_call(relay, 1, 2);
    }
    let (mut one, mut other) = (Client::new("198.51.100.1:4000", 1), Client::new("198.51.100.2:4000", 2));
    let (here, there) = (one.allocate(&mut left, START), other.allocate(&mut right, START));
    assert_eq!(
        (one.bind(&mut left, 0x4001, there, START), other.bind(&mut right, 0x4002, here, START)),
        (0, 0)
    );
    let (mut buffer, range) = packet(&channel_data(0x4001, b"across"));
    let transmit = left.handle_client(one.addr, &mut buffer, range, START).unwrap();
    let Route::Neighbour { relayed, from, sender } = transmit.route else { panic!("{transmit:?}") };
    assert_eq!((relayed, from, sender), (by_port(there), here, key(1)));
    let mut bytes = buffer[transmit.range.clone()].to_vec();
    let mut deliver = |sender, bytes: &mut Vec<u8>| {
        let (mut buffer, range) = packet(bytes);
        let transmit = right.handle_neighbour((relayed, from, sender), &mut buffer, range, START)?;
        Some((transmit.route, buffer[transmit.range].to_vec()))
    };
    assert_eq!(deliver(key(3), &mut bytes), None, "somebody else's");
    assert_eq!(
        deliver(sender, &mut bytes),
        Some((Route::Client(other.addr), channel_data(0x4002, b"across")))
    );
}

#[test]
fn in_strict_mode_only_what_the_other_side_announced_is_reached_by_any_port() {
    let (mut relay, mut client, here) = calling_with(Options { is_strict: true, ..options() });
    let friend = peer("8.8.8.8:5000");
    assert_eq!(client.permit(&mut relay, friend, START), 403);
    relay.handle_announced(key(1), friend.0.ip());
    assert_eq!(client.permit(&mut relay, friend, START), 403, "it was this side's own word");
    relay.handle_announced(key(2), friend.0.ip());
    assert_eq!(client.permit(&mut relay, friend, START), 0);
    assert!(client.send(&mut relay, &send_indication(peer("8.8.8.8:9000"), b"x"), START).is_some());
    assert!(from_peer(&mut relay, here, peer("8.8.8.8:77"), b"x", START).is_some());
    relay.handle_detached(key(1));
    relay.handle_detached(key(2));
    relay.handle_attached(key(1), CallKey(3), key(2));
    assert_eq!(client.permit(&mut relay, friend, START), 403, "that was another call");
}

#[test]
fn more_than_a_sessions_share_is_dropped_until_the_second_is_over() {
    let limits = Limits { packets_per_second: 100, bytes_per_second: 10_000, ..Limits::default() };
    let (mut relay, mut client, here) = calling_with(Options { limits, ..options() });
    let friend = peer("8.8.8.8:5000");
    client.bind(&mut relay, 0x4000, friend, START);
    let pass = |relay: &mut Relay, count: usize, bytes: usize, now| {
        (0..count)
            .filter(|_| client.send(relay, &channel_data(0x4000, &vec![1; bytes]), now).is_some())
            .count()
    };
    assert_eq!(pass(&mut relay, 1_000, 10, START), 100);
    let later = START.plus_seconds(10);
    assert_eq!(pass(&mut relay, 1_000, 1_000, later), 10);
    assert_eq!(from_peer(&mut relay, here, friend, b"x", later), None, "both ways count");
    assert_eq!(pass(&mut relay, 1_000, 1_000, later.plus_seconds(1)), 10);
    assert!(relay.counters().dropped(Dropped::OverShare) > 2_000);
}

#[test]
fn what_no_room_was_left_for_is_dropped_and_not_overrun() {
    let (mut relay, mut client, here) = calling();
    client.permit(&mut relay, peer("8.8.8.8:5000"), START);
    let mut buffer = [1, 2, 3, 4, 5];
    let relayed = Relayed { port: here.0.port(), family: Family::V4 };
    assert_eq!(relay.handle_peer(relayed, peer("8.8.8.8:5000"), &mut buffer, 0..5, START), None);
}
