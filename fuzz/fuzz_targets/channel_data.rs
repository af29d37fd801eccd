//! Any bytes from a client with an allocation, a permission and a channel, and the same bytes from its peer: what goes
//! out goes to the one peer, and is part of what came in.
//!
//! Run by `cargo xtask fuzz channel_data`.
#![no_main]

use callbox_turn::credentials::mint;
use callbox_turn::{
    Action, CallKey, ClientAddr, Family, FiveTuple, HEADROOM, Limits, Millis, Options, PeerAddr, Relay, Relayed, Route,
    SessionKey, Shared, TAILROOM, Transport, UserKey,
};
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroU64;
use std::sync::Arc;
use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _, MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};

const NOW: Millis = Millis(1_790_000_000_000);
const SECRET: &[u8] = b"secret";

fn send(relay: &mut Relay, datagram: &[u8]) -> Option<Vec<u8>> {
    let (mut buffer, range) = packet(datagram);
    relay.handle_client(client(), &mut buffer, range, NOW);
    let mut answer = None;
    while let Some(action) = relay.next_action() {
        match action {
            Action::Open { relayed, .. } => relay.handle_open_result(relayed, true, NOW),
            Action::Answer { bytes, .. } => answer = Some(bytes),
            _ => {}
        }
    }
    answer
}

fn packet(bytes: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
    let mut buffer = vec![0; HEADROOM + bytes.len() + TAILROOM];
    buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
    (buffer, HEADROOM..HEADROOM + bytes.len())
}

fn client() -> FiveTuple {
    FiveTuple {
        client: ClientAddr(([198, 51, 100, 1], 4_000).into()),
        server: ([203, 0, 113, 10], 3_478).into(),
        transport: Transport::Udp,
    }
}

fn request(method: Method, nonce: &str, attributes: &[&dyn AttributeWrite], peer: Option<PeerAddr>) -> Vec<u8> {
    let mut message = Message::builder_request(method, MessageWriteVec::new());
    let transaction = message.transaction_id();
    for attribute in attributes {
        message.add_attribute(*attribute).expect("room");
    }
    if let Some(peer) = peer {
        message.add_attribute(&XorPeerAddress::new(peer.0, transaction)).expect("room");
    }
    let session = SessionKey(NonZeroU64::new(1).expect("not zero"));
    let credentials = mint(SECRET, session, NOW.seconds() + 60);
    message.add_attribute(&Username::new(&credentials.username).expect("short")).expect("room");
    message.add_attribute(&Realm::new("callbox").expect("short")).expect("room");
    message.add_attribute(&Nonce::new(nonce).expect("short")).expect("room");
    let key = LongTermKeyCredentials::new(credentials.username, credentials.password, "callbox".into());
    let key = key.make_key(IntegrityAlgorithm::Sha1);
    message.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1).expect("once");
    message.finish()
}

fn relay_in_call(friend: PeerAddr) -> Relay {
    let ports = 50_000..=50_000;
    let options = Options {
        realm: "callbox".into(),
        secret: SECRET.into(),
        nonce_key: [2; 32],
        ports: ports.clone(),
        own_ports: ports.clone(),
        external_v4: Some([203, 0, 113, 10].into()),
        external_v6: None,
        rules: callbox_turn::peers::Rules::default(),
        is_strict: false,
        limits: Limits::default(),
    };
    let mut relay = Relay::new(options, Arc::new(Shared::new(ports)), 1);
    let key = |number| SessionKey(NonZeroU64::new(number).expect("not zero"));
    relay.handle_opened(key(1), UserKey(1));
    relay.handle_attached(key(1), CallKey(1), key(2));
    let udp = RequestedTransport::new(17);
    let challenge = send(&mut relay, &request(ALLOCATE, "none", &[&udp], None)).expect("a challenge");
    let nonce = Message::from_bytes(&challenge).expect("ours").attribute::<Nonce>().expect("a nonce").nonce().to_owned();
    send(&mut relay, &request(ALLOCATE, &nonce, &[&udp], None));
    send(&mut relay, &request(CHANNEL_BIND, &nonce, &[&ChannelNumber::new(0x4000)], Some(friend)));
    assert_eq!(relay.counters().allocations, 1);
    relay
}

fuzz_target!(|bytes: &[u8]| {
    let friend = PeerAddr(([8, 8, 8, 8], 5_000).into());
    let mut relay = relay_in_call(friend);
    let (mut buffer, range) = packet(bytes);
    if let Some(out) = relay.handle_client(client(), &mut buffer, range, NOW) {
        let Route::Peer { to, .. } = out.route else { panic!("{out:?}") };
        assert_eq!(to.0.ip(), friend.0.ip());
        assert!(bytes.windows(out.range.len().max(1)).any(|part| part == &buffer[out.range.clone()]) || out.range.is_empty());
    }
    let (mut buffer, range) = packet(bytes);
    let relayed = Relayed { port: 50_000, family: Family::V4 };
    if let Some(out) = relay.handle_peer(relayed, friend, &mut buffer, range, NOW) {
        assert_eq!(out.route, Route::Client(client()));
        assert_eq!(&buffer[out.range][4..], bytes);
    }
});
