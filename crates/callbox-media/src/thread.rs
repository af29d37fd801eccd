//! One thread of the relay: its sockets, and the turn that reads them.
//!
//! Datagrams are read into slots, past the room that the core wants before one, and sent from there at the turn's end:
//!
//! ```text
//! | HEADROOM | datagram (64 KiB at most) | TAILROOM, and what keeps slots apart |
//! ```

use callbox_turn::{
    Action, ClientAddr, Counters, Family, FiveTuple, HEADROOM, Millis, PeerAddr, Relay, Relayed, Route,
    TAILROOM, Transmit, Transport,
};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::fd::OwnedFd;
use rustix::thread::set_current_timer_slack;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZero;
use std::ops::{ControlFlow, Range, RangeInclusive};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::addresses::Addresses;
use crate::batch::{PACKETS_MAX, Packet, Reader, Received, Writer, tell_local};
use crate::inbox::{CrossThreadPacket, Event, Receiver, Sender};
use crate::pace::Pace;
use crate::sockets;
use crate::usage::Usage;

const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Whole cache lines, and an odd number of them: datagrams at the same place of each page would push each other out of
/// the cache. Pages that no datagram is long enough to reach are never there.
const SLOT_BYTES: usize = (HEADROOM + DATAGRAM_BYTES_MAX + TAILROOM).next_multiple_of(128) + 64;
/// Of an allocation's socket in one turn, so that nobody's flood keeps the others waiting.
const PEER_PACKETS_A_TURN: usize = 32;
/// With fewer free slots all that waits goes out before a socket is read, so that most reads find the socket's end.
const FREE_SLOTS_MIN: usize = 16;
/// Figures are told this often while there is anything to tell.
const PUBLISH_MS: u64 = 100;
const EVENTS: usize = 256;
/// How long packets gather where many come: a two-hundredth of what people notice.
const GATHER: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000 };
/// How much later than asked the system may wake a thread. By default it takes half of `GATHER` more.
const LATE_NS: NonZero<u64> = NonZero::new(1_000).expect("not zero");

/// Names of the two that are no relay sockets; ports are below them.
const WAKE: u64 = u64::MAX;
const LISTENER: u64 = u64::MAX - 1;
const V6: u64 = 1 << 16;

pub(crate) struct Thread {
    relay: Relay,
    listener: UdpSocket,
    listen: SocketAddr,
    addresses: Arc<Addresses>,
    sockets: HashMap<Relayed, UdpSocket>,
    epoll: OwnedFd,
    slots: Box<[u8]>,
    /// How many hold something of this turn.
    slots_used: usize,
    /// One for a slot at most.
    outbox: Vec<Outgoing>,
    reader: Reader,
    writer: Writer,
    pace: Pace,
    receiver: Receiver,
    neighbours: Vec<Neighbour>,
    published: Arc<Mutex<Counters>>,
    /// What was published last, and when.
    told: Counters,
    published_at: Millis,
    usage: Arc<Usage>,
    now: fn() -> Millis,
}

/// What a thread is made of.
pub(crate) struct Parts {
    pub(crate) relay: Relay,
    pub(crate) listener: UdpSocket,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) receiver: Receiver,
    /// All threads by their ports, this one too.
    pub(crate) neighbours: Vec<(RangeInclusive<u16>, Sender)>,
    /// Where others read the figures.
    pub(crate) published: Arc<Mutex<Counters>>,
    pub(crate) usage: Arc<Usage>,
    /// A clock that never goes back.
    pub(crate) now: fn() -> Millis,
}

/// A thread, this one too, by its ports.
struct Neighbour {
    ports: RangeInclusive<u16>,
    sender: Sender,
    /// Something was put there in this turn.
    is_to_wake: bool,
}

/// A datagram of this turn that goes on, and where it is.
struct Outgoing {
    via: Via,
    to: SocketAddr,
    /// The address of ours that it leaves from, where the socket has several.
    local: Option<IpAddr>,
    /// Slots are filled in the order in which datagrams came.
    slot: usize,
    range: Range<usize>,
}

/// The socket by which a datagram goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Via {
    Listener,
    Relay(Relayed),
}

