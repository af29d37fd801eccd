//! Allocate: which relayed addresses a client gets, and the way from the request to the answer, which waits until the
//! caller has bound the sockets (RFC 8656, section 7).

use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::message::Message;
use stun_types::prelude::{AttributeStaticType as _, AttributeWrite};
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorRelayedAddress,
};

use crate::allocation::{Allocation, Origin, Parity, Stage};
use crate::answer;
use crate::counters::Refused;
use crate::relay::Relay;
use crate::requests::{LIFETIME_SECONDS, Proven, asked_family, lifetime, optional};
use crate::shared::Holder;
use crate::sources::source;
use crate::types::{Action, Family, FiveTuple, Millis, Relayed, SessionKey};

/// IANA's number of UDP.
const UDP: u8 = 17;
/// Sockets are bound at once. A caller that never gets the result must not hold ports and a slot for ever.
const OPENING_SECONDS: u64 = 10;
/// Ports that are tried if the operating system refuses one.
const PORT_FAILURES_MAX: u32 = 8;

impl Relay {
    pub(crate) fn allocate(
        &mut self,
        from: FiveTuple,
        message: &Message<'_>,
        proven: &Proven,
        now: Millis,
    ) -> Result<Option<Vec<u8>>, Refused> {
        if let Some(id) = self.allocations_by_client.get(&from) {
            let allocation = &self.allocations[*id];
            return match &allocation.stage {
                _ if allocation.created_by != message.transaction_id() => Err(Refused::Mismatch),
                Stage::Open { answer } => Ok(Some(answer.to_vec())),
                Stage::Opening { .. } => Ok(None),
            };
        }
        if proven.expires <= now.seconds() {
            return Err(Refused::Unauthenticated);
        }
        let has = |family| self.external(family).is_some();
        let wishes = Wishes::read(message, has)?;
        let lacks_v6 = (wishes.is_dual && !has(Family::V6)).then_some(Refused::NoSuchFamily);
        let session = &self.sessions[proven.session];
        let ip = from.client.0.ip();
        // A proxy on this machine comes for many people: the quotas of session and user bound each.
        let source = if ip.is_loopback() { session.key.0.get() } else { source(ip) };
        let holder = Holder { session: session.key, user: session.user, source };
        if !self.shared.admit(holder, &self.options.limits) {
            return Err(Refused::Quota);
        }
        let username = proven.username.clone();
        let (key, algorithm) = (proven.key.clone(), proven.algorithm);
        let origin = Origin { client: from, username, key, algorithm, holder, session: proven.session };
        let stage = Stage::Opening {
            request: message.as_bytes().into(),
            waiting: Vec::new(),
            failures: 0,
            parity: wishes.parity,
            lacks_v6,
        };
        let expires = now.plus_seconds(OPENING_SECONDS);
        let id = self.allocations.insert(Allocation::new(origin, message.transaction_id(), stage, expires));
        self.deadlines.insert((expires, id));
        self.allocations_by_client.insert(from, id);
        self.sessions[proven.session].allocations.push(id);
        // All is claimed before anything is opened, since the first answer of the caller may end the allocation.
        let mut claim = |family| self.claim_port(family, wishes.parity, holder.session);
        let first = claim(wishes.family);
        let second =
            if first.is_some() && wishes.is_dual && lacks_v6.is_none() { claim(Family::V6) } else { None };
        if wishes.is_dual && second.is_none() {
            self.go_without_v6(id, lacks_v6.unwrap_or(Refused::Capacity));
        }
        match first {
            Some(first) => [Some(first), second].into_iter().flatten().for_each(|one| self.open(id, one)),
            None => self.give_up(id),
        }
        Ok(None)
    }

    fn go_without_v6(&mut self, id: usize, reason: Refused) {
        if let Stage::Opening { lacks_v6, failures, .. } = &mut self.allocations[id].stage {
            (*lacks_v6, *failures) = (Some(reason), 0);
        }
    }

    /// A port of this thread that nobody has; at random, so that nobody foresees the next one (RFC 8656, 7.2).
    fn claim_port(&mut self, family: Family, parity: Parity, session: SessionKey) -> Option<Relayed> {
        let (first, count) = (*self.options.own_ports.start(), self.options.own_ports.len());
        let offset = self.random.usize(..count.max(1));
        let ports =
            (0..count).map(|step| first + u16::try_from((offset + step) % count).expect("within the ports"));
        let mut ports = ports.filter(|port| parity == Parity::Any || port % 2 == 0);
        let port = ports.find(|port| self.shared.claim(Relayed { port: *port, family }, session))?;
        Some(Relayed { port, family })
    }

    fn open(&mut self, id: usize, relayed: Relayed) {
        let allocation = &mut self.allocations[id];
        allocation.set_port(relayed.family, Some(relayed.port));
        if let Stage::Opening { waiting, .. } = &mut allocation.stage {
            waiting.push(relayed);
        }
        let asked = allocation.client.server.ip();
        self.set_by_relayed(relayed, Some(id));
        self.act(Action::Open { relayed, asked });
    }

    /// No port is to be had.
    fn give_up(&mut self, id: usize) {
        let allocation = &self.allocations[id];
        if let Stage::Opening { request, .. } = &allocation.stage {
            let message = Message::from_bytes(request).expect("it was read before");
            let proof = Some((&allocation.key, allocation.algorithm));
            let bytes = answer::refusal(&message, Refused::Capacity, proof);
            let to = allocation.client;
            self.counters.refuse(Refused::Capacity);
            self.act(Action::Answer { to, bytes });
        }
        self.free(id);
    }

