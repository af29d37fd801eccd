//! A thread that nobody runs: its sockets are read when a test says so, among closed ones too.

use super::*;
use crate::inbox::inbox;
use crate::stream::tests::connected;
use callbox_turn::credentials::{Credentials, mint};
use callbox_turn::peers::Rules;
use callbox_turn::{CallKey, Limits, Options, SessionKey, Shared, UserKey};
use std::net::Ipv4Addr;
use std::time::Duration;
use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _,
    MessageWriteVec, Method,
};
use turn_types::attribute::{Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CREATE_PERMISSION, REFRESH};

const SECRET: &[u8] = b"north";

/// One that nobody runs: its sockets are read when a test says so.
fn thread() -> Thread {
    let ip = Ipv4Addr::LOCALHOST;
    let ports = 30_000..=30_255;
    let options = Options {
        realm: "callbox".into(),
        secret: SECRET.into(),
        nonce_key: [1; 32],
        ports: ports.clone(),
        own_ports: ports.clone(),
        external_v4: Some(ip),
        external_v6: None,
        rules: Rules { allowed: vec![IpAddr::from(ip).into()], ..Rules::default() },
        is_strict: false,
        limits: Limits::default(),
    };
    let mut relay = Relay::new(options, Arc::new(Shared::new(ports)), 1);
    relay.handle_opened(session(), UserKey(1));
    relay.handle_attached(session(), CallKey(1), SessionKey(NonZero::new(2).unwrap()));
    let listener = UdpSocket::bind((ip, 0)).unwrap();
    let addresses = Arc::new(Addresses::read(ip.into(), &[]).unwrap());
    let (_, receiver) = inbox().unwrap();
    let parts = Parts {
        relay,
        listeners: vec![listener],
        addresses,
        receiver,
        neighbours: Vec::new(),
        published: Arc::default(),
        usage: Arc::default(),
        now: Arc::new(|| Millis(1_790_000_000_000)),
    };
    Thread::new(parts).unwrap()
}

fn session() -> SessionKey {
    SessionKey(NonZero::new(1).unwrap())
}

/// A client of the session.
struct Client {
    socket: UdpSocket,
    nonce: String,
}

impl Client {
    fn new(thread: &Thread) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(thread.listeners[0].addr).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Self { socket, nonce: "none".to_owned() }
    }

    fn send(&self, method: Method, write: impl FnOnce(&mut MessageWriteVec)) {
        let mut message = Message::builder_request(method, MessageWriteVec::new());
        write(&mut message);
        let Credentials { username, password } = mint(SECRET, session(), u64::MAX / 2_000);
        message.add_attribute(&Username::new(&username).unwrap()).unwrap();
        message.add_attribute(&Realm::new("callbox").unwrap()).unwrap();
        message.add_attribute(&Nonce::new(&self.nonce).unwrap()).unwrap();
        let key = LongTermKeyCredentials::new(username, password, "callbox".into());
        let key = key.make_key(IntegrityAlgorithm::Sha1);
        message.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1).unwrap();
        self.socket.send(&message.finish()).unwrap();
    }

    fn answer(&self) -> Vec<u8> {
        let mut buffer = [0; 2_048];
        let length = self.socket.recv(&mut buffer).expect("an answer");
        buffer[..length].to_vec()
    }

    /// A nonce, and then an allocation; its address.
    fn allocate(&mut self, thread: &mut Thread) -> SocketAddr {
        let udp = |message: &mut MessageWriteVec| {
            message.add_attribute(&RequestedTransport::new(17)).unwrap();
        };
        self.send(ALLOCATE, udp);
        thread.read_clients(0);
        let bytes = self.answer();
        self.nonce = Message::from_bytes(&bytes).unwrap().attribute::<Nonce>().unwrap().nonce().into();
        self.send(ALLOCATE, udp);
        thread.read_clients(0);
        let bytes = self.answer();
        let message = Message::from_bytes(&bytes).unwrap();
        message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id())
    }
}

