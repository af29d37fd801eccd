//! One thread of the relay: its sockets, and the turn that reads them.
//!
//! One buffer, read into past the room that the core wants before a packet:
//!
//! ```text
//! | HEADROOM | datagram (64 KiB at most) | TAILROOM |
//! ```

use callbox_turn::{
    Action, ClientAddr, Counters, Family, HEADROOM, Millis, PeerAddr, Relay, Relayed, Route, TAILROOM,
    Transmit,
};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use super::usage::Usage;
use super::{Across, Inbox, News, sockets};
use crate::clock;

const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Of one socket in one turn, so that nobody's flood keeps the others waiting.
const PACKETS_A_TURN: usize = 64;
/// Figures are told this often while there is anything to tell.
const PUBLISH_MS: u64 = 100;
const EVENTS: usize = 256;

/// Names of the two that are no relay sockets; ports are below them.
const WAKE: u64 = u64::MAX;
const LISTENER: u64 = u64::MAX - 1;
const V6: u64 = 1 << 16;

/// How others reach this thread.
pub(super) struct Ears {
    pub(super) news: Receiver<News>,
    pub(super) across: Receiver<Across>,
    pub(super) wake: Arc<OwnedFd>,
}

pub(super) struct Thread {
    relay: Relay,
    listener: UdpSocket,
    listen_ip: IpAddr,
    sockets: HashMap<Relayed, UdpSocket>,
    epoll: OwnedFd,
    buffer: Box<[u8]>,
    ears: Ears,
    /// Which ports the threads have, this one too.
    neighbours: Vec<(RangeInclusive<u16>, Inbox)>,
    published: Arc<Mutex<Counters>>,
    /// What was published last, and when.
    told: Counters,
    published_at: Millis,
    usage: Arc<Usage>,
}

impl Thread {
    pub(super) fn new(
        relay: Relay,
        listener: UdpSocket,
        ears: Ears,
        neighbours: Vec<(RangeInclusive<u16>, Inbox)>,
        published: Arc<Mutex<Counters>>,
        usage: Arc<Usage>,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &*ears.wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
        let listen_ip = listener.local_addr()?.ip();
        let buffer = vec![0; HEADROOM + DATAGRAM_BYTES_MAX + TAILROOM].into();
        let sockets = HashMap::new();
        Ok(Self {
            relay,
            listener,
            listen_ip,
            sockets,
            epoll,
            buffer,
            ears,
            neighbours,
            published,
            told: Counters::default(),
            published_at: Millis(0),
            usage,
        })
    }

