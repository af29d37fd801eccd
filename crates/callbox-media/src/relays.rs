//! The running relay: its threads, their events, and their figures.
//!
//! A thread for each core, each with a [`callbox_turn::Relay`] of its own; the system spreads clients over them by
//! their addresses (`SO_REUSEPORT`), and connections come to them in turn. Every thread is notified which sessions
//! exist and which are in a call with each other, so that a credential is invalid a moment after its session ended.
//! The notifier waits for nothing.
//! Bounds: 64 threads, the inboxes of a thread, 64 packets at a time, and what the core bounds.

use callbox_turn::credentials::{Credentials, mint};
use callbox_turn::peers::{Rules, is_global};
use callbox_turn::{CallKey, Counters, Options, SessionKey, Shared, UserKey};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::addresses::Addresses;
use crate::follow::{self, Follower};
use crate::inbox::{Event, Sender, inbox, wake};
use crate::settings::{Environment, RelaySettings, TlsName};
use crate::sockets;
use crate::stream::Connection;
use crate::thread::{Parts, Thread};
use crate::usage::{CallBytes, CallUse, Usage};

/// Each has its share of the ports, of which there are 256 at least.
const THREADS_MAX: usize = 64;

/// The running threads.
pub struct Relays {
    addr: SocketAddr,
    /// Of `listen_besides`.
    addr_besides: Option<SocketAddr>,
    tls: Option<TlsName>,
    takes_tcp: AtomicBool,
    /// Of this moment.
    addresses: Arc<Mutex<Arc<Addresses>>>,
    /// Threads that read from their sockets.
    alive: Arc<AtomicUsize>,
    /// Connections that were handed over, by which the next one's thread is chosen.
    connections: AtomicUsize,
    secret: [u8; 32],
    senders: Vec<Sender>,
    published: Vec<Arc<Mutex<Counters>>>,
    usage: Arc<Usage>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Ends the thread that follows our addresses.
    end: Arc<OwnedFd>,
}

/// Figures since the start, of all threads together.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// The counts of the threads.
    pub counters: Counters,
    /// Clients' connections that there are.
    pub streams: u64,
    /// Packets that the system did not take.
    pub unsent_packets: u64,
    /// The bytes of calls.
    pub call_bytes: CallBytes,
    /// UDP datagrams that found no room in a socket's buffer, of the whole machine or container.
    pub rcvbuf_errors: u64,
}

