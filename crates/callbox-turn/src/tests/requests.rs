//! Requests and their answers.

use super::*;
use crate::{Family, Refused};
use stun_types::attribute::{
    AttributeType, Fingerprint, PasswordAlgorithm, PasswordAlgorithmValue, PasswordAlgorithms, RawAttribute,
    UnknownAttributes, XorMappedAddress,
};
use stun_types::message::BINDING;
use stun_types::prelude::AttributeStaticType as _;
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, DontFragment, EvenPort, Lifetime, RequestedAddressFamily,
    ReservationToken,
};
use turn_types::message::REFRESH;

const UDP: u8 = 17;

#[test]
fn whoever_asks_is_told_their_address() {
    let mut relay = relay_with(options());
    let client = Client::new("[2001:db8:1::5]:4000", 1);
    let mut request = client.unsigned(BINDING, &[]);
    request.add_fingerprint().unwrap();
    client.send(&mut relay, &request.finish(), START);
    let bytes = answer(&mut relay, START).unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(
        message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id()),
        client.addr.client.0
    );
    assert!(message.has_attribute(Fingerprint::TYPE), "the request had one");
}

#[test]
fn an_allocation_is_made_once_its_socket_is_bound_and_told_again_when_asked_again() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    assert_eq!(code(&client.knock(&mut relay, START)), 401);
    let request = client.request(ALLOCATE, &[&RequestedTransport::new(UDP)]);
    client.send(&mut relay, &request, START);
    let Some(Action::Open { relayed: socket, .. }) = relay.next_action() else {
        panic!("no socket is asked for")
    };
    assert_eq!(relay.next_action(), None, "no answer before there is a socket");
    // Told again meanwhile, it changes nothing.
    client.send(&mut relay, &request, START);
    assert_eq!(relay.next_action(), None);
    relay.handle_open_result(socket, true, START);
    let Some(Action::Answer { to, bytes }) = relay.next_action() else { panic!("no answer") };
    assert_eq!((to, relayed(&bytes).0.port()), (client.addr, socket.port));
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(message.attribute::<Lifetime>().unwrap().seconds(), 600);
    assert_eq!(
        message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id()),
        client.addr.client.0
    );

    client.send(&mut relay, &request, START);
    assert_eq!(answer(&mut relay, START), Some(bytes), "the same answer to the same request");
    let again = client.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(UDP)], START);
    assert_eq!(code(&again), 437);
    assert_eq!((relay.counters().allocations, relay.counters().refused(Refused::Mismatch)), (1, 1));
}

#[test]
fn both_families_on_one_allocation_and_each_alone() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.knock(&mut relay, START);
    let udp = RequestedTransport::new(UDP);
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, &both], START);
    let message = Message::from_bytes(&bytes).unwrap();
    let found =
        (0..2).map(|n| message.nth_attribute::<XorRelayedAddress>(n).unwrap().addr(message.transaction_id()));
    assert_eq!(found.map(|addr| addr.ip().to_string()).collect::<Vec<_>>(), ["203.0.113.10", "2001:db8::10"]);
    // One is given back, and then the other.
    let six = RequestedAddressFamily::new(AddressFamily::IPV6);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&Lifetime::new(0), &six], START)), 0);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&six], START)), 443);
    let unknown = RawAttribute::new(RequestedAddressFamily::TYPE, &[3, 0, 0, 0]);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&unknown], START)), 443);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&Lifetime::new(0)], START)), 0);
    assert_eq!(relay.counters().allocations, 0);

    let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, &six], START);
    assert_eq!(relayed(&bytes).0.ip().to_string(), "2001:db8::10");
}

#[test]
fn a_family_that_we_do_not_have_is_refused_or_its_lack_told() {
    let mut relay = relay_with(Options { external_v6: None, ..options() });
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.knock(&mut relay, START);
    let udp = RequestedTransport::new(UDP);
    let six = RequestedAddressFamily::new(AddressFamily::IPV6);
    assert_eq!(code(&client.ask(&mut relay, ALLOCATE, &[&udp, &six], START)), 440);
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, &both], START);
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(message.attribute::<AddressErrorCode>().unwrap().error().code(), 440);
    assert_eq!(relayed(&bytes).0.ip().to_string(), "203.0.113.10");
}

