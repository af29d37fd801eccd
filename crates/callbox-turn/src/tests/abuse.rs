//! Strangers who want more from us than they give.

use super::*;
use crate::{Dropped, Refused};
use stun_types::message::BINDING;
use turn_types::attribute::Lifetime;
use turn_types::message::REFRESH;

/// IP and UDP headers.
fn on_the_wire(to: FiveTuple, payload: usize) -> usize {
    payload + if to.client.0.is_ipv4() { 28 } else { 48 }
}

#[test]
fn spoofed_allocates_cost_no_memory_and_are_answered_with_less_than_they_sent() {
    let mut relay = relay_with(options());
    let mut client = Client::new("198.51.100.1:4000", 1);
    let (mut bytes_in, mut bytes_out, mut answers) = (0, 0, 0);
    let request = client.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
    for number in 0..30_000_u32 {
        // One address after another, as if from a thousand networks, within ten seconds.
        client.addr.client.0.set_ip(std::net::Ipv4Addr::from_bits(0x0b00_0000 + number % 1_000).into());
        client.addr.client.0.set_port(1_024 + u16::try_from(number / 1_000).unwrap());
        let now = Millis(START.0 + u64::from(number) / 10);
        client.send(&mut relay, &request, now);
        bytes_in += on_the_wire(client.addr, request.len());
        while let Some(Action::Answer { bytes, .. }) = relay.next_action() {
            let out = on_the_wire(client.addr, bytes.len());
            assert!(out <= 2 * on_the_wire(client.addr, request.len()), "{out}");
            (bytes_out, answers) = (bytes_out + out, answers + 1);
        }
    }
    assert!(answers > 0 && relay.counters().refused(Refused::Unauthenticated) == 30_000);
    assert_eq!(
        (relay.counters().allocations, relay.sessions.len(), relay.allocations_by_client.len()),
        (0, 0, 0)
    );
    assert!(bytes_out <= 2 * bytes_in);
}

#[test]
fn one_flooding_source_gets_back_less_than_it_sends() {
    let mut relay = relay_with(options());
    let client = Client::new("198.51.100.1:4000", 1);
    let request = client.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
    let (mut bytes_in, mut bytes_out) = (0, 0);
    for number in 0..10_000 {
        client.send(&mut relay, &request, Millis(START.0 + number / 10));
        bytes_in += on_the_wire(client.addr, request.len());
        while let Some(Action::Answer { bytes, .. }) = relay.next_action() {
            bytes_out += on_the_wire(client.addr, bytes.len());
        }
    }
    assert!(bytes_out < bytes_in / 10, "{bytes_out} for {bytes_in}");
    assert!(relay.counters().dropped(Dropped::Unproven) > 9_000);
}

