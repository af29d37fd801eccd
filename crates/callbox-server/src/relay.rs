//! The relay: STUN and TURN over UDP for those whose networks let no straight path through.
//!
//! A thread for each core, each with a [`callbox_turn::Relay`] of its own; the system spreads clients over them by
//! their addresses (`SO_REUSEPORT`). The hub tells every thread who has a session and who is in a call with whom, so
//! that a credential is worth nothing a moment after its session ended. Refuses TCP and TLS from clients: not yet.
//! Bounds: the inboxes of a thread, 64 packets at a time, and what the core bounds.

pub(crate) mod addresses;
mod batch;
mod follow;
mod inbox;
mod layout;
mod pace;
mod sockets;
mod thread;
mod usage;

use callbox_core::exchange::Action;
use callbox_protocol::http::RelayStats;
use callbox_protocol::id::{CallId, SessionId, UserId};
use callbox_protocol::signal::{IceServer, RelayPolicy};
use callbox_turn::credentials::mint;
use callbox_turn::peers::{Rules, is_global};
use callbox_turn::{CallKey, Counters, Dropped, Limits, Options, Refused, SessionKey, Shared, UserKey};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::clock;
use crate::config::{Config, RelayListen};
use addresses::Addresses;
use follow::Follower;
use inbox::{Event, Sender, inbox, wake};
use thread::Thread;
use usage::Usage;

/// Each has its share of the ports, of which there are 256 at least.
const THREADS_MAX: usize = 64;
/// The running threads.
pub struct Relays {
    /// Where clients send to, with the port that was got.
    pub addr: SocketAddr,
    /// Of this moment.
    addresses: Arc<Mutex<Arc<Addresses>>>,
    /// Threads that read from their sockets.
    alive: Arc<AtomicUsize>,
    secret: [u8; 32],
    senders: Vec<Sender>,
    published: Vec<Arc<Mutex<Counters>>>,
    usage: Arc<Usage>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Ends the thread that follows our addresses.
    end: Arc<OwnedFd>,
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
    /// Binds the port and starts the threads; `None` where the settings want no relay.
    pub fn start(config: &Config) -> io::Result<Option<Self>> {
        let Some(addr) = addr_to_listen(config) else { return Ok(None) };
        let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        let listeners = sockets::listen(addr, count)?;
        let addr = listeners[0].local_addr()?;
        let (addresses, netlink) = find_addresses(addr.ip(), &config.external_ip);
        let secret = clock::luck();
        let options = options(config, &addresses, &secret);
        let shared = Arc::new(Shared::new(options.ports.clone()));
        let usage = Arc::<Usage>::default();

        let inboxes: Vec<_> = (0..count).map(|_| inbox()).collect::<io::Result<_>>()?;
        let (senders, receivers): (Vec<_>, Vec<_>) = inboxes.into_iter().unzip();
        let alive = Arc::<AtomicUsize>::default();
        let (mut published, mut threads) = (Vec::new(), Vec::new());
        let parts = split(&options.ports, count);
        for (index, (listener, receiver)) in listeners.into_iter().zip(receivers).enumerate() {
            let options = Options { own_ports: parts[index].clone(), ..options.clone() };
            let seed = u64::from_be_bytes(clock::luck());
            let relay = callbox_turn::Relay::new(options, Arc::clone(&shared), seed);
            let counters = Arc::<Mutex<Counters>>::default();
            published.push(Arc::clone(&counters));
            let neighbours = parts.iter().cloned().zip(senders.iter().cloned()).collect();
            let known = Arc::clone(&addresses);
            let usage = Arc::clone(&usage);
            let thread = Thread::new(relay, listener, known, receiver, neighbours, counters, usage)?;
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
            let settings = config.external_ip.clone();
            let follower = Follower { netlink, end, listen: addr.ip(), settings, addresses, senders };
            threads.push(spawn("relay-addresses".to_owned(), move || follower.run())?);
        }
        let threads = Mutex::new(threads);
        Ok(Some(Self { addr, addresses, alive, secret, senders, published, usage, threads, end }))
    }

    /// What the exchange says of sessions and calls; all else is not for us.
    pub fn handle(&self, action: &Action) {
        match *action {
            Action::Opened(session, user) => {
                self.send(|| Event::Opened(session_key(session), user_key(user)));
            }
            Action::Closed(session) => self.send(|| Event::Closed(session_key(session))),
            Action::Attached(call, [one, other]) => {
                let (one, other, call) = (session_key(one), session_key(other), call_key(call));
                self.send(|| Event::Attached(one, call, other));
                self.send(|| Event::Attached(other, call, one));
            }
            Action::Announced(session, ip) => self.send(|| Event::Announced(session_key(session), ip)),
            Action::Detached(sessions) => {
                for session in sessions {
                    self.send(|| Event::Detached(session_key(session)));
                }
            }
            _ => {}
        }
    }