#[test]
fn an_allocate_that_asks_for_what_there_is_not_is_told_so() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.knock(&mut relay, START);
    let udp = RequestedTransport::new(UDP);
    let four = RequestedAddressFamily::new(AddressFamily::IPV4);
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let strange = RawAttribute::new(AttributeType::new(0x7777), &[1]);
    let wrong = RawAttribute::new(Lifetime::TYPE, &[1]);
    let unknown_family = RawAttribute::new(RequestedAddressFamily::TYPE, &[3, 0, 0, 0]);
    let short_family = RawAttribute::new(RequestedAddressFamily::TYPE, &[1]);
    let [also_v4, also_unknown] =
        [&[1, 0, 0, 0], &[3, 0, 0, 0]].map(|value| RawAttribute::new(AdditionalAddressFamily::TYPE, value));
    let token = ReservationToken::new(7);
    let cases: [(&[&dyn AttributeWrite], u16); 18] = [
        // RFC 8656, section 7.2, step by step.
        (&[&udp, &token], 508),
        (&[&udp, &token, &EvenPort::new(false)], 400),
        (&[&udp, &token, &four], 400),
        (&[&udp, &token, &both], 400),
        (&[&udp, &unknown_family], 440),
        (&[&udp, &unknown_family, &EvenPort::new(true)], 440),
        (&[&udp, &unknown_family, &both], 400),
        (&[&udp, &short_family], 400),
        (&[&udp, &EvenPort::new(true), &both], 400),
        (&[&udp, &also_v4], 400),
        (&[&udp, &also_unknown], 400),
        (&[], 400),
        (&[&RequestedTransport::new(6)], 442),
        (&[&udp, &four, &both], 400),
        (&[&udp, &EvenPort::new(true)], 508),
        (&[&udp, &DontFragment::new()], 420),
        (&[&udp, &strange], 420),
        (&[&udp, &wrong], 400),
    ];
    for (attributes, expected) in cases {
        assert_eq!(code(&client.ask(&mut relay, ALLOCATE, attributes, START)), expected);
    }
    let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, &strange], START);
    let message = Message::from_bytes(&bytes).unwrap();
    assert!(message.attribute::<UnknownAttributes>().unwrap().has_attribute(AttributeType::new(0x7777)));
    let bytes = client.ask(&mut relay, ALLOCATE, &[&udp, &EvenPort::new(false)], START);
    assert_eq!(relayed(&bytes).0.port() % 2, 0);
}

#[test]
fn ports_that_the_system_refuses_are_passed_over_and_at_last_it_is_said() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.knock(&mut relay, START);
    let allocate = |client: &mut Client, relay: &mut Relay, refused: usize| {
        let bytes = client.request(ALLOCATE, &[&RequestedTransport::new(UDP)]);
        client.send(relay, &bytes, START);
        let mut tried = 0;
        while let Some(action) = relay.next_action() {
            match action {
                Action::Open { relayed: socket, .. } => {
                    tried += 1;
                    relay.handle_open_result(socket, tried > refused, START);
                }
                Action::Answer { bytes, .. } => return (tried, code(&bytes)),
                _ => {}
            }
        }
        panic!("no answer")
    };
    assert_eq!(allocate(&mut client, &mut relay, 99), (8, 508));
    assert_eq!(relay.counters().allocations, 0);
    assert_eq!(allocate(&mut client, &mut relay, 3), (4, 0));
}

