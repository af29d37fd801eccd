//! The relay from outside: datagrams in, exact answers, actions and packets out.

mod abuse;
mod edges;
mod forbidden;
mod media;
mod requests;
mod streams;
mod vectors;

use std::num::NonZeroU64;
use std::sync::Arc;

use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _,
    MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION};

use crate::credentials::{Credentials, mint};
use crate::peers::Rules;
use crate::{
    Action, CallKey, ClientAddr, FiveTuple, HEADROOM, Limits, Millis, Options, PeerAddr, Relay, Relayed,
    Route, SessionKey, Shared, TAILROOM, Transport, UserKey,
};

const START: Millis = Millis(1_790_000_000_000);
const SECRET: &[u8] = b"a secret of the server";

fn options() -> Options {
    Options {
        realm: "callbox".into(),
        secret: SECRET.into(),
        nonce_key: [3; 32],
        ports: 50_000..=50_099,
        own_ports: 50_000..=50_099,
        external_v4: Some("203.0.113.10".parse().unwrap()),
        external_v6: Some("2001:db8::10".parse().unwrap()),
        rules: Rules { own: ["9.9.9.9".parse().unwrap()].into(), ..Rules::default() },
        is_strict: false,
        limits: Limits::default(),
    }
}

fn relay_with(options: Options) -> Relay {
    let shared = Arc::new(Shared::new(options.ports.clone()));
    Relay::new(options, shared, 11)
}

fn key(number: u64) -> SessionKey {
    SessionKey(NonZeroU64::new(number).unwrap())
}

/// A client of a session, as a browser is one.
struct Client {
    addr: FiveTuple,
    credentials: Credentials,
    nonce: String,
    transactions: u128,
}

impl Client {
    fn new(addr: &str, session: u64) -> Self {
        let credentials = mint(SECRET, key(session), START.seconds() + 3_600);
        let addr = from(addr.parse().unwrap());
        let transactions = u128::from(session) << 32 | u128::from(addr.client.0.port()) << 16;
        Self { addr, credentials, nonce: String::new(), transactions }
    }

    /// The bytes of a request, proven as browsers do.
    fn request(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
        self.transactions += 1;
        self.signed(method, attributes, IntegrityAlgorithm::Sha1)
    }

    fn signed(
        &self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
        algorithm: IntegrityAlgorithm,
    ) -> Vec<u8> {
        let mut message = self.unsigned(method, attributes);
        let Credentials { username, password } = self.credentials.clone();
        message.add_attribute(&Username::new(&username).unwrap()).unwrap();
        message.add_attribute(&Realm::new("callbox").unwrap()).unwrap();
        message.add_attribute(&Nonce::new(&self.nonce).unwrap()).unwrap();
        let key = LongTermKeyCredentials::new(username, password, "callbox".into()).make_key(algorithm);
        message.add_message_integrity_with_key(&key, algorithm).unwrap();
        message.finish()
    }

    fn unsigned(&self, method: Method, attributes: &[&dyn AttributeWrite]) -> MessageWriteVec {
        let kind = stun_types::message::MessageType::from_class_method(
            stun_types::message::MessageClass::Request,
            method,
        );
        let mut message = Message::builder(kind, self.transactions.into(), MessageWriteVec::new());
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        message
    }

    fn send(&self, relay: &mut Relay, bytes: &[u8], now: Millis) -> Option<(Route, Vec<u8>)> {
        let (mut buffer, range) = packet(bytes);
        let transmit = relay.handle_client(self.addr, &mut buffer, range, now)?;
        Some((transmit.route, buffer[transmit.range].to_vec()))
    }

    /// Sends a request, binds the sockets that are asked for, and gives the answer.
    fn ask(
        &mut self,
        relay: &mut Relay,
        method: Method,
        attributes: &[&dyn AttributeWrite],
        now: Millis,
    ) -> Vec<u8> {
        let bytes = self.request(method, attributes);
        assert_eq!(self.send(relay, &bytes, now), None);
        answer(relay, now).expect("an answer")
    }

