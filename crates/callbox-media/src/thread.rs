//! One thread of the relay: its sockets, and the turn that reads them.
//!
//! Datagrams are read into slots, past the room that the core wants before one, and sent from there at the turn's end:
//!
//! ```text
//! | HEADROOM | datagram (64 KiB at most) | TAILROOM, and what keeps slots apart |
//! ```

use callbox_turn::framing::next_frame;
use callbox_turn::{
    Action, ClientAddr, ConnectionKey, Counters, Family, FiveTuple, HEADROOM, Millis, PeerAddr, Relay,
    Relayed, Route, TAILROOM, Transmit, Transport,
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
use crate::settings::Now;
use crate::sockets;
use crate::stream::{Connection, Kind};
use crate::streams::Streams;
use crate::usage::{CallUse, Usage};

const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Whole cache lines, and an odd number of them: datagrams at the same place of each page would push each other out of
/// the cache. Pages that no datagram is long enough to reach are never there.
const SLOT_BYTES: usize = (HEADROOM + DATAGRAM_BYTES_MAX + TAILROOM).next_multiple_of(128) + 64;
/// Of an allocation's socket in one turn, so that nobody's flood keeps the others waiting.
const PEER_PACKETS_A_TURN: usize = 32;
/// With fewer free slots all that waits goes out before a socket is read, so that most reads find the socket's end.
const FREE_SLOTS_MIN: usize = 16;
/// Figures are published this often while they change.
const PUBLISH_MS: u64 = 100;
const EVENTS: usize = 256;
/// How long packets gather if many come: a two-hundredth of what people notice.
const GATHER: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000 };
/// How much later than asked the system may wake a thread. By default it takes half of `GATHER` more.
const LATE_NS: NonZero<u64> = NonZero::new(1_000).expect("not zero");

/// Frames in one read of a stream whose client has no allocation: eight times what a browser sends to get one.
const FRAMES_UNPROVEN_MAX: usize = 64;
/// Frames in one read of any stream: of 25 bytes each then, with their headers, which no media have.
const FRAMES_MAX: usize = 4 * 1_024;
/// Frames and reads of all streams in one turn, after which datagrams are looked for again: some milliseconds at most.
/// Streams that are still to be read are the first ones in the next turn.
const STREAM_FRAMES_A_TURN: usize = 1_024;
const STREAM_READS_A_TURN: usize = 64;

/// Names of what is no relay socket; ports are below them, connections between.
const WAKE: u64 = u64::MAX;
const LISTENERS: u64 = 1 << 62;
const STREAMS: u64 = 1 << 32;
const V6: u64 = 1 << 16;

pub(crate) struct Thread {
    relay: Relay,
    listeners: Vec<Listener>,
    streams: Streams,
    addresses: Arc<Addresses>,
    sockets: HashMap<Relayed, UdpSocket>,
    epoll: Arc<OwnedFd>,
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
    /// The figures that were published last, and when.
    told: Counters,
    published_at: Millis,
    usage: Arc<Usage>,
    now: Now,
}

/// The parts of a thread.
pub(crate) struct Parts {
    pub(crate) relay: Relay,
    /// Each on a port of its own; one at least.
    pub(crate) listeners: Vec<UdpSocket>,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) receiver: Receiver,
    /// All threads by their ports, this one too.
    pub(crate) neighbours: Vec<(RangeInclusive<u16>, Sender)>,
    /// The figures that others read.
    pub(crate) published: Arc<Mutex<Counters>>,
    pub(crate) usage: Arc<Usage>,
    /// A clock that never goes back.
    pub(crate) now: Now,
}

/// A socket to which clients send, and its address.
struct Listener {
    socket: UdpSocket,
    addr: SocketAddr,
}

/// A thread, this one too, by its ports.
struct Neighbour {
    ports: RangeInclusive<u16>,
    sender: Sender,
    /// Something was put there in this turn.
    is_to_wake: bool,
}

/// A datagram of this turn that is to be sent, and its place.
struct Outgoing {
    via: Via,
    to: SocketAddr,
    /// The address of ours that it leaves from, if the socket has several.
    local: Option<IpAddr>,
    /// Slots are filled in the order in which datagrams came.
    slot: usize,
    range: Range<usize>,
}

