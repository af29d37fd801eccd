//! Cases in which two rules meet: our own address and its ports, two families and one port, a call and the next one.

use stun_types::attribute::{AttributeType, RawAttribute, XorMappedAddress};
use stun_types::message::BINDING;
use turn_types::AddressFamily;
use turn_types::attribute::{AdditionalAddressFamily, AddressErrorCode, RequestedAddressFamily};
use turn_types::message::REFRESH;

use super::*;
use crate::{Dropped, Family};

/// The usual external addresses are for documentation, and so forbidden for that reason alone.
fn on_a_global_address() -> Options {
    Options { external_v4: Some("8.8.8.8".parse().unwrap()), rules: Rules::default(), ..options() }
}

#[test]
fn our_other_ports_are_not_reached_by_our_external_address() {
    let (mut relay, mut client, _) = calling_with(on_a_global_address());
    assert_eq!(client.bind(&mut relay, 0x4000, peer("8.8.8.8:22"), START), 403);
    assert_eq!(client.permit(&mut relay, peer("8.8.8.8:22"), START), 0, "it stands for relayed ones");
    let transaction = 7.into();
    let kind = stun_types::message::MessageType::from_class_method(
        stun_types::message::MessageClass::Indication,
        turn_types::message::SEND,
    );
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    message.add_attribute(&XorPeerAddress::new(peer("8.8.8.8:22").0, transaction)).unwrap();
    message.add_attribute(&turn_types::attribute::Data::new(b"hello")).unwrap();
    assert_eq!(client.send(&mut relay, &message.finish(), START), None);
    assert_eq!(relay.counters().dropped(Dropped::Forbidden), 1);
}

#[test]
fn our_other_ports_do_not_reach_a_client_that_expects_the_other_side() {
    let (mut relay, mut client, relayed) = calling();
    assert_eq!(client.permit(&mut relay, peer("203.0.113.10:50099"), START), 0);
    let (mut buffer, range) = packet(b"hi");
    let from = peer("203.0.113.10:22");
    assert_eq!(relay.handle_peer(by_port(relayed), from, &mut buffer, range, START), None);
}

#[test]
fn where_the_additional_family_has_no_port_the_other_one_is_given_and_it_is_said() {
    let ports = 50_000..=50_001;
    let mut relay = relay_with(Options { ports: ports.clone(), own_ports: ports, ..options() });
    in_call(&mut relay, 1, 2);
    let udp = RequestedTransport::new(17);
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    for (session, family, lacks) in [(1, &v6 as &dyn AttributeWrite, None), (2, &both, Some(508))] {
        for port in 4_000..4_002 {
            let mut client = Client::new(&format!("198.51.100.{session}:{port}"), session);
            client.knock(&mut relay, START);
            let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, family], START);
            assert_eq!((code(&bytes), lack(&bytes)), (0, lacks));
        }
    }
    // All four ports are somebody's.
    for family in [&v6 as &dyn AttributeWrite, &both] {
        let mut late = Client::new("198.51.100.3:4000", 2);
        late.knock(&mut relay, START);
        assert_eq!(code(&late.ask(&mut relay, ALLOCATE, &[&udp, family], START)), 508);
    }
}

#[test]
fn where_the_system_has_no_socket_of_the_additional_family_the_other_one_is_given() {
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    for (refused, expected) in [(Family::V6, (0, Some(508))), (Family::V4, (508, None))] {
        let mut relay = relay_with(options());
        in_call(&mut relay, 1, 2);
        let mut client = Client::new("198.51.100.1:4000", 1);
        client.knock(&mut relay, START);
        let request = client.request(ALLOCATE, &[&RequestedTransport::new(17), &both]);
        client.send(&mut relay, &request, START);
        let mut answered = None;
        while let Some(action) = relay.next_action() {
            match action {
                Action::Open { relayed, .. } => {
                    relay.handle_open_result(relayed, relayed.family != refused, START);
                }
                Action::Answer { bytes, .. } => assert!(answered.replace(bytes).is_none(), "two answers"),
                _ => {}
            }
        }
        let bytes = answered.unwrap();
        assert_eq!((code(&bytes), lack(&bytes)), expected, "{refused:?}");
        assert_eq!(relay.counters().allocations, u64::from(expected.0 == 0));
    }
}