#[test]
fn a_refresh_keeps_it_and_time_ends_it() {
    let (mut relay, mut client, _) = calling();
    assert_eq!(relay.next_timeout(), Some(START.plus_seconds(600)));
    let later = START.plus_seconds(500);
    let granted =
        |bytes: &[u8]| Message::from_bytes(bytes).unwrap().attribute::<Lifetime>().unwrap().seconds();
    let bytes = client.ask(&mut relay, REFRESH, &[&Lifetime::new(3_600)], later);
    assert_eq!(granted(&bytes), 600, "nobody was ever let in");
    assert_eq!(client.permit(&mut relay, peer("8.8.8.8:1"), later), 0);
    let bytes = client.ask(&mut relay, REFRESH, &[&Lifetime::new(100_000)], later);
    assert_eq!(granted(&bytes), 3_600);
    relay.handle_timeout(later.plus_seconds(3_599));
    assert_eq!(relay.counters().allocations, 1);
    relay.handle_timeout(later.plus_seconds(3_600));
    assert_eq!((relay.counters().allocations, relay.next_timeout()), (0, None));
    assert!(matches!(relay.next_action(), Some(Action::Close(_))));
}

#[test]
fn an_old_nonce_is_replaced_and_a_credential_that_ran_out_makes_no_allocation() {
    let (mut relay, mut client, _) = calling();
    client.permit(&mut relay, peer("8.8.8.8:1"), START);
    client.ask(&mut relay, REFRESH, &[&Lifetime::new(3_600)], START);
    let later = START.plus_seconds(601);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[], later)), 438);
    client.knock(&mut relay, later);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&Lifetime::new(3_600)], later)), 0);
    // The call may last longer than the credential with which it began.
    let much_later = START.plus_seconds(3_700);
    client.knock(&mut relay, much_later);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[], much_later)), 0);
    let mut second = Client::new("198.51.100.1:4001", 1);
    second.knock(&mut relay, much_later);
    assert_eq!(code(&second.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(UDP)], much_later)), 401);
}

#[test]
fn a_wrong_password_and_a_session_that_is_not_open_are_refused() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.knock(&mut relay, START);
    client.credentials.password.push('x');
    assert_eq!(code(&client.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(UDP)], START)), 401);
    let mut stranger = Client::new("198.51.100.1:4001", 2);
    stranger.knock(&mut relay, START);
    assert_eq!(code(&stranger.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(UDP)], START)), 401);
    assert_eq!(relay.counters().allocations, 0);
}

#[test]
fn a_client_that_chooses_sha_256_is_answered_with_it() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    // Enough is sent for an answer that has the offer in it.
    let bytes = client.unsigned(ALLOCATE, &[&RequestedTransport::new(UDP), &Lifetime::new(600)]).finish();
    client.send(&mut relay, &bytes, START);
    let bytes = answer(&mut relay, START).unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    let offered = message.attribute::<PasswordAlgorithms>().unwrap();
    client.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
    let chosen = PasswordAlgorithm::new(PasswordAlgorithmValue::SHA256);
    let transport = RequestedTransport::new(UDP);
    let allocate = |client: &mut Client, offered: &PasswordAlgorithms| {
        client.transactions += 1;
        client.signed(ALLOCATE, &[&transport, offered, &chosen], IntegrityAlgorithm::Sha256)
    };
    // Somebody on the way took the better one out of the offer.
    let less = PasswordAlgorithms::new(&[PasswordAlgorithmValue::MD5]);
    let bytes = allocate(&mut client, &less);
    client.send(&mut relay, &bytes, START);
    assert_eq!(code(&answer(&mut relay, START).unwrap()), 400);
    let bytes = allocate(&mut client, &offered);
    client.send(&mut relay, &bytes, START);
    let bytes = answer(&mut relay, START).unwrap();
    let Credentials { username, password } = client.credentials;
    let key = LongTermKeyCredentials::new(username, password, "callbox".into())
        .make_key(IntegrityAlgorithm::Sha256);
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(message.validate_integrity_with_key(&key).unwrap(), IntegrityAlgorithm::Sha256);
}

#[test]
fn another_session_gets_nowhere_on_an_allocation_that_is_not_its_own() {
    let (mut relay, client, _) = calling();
    let mut other =
        Client { addr: client.addr, nonce: client.nonce.clone(), ..Client::new("198.51.100.1:4000", 2) };
    assert_eq!(code(&other.ask(&mut relay, REFRESH, &[&Lifetime::new(0)], START)), 441);
    let mut nobody = Client::new("198.51.100.9:4000", 1);
    nobody.knock(&mut relay, START);
    assert_eq!(code(&nobody.ask(&mut relay, REFRESH, &[], START)), 437);
}