    fn finish_allocation(&mut self, id: usize, now: Millis) {
        let allocation = &self.allocations[id];
        let Stage::Opening { request, lacks_v6, .. } = &allocation.stage else { return };
        let to = allocation.client;
        let message = Message::from_bytes(request).expect("it was read before");
        let transaction = message.transaction_id();
        let address = |relayed: Relayed| {
            let ip = self.external(relayed.family).expect("asked for before the port was taken");
            XorRelayedAddress::new((ip, relayed.port).into(), transaction)
        };
        let relayed: Vec<_> = allocation.relayed().map(address).collect();
        // Whatever was asked for: more is for those who use it.
        let granted = Lifetime::new(LIFETIME_SECONDS);
        let mapped = XorMappedAddress::new(to.client.canonical(), transaction);
        // RFC 8656, section 7.2: the answer says why the additional family is missing.
        let lacking = lacks_v6.map(|reason| {
            let reason = ErrorCode::new(reason.code(), "").expect("a code");
            AddressErrorCode::new(AddressFamily::IPV6, reason)
        });
        let mut attributes: Vec<&dyn AttributeWrite> = relayed.iter().map(|one| one as _).collect();
        attributes.extend([&granted as &dyn AttributeWrite, &mapped]);
        attributes.extend(lacking.as_ref().map(|one| one as &dyn AttributeWrite));
        let bytes = answer::success(&message, &attributes, Some((&allocation.key, allocation.algorithm)));

        let allocation = &mut self.allocations[id];
        allocation.stage = Stage::Open { answer: bytes.clone().into() };
        self.deadlines.remove(&(allocation.expires, id));
        allocation.expires = now.plus_seconds(LIFETIME_SECONDS.into());
        self.deadlines.insert((allocation.expires, id));
        self.counters.allocated += 1;
        self.act(Action::Answer { to, bytes });
    }

    /// A relay socket was bound, or could not be.
    pub fn handle_open_result(&mut self, relayed: Relayed, is_open: bool, now: Millis) {
        let Some(id) = self.by_relayed(relayed) else {
            // Its allocation ended in the meantime.
            return self.act(Action::Close(relayed));
        };
        let allocation = &mut self.allocations[id];
        let Stage::Opening { waiting, failures, parity, .. } = &mut allocation.stage else { return };
        waiting.retain(|other| *other != relayed);
        if is_open {
            return self.finish_if_open(id, now);
        }
        *failures += 1;
        let (is_over, parity, session) = (*failures >= PORT_FAILURES_MAX, *parity, allocation.holder.session);
        allocation.set_port(relayed.family, None);
        self.set_by_relayed(relayed, None);
        self.shared.release(relayed);
        let next = if is_over { None } else { self.claim_port(relayed.family, parity, session) };
        match next {
            Some(next) => self.open(id, next),
            // With IPv4 too it was the additional one, and the first is still useful.
            None if relayed.family == Family::V6 && self.allocations[id].v4.is_some() => {
                self.go_without_v6(id, Refused::Capacity);
                self.finish_if_open(id, now);
            }
            None => self.give_up(id),
        }
    }

    fn finish_if_open(&mut self, id: usize, now: Millis) {
        let is_open = |stage: &Stage| matches!(stage, Stage::Opening { waiting, .. } if waiting.is_empty());
        if is_open(&self.allocations[id].stage) {
            self.finish_allocation(id, now);
        }
    }
}

/// The requests in an Allocate.
struct Wishes {
    family: Family,
    /// IPv6 besides.
    is_dual: bool,
    parity: Parity,
}

impl Wishes {
    /// RFC 8656, section 7.2, in its order; `has` says which families there are.
    fn read(message: &Message<'_>, has: impl Fn(Family) -> bool) -> Result<Self, Refused> {
        let transport = message.attribute::<RequestedTransport>().map_err(|_| Refused::BadRequest)?;
        if transport.protocol() != UDP {
            return Err(Refused::Transport);
        }
        let even = optional::<EvenPort>(message)?;
        let names = |kind| message.has_attribute(kind);
        let (names_one, is_dual) =
            (names(RequestedAddressFamily::TYPE), names(AdditionalAddressFamily::TYPE));
        if names(ReservationToken::TYPE) {
            let is_alone = even.is_none() && !names_one && !is_dual;
            // Nothing is ever reserved, so no token can be ours.
            return Err(if is_alone { Refused::Capacity } else { Refused::BadRequest });
        }
        if names_one && is_dual {
            return Err(Refused::BadRequest);
        }
        let family = asked_family(message)?.unwrap_or(Family::V4);
        if !has(family) {
            return Err(Refused::NoSuchFamily);
        }
        if even.as_ref().is_some_and(EvenPort::requested) {
            // No second port is kept.
            return Err(if is_dual { Refused::BadRequest } else { Refused::Capacity });
        }
        // Of IPv4 it is no addition, and the codec says so.
        optional::<AdditionalAddressFamily>(message)?;
        lifetime(message)?;
        Ok(Self { family, is_dual, parity: if even.is_some() { Parity::Even } else { Parity::Any } })
    }
}