    /// What a session's browser is told of us: nothing where nothing listens, since a browser takes no server without a
    /// URL. A session's end is what ends its credential; the time is for one that nobody ends.
    pub fn ice_servers(&self, session: SessionId, until_seconds: u64) -> Vec<IceServer> {
        let told = self.addresses().told(self.addr.ip());
        if told.is_empty() || self.alive.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let at = |ip: &IpAddr| SocketAddr::new(*ip, self.addr.port());
        let urls = |scheme: &str, rest: &str| {
            told.iter().map(|ip| format!("{scheme}:{}{rest}", at(ip))).collect::<Vec<_>>()
        };
        let credentials = mint(&self.secret, session_key(session), until_seconds);
        let (username, credential) = (Some(credentials.username), Some(credentials.password));
        vec![
            IceServer { urls: urls("stun", ""), username: None, credential: None },
            IceServer { urls: urls("turn", "?transport=udp"), username, credential },
        ]
    }

    /// What this machine's addresses are now.
    pub(crate) fn addresses(&self) -> Arc<Addresses> {
        Arc::clone(&self.addresses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Figures of all threads together.
    pub fn stats(&self) -> RelayStats {
        let of = |one: &Arc<Mutex<Counters>>| *one.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = self.published.iter().map(of).fold(Counters::default(), |sum, one| sum.plus(&one));
        let reasons =
            |all: Vec<(&str, u64)>| all.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        RelayStats {
            allocations: counters.allocations,
            allocated: counters.allocated,
            out_packets: counters.out_packets,
            out_bytes: counters.out_bytes,
            in_packets: counters.in_packets,
            in_bytes: counters.in_bytes,
            across_packets: counters.across_packets,
            unsent_packets: self.usage.unsent(),
            dropped: reasons(Dropped::ALL.map(|(reason, name)| (name, counters.dropped(reason))).into()),
            refused: reasons(Refused::ALL.map(|(reason, _, name)| (name, counters.refused(reason))).into()),
            call_bytes: self.usage.call_bytes(),
            rcvbuf_errors: sockets::rcvbuf_errors(),
        }
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

/// RFC 8489, section 18.6.
const STUN_PORT: u16 = 3478;

/// Where the settings want the relay, if they want one.
pub(crate) fn addr_to_listen(config: &Config) -> Option<SocketAddr> {
    match (config.relay_listen, config.listen.ip()) {
        (RelayListen::Off, _) => None,
        // Nobody needs a relay on one machine.
        (RelayListen::Auto, ip) if ip.is_loopback() => None,
        (RelayListen::Auto, ip) => Some(SocketAddr::new(ip, STUN_PORT)),
        (RelayListen::At(addr), _) => Some(addr),
    }
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(run)
}

/// This machine's addresses, and what will say when they change. The latter is opened first, so that nothing is missed.
fn find_addresses(listen: IpAddr, settings: &[IpAddr]) -> (Arc<Addresses>, Option<OwnedFd>) {
    let netlink = follow::open().inspect_err(|error| {
        tracing::warn!(%error, "the relay will not hear of changes of this machine's addresses");
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
        tracing::warn!(%ip, %listen, "nobody is told this `external_ip`: the relay does not listen there");
    }
    (Arc::new(addresses), netlink.ok())
}

fn options(config: &Config, addresses: &Addresses, secret: &[u8]) -> Options {
    let (v4, v6) = addresses.externals_by_family();
    let bytes_per_second = u32::try_from(config.relay_kbps_max * 125).unwrap_or(u32::MAX);
    Options {
        realm: "callbox".to_owned(),
        secret: secret.to_vec(),
        nonce_key: clock::luck(),
        own_ports: config.relay_ports.clone(),
        ports: config.relay_ports.clone(),
        external_v4: v4,
        external_v6: v6,
        rules: Rules {
            allowed: config.relay_allowed_peers.clone(),
            own: addresses.closed(),
            ports: config.relay_peer_ports.clone(),
        },
        // Where everybody takes a relay and ours is the only one, nobody has business anywhere but straight across.
        is_strict: config.relay_strict
            || (config.relay_policies().all(|policy| policy == RelayPolicy::Always) && !config.names_turn()),
        limits: Limits { bytes_per_second, sessions: config.sessions_max * 2, ..Limits::default() },
    }
}

/// Equal parts, the last one with the rest.
fn split(ports: &RangeInclusive<u16>, count: usize) -> Vec<RangeInclusive<u16>> {
    let size = u16::try_from(ports.len() / count).expect("no more ports than there are");
    let first = |index: usize| ports.start() + size * u16::try_from(index).expect("as many threads as cores");
    let last = |index: usize| if index + 1 == count { *ports.end() } else { first(index + 1) - 1 };
    (0..count).map(|index| first(index)..=last(index)).collect()
}

/// The random half of a session's id, with the variant of RFC 9562 in it, so never zero.
pub(crate) fn session_key(session: SessionId) -> SessionKey {
    SessionKey(NonZero::new(random_half(session.as_bytes())).expect("the variant is not zero"))
}

fn call_key(call: CallId) -> CallKey {
    CallKey(random_half(call.as_bytes()))
}

fn user_key(user: UserId) -> UserKey {
    UserKey(random_half(user.as_bytes()))
}

fn random_half(id: &[u8; 16]) -> u64 {
    u64::from_be_bytes(*id.last_chunk().expect("sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_belongs_to_one_thread() {
        assert_eq!(split(&(50_000..=50_009), 3), [50_000..=50_002, 50_003..=50_005, 50_006..=50_009]);
        assert_eq!(split(&(49_152..=65_535), 1), [49_152..=65_535]);
    }
}