    /// Runs until it is told to stop. A turn: the hub's news first, since they say what may pass; then the
    /// neighbours' packets, and the network's; then
    /// what ran out; then the figures.
    pub(super) fn run(mut self) {
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            if let Err(error) = epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&self.patience()))
                && error != rustix::io::Errno::INTR
            {
                tracing::error!(%error, "a relay thread cannot wait for packets, and ends");
                return;
            }
            if self.hear_news().is_break() {
                return;
            }
            self.take_over_packets();
            for event in events.drain(..) {
                match event.data.u64() {
                    WAKE => {}
                    LISTENER => self.read_clients(),
                    name => self.read_peers(relayed(name)),
                }
            }
            self.end_what_ran_out();
            self.publish();
        }
    }

    /// Until the next timeout, and no longer than until the figures are due.
    fn patience(&self) -> Timespec {
        let now = now();
        let due = self.relay.next_timeout().map_or(1_000, |at| at.0.saturating_sub(now.0)).min(1_000);
        let due = if self.is_unpublished() { due.min(PUBLISH_MS) } else { due };
        Timespec { tv_sec: 0, tv_nsec: i64::try_from(due.min(999) * 1_000_000).expect("less than a second") }
    }

    fn hear_news(&mut self) -> ControlFlow<()> {
        let _ = rustix::io::read(&*self.ears.wake, &mut [0; 8]);
        while let Ok(news) = self.ears.news.try_recv() {
            match news {
                News::Opened(session, user) => self.relay.handle_opened(session, user),
                News::Closed(session) => self.relay.handle_revoked(session),
                News::Attached(session, call, other) => self.relay.handle_attached(session, call, other),
                News::Announced(session, ip) => self.relay.handle_announced(session, ip),
                News::Detached(session) => self.relay.handle_detached(session),
                News::Stop => return ControlFlow::Break(()),
            }
            self.carry_out();
        }
        ControlFlow::Continue(())
    }

    fn take_over_packets(&mut self) {
        while let Ok(Across { way, payload }) = self.ears.across.try_recv() {
            let range = HEADROOM..HEADROOM + payload.len();
            self.buffer[range.clone()].copy_from_slice(&payload);
            let transmit = self.relay.handle_neighbour(way, &mut self.buffer, range, now());
            self.transmit(transmit);
        }
    }

    fn read_clients(&mut self) {
        let now = now();
        for _ in 0..PACKETS_A_TURN {
            let room = &mut self.buffer[HEADROOM..HEADROOM + DATAGRAM_BYTES_MAX];
            let Ok((length, from)) = self.listener.recv_from(room) else { return };
            // On [::] an IPv4 client comes as ::ffff:a.b.c.d, which no client should be told as its address.
            let from = ClientAddr(SocketAddr::new(from.ip().to_canonical(), from.port()));
            let range = HEADROOM..HEADROOM + length;
            let transmit = self.relay.handle_client(from, &mut self.buffer, range, now);
            self.transmit(transmit);
            self.carry_out();
        }
    }

    fn read_peers(&mut self, relayed: Relayed) {
        let now = now();
        for _ in 0..PACKETS_A_TURN {
            let Some(socket) = self.sockets.get(&relayed) else { return };
            let room = &mut self.buffer[HEADROOM..HEADROOM + DATAGRAM_BYTES_MAX];
            let Ok((length, from)) = socket.recv_from(room) else { return };
            let range = HEADROOM..HEADROOM + length;
            let transmit = self.relay.handle_peer(relayed, PeerAddr(from), &mut self.buffer, range, now);
            self.transmit(transmit);
        }
    }

    fn end_what_ran_out(&mut self) {
        let now = now();
        if self.relay.next_timeout().is_some_and(|at| at <= now) {
            self.relay.handle_timeout(now);
            self.carry_out();
        }
    }

    fn transmit(&mut self, transmit: Option<Transmit>) {
        let Some(Transmit { route, range }) = transmit else { return };
        let bytes = &self.buffer[range];
        let is_sent = match route {
            Route::Client(ClientAddr(to)) => self.listener.send_to(bytes, self.on_the_wire(to)).is_ok(),
            Route::Peer { relayed, to: PeerAddr(to) } => {
                self.sockets.get(&relayed).is_some_and(|socket| socket.send_to(bytes, to).is_ok())
            }
            Route::Neighbour { relayed, from, sender } => {
                let of = |(ports, _): &&(RangeInclusive<u16>, Inbox)| ports.contains(&relayed.port);
                let packet = Across { way: (relayed, from, sender), payload: bytes.into() };
                self.neighbours.iter().find(of).is_some_and(|(_, inbox)| inbox.hand_over(packet))
            }
        };
        if !is_sent {
            self.usage.fail();
        }
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.relay.next_action() {
            match action {
                Action::Answer { to: ClientAddr(to), bytes } => {
                    if self.listener.send_to(&bytes, self.on_the_wire(to)).is_err() {
                        self.usage.fail();
                    }
                }
                Action::Open(relayed) => {
                    let opened = self.open(relayed);
                    if let Err(error) = &opened {
                        tracing::debug!(%error, port = relayed.port, "a relay port could not be bound");
                    }
                    self.relay.handle_open_result(relayed, opened.is_ok(), now());
                }
                // Closed, it is forgotten by epoll too.
                Action::Close(relayed) => drop(self.sockets.remove(&relayed)),
                Action::Used { bytes, .. } => self.usage.record(bytes),
            }
        }
    }

    fn open(&mut self, relayed: Relayed) -> io::Result<()> {
        let ip = match (relayed.family, self.listen_ip) {
            (Family::V4, ip @ IpAddr::V4(_)) | (Family::V6, ip @ IpAddr::V6(_)) => ip,
            (Family::V4, IpAddr::V6(_)) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            (Family::V6, IpAddr::V4(_)) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = sockets::open(ip, relayed.port)?;
        epoll::add(&self.epoll, &socket, epoll::EventData::new_u64(name(relayed)), epoll::EventFlags::IN)?;
        self.sockets.insert(relayed, socket);
        Ok(())
    }

    /// An address as the listening socket knows it.
    fn on_the_wire(&self, to: SocketAddr) -> SocketAddr {
        match (self.listen_ip, to.ip()) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
            _ => to,
        }
    }

    fn is_unpublished(&self) -> bool {
        self.told != self.relay.counters()
    }

    fn publish(&mut self) {
        let now = now();
        if self.is_unpublished() && now.0 - self.published_at.0 >= PUBLISH_MS {
            self.published_at = now;
            self.told = self.relay.counters();
            *self.published.lock().unwrap_or_else(PoisonError::into_inner) = self.told;
        }
    }
}

fn now() -> Millis {
    Millis(clock::now().0)
}

fn name(Relayed { port, family }: Relayed) -> u64 {
    u64::from(port) | if family == Family::V6 { V6 } else { 0 }
}

fn relayed(name: u64) -> Relayed {
    let family = if name & V6 == 0 { Family::V4 } else { Family::V6 };
    Relayed { port: u16::try_from(name & 0xffff).expect("masked"), family }
}