#[test]
fn nothing_unproven_of_any_size_is_answered_with_more_than_twice_its_size() {
    for from in ["198.51.100.1:4000", "[2001:db8:1::5]:4000"] {
        for padding in 0..40 {
            for method in [BINDING, ALLOCATE, CREATE_PERMISSION, turn_types::message::REFRESH] {
                let mut relay = relay_with(options());
                let client = Client::new(from, 1);
                let software = stun_types::attribute::Software::new(&"x".repeat(padding)).unwrap();
                let attributes: &[&dyn AttributeWrite] = if padding == 0 { &[] } else { &[&software] };
                let request = client.unsigned(method, attributes).finish();
                client.send(&mut relay, &request, START);
                while let Some(Action::Answer { bytes, to }) = relay.next_action() {
                    assert!(
                        on_the_wire(to, bytes.len()) <= 2 * on_the_wire(to, request.len()),
                        "{method} {padding}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_browser_that_sends_its_first_allocate_is_answered() {
    for from in ["198.51.100.1:4000", "[2001:db8:1::5]:4000"] {
        let mut relay = relay_with(options());
        assert_eq!(code(&Client::new(from, 1).knock(&mut relay, START)), 401);
    }
}

#[test]
fn a_request_of_more_than_any_request_has_is_not_even_read() {
    let mut relay = relay_with(options());
    let client = Client::new("198.51.100.1:4000", 1);
    let mut message = client.unsigned(ALLOCATE, &[]);
    let strange =
        stun_types::attribute::RawAttribute::new(stun_types::attribute::AttributeType::new(0x7777), &[]);
    for _ in 0..320 {
        message.push_attribute_unchecked(&strange);
    }
    client.send(&mut relay, &message.finish(), START);
    assert_eq!((relay.next_action(), relay.counters().dropped(Dropped::Garbage)), (None, 1));
}

#[test]
fn quotas_are_of_the_session_the_user_the_address_and_everybody() {
    let few = Limits {
        allocations_per_session: 2,
        allocations_per_user: 3,
        allocations_per_address: 4,
        allocations: 6,
        ..Limits::default()
    };
    let mut relay = relay_with(Options { limits: few, ..options() });
    for session in 1..=9 {
        // Sessions 1 and 2 are one user's.
        relay.handle_opened(key(session), UserKey(session.max(2)));
    }
    let mut allocate = |addr: &str, session| {
        let mut client = Client::new(addr, session);
        client.knock(&mut relay, START);
        let code = code(&client.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(17)], START));
        (code, client)
    };
    let (code_of_first, mut first) = allocate("11.0.0.1:1", 1);
    let mut codes = |wanted: &[(&str, u64)]| {
        wanted.iter().map(|(addr, session)| allocate(addr, *session).0).collect::<Vec<_>>()
    };
    assert_eq!(code_of_first, 0);
    assert_eq!(codes(&[("11.0.0.1:2", 1), ("11.0.0.1:3", 1)]), [0, 486], "the session");
    assert_eq!(codes(&[("11.0.0.1:4", 2), ("11.0.0.1:5", 2)]), [0, 486], "the user");
    assert_eq!(codes(&[("11.0.0.1:6", 3), ("11.0.0.1:7", 4)]), [0, 486], "the address");
    assert_eq!(codes(&[("11.0.0.2:1", 5), ("11.0.0.2:2", 6), ("11.0.0.2:3", 7)]), [0, 0, 486], "everybody");
    // A client that gives one back makes room.
    assert_eq!(code(&first.ask(&mut relay, turn_types::message::REFRESH, &[&Lifetime::new(0)], START)), 0);
    let mut client = Client::new("11.0.0.3:3", 7);
    client.knock(&mut relay, START);
    assert_eq!(code(&client.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(17)], START)), 0);
    assert_eq!(relay.counters().refused(Refused::Quota), 4);
}

#[test]
fn a_call_knows_by_which_code_its_side_was_refused_an_allocation_unless_it_got_one_later() {
    let one = Limits { allocations_per_session: 1, ..Limits::default() };
    let mut relay = relay_with(Options { limits: one, ..options() });
    relay.handle_opened(key(1), UserKey(1));
    let allocate = |relay: &mut Relay, addr: &str| {
        let mut client = Client::new(addr, 1);
        client.knock(relay, START);
        let code = code(&client.ask(relay, ALLOCATE, &[&RequestedTransport::new(17)], START));
        (code, client)
    };
    let used_in = |relay: &mut Relay, call: u64| {
        relay.handle_attached(key(1), CallKey(call), key(2));
        relay.handle_detached(key(1));
        relay.next_action()
    };
    let (_, mut first) = allocate(&mut relay, "11.0.0.1:1");
    assert_eq!(allocate(&mut relay, "11.0.0.1:2").0, 486);
    let used = Action::Used { session: key(1), call: CallKey(7), packets: 0, bytes: 0, refused: Some(486) };
    assert_eq!(used_in(&mut relay, 7), Some(used));
    assert_eq!(used_in(&mut relay, 8), None, "it was of the call before");
    assert_eq!(allocate(&mut relay, "11.0.0.1:3").0, 486);
    assert_eq!(code(&first.ask(&mut relay, turn_types::message::REFRESH, &[&Lifetime::new(0)], START)), 0);
    assert_eq!(allocate(&mut relay, "11.0.0.1:4").0, 0);
    while relay.next_action().is_some() {}
    assert_eq!(used_in(&mut relay, 9), None);
}

#[test]
fn permissions_channels_and_sessions_have_an_end() {
    let few = Limits {
        permissions_per_allocation: 3,
        channels_per_allocation: 2,
        sessions: 2,
        ..Limits::default()
    };
    let (mut relay, mut client, _) = calling_with(Options { limits: few, ..options() });
    let codes =
        [1, 2, 3].map(|n| client.bind(&mut relay, 0x4000 + n, peer(&format!("8.8.8.{n}:1024")), START));
    assert_eq!(codes, [0, 0, 508]);
    let codes = [3, 4].map(|n| client.permit(&mut relay, peer(&format!("8.8.8.{n}:1")), START));
    assert_eq!(codes, [0, 508]);
    let later = START.plus_seconds(301);
    assert_eq!(client.permit(&mut relay, peer("8.8.8.9:1"), later), 0, "the old ones have run out");
    relay.handle_opened(key(3), UserKey(3));
    assert_eq!(relay.sessions.len(), 2);
}

#[test]
fn a_flood_of_strangers_denies_no_allocation_its_next_nonce() {
    let (mut relay, mut client, _) = calling();
    let lifetime = Lifetime::new(600);
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&lifetime], START.plus_seconds(300))), 0);
    // From as many addresses as there are, 40,000 in a second, when the client's nonce has just run out.
    let mut stranger = Client::new("11.0.0.1:4000", 2);
    let request = stranger.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
    let flooded = START.plus_seconds(650);
    let mut answers = 0;
    for number in 0..40_000_u32 {
        stranger.addr.client.0.set_ip(std::net::Ipv4Addr::from_bits(0x0b00_0000 + number).into());
        stranger.send(&mut relay, &request, Millis(flooded.0 + u64::from(number) / 40));
        answers += u32::from(answer(&mut relay, flooded).is_some());
    }
    assert!(answers < 40_000, "all of them were answered");
    let now = Millis(flooded.0 + 999);
    // A request signed by another key is a stranger's, from that address too, and with a session of its own.
    let mut forger =
        Client { addr: client.addr, nonce: client.nonce.clone(), ..Client::new("11.0.0.1:4000", 2) };
    for one in [&mut forger, &mut stranger] {
        one.nonce.clone_from(&client.nonce);
        let request = one.request(REFRESH, &[&lifetime]);
        one.send(&mut relay, &request, now);
        assert_eq!(answer(&mut relay, now), None);
    }
    let bytes = client.ask(&mut relay, REFRESH, &[&lifetime], now);
    assert_eq!(code(&bytes), 438);
    client.nonce = Message::from_bytes(&bytes).unwrap().attribute::<Nonce>().unwrap().nonce().to_owned();
    assert_eq!(code(&client.ask(&mut relay, REFRESH, &[&lifetime], now)), 0);
}

#[test]
fn noise_of_any_kind_changes_nothing_and_is_never_worth_more_than_twice_itself() {
    let (mut relay, mut client, _) = calling();
    let mut random = fastrand::Rng::with_seed(9);
    let good = client.request(turn_types::message::REFRESH, &[&Lifetime::new(600)]);
    for _ in 0..30_000 {
        // Pure noise, or a good request with a few bytes changed.
        let mut bytes = if random.bool() {
            good.clone()
        } else {
            (0..random.usize(..80)).map(|_| random.u8(..)).collect()
        };
        for _ in 0..random.usize(1..4) {
            if !bytes.is_empty() {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
        }
        bytes.truncate(random.usize(..=bytes.len()));
        if bytes == good {
            continue;
        }
        let addr = from(([198, 51, 100, random.u8(..)], 4_000).into());
        let (mut buffer, range) = packet(&bytes);
        assert_eq!(relay.handle_client(addr, &mut buffer, range, START), None);
        while let Some(action) = relay.next_action() {
            let Action::Answer { to, bytes: out } = action else { panic!("{action:?}") };
            assert!(on_the_wire(to, out.len()) <= 2 * on_the_wire(to, bytes.len()));
        }
    }
    assert_eq!(relay.counters().allocations, 1);
}