/// Counts a thread for as long as it runs, however it ends.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Relays {
    /// Binds the port and starts the threads.
    pub fn start(settings: &RelaySettings, environment: &Environment) -> io::Result<Self> {
        let Environment { now, random } = environment;
        let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        let listeners = sockets::listen(settings.listen, count)?;
        let addr = listeners[0].local_addr()?;
        let besides = listen_besides(settings, addr, count);
        let addr_besides = besides.first().map(UdpSocket::local_addr).transpose()?;
        let mut besides = besides.into_iter();
        let (addresses, netlink) = find_addresses(addr.ip(), &settings.external_ips);
        let secret = random();
        let options = options(settings, &addresses, &secret, random());
        let shared = Arc::new(Shared::new(options.ports.clone()));
        let usage = Arc::<Usage>::default();

        let inboxes: Vec<_> = (0..count).map(|_| inbox()).collect::<io::Result<_>>()?;
        let (senders, receivers): (Vec<_>, Vec<_>) = inboxes.into_iter().unzip();
        let alive = Arc::<AtomicUsize>::default();
        let (mut published, mut threads) = (Vec::new(), Vec::new());
        let parts = split(&options.ports, count);
        for (index, (listener, receiver)) in listeners.into_iter().zip(receivers).enumerate() {
            let options = Options { own_ports: parts[index].clone(), ..options.clone() };
            let counters = Arc::<Mutex<Counters>>::default();
            published.push(Arc::clone(&counters));
            let thread = Thread::new(Parts {
                relay: callbox_turn::Relay::new(options, Arc::clone(&shared), seed(random())),
                listeners: std::iter::once(listener).chain(besides.next()).collect(),
                addresses: Arc::clone(&addresses),
                receiver,
                neighbours: parts.iter().cloned().zip(senders.iter().cloned()).collect(),
                published: counters,
                usage: Arc::clone(&usage),
                now: Arc::clone(now),
            })?;
            let alive = Alive::new(&alive);
            threads.push(spawn(format!("relay-{index}"), move || {
                let _alive = alive;
                thread.run();
            })?);
        }
        let end = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let addresses = Arc::new(Mutex::new(addresses));
        if let Some(netlink) = netlink {
            let (end, addresses, senders) = (Arc::clone(&end), Arc::clone(&addresses), senders.clone());
            let settings = settings.external_ips.clone();
            let follower = Follower { netlink, end, listen: addr.ip(), settings, addresses, senders };
            threads.push(spawn("relay-addresses".to_owned(), move || follower.run())?);
        }
        let threads = Mutex::new(threads);
        let connections = AtomicUsize::new(0);
        Ok(Self {
            addr,
            addr_besides,
            tls: settings.tls.clone(),
            takes_tcp: AtomicBool::new(false),
            addresses,
            alive,
            connections,
            secret,
            senders,
            published,
            usage,
            threads,
            end,
        })
    }

    /// The address that clients send to, with the port that was got.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A user has a session: it may allocate.
    pub fn handle_opened(&self, session: SessionKey, user: UserKey) {
        self.send(|| Event::Opened(session, user));
    }

    /// A session has ended, and with it its credentials and allocations.
    pub fn handle_closed(&self, session: SessionKey) {
        self.send(|| Event::Closed(session));
    }

    /// Two sessions are in a call: media may flow.
    pub fn handle_attached(&self, call: CallKey, [one, other]: [SessionKey; 2]) {
        self.send(|| Event::Attached(one, call, other));
        self.send(|| Event::Attached(other, call, one));
    }

    /// A session named an address of its own to the other side of its call, which may reach it also with strict
    /// settings.
    pub fn handle_announced(&self, session: SessionKey, ip: IpAddr) {
        self.send(|| Event::Announced(session, ip));
    }

    /// A session is in no call any more: nothing flows.
    pub fn handle_detached(&self, session: SessionKey) {
        self.send(|| Event::Detached(session));
    }

    /// A client's connection that speaks TURN is the relay's from now on; `false` if it is closed, since no thread takes
    /// it: all have ended, or too many wait. Waits for nothing.
    pub fn connect(&self, connection: Connection) -> bool {
        hand_over(&self.senders, self.connections.fetch_add(1, Ordering::Relaxed), connection)
    }

    /// The addresses to which clients send datagrams: none if nothing listens.
    pub fn told(&self) -> Vec<SocketAddr> {
        self.told_at(self.addr)
    }

    /// The same of the port besides.
    pub fn told_besides(&self) -> Vec<SocketAddr> {
        self.addr_besides.map(|addr| self.told_at(addr)).unwrap_or_default()
    }

    fn told_at(&self, addr: SocketAddr) -> Vec<SocketAddr> {
        if !self.is_alive() {
            return Vec::new();
        }
        let told = self.addresses().told(addr.ip());
        told.into_iter().map(|ip| SocketAddr::new(ip, addr.port())).collect()
    }

    /// The name and port at which clients come by TLS.
    pub fn tls(&self) -> Option<&TlsName> {
        self.tls.as_ref()
    }

    /// Whether somebody listens for clients by TCP in the clear, at the address of [`Relays::addr`].
    pub fn takes_tcp(&self) -> bool {
        self.takes_tcp.load(Ordering::Relaxed)
    }

    /// The acceptor of connections says so.
    pub fn set_takes_tcp(&self, takes_tcp: bool) {
        self.takes_tcp.store(takes_tcp, Ordering::Relaxed);
    }

    /// Whether any thread still serves clients.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed) > 0
    }

    /// The credentials of a session's client, until so many seconds after the epoch. The session's end is what ends a
    /// credential; the time is for one that nobody ends.
    pub fn credentials(&self, session: SessionKey, until_seconds: u64) -> Credentials {
        mint(&self.secret, session, until_seconds)
    }

    /// This machine's present addresses.
    pub fn addresses(&self) -> Arc<Addresses> {
        Arc::clone(&self.addresses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Figures of all threads together.
    pub fn stats(&self) -> Stats {
        let of = |one: &Arc<Mutex<Counters>>| *one.lock().unwrap_or_else(PoisonError::into_inner);
        Stats {
            counters: self.published.iter().map(of).fold(Counters::default(), |sum, one| sum.plus(&one)),
            streams: self.usage.streams(),
            unsent_packets: self.usage.unsent(),
            call_bytes: self.usage.call_bytes(),
            rcvbuf_errors: sockets::rcvbuf_errors(),
        }
    }

    /// The uses of calls that have ended, since the last time: one a side and thread.
    pub fn take_uses(&self) -> impl IntoIterator<Item = CallUse> {
        self.usage.take()
    }

    /// Ends the threads, and with them every allocation.
    pub fn stop(&self) {
        self.send(|| Event::Stop);
        wake(&self.end);
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a relay thread panicked");
            }
        }
    }

    fn send(&self, event: impl Fn() -> Event) {
        for sender in &self.senders {
            sender.send(event());
        }
    }
}