/// The socket by which a datagram goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Via {
    Listener(usize),
    Relay(Relayed),
}

impl Thread {
    pub(crate) fn new(parts: Parts) -> io::Result<Self> {
        let Parts { relay, listeners, addresses, receiver, neighbours, published, usage, now } = parts;
        let epoll = Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
        epoll::add(&*epoll, &*receiver.wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        let listeners = listeners.into_iter().map(Listener::new).collect::<io::Result<Vec<_>>>()?;
        for (index, listener) in (0..).zip(&listeners) {
            let data = epoll::EventData::new_u64(LISTENERS + index);
            epoll::add(&*epoll, &listener.socket, data, epoll::EventFlags::IN)?;
        }
        let neighbours = neighbours.into_iter();
        let neighbours =
            neighbours.map(|(ports, sender)| Neighbour { ports, sender, is_to_wake: false }).collect();
        Ok(Self {
            relay,
            listeners,
            streams: Streams::new(Arc::clone(&epoll), STREAMS),
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

    /// Runs until it gets the signal to stop. A turn: the hub's events first, since they say which packets may pass;
    /// then the packets of other threads, new connections, and the network's packets, datagrams before streams; then all
    /// are sent; then timeouts; then the figures.
    pub(crate) fn run(mut self) {
        if let Err(error) = set_current_timer_slack(Some(LATE_NS)) {
            tracing::debug!(%error, "relayed packets may wait a little longer");
        }
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            if self.pace.lets_gather() && !self.streams.has_unread() {
                self.gather();
            }
            if let Err(error) = epoll::wait(&*self.epoll, spare_capacity(&mut events), Some(&self.patience()))
                && error != rustix::io::Errno::INTR
            {
                tracing::error!(%error, "a relay thread cannot wait for packets, and ends");
                return;
            }
            if self.take_events().is_break() {
                return;
            }
            self.take_over_packets();
            self.take_over_connections();
            if events.len() == EVENTS {
                self.pace.handle_unread();
            }
            for event in events.drain(..) {
                match event.data.u64() {
                    WAKE => {}
                    name @ LISTENERS.. => self.read_clients(index(name - LISTENERS)),
                    name @ STREAMS.. => self.handle_stream(stream(name), event.flags),
                    name => self.read_peers(relayed(name)),
                }
            }
            self.read_streams();
            self.clear_slots();
            self.pace.handle_turn(self.now());
            self.end_what_ran_out();
            self.end_streams();
            self.publish();
        }
    }

    /// Lets packets come, unless there is an event.
    fn gather(&self) {
        let mut wake = [PollFd::new(&*self.receiver.wake, PollFlags::IN)];
        // A signal only makes it shorter.
        let _ = poll(&mut wake, Some(&GATHER));
    }

    /// Until the next timeout, and no longer than until the figures are due. Not at all if a stream is to be read.
    fn patience(&self) -> Timespec {
        let now = self.now();
        let due = self.relay.next_timeout().map_or(1_000, |at| at.0.saturating_sub(now.0)).min(1_000);
        let due = if self.is_unpublished() { due.min(PUBLISH_MS) } else { due };
        let due = if self.streams.has_unread() { 0 } else { due };
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

    fn take_over_connections(&mut self) {
        while let Some(connection) = self.receiver.connection() {
            self.take_over(connection);
        }
    }

    fn take_over(&mut self, connection: Connection) {
        match self.streams.take(connection, self.now()) {
            // The system gives no event for bytes that came before it was ours.
            Ok(key) => {
                self.usage.add_stream();
                self.streams.handle_readable(key);
            }
            Err(error) => tracing::debug!(%error, "a client's connection could not be taken"),
        }
    }

    fn handle_stream(&mut self, key: ConnectionKey, flags: epoll::EventFlags) {
        if flags.contains(epoll::EventFlags::OUT) {
            self.streams.handle_writable(key);
        }
        // Also if it is broken or has ended, which a read then reports.
        if flags != epoll::EventFlags::OUT {
            self.streams.handle_readable(key);
        }
    }

    /// Reads streams one after the other, until a turn's share is used up.
    fn read_streams(&mut self) {
        let (mut frames, mut reads) = (0, 0);
        while frames < STREAM_FRAMES_A_TURN
            && reads < STREAM_READS_A_TURN
            && let Some(key) = self.streams.next_unread()
        {
            frames += self.read_stream(key);
            reads += 1;
        }
    }

    /// Reads once; how many frames were there.
    fn read_stream(&mut self, key: ConnectionKey) -> usize {
        let Some(from) = self.streams.client(key) else { return 0 };
        let now = self.now();
        let (filled, mut is_over) = self.streams.read(key);
        let (mut at, mut frames) = (0, 0);
        loop {
            match next_frame(&self.streams.input[at..filled]) {
                Ok(Some(_)) if frames == FRAMES_MAX => {
                    is_over = true;
                    break;
                }
                Ok(Some(length)) => {
                    let slot = self.next_slot();
                    self.slots_used += 1;
                    let range = HEADROOM..HEADROOM + length;
                    let bytes = slot_mut(&mut self.slots, slot);
                    bytes[range.clone()].copy_from_slice(&self.streams.input[at..at + length]);
                    let transmit = self.relay.handle_client(from, bytes, range, now);
                    self.forward(transmit, slot);
                    self.carry_out();
                    at += length;
                    frames += 1;
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::trace!(%error, "a stream is none of TURN");
                    is_over = true;
                    break;
                }
            }
        }
        self.pace.handle_read(frames, usize::MAX);
        // A client needs a handful of requests to get an allocation. More frames only keep others waiting.
        let is_flood = frames > FRAMES_UNPROVEN_MAX && !self.relay.has_allocation(from);
        if is_over || is_flood {
            self.streams.end(key);
        } else {
            self.streams.keep(key, at..filled);
        }
        frames
    }

    fn read_clients(&mut self, index: usize) {
        let now = self.now();
        let first = self.next_slots();
        let rooms = rooms(&mut self.slots).skip(first);
        let Listener { socket, addr } = &self.listeners[index];
        let addr = *addr;
        let Ok(count) = self.reader.receive(socket.as_fd(), rooms) else { return };
        self.slots_used += count;
        self.pace.handle_read(count, PACKETS_MAX - first);
        for place in 0..count {
            let Some(Received { length, from, local }) = self.reader.received(place) else { continue };
            let client = ClientAddr(canonical(from));
            let server = SocketAddr::new(local.unwrap_or(addr.ip()), addr.port());
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

    /// A slot that holds nothing; if none is left, all waiting datagrams are sent first.
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

    /// Ends connections that have ended, or do nothing, and their allocations.
    fn end_streams(&mut self) {
        let now = self.now();
        let Self { streams, relay, .. } = self;
        streams.sweep(now, |client| relay.has_allocation(client));
        while let Some(client) = self.streams.next_ended() {
            self.usage.remove_stream();
            self.relay.handle_disconnected(client);
            self.carry_out();
        }
    }

    /// Stores a packet that the core lets pass, for the end of the turn.
    fn forward(&mut self, transmit: Option<Transmit>, slot: usize) {
        let Some(Transmit { route, range }) = transmit else { return };
        match route {
            Route::Client(to) => match to.transport {
                Transport::Udp => {
                    let (index, to, local) = self.on_the_wire(to);
                    self.outbox.push(Outgoing { via: Via::Listener(index), to, local, slot, range });
                }
                Transport::Stream(key) => {
                    let frame = &slot_mut(&mut self.slots, slot)[range];
                    let is_taken = self.streams.push(key, frame, Kind::Media);
                    self.usage.fail(usize::from(!is_taken));
                }
            },
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

    /// Sends all waiting datagrams: by one call of the system for each socket, those for one address side by side.
    fn send_all(&mut self) {
        self.outbox.sort_unstable_by_key(|packet| (packet.via, packet.to, packet.local, packet.slot));
        for packets in self.outbox.chunk_by(|one, next| one.via == next.via) {
            let socket = match packets[0].via {
                Via::Listener(index) => Some(&self.listeners[index].socket),
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
        self.streams.flush((self.now)());
        for neighbour in self.neighbours.iter_mut().filter(|neighbour| neighbour.is_to_wake) {
            neighbour.is_to_wake = false;
            neighbour.sender.wake();
        }
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.relay.next_action() {
            match action {
                Action::Answer { to, bytes } => self.answer(to, &bytes),
                Action::Open { relayed, asked } => {
                    let opened = self.open(relayed, asked);
                    if let Err(error) = &opened {
                        tracing::debug!(%error, port = relayed.port, "a relay port could not be bound");
                    }
                    self.relay.handle_open_result(relayed, opened.is_ok(), self.now());
                }
                Action::Close(relayed) => {
                    // The next owner of the port must not send datagrams from before.
                    self.send_all();
                    // Closed, it is forgotten by epoll too.
                    self.sockets.remove(&relayed);
                }
                Action::Disconnect(key) => self.streams.end(key),
                Action::Used { call, packets, bytes, refused, .. } => {
                    self.usage.record(CallUse { call, packets, bytes, refused });
                }
            }
        }
    }

    fn answer(&mut self, to: FiveTuple, bytes: &[u8]) {
        let failed = match to.transport {
            Transport::Udp => {
                let (index, to, local) = self.on_the_wire(to);
                let answer = Packet { to, local, bytes };
                self.writer.send(self.listeners[index].socket.as_fd(), std::iter::once(answer))
            }
            Transport::Stream(key) => usize::from(!self.streams.push(key, bytes, Kind::Answer)),
        };
        self.usage.fail(failed);
    }

    fn open(&mut self, relayed: Relayed, asked: IpAddr) -> io::Result<()> {
        let ip = self.addresses.to_bind(relayed.family, self.listeners[0].addr.ip(), asked);
        let socket = sockets::open(ip, relayed.port)?;
        epoll::add(&*self.epoll, &socket, epoll::EventData::new_u64(name(relayed)), epoll::EventFlags::IN)?;
        self.sockets.insert(relayed, socket);
        Ok(())
    }

    /// The socket to which a client sends, its address as that one knows it, and from which of ours a packet to it leaves.
    fn on_the_wire(&self, to: FiveTuple) -> (usize, SocketAddr, Option<IpAddr>) {
        let is_asked = |listener: &Listener| listener.addr.port() == to.server.port();
        let index = self.listeners.iter().position(is_asked).unwrap_or(0);
        let listen = self.listeners[index].addr.ip();
        let ClientAddr(client) = to.client;
        let client = match (listen, client.ip()) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), client.port()),
            _ => client,
        };
        (index, client, Some(to.server.ip()).filter(|_| listen.is_unspecified()))
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

impl Listener {
    fn new(socket: UdpSocket) -> io::Result<Self> {
        let addr = socket.local_addr()?;
        if addr.ip().is_unspecified() {
            tell_local(socket.as_fd(), addr.is_ipv6())?;
        }
        Ok(Self { socket, addr })
    }
}

fn slot_mut(slots: &mut [u8], slot: usize) -> &mut [u8] {
    &mut slots[slot * SLOT_BYTES..][..SLOT_BYTES]
}

/// The room for a datagram in each slot.
fn rooms(slots: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    slots.chunks_exact_mut(SLOT_BYTES).map(|slot| &mut slot[HEADROOM..HEADROOM + DATAGRAM_BYTES_MAX])
}

/// On `[::]` an IPv4 client comes as `::ffff:a.b.c.d`, which no client should be given as its address.
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

fn index(number: u64) -> usize {
    usize::try_from(number).expect("two at most")
}

fn stream(name: u64) -> ConnectionKey {
    ConnectionKey(u32::try_from(name - STREAMS).expect("as it was given"))
}

fn relayed(name: u64) -> Relayed {
    let family = if name & V6 == 0 { Family::V4 } else { Family::V6 };
    Relayed { port: u16::try_from(name & 0xffff).expect("masked"), family }
}

#[cfg(test)]
mod tests;