#[test]
fn what_was_read_is_whose_it_was_also_after_a_socket_was_closed_among_it() {
    let mut thread = thread();
    let [mut one, mut other] = [Client::new(&thread), Client::new(&thread)];
    let here = one.allocate(&mut thread);
    other.allocate(&mut thread);
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    one.send(CREATE_PERMISSION, |message| {
        let transaction = message.transaction_id();
        message.add_attribute(&XorPeerAddress::new(peer.local_addr().unwrap(), transaction)).unwrap();
    });
    thread.read_clients(0);
    one.answer();
    thread.clear_slots();

    // Packets wait to go out, of sizes that no message joins, when a socket is closed before them.
    for size in 1..=8 {
        peer.send_to(&vec![7; size * 10], here).unwrap();
    }
    let third = Client::new(&thread);
    other.send(REFRESH, |message| message.add_attribute(&Lifetime::new(0)).unwrap());
    (0..4).for_each(|_| third.send(BINDING, |_| {}));
    thread.read_peers(Relayed { port: here.port(), family: Family::V4 });
    assert_eq!(thread.outbox.len(), 8);
    thread.read_clients(0);
    thread.clear_slots();
    other.answer();
    for _ in 0..4 {
        assert_eq!(third.answer()[..2], [1, 1], "a success");
    }
    assert!((1..=8).all(|size| one.answer().len() > size * 10));
}

#[test]
fn a_stream_of_frames_without_an_allocation_ends_and_a_few_requests_do_not() {
    let mut thread = thread();
    let empty = [0x40, 0, 0, 0];
    let send = |thread: &mut Thread, frames: usize| {
        let (mut connection, _client) = connected(false);
        connection.read = empty.repeat(frames);
        let key = thread.streams.take(connection, thread.now()).unwrap();
        let client = thread.streams.client(key).unwrap();
        thread.streams.handle_readable(key);
        thread.read_streams();
        (client, thread.streams.next_ended())
    };
    assert_eq!(send(&mut thread, FRAMES_UNPROVEN_MAX).1, None);
    let (client, ended) = send(&mut thread, FRAMES_UNPROVEN_MAX + 1);
    assert_eq!(ended, Some(client));
}

#[test]
fn busy_streams_are_read_in_turns_and_leave_a_datagram_its_answer_after_each() {
    const STREAMS: usize = 100;
    let mut thread = thread();
    // Indications, which nobody answers: a full share of unproven frames in each.
    let indication = [&[0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[5; 12]].concat();
    let clients: Vec<_> = (0..STREAMS)
        .map(|_| {
            let (mut connection, client) = connected(false);
            connection.read = indication.repeat(FRAMES_UNPROVEN_MAX);
            thread.take_over(connection);
            client
        })
        .collect();
    let by_udp = Client::new(&thread);
    let mut turns = 0;
    while thread.streams.has_unread() {
        let before = thread.streams.unread_count();
        by_udp.send(BINDING, |_| {});
        thread.read_clients(0);
        thread.read_streams();
        by_udp.answer();
        let read = before - thread.streams.unread_count();
        assert!((1..=STREAM_FRAMES_A_TURN / FRAMES_UNPROVEN_MAX).contains(&read), "{read} streams in a turn");
        turns += 1;
    }
    assert!(turns >= STREAMS * FRAMES_UNPROVEN_MAX / STREAM_FRAMES_A_TURN, "{turns}");
    assert_eq!(thread.streams.next_ended(), None, "all are there");
    drop(clients);
}

#[test]
fn a_stream_that_is_always_full_lets_the_others_be_read() {
    let mut thread = thread();
    let [(one, _one), (other, _other)] = std::array::from_fn(|_| connected(false));
    let [busy, rare] = [one, other].map(|one| thread.streams.take(one, thread.now()).unwrap());
    thread.streams.handle_readable(busy);
    thread.streams.handle_readable(rare);
    assert_eq!(thread.streams.next_unread(), Some(busy));
    thread.streams.handle_readable(busy);
    thread.streams.handle_readable(busy);
    let order: Vec<_> = std::iter::from_fn(|| thread.streams.next_unread()).collect();
    assert_eq!(order, [rare, busy], "once each, the longest waiting first");
}