    /// Gets a nonce, as the first 401 brings it.
    fn knock(&mut self, relay: &mut Relay, now: Millis) -> Vec<u8> {
        let bytes = self.unsigned(ALLOCATE, &[&RequestedTransport::new(17)]).finish();
        self.send(relay, &bytes, now);
        let bytes = answer(relay, now).expect("an answer");
        let message = Message::from_bytes(&bytes).unwrap();
        self.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
        bytes
    }

    /// Knocks and allocates; the relayed address.
    fn allocate(&mut self, relay: &mut Relay, now: Millis) -> PeerAddr {
        self.knock(relay, now);
        let bytes = self.ask(relay, ALLOCATE, &[&RequestedTransport::new(17)], now);
        relayed(&bytes)
    }

    fn permit(&mut self, relay: &mut Relay, peer: PeerAddr, now: Millis) -> u16 {
        self.transactions += 1;
        let peer = XorPeerAddress::new(peer.0, self.transactions.into());
        let bytes = self.signed(CREATE_PERMISSION, &[&peer], IntegrityAlgorithm::Sha1);
        self.send(relay, &bytes, now);
        code(&answer(relay, now).unwrap())
    }

    fn bind(&mut self, relay: &mut Relay, number: u16, peer: PeerAddr, now: Millis) -> u16 {
        self.transactions += 1;
        let peer = XorPeerAddress::new(peer.0, self.transactions.into());
        let number = ChannelNumber::new(number);
        let bytes = self.signed(CHANNEL_BIND, &[&number, &peer], IntegrityAlgorithm::Sha1);
        self.send(relay, &bytes, now);
        code(&answer(relay, now).unwrap())
    }
}

/// Sends to the address of ours that is first in the clients' list.
fn from(client: std::net::SocketAddr) -> FiveTuple {
    FiveTuple {
        client: ClientAddr(client),
        server: "203.0.113.10:3478".parse().unwrap(),
        transport: Transport::Udp,
    }
}

/// A datagram with the room around it that the relay asks for.
fn packet(bytes: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
    let mut buffer = vec![0xee; HEADROOM + bytes.len() + TAILROOM];
    buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
    (buffer, HEADROOM..HEADROOM + bytes.len())
}

/// Carries out the relay's actions, until it answers.
fn answer(relay: &mut Relay, now: Millis) -> Option<Vec<u8>> {
    let mut answer = None;
    while let Some(action) = relay.next_action() {
        match action {
            Action::Open { relayed, .. } => relay.handle_open_result(relayed, true, now),
            Action::Answer { bytes, .. } => assert!(answer.replace(bytes).is_none(), "two answers"),
            Action::Close(_) | Action::Disconnect(_) | Action::Used { .. } => {}
        }
    }
    answer
}

/// 0 if it is a success.
fn code(bytes: &[u8]) -> u16 {
    let message = Message::from_bytes(bytes).unwrap();
    message.attribute::<ErrorCode>().map_or(0, |error| error.code())
}

fn relayed(bytes: &[u8]) -> PeerAddr {
    assert_eq!(code(bytes), 0);
    let message = Message::from_bytes(bytes).unwrap();
    PeerAddr(message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id()))
}

fn peer(text: &str) -> PeerAddr {
    PeerAddr(text.parse().unwrap())
}

fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&number.to_be_bytes()[..], &length.to_be_bytes(), payload].concat()
}

/// Two sessions in a call with each other.
fn in_call(relay: &mut Relay, one: u64, other: u64) {
    for (session, with) in [(one, other), (other, one)] {
        relay.handle_opened(key(session), UserKey(session));
        relay.handle_attached(key(session), CallKey(one * 1_000 + other), key(with));
    }
}

/// A relay with a call of sessions 1 and 2, and session 1's client with its allocation.
fn calling() -> (Relay, Client, PeerAddr) {
    calling_with(options())
}

fn calling_with(options: Options) -> (Relay, Client, PeerAddr) {
    let mut relay = relay_with(options);
    in_call(&mut relay, 1, 2);
    let mut client = Client::new("198.51.100.1:4000", 1);
    let relayed = client.allocate(&mut relay, START);
    (relay, client, relayed)
}

fn by_port(addr: PeerAddr) -> Relayed {
    Relayed { port: addr.0.port(), family: crate::Family::of(addr.0.ip()) }
}