impl Thread {
    pub(crate) fn new(parts: Parts) -> io::Result<Self> {
        let Parts { relay, listener, addresses, receiver, neighbours, published, usage, now } = parts;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &*receiver.wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
        let listen = listener.local_addr()?;
        if listen.ip().is_unspecified() {
            tell_local(listener.as_fd(), listen.is_ipv6())?;
        }
        let neighbours = neighbours.into_iter();
        let neighbours =
            neighbours.map(|(ports, sender)| Neighbour { ports, sender, is_to_wake: false }).collect();
        Ok(Self {
            relay,
            listener,
            listen,
            addresses,
            sockets: HashMap::new(),
            epoll,
            slots: vec![0; PACKETS_MAX * SLOT_BYTES].into(),
            slots_used: 0,
            outbox: Vec::with_capacity(PACKETS_MAX),
            reader: Reader::new(),
            writer: Writer::new(),
            pace: Pace::default(),
            receiver,
            neighbours,
            published,
            told: Counters::default(),
            published_at: Millis(0),
            usage,
            now,
        })
    }

    /// Runs until it is told to stop. A turn: the hub's events first, since they say what may pass; then the
    /// neighbours' packets, and the network's; then all goes out; then what ran out; then the figures.
    pub(crate) fn run(mut self) {
        if let Err(error) = set_current_timer_slack(Some(LATE_NS)) {
            tracing::debug!(%error, "relayed packets may wait a little longer");
        }
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            if self.pace.lets_gather() {
                self.gather();
            }
            if let Err(error) = epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&self.patience()))
                && error != rustix::io::Errno::INTR
            {
                tracing::error!(%error, "a relay thread cannot wait for packets, and ends");
                return;
            }
            if self.take_events().is_break() {
                return;
            }
            self.take_over_packets();
            if events.len() == EVENTS {
                self.pace.handle_unread();
            }
            for event in events.drain(..) {
                match event.data.u64() {
                    WAKE => {}
                    LISTENER => self.read_clients(),
                    name => self.read_peers(relayed(name)),
                }
            }
            self.clear_slots();
            self.pace.handle_turn(self.now());
            self.end_what_ran_out();
            self.publish();
        }
    }

    /// Lets packets come, unless there is an event.
    fn gather(&self) {
        let mut wake = [PollFd::new(&*self.receiver.wake, PollFlags::IN)];
        // A signal only makes it shorter.
        let _ = poll(&mut wake, Some(&GATHER));
    }

    /// Until the next timeout, and no longer than until the figures are due.
    fn patience(&self) -> Timespec {
        let now = self.now();
        let due = self.relay.next_timeout().map_or(1_000, |at| at.0.saturating_sub(now.0)).min(1_000);
        let due = if self.is_unpublished() { due.min(PUBLISH_MS) } else { due };
        Timespec { tv_sec: 0, tv_nsec: i64::try_from(due.min(999) * 1_000_000).expect("less than a second") }
    }

    fn take_events(&mut self) -> ControlFlow<()> {
        for event in self.receiver.events() {
            match event {
                Event::Opened(session, user) => self.relay.handle_opened(session, user),
                Event::Closed(session) => self.relay.handle_revoked(session),
                Event::Attached(session, call, other) => self.relay.handle_attached(session, call, other),
                Event::Announced(session, ip) => self.relay.handle_announced(session, ip),
                Event::Detached(session) => self.relay.handle_detached(session),
                Event::Addresses(addresses) => {
                    let (v4, v6) = addresses.externals_by_family();
                    self.relay.handle_addresses(v4, v6, addresses.closed());
                    self.addresses = addresses;
                }
                Event::Lost => self.relay.handle_lost(),
                Event::Stop => return ControlFlow::Break(()),
            }
            self.carry_out();
        }
        ControlFlow::Continue(())
    }

    fn take_over_packets(&mut self) {
        while let Some(CrossThreadPacket { way, payload }) = self.receiver.packet() {
            let now = self.now();
            let slot = self.next_slot();
            self.slots_used += 1;
            let range = HEADROOM..HEADROOM + payload.len();
            let bytes = slot_mut(&mut self.slots, slot);
            bytes[range.clone()].copy_from_slice(&payload);
            let transmit = self.relay.handle_neighbour(way, bytes, range, now);
            self.forward(transmit, slot);
        }
    }

    fn read_clients(&mut self) {
        let now = self.now();
        let first = self.next_slots();
        let rooms = rooms(&mut self.slots).skip(first);
        let Ok(count) = self.reader.receive(self.listener.as_fd(), rooms) else { return };
        self.slots_used += count;
        self.pace.handle_read(count, PACKETS_MAX - first);
        for place in 0..count {
            let Some(Received { length, from, local }) = self.reader.received(place) else { continue };
            let client = ClientAddr(canonical(from));
            let server = SocketAddr::new(local.unwrap_or(self.listen.ip()), self.listen.port());
            let from = FiveTuple { client, server, transport: Transport::Udp };
            let (slot, range) = (first + place, HEADROOM..HEADROOM + length);
            let bytes = slot_mut(&mut self.slots, slot);
            let transmit = self.relay.handle_client(from, bytes, range, now);
            self.forward(transmit, slot);
            self.carry_out();
        }
    }

    fn read_peers(&mut self, relayed: Relayed) {
        let now = self.now();
        let first = self.next_slots();
        let Some(socket) = self.sockets.get(&relayed) else { return };
        let max = PEER_PACKETS_A_TURN.min(PACKETS_MAX - first);
        let rooms = rooms(&mut self.slots).skip(first).take(max);
        let Ok(count) = self.reader.receive(socket.as_fd(), rooms) else { return };
        self.slots_used += count;
        self.pace.handle_read(count, max);
        for place in 0..count {
            let Some(Received { length, from, .. }) = self.reader.received(place) else { continue };
            let (slot, range) = (first + place, HEADROOM..HEADROOM + length);
            let bytes = slot_mut(&mut self.slots, slot);
            let transmit = self.relay.handle_peer(relayed, PeerAddr(from), bytes, range, now);
            self.forward(transmit, slot);
        }
    }

    /// A slot that holds nothing; where none is left, all that waits goes out first.
    fn next_slot(&mut self) -> usize {
        if self.slots_used == PACKETS_MAX {
            self.clear_slots();
        }
        self.slots_used
    }

    /// Some slots that hold nothing, the first of them.
    fn next_slots(&mut self) -> usize {
        if PACKETS_MAX - self.slots_used < FREE_SLOTS_MIN {
            self.clear_slots();
        }
        self.slots_used
    }

    fn clear_slots(&mut self) {
        self.send_all();
        self.slots_used = 0;
    }

    fn end_what_ran_out(&mut self) {
        let now = self.now();
        if self.relay.next_timeout().is_some_and(|at| at <= now) {
            self.relay.handle_timeout(now);
            self.carry_out();
        }
    }

    /// Puts what the core lets pass where the turn's end finds it.
    fn forward(&mut self, transmit: Option<Transmit>, slot: usize) {
        let Some(Transmit { route, range }) = transmit else { return };
        match route {
            Route::Client(to) => {
                let (to, local) = self.on_the_wire(to);
                self.outbox.push(Outgoing { via: Via::Listener, to, local, slot, range });
            }
            Route::Peer { relayed, to: PeerAddr(to) } => {
                self.outbox.push(Outgoing { via: Via::Relay(relayed), to, local: None, slot, range });
            }
            Route::Neighbour { relayed, from, sender } => {
                let payload = slot_mut(&mut self.slots, slot)[range].into();
                let packet = CrossThreadPacket { way: (relayed, from, sender), payload };
                let mut neighbours = self.neighbours.iter_mut();
                let neighbour = neighbours.find(|neighbour| neighbour.ports.contains(&relayed.port));
                let is_taken = neighbour.is_some_and(|neighbour| {
                    neighbour.is_to_wake = true;
                    neighbour.sender.hand_over(packet)
                });
                self.usage.fail(usize::from(!is_taken));
            }
        }
    }

    /// Sends what waits: by one call of the system for each socket, those for one address side by side.
    fn send_all(&mut self) {
        self.outbox.sort_unstable_by_key(|packet| (packet.via, packet.to, packet.local, packet.slot));
        for packets in self.outbox.chunk_by(|one, next| one.via == next.via) {
            let socket = match packets[0].via {
                Via::Listener => Some(&self.listener),
                Via::Relay(relayed) => self.sockets.get(&relayed),
            };
            let of = |packet: &Outgoing| {
                let start = packet.slot * SLOT_BYTES;
                let bytes = &self.slots[start + packet.range.start..start + packet.range.end];
                Packet { to: packet.to, local: packet.local, bytes }
            };
            let failed = match socket {
                Some(socket) => self.writer.send(socket.as_fd(), packets.iter().map(of)),
                None => packets.len(),
            };
            self.usage.fail(failed);
        }
        self.outbox.clear();
        for neighbour in self.neighbours.iter_mut().filter(|neighbour| neighbour.is_to_wake) {
            neighbour.is_to_wake = false;
            neighbour.sender.wake();
        }
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.relay.next_action() {
            match action {
                Action::Answer { to, bytes } => {
                    let (to, local) = self.on_the_wire(to);
                    let answer = Packet { to, local, bytes: &bytes };
                    let failed = self.writer.send(self.listener.as_fd(), std::iter::once(answer));
                    self.usage.fail(failed);
                }
                Action::Open { relayed, asked } => {
                    let opened = self.open(relayed, asked);
                    if let Err(error) = &opened {
                        tracing::debug!(%error, port = relayed.port, "a relay port could not be bound");
                    }
                    self.relay.handle_open_result(relayed, opened.is_ok(), self.now());
                }
                Action::Close(relayed) => {
                    // Whoever gets the port next must not send what came before.
                    self.send_all();
                    // Closed, it is forgotten by epoll too.
                    self.sockets.remove(&relayed);
                }
                Action::Used { bytes, .. } => self.usage.record(bytes),
            }
        }
    }

    fn open(&mut self, relayed: Relayed, asked: IpAddr) -> io::Result<()> {
        let ip = self.addresses.to_bind(relayed.family, self.listen.ip(), asked);
        let socket = sockets::open(ip, relayed.port)?;
        epoll::add(&self.epoll, &socket, epoll::EventData::new_u64(name(relayed)), epoll::EventFlags::IN)?;
        self.sockets.insert(relayed, socket);
        Ok(())
    }

    /// An address as the listening socket knows it, and from which of ours a packet to it leaves.
    fn on_the_wire(&self, to: FiveTuple) -> (SocketAddr, Option<IpAddr>) {
        let ClientAddr(client) = to.client;
        let client = match (self.listen.ip(), client.ip()) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), client.port()),
            _ => client,
        };
        (client, Some(to.server.ip()).filter(|_| self.listen.ip().is_unspecified()))
    }

    fn now(&self) -> Millis {
        (self.now)()
    }

    fn is_unpublished(&self) -> bool {
        self.told != self.relay.counters()
    }

    fn publish(&mut self) {
        let now = self.now();
        if self.is_unpublished() && now.0 - self.published_at.0 >= PUBLISH_MS {
            self.published_at = now;
            self.told = self.relay.counters();
            *self.published.lock().unwrap_or_else(PoisonError::into_inner) = self.told;
        }
    }
}