/// Gives a connection to the thread whose turn it is, or to the next one that takes it.
fn hand_over(senders: &[Sender], number: usize, mut connection: Connection) -> bool {
    for step in 0..senders.len() {
        match senders[(number + step) % senders.len()].connect(connection) {
            Ok(()) => return true,
            Err(refused) => connection = refused,
        }
    }
    false
}

/// Sockets on the port besides; none if it cannot be bound.
fn listen_besides(settings: &RelaySettings, first: SocketAddr, count: usize) -> Vec<UdpSocket> {
    let Some(addr) = settings.listen_besides.filter(|addr| addr.port() != first.port()) else {
        return Vec::new();
    };
    sockets::listen(addr, count).unwrap_or_else(|error| {
        tracing::warn!(%error, %addr, "the relay takes no UDP there: networks that let UDP out to that port alone will use TCP");
        Vec::new()
    })
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(run)
}

/// This machine's addresses, and the source of their changes. The latter is opened first, so that nothing is missed.
fn find_addresses(listen: IpAddr, settings: &[IpAddr]) -> (Arc<Addresses>, Option<OwnedFd>) {
    let netlink = follow::open().inspect_err(|error| {
        tracing::warn!(%error, "the relay will not notice changes of this machine's addresses");
    });
    let addresses = Addresses::find(listen, settings);
    let told = addresses.told(listen);
    if let Some(ip) =
        told.iter().find(|ip| !is_global(**ip)).filter(|_| settings.is_empty() && listen.is_unspecified())
    {
        tracing::warn!(
            %ip,
            "the relay's address is private: people outside this network cannot use it unless `external_ip` names a public one"
        );
    }
    for ip in addresses.externals.iter().filter(|ip| !told.contains(ip)) {
        tracing::warn!(%ip, %listen, "this `external_ip` is not used: the relay does not listen there");
    }
    (Arc::new(addresses), netlink.ok())
}

fn options(settings: &RelaySettings, addresses: &Addresses, secret: &[u8], nonce_key: [u8; 32]) -> Options {
    let (v4, v6) = addresses.externals_by_family();
    Options {
        realm: "callbox".to_owned(),
        secret: secret.to_vec(),
        nonce_key,
        own_ports: settings.ports.clone(),
        ports: settings.ports.clone(),
        external_v4: v4,
        external_v6: v6,
        rules: Rules {
            allowed: settings.allowed_peers.clone(),
            own: addresses.closed(),
            ports: settings.peer_ports.clone(),
        },
        is_strict: settings.is_strict,
        limits: settings.limits,
    }
}

fn seed(random: [u8; 32]) -> u64 {
    u64::from_be_bytes(*random.first_chunk().expect("32 bytes"))
}

/// Equal parts, the last one with the rest.
fn split(ports: &RangeInclusive<u16>, count: usize) -> Vec<RangeInclusive<u16>> {
    let size = u16::try_from(ports.len() / count).expect("no more ports than there are");
    let first = |index: usize| ports.start() + size * u16::try_from(index).expect("as many threads as cores");
    let last = |index: usize| if index + 1 == count { *ports.end() } else { first(index + 1) - 1 };
    (0..count).map(|index| first(index)..=last(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::tests::connected;

    #[test]
    fn a_connection_goes_past_a_thread_that_has_ended_and_is_refused_when_all_have() {
        let [one, other] = std::array::from_fn(|_| inbox().unwrap());
        let senders = [one.0, other.0];
        let connect = |number| hand_over(&senders, number, connected(false).0);
        drop(one.1);
        assert!(connect(0) && connect(1));
        assert!([(); 2].iter().all(|()| other.1.connection().is_some()), "both are there");
        drop(other.1);
        assert!(!connect(0) && !connect(1));
    }

    #[test]
    fn every_port_belongs_to_one_thread() {
        assert_eq!(split(&(50_000..=50_009), 3), [50_000..=50_002, 50_003..=50_005, 50_006..=50_009]);
        assert_eq!(split(&(49_152..=65_535), 1), [49_152..=65_535]);
    }
}
