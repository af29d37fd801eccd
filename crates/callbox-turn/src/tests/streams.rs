//! Clients over TCP and TLS: their allocations are their connections', and their frames are padded.

use super::*;
use crate::ConnectionKey;
use crate::framing::next_frame;

fn over(client: &mut Client, connection: u32) {
    client.addr.transport = Transport::Stream(ConnectionKey(connection));
}

#[test]
fn an_allocation_over_a_connection_is_that_connections_alone_and_ends_with_it() {
    let mut relay = relay_with(options());
    in_call(&mut relay, 1, 2);
    let [mut one, mut other, mut by_udp] = std::array::from_fn(|_| Client::new("198.51.100.1:4000", 1));
    over(&mut one, 1);
    over(&mut other, 2);
    let relayed = [&mut one, &mut other, &mut by_udp].map(|client| client.allocate(&mut relay, START));
    assert!(relayed[0] != relayed[1] && relayed[1] != relayed[2]);
    assert_eq!(relay.counters().allocations, 3);

    relay.handle_disconnected(one.addr);
    assert_eq!(relay.next_action(), Some(Action::Close(by_port(relayed[0]))));
    let is_there = [one.addr, other.addr, by_udp.addr].map(|client| relay.has_allocation(client));
    assert_eq!((relay.counters().allocations, is_there), (2, [false, true, true]));
    // The next connection of its number has nothing of it.
    let frame = channel_data(0x4000, b"hello");
    assert_eq!(one.send(&mut relay, &frame, START), None);
    relay.handle_disconnected(one.addr);
    assert_eq!(relay.counters().allocations, 2);
}

#[test]
fn what_goes_into_a_stream_is_padded_and_what_comes_out_of_it_is_not() {
    let mut relay = relay_with(options());
    in_call(&mut relay, 1, 2);
    let [mut one, mut other] = [Client::new("198.51.100.1:4000", 1), Client::new("198.51.100.2:4000", 2)];
    over(&mut one, 1);
    let [here, there] = [one.allocate(&mut relay, START), other.allocate(&mut relay, START)];
    assert_eq!(one.bind(&mut relay, 0x4001, there, START), 0);
    assert_eq!(other.bind(&mut relay, 0x4002, here, START), 0);
    for size in 0..9 {
        let payload = vec![0xab; size];
        let (route, frame) = other.send(&mut relay, &channel_data(0x4002, &payload), START).unwrap();
        assert_eq!((route, next_frame(&frame)), (Route::Client(one.addr), Ok(Some(frame.len()))));
        assert_eq!(frame[..4 + size], channel_data(0x4001, &payload));
        assert!(frame[4 + size..].iter().all(|byte| *byte == 0), "{frame:?}");

        let mut padded = channel_data(0x4001, &payload);
        padded.resize(padded.len().next_multiple_of(4), 0xff);
        let sent = one.send(&mut relay, &padded, START);
        assert_eq!(sent, Some((Route::Client(other.addr), channel_data(0x4002, &payload))));
    }
}

#[test]
fn each_connection_has_answers_of_its_own_and_ends_when_they_are_spent() {
    let mut relay = relay_with(options());
    let by_udp = Client::new("198.51.100.1:4000", 1);
    let knock = by_udp.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
    // A forged flood, and a hundred people behind one NAT or proxy.
    (0..1_000).for_each(|_| drop((by_udp.send(&mut relay, &knock, START), answer(&mut relay, START))));
    let mut ask = |client: &Client, seconds| {
        client.send(&mut relay, &knock, START.plus_seconds(seconds));
        let actions: Vec<Action> = std::iter::from_fn(|| relay.next_action()).collect();
        let [action] = &actions[..] else { panic!("{actions:?}") };
        action.clone()
    };
    let mut client = Client::new("198.51.100.1:4000", 1);
    for connection in 0..100 {
        over(&mut client, connection);
        for _ in 0..16 {
            assert!(matches!(ask(&client, 0), Action::Answer { .. }), "{connection}");
        }
        assert_eq!(ask(&client, 0), Action::Disconnect(ConnectionKey(connection)), "no silence");
    }
    assert!(matches!(ask(&client, 1), Action::Answer { .. }), "time brings another one");
    relay.handle_disconnected(client.addr);
    assert_eq!(relay.budgets.len(), 99, "what has ended costs nothing");
}

#[test]
fn an_answer_over_a_connection_may_be_longer_than_twice_its_request() {
    let mut relay = relay_with(options());
    let mut client = Client::new("198.51.100.1:4000", 1);
    over(&mut client, 1);
    let bytes = client.unsigned(ALLOCATE, &[]).finish();
    client.send(&mut relay, &bytes, START);
    let bytes = answer(&mut relay, START).expect("an answer");
    let message = Message::from_bytes(&bytes).unwrap();
    assert!(message.has_attribute(stun_types::attribute::AttributeType::new(0x8002)), "SHA-256 is offered");
}