fn slot_mut(slots: &mut [u8], slot: usize) -> &mut [u8] {
    &mut slots[slot * SLOT_BYTES..][..SLOT_BYTES]
}

/// The room for a datagram in each slot.
fn rooms(slots: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    slots.chunks_exact_mut(SLOT_BYTES).map(|slot| &mut slot[HEADROOM..HEADROOM + DATAGRAM_BYTES_MAX])
}

/// On `[::]` an IPv4 client comes as `::ffff:a.b.c.d`, which no client should be told as its address.
fn canonical(from: SocketAddr) -> SocketAddr {
    match from.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), from.port()),
        // A link-local one is nobody's without its scope.
        IpAddr::V6(_) => from,
    }
}

fn name(Relayed { port, family }: Relayed) -> u64 {
    u64::from(port) | if family == Family::V6 { V6 } else { 0 }
}

fn relayed(name: u64) -> Relayed {
    let family = if name & V6 == 0 { Family::V4 } else { Family::V6 };
    Relayed { port: u16::try_from(name & 0xffff).expect("masked"), family }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::inbox;
    use callbox_turn::credentials::{Credentials, mint};
    use callbox_turn::peers::Rules;
    use callbox_turn::{CallKey, Limits, Options, SessionKey, Shared, UserKey};
    use std::net::Ipv4Addr;
    use std::time::Duration;
    use stun_types::attribute::{Nonce, Realm, Username};
    use stun_types::message::{
        BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _,
        MessageWriteExt as _, MessageWriteVec, Method,
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
            listener,
            addresses,
            receiver,
            neighbours: Vec::new(),
            published: Arc::default(),
            usage: Arc::default(),
            now: || Millis(1_790_000_000_000),
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
            socket.connect(thread.listener.local_addr().unwrap()).unwrap();
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
            thread.read_clients();
            let bytes = self.answer();
            self.nonce = Message::from_bytes(&bytes).unwrap().attribute::<Nonce>().unwrap().nonce().into();
            self.send(ALLOCATE, udp);
            thread.read_clients();
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
        thread.read_clients();
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
        thread.read_clients();
        thread.clear_slots();
        other.answer();
        for _ in 0..4 {
            assert_eq!(third.answer()[..2], [1, 1], "a success");
        }
        assert!((1..=8).all(|size| one.answer().len() > size * 10));
    }
}