/// Why there is no address of the additional family.
fn lack(bytes: &[u8]) -> Option<u16> {
    let message = Message::from_bytes(bytes).unwrap();
    message.attribute::<AddressErrorCode>().ok().map(|lack| lack.error().code())
}

#[test]
fn allocations_end_with_the_address_that_they_were_reached_by() {
    let mut relay = relay_with(options());
    in_call(&mut relay, 1, 2);
    let udp = RequestedTransport::new(17);
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let mut four = Client::new("198.51.100.1:4000", 1);
    let mut six = Client::new("198.51.100.1:4001", 1);
    four.allocate(&mut relay, START);
    six.knock(&mut relay, START);
    relayed(&six.ask(&mut relay, ALLOCATE, &[&udp, &v6], START));
    let (old_v6, new_v4) = (options().external_v6, "8.8.4.4".parse().unwrap());
    relay.handle_addresses(options().external_v4, old_v6, options().rules.own);
    assert_eq!(relay.counters().allocations, 2, "nothing has changed");
    relay.handle_addresses(Some(new_v4), old_v6, [new_v4.into()].into());
    assert_eq!(relay.counters().allocations, 1);
    answer(&mut relay, START);
    assert_eq!(code(&four.ask(&mut relay, REFRESH, &[], START)), 437, "and it makes another one");
    assert_eq!(relayed(&four.ask(&mut relay, ALLOCATE, &[&udp], START)).0.ip(), new_v4);
    assert_eq!(code(&six.ask(&mut relay, REFRESH, &[], START)), 0);
    // A new address of ours is closed, and a former one is anybody's.
    assert_eq!(four.bind(&mut relay, 0x4000, peer("8.8.4.4:5000"), START), 403);
    assert_eq!(four.bind(&mut relay, 0x4000, peer("9.9.9.9:5000"), START), 0);
}

#[test]
fn two_sessions_that_name_each_other_in_different_calls_do_not_meet() {
    let mut relay = relay_with(options());
    in_call(&mut relay, 1, 2);
    let mut one = Client::new("198.51.100.1:4000", 1);
    let mut other = Client::new("198.51.100.2:4000", 2);
    let (at_one, at_other) = (one.allocate(&mut relay, START), other.allocate(&mut relay, START));
    relay.handle_attached(key(2), CallKey(7), key(1));
    assert_eq!(one.bind(&mut relay, 0x4000, at_other, START), 0);
    assert_eq!(other.bind(&mut relay, 0x4000, at_one, START), 0);
    assert_eq!(one.send(&mut relay, &channel_data(0x4000, b"x"), START), None);
    relay.handle_attached(key(1), CallKey(7), key(2));
    assert_eq!(one.bind(&mut relay, 0x4000, at_other, START), 0);
    assert!(one.send(&mut relay, &channel_data(0x4000, b"x"), START).is_some());
}

#[test]
fn a_channel_that_was_refused_is_not_bound() {
    let limits = Limits { permissions_per_allocation: 1, ..Limits::default() };
    let (mut relay, mut client, _) = calling_with(Options { limits, ..options() });
    assert_eq!(client.permit(&mut relay, peer("8.8.4.4:1"), START), 0);
    assert_eq!(client.bind(&mut relay, 0x4000, peer("8.8.8.8:1024"), START), 508);
    assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"hi"), START), None);
}

#[test]
fn a_binding_request_that_asks_for_more_is_told_what_is_not_understood() {
    let mut relay = relay_with(options());
    let client = Client::new("198.51.100.1:4000", 1);
    // CHANGE-REQUEST (RFC 5780): to be answered from another port.
    let change = RawAttribute::new(AttributeType::new(0x0003), &[0, 0, 0, 6]);
    client.send(&mut relay, &client.unsigned(BINDING, &[&change]).finish(), START);
    assert_eq!(code(&answer(&mut relay, START).unwrap()), 420);
}

#[test]
fn a_binding_indication_is_neither_answered_nor_garbage() {
    let mut relay = relay_with(options());
    let client = Client::new("198.51.100.1:4000", 1);
    let mut bytes = client.unsigned(BINDING, &[]).finish();
    bytes[1] = 0x11;
    client.send(&mut relay, &bytes, START);
    assert_eq!((relay.next_action(), relay.counters().dropped(Dropped::Garbage)), (None, 0));
}