#[test]
fn outside_a_call_nobody_may_be_heard_and_in_one_they_may() {
    let mut relay = relay_with(options());
    relay.handle_opened(key(1), UserKey(1));
    let mut client = Client::new("198.51.100.1:4000", 1);
    client.allocate(&mut relay, START);
    let friend = peer("8.8.8.8:5000");
    assert_eq!(client.permit(&mut relay, friend, START), 403);
    assert_eq!(client.bind(&mut relay, 0x4000, friend, START), 403);
    relay.handle_attached(key(1), CallKey(7), key(2));
    assert_eq!(client.permit(&mut relay, friend, START), 0);
    assert_eq!(client.bind(&mut relay, 0x4000, friend, START), 0);
}

#[test]
fn channels_have_the_numbers_of_both_rfcs_and_one_peer_each() {
    let (mut relay, mut client, _) = calling();
    client.permit(&mut relay, peer("8.8.8.8:1"), START);
    client.ask(&mut relay, REFRESH, &[&Lifetime::new(3_600)], START);
    let (one, other) = (peer("8.8.8.8:5000"), peer("8.8.4.4:5000"));
    for (number, expected) in [(0x3fff, 400), (0x8000, 400), (0x4fff, 0)] {
        assert_eq!(client.bind(&mut relay, number, one, START), expected, "{number:x}");
    }
    assert_eq!(client.bind(&mut relay, 0x4fff, one, START), 0, "again is a refresh");
    assert_eq!(client.bind(&mut relay, 0x4001, one, START), 400, "the peer has another number");
    assert_eq!(client.bind(&mut relay, 0x4fff, other, START), 400, "the number has another peer");
    assert_eq!(client.bind(&mut relay, 0x7fff, other, START), 0, "RFC 5766");
    let later = START.plus_seconds(601);
    client.knock(&mut relay, later);
    // Its lifetime was over; this is no refresh.
    assert_eq!(client.bind(&mut relay, 0x4fff, other, later), 0);
}

#[test]
fn permissions_are_given_all_or_none_and_only_for_the_family() {
    let (mut relay, mut client, _) = calling();
    client.transactions += 1;
    let addresses = ["8.8.8.8:1", "10.0.0.1:1"]
        .map(|text| XorPeerAddress::new(text.parse().unwrap(), client.transactions.into()));
    let raw: Vec<_> = addresses.iter().map(RawAttribute::from).collect();
    let mut message = client.unsigned(CREATE_PERMISSION, &[]);
    for one in &raw {
        message.push_attribute_unchecked(one);
    }
    let Credentials { username, password } = client.credentials.clone();
    message.add_attribute(&Username::new(&username).unwrap()).unwrap();
    message.add_attribute(&Realm::new("callbox").unwrap()).unwrap();
    message.add_attribute(&Nonce::new(&client.nonce).unwrap()).unwrap();
    let signing =
        LongTermKeyCredentials::new(username, password, "callbox".into()).make_key(IntegrityAlgorithm::Sha1);
    message.add_message_integrity_with_key(&signing, IntegrityAlgorithm::Sha1).unwrap();
    client.send(&mut relay, &message.finish(), START);
    assert_eq!(code(&answer(&mut relay, START).unwrap()), 403);
    let (socket, friend) = (Relayed { port: 50_000, family: Family::V4 }, peer("8.8.8.8:1"));
    let (mut buffer, range) = packet(b"hello");
    assert_eq!(
        relay.handle_peer(socket, friend, &mut buffer, range, START),
        None,
        "the good one was not let in either"
    );
    assert_eq!(client.permit(&mut relay, peer("[2606:4700::1]:1"), START), 443);
    assert_eq!(code(&client.ask(&mut relay, CREATE_PERMISSION, &[], START)), 400);
}
