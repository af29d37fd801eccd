//! One thread's relay: the sessions that may use it, and the allocations that it has.

use fastrand::Rng;
use slab::Slab;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::allocation::Allocation;
use crate::counters::Counters;
use crate::limits::Limits;
use crate::nonce::Nonces;
use crate::peers::Rules;
use crate::session::Session;
use crate::shared::Shared;
use crate::sources::{Budget, Sources};
use crate::types::{Action, ConnectionKey, Family, FiveTuple, Millis, Relayed, SessionKey, Transport};

/// The settings of a relay, given once.
#[derive(Clone, Debug)]
pub struct Options {
    /// RFC 8489, section 9.2: the name of the credentials' domain for clients. At most 12 letters, so that the
    /// answer to a stranger stays short.
    pub realm: String,
    /// The secret of [`crate::credentials::mint`].
    pub secret: Vec<u8>,
    /// Of the nonces; any thread may get a client's next packet, so all have the same.
    pub nonce_key: [u8; 32],
    /// The ports of relayed addresses, of all threads.
    pub ports: RangeInclusive<u16>,
    /// This thread's part of them.
    pub own_ports: RangeInclusive<u16>,
    /// The IPv4 address by which peers reach us; without one there are no IPv4 allocations.
    pub external_v4: Option<Ipv4Addr>,
    /// The same for IPv6.
    pub external_v6: Option<Ipv6Addr>,
    /// The peers that clients may reach.
    pub rules: Rules,
    /// Strict mode: only addresses that the call's other side announced, whatever their port. `false` leaves it to
    /// `rules`.
    pub is_strict: bool,
    /// Bounds.
    pub limits: Limits,
}

/// A thread's relay. Its threads share [`Shared`] and nothing else.
#[derive(Debug)]
pub struct Relay {
    pub(crate) options: Options,
    pub(crate) shared: Arc<Shared>,
    pub(crate) random: Rng,
    pub(crate) nonces: Nonces,
    pub(crate) sources: Sources,
    /// Of each connection that asked for something without a proof. Bounded by the connections of this thread.
    pub(crate) budgets: HashMap<ConnectionKey, Budget>,
    pub(crate) sessions: Slab<Session>,
    pub(crate) sessions_by_key: HashMap<SessionKey, usize>,
    pub(crate) allocations: Slab<Allocation>,
    pub(crate) allocations_by_client: HashMap<FiveTuple, usize>,
    /// By own port, for IPv4 and IPv6.
    allocations_by_port: [Box<[Option<u32>]>; 2],
    pub(crate) deadlines: BTreeSet<(Millis, usize)>,
    actions: VecDeque<Action>,
    pub(crate) counters: Counters,
}

impl Relay {
    /// A relay without sessions. `seed` chooses ports and places in tables; nobody outside should know it.
    pub fn new(options: Options, shared: Arc<Shared>, seed: u64) -> Self {
        let none = || options.own_ports.clone().map(|_| None).collect();
        Self {
            random: Rng::with_seed(seed),
            nonces: Nonces::new(options.nonce_key),
            sources: Sources::new(options.limits.unproven_per_second, seed),
            budgets: HashMap::new(),
            sessions: Slab::new(),
            sessions_by_key: HashMap::new(),
            allocations: Slab::new(),
            allocations_by_client: HashMap::new(),
            allocations_by_port: [none(), none()],
            deadlines: BTreeSet::new(),
            actions: VecDeque::new(),
            counters: Counters::default(),
            options,
            shared,
        }
    }

    /// The next action for the caller; to be called until it is `None` after each `handle_*`.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Relay::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<Millis> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Frees the allocations that have expired.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some((at, id)) = self.deadlines.first().copied()
            && at <= now
        {
            self.free(id);
        }
    }

    /// This machine's addresses are these from now on. An allocation ends if its relayed address is gone: nobody
    /// could reach it, and its client makes another one when it learns so.
    pub fn handle_addresses(
        &mut self,
        external_v4: Option<Ipv4Addr>,
        external_v6: Option<Ipv6Addr>,
        own: BTreeSet<IpAddr>,
    ) {
        let is_lost_v4 = self.options.external_v4 != external_v4;
        let is_lost_v6 = self.options.external_v6 != external_v6;
        (self.options.external_v4, self.options.external_v6) = (external_v4, external_v6);
        self.options.rules.own = own;
        let is_lost = |(_, one): &(usize, &Allocation)| {
            is_lost_v4 && one.v4.is_some() || is_lost_v6 && one.v6.is_some()
        };
        let lost: Vec<usize> = self.allocations.iter().filter(is_lost).map(|(id, _)| id).collect();
        for id in lost {
            self.free(id);
        }
    }

    /// A client's connection has ended, and its allocation with it: nobody else can ever send from there, and until it
    /// ran out it would keep a port and a share of the limits.
    pub fn handle_disconnected(&mut self, client: FiveTuple) {
        if let Transport::Stream(key) = client.transport {
            self.budgets.remove(&key);
        }
        if let Some(id) = self.allocations_by_client.get(&client) {
            self.free(*id);
        }
    }

    /// Whether a client has an allocation, or is about to.
    pub fn has_allocation(&self, client: FiveTuple) -> bool {
        self.allocations_by_client.contains_key(&client)
    }

    /// Figures since the start.
    pub fn counters(&self) -> Counters {
        let allocations = self.allocations.len() as u64;
        Counters { allocations, ..self.counters }
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(crate) fn external(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::V4 => self.options.external_v4.map(IpAddr::V4),
            Family::V6 => self.options.external_v6.map(IpAddr::V6),
        }
    }

    /// The relayed address that an address is, if it could be one of ours.
    pub(crate) fn as_relayed(&self, address: SocketAddr) -> Option<Relayed> {
        let family = Family::of(address.ip());
        let is_ours =
            self.external(family) == Some(address.ip()) && self.options.ports.contains(&address.port());
        is_ours.then_some(Relayed { port: address.port(), family })
    }

    /// The allocation that has a relayed address on this thread.
    pub(crate) fn by_relayed(&self, relayed: Relayed) -> Option<usize> {
        let place = self.port_place(relayed)?;
        self.allocations_by_port[place.0].get(place.1).copied().flatten().map(|id| id as usize)
    }

    pub(crate) fn set_by_relayed(&mut self, relayed: Relayed, id: Option<usize>) {
        if let Some((family, index)) = self.port_place(relayed)
            && let Some(place) = self.allocations_by_port[family].get_mut(index)
        {
            *place = id.map(|id| u32::try_from(id).expect("fewer allocations than ports"));
        }
    }

    fn port_place(&self, relayed: Relayed) -> Option<(usize, usize)> {
        let index = usize::from(relayed.port.checked_sub(*self.options.own_ports.start())?);
        let family = match relayed.family {
            Family::V4 => 0,
            Family::V6 => 1,
        };
        Some((family, index))
    }

    /// Ends an allocation and gives back all that it had.
    pub(crate) fn free(&mut self, id: usize) {
        let allocation = self.allocations.remove(id);
        self.deadlines.remove(&(allocation.expires, id));
        self.allocations_by_client.remove(&allocation.client);
        if let Some(session) = self.sessions.get_mut(allocation.session) {
            session.allocations.retain(|other| *other != id);
        }
        for relayed in allocation.relayed() {
            self.give_back(relayed);
        }
        self.shared.dismiss(allocation.holder);
    }

    pub(crate) fn give_back(&mut self, relayed: Relayed) {
        self.set_by_relayed(relayed, None);
        self.shared.release(relayed);
        self.act(Action::Close(relayed));
    }
}