#[test]
fn an_ipv4_client_of_an_ipv6_socket_is_told_its_ipv4_address() {
    let mut relay = relay_with(options());
    let client = Client::new("[::ffff:198.51.100.1]:4000", 1);
    client.send(&mut relay, &client.unsigned(BINDING, &[]).finish(), START);
    let bytes = answer(&mut relay, START).unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    let mapped = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
    assert_eq!(mapped, "198.51.100.1:4000".parse().unwrap());
}

#[test]
fn one_socket_of_a_browser_has_an_allocation_at_each_of_our_addresses() {
    let mut relay = relay_with(options());
    in_call(&mut relay, 1, 2);
    let mut one = Client::new("198.51.100.1:4000", 1);
    let mut other = Client::new("198.51.100.1:4000", 1);
    other.addr.server = "203.0.113.11:3478".parse().unwrap();
    let friend = peer("8.8.8.8:9000");
    for client in [&mut one, &mut other] {
        client.knock(&mut relay, START);
        let request = client.request(ALLOCATE, &[&RequestedTransport::new(17)]);
        client.send(&mut relay, &request, START);
        let Some(Action::Open { relayed: socket, asked }) = relay.next_action() else { panic!("no socket") };
        assert_eq!(asked, client.addr.server.ip());
        relay.handle_open_result(socket, true, START);
        let Some(Action::Answer { to, bytes }) = relay.next_action() else { panic!("no answer") };
        assert_eq!(to, client.addr, "by the address that was asked");
        assert_eq!(client.bind(&mut relay, 0x4001, friend, START), 0);
        let (mut buffer, range) = packet(b"media");
        let back = relay.handle_peer(by_port(relayed(&bytes)), friend, &mut buffer, range, START).unwrap();
        assert_eq!(back.route, Route::Client(client.addr));
    }
    assert_eq!(relay.counters().allocations, 2);
}

#[test]
fn a_browsers_first_request_is_challenged_even_for_a_long_realm() {
    let mut relay = relay_with(Options { realm: "x".repeat(32), ..options() });
    let client = Client::new("198.51.100.1:4000", 1);
    let bytes = client.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
    assert_eq!(bytes.len(), 28);
    client.send(&mut relay, &bytes, START);
    assert_eq!(code(&answer(&mut relay, START).unwrap()), 401);
}

#[test]
fn a_datagram_longer_than_it_says_is_garbage() {
    let mut relay = relay_with(options());
    let client = Client::new("198.51.100.1:4000", 1);
    let mut bytes = client.unsigned(BINDING, &[]).finish();
    bytes.extend([0x80, 0x22, 0, 0]);
    client.send(&mut relay, &bytes, START);
    assert_eq!((relay.next_action(), relay.counters().dropped(Dropped::Garbage)), (None, 1));
}

#[test]
fn an_allocation_whose_sockets_nobody_answers_for_gives_back_all_that_it_holds() {
    let options = Options { limits: Limits { allocations: 1, ..Limits::default() }, ..options() };
    let mut relay = relay_with(options);
    in_call(&mut relay, 1, 2);
    let [mut slow, mut next] = [("198.51.100.1:4000", 1), ("198.51.100.2:4000", 2)]
        .map(|(addr, session)| Client::new(addr, session));
    slow.knock(&mut relay, START);
    let request = slow.request(ALLOCATE, &[&RequestedTransport::new(17)]);
    slow.send(&mut relay, &request, START);
    let Some(Action::Open { relayed: socket, .. }) = relay.next_action() else { panic!("no socket") };
    let end = START.plus_seconds(10);
    assert_eq!(relay.next_timeout(), Some(end));
    relay.handle_timeout(end);
    assert_eq!(relay.next_action(), Some(Action::Close(socket)));
    assert_eq!((relay.next_timeout(), relay.counters().allocations), (None, 0));
    // The only place that there is, and then its lifetime is the granted one.
    next.allocate(&mut relay, end);
    assert_eq!(relay.next_timeout(), Some(end.plus_seconds(600)));
}
