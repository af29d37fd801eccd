//! Requests: Binding, and those that are proven by a credential first (RFC 8489, section 9.2): Refresh,
//! `CreatePermission`, `ChannelBind` (RFC 8656, sections 8, 10 and 12). Allocate has a file of its own.

use std::net::IpAddr;

use stun_types::attribute::{
    AttributeType, Fingerprint, MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm,
    PasswordAlgorithmValue, PasswordAlgorithms, Realm, Username, XorMappedAddress,
};
use stun_types::message::{BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass};
use stun_types::prelude::{Attribute as _, AttributeFromRaw, AttributeStaticType};
use turn_types::attribute::{
    AdditionalAddressFamily, ChannelNumber, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
    ReservationToken, XorPeerAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::allocation::{Conflict, Stage};
use crate::answer;
use crate::counters::{Dropped, Refused};
use crate::credentials::{self, Claim};
use crate::media::is_channel;
use crate::relay::Relay;
use crate::session::Link;
use crate::types::{Action, Family, FiveTuple, Millis, PeerAddr, Relayed, Transport};

/// RFC 8656, section 7.2: ten minutes unless more is asked for, and an hour at most.
pub(crate) const LIFETIME_SECONDS: u32 = 600;
const LIFETIME_SECONDS_MAX: u32 = 3_600;
/// Attributes that one answer says it does not understand.
const UNKNOWN_MAX: usize = 8;
/// No request that we know comes near; of 64 KiB a stranger could fill with attributes, each costs time.
const REQUEST_BYTES_MAX: usize = 1_280;
/// RFC 8489, section 5: method Binding, class indication.
const BINDING_INDICATION: [u8; 2] = [0x00, 0x11];
/// The cost of a datagram before its payload: an IP header and a UDP header.
const HEADERS_V4: usize = 28;
const HEADERS_V6: usize = 48;

/// All attributes that some request of ours may have.
const UNDERSTOOD: [AttributeType; 17] = [
    AdditionalAddressFamily::TYPE,
    ChannelNumber::TYPE,
    EvenPort::TYPE,
    Fingerprint::TYPE,
    Lifetime::TYPE,
    MessageIntegrity::TYPE,
    MessageIntegritySha256::TYPE,
    Nonce::TYPE,
    PasswordAlgorithm::TYPE,
    PasswordAlgorithms::TYPE,
    Realm::TYPE,
    RequestedAddressFamily::TYPE,
    RequestedTransport::TYPE,
    ReservationToken::TYPE,
    Username::TYPE,
    XorMappedAddress::TYPE,
    XorPeerAddress::TYPE,
];

/// Somebody whose credential is good.
pub(crate) struct Proven {
    /// The place of the session.
    pub(crate) session: usize,
    pub(crate) username: Box<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) algorithm: IntegrityAlgorithm,
    /// In seconds since the epoch.
    pub(crate) expires: u64,
}

type Response = Result<Vec<u8>, Refused>;

impl Relay {
    pub(crate) fn handle_request(&mut self, from: FiveTuple, bytes: &[u8], now: Millis) {
        // Keeps a NAT open and wants nothing (RFC 8489, section 12).
        if bytes.starts_with(&BINDING_INDICATION) {
            return;
        }
        if bytes.len() > REQUEST_BYTES_MAX {
            return self.counters.drop(Dropped::Garbage);
        }
        // Whatever the caller's clock does, nothing works past its time.
        self.handle_timeout(now);
        // The codec reads on behind the stated length, and logs a warning for each datagram that is shorter.
        let stated =
            bytes.get(2..4).and_then(|length| length.first_chunk()).map(|length| u16::from_be_bytes(*length));
        let is_whole = stated.is_some_and(|stated| usize::from(stated) + 20 == bytes.len());
        let message = Some(bytes).filter(|_| is_whole).and_then(|bytes| Message::from_bytes(bytes).ok());
        let Some(message) = message.filter(|message| message.has_class(MessageClass::Request)) else {
            return self.counters.drop(Dropped::Garbage);
        };
        if message.method() == BINDING {
            if !self.may_answer_unproven(from, now) {
                return;
            }
            let unknown = unknown(&message);
            let answer = if unknown.is_empty() {
                let mapped = XorMappedAddress::new(from.client.canonical(), message.transaction_id());
                answer::success(&message, &[&mapped], None)
            } else {
                self.counters.refuse(Refused::UnknownAttribute);
                answer::unknown(&message, &unknown, None)
            };
            return self.answer_unproven(from, bytes.len(), answer);
        }
        if ![ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND].contains(&message.method()) {
            return self.counters.drop(Dropped::Garbage);
        }
        match self.prove(from, &message, now) {
            Ok(proven) => self.handle_proven(from, &message, &proven, now),
            Err(reason) => self.challenge(from, bytes.len(), &message, reason, now),
        }
    }

    /// Says to somebody unproven why, and how to prove oneself.
    fn challenge(
        &mut self,
        from: FiveTuple,
        size: usize,
        message: &Message<'_>,
        reason: Refused,
        now: Millis,
    ) {
        self.counters.refuse(reason);
        // A flood of strangers must not keep an allocation from its next nonce. Of strangers nothing is computed before
        // their turn.
        let is_known = reason == Refused::StaleNonce && self.is_signed_by_holder(from, message);
        if !is_known && !self.may_answer_unproven(from, now) {
            return;
        }
        if !matches!(reason, Refused::Unauthenticated | Refused::StaleNonce) {
            return self.answer_unproven(from, size, answer::refusal(message, reason, None));
        }
        // The offer of SHA-256 is left out if the request was too short for it.
        for has_algorithms in [true, false] {
            let nonce = self.nonces.make(from.client, has_algorithms, now);
            let answer = answer::challenge(message, reason, &self.options.realm, &nonce, has_algorithms);
            if !has_algorithms || is_short_enough(from, size, answer.len()) {
                return self.answer_unproven(from, size, answer);
            }
        }
    }

    /// Whether a request comes from an allocation's address, and is signed by that one's key.
    fn is_signed_by_holder(&self, from: FiveTuple, message: &Message<'_>) -> bool {
        let holder = self.allocations_by_client.get(&from).map(|id| &self.allocations[*id]);
        holder.is_some_and(|holder| message.validate_integrity_with_key(&holder.key).is_ok())
    }

    /// Whether somebody who may not be who they seem gets one more answer.
    fn may_answer_unproven(&mut self, to: FiveTuple, now: Millis) -> bool {
        let is_in_time = match to.transport {
            Transport::Udp => self.sources.take(to.client.0.ip(), now),
            Transport::Stream(key) => self.budgets.entry(key).or_default().take_connected(now),
        };
        if !is_in_time {
            self.counters.drop(Dropped::Unproven);
            // In silence its other end would wait for nothing.
            if let Transport::Stream(key) = to.transport {
                self.act(Action::Disconnect(key));
            }
        }
        is_in_time
    }

    /// Never with more than twice the bytes of the request.
    fn answer_unproven(&mut self, to: FiveTuple, size: usize, bytes: Vec<u8>) {
        if is_short_enough(to, size, bytes.len()) {
            self.act(Action::Answer { to, bytes });
        } else {
            self.counters.drop(Dropped::Unproven);
        }
    }

    /// RFC 8489, section 9.2.4, in its order.
    fn prove(&self, from: FiveTuple, message: &Message<'_>, now: Millis) -> Result<Proven, Refused> {
        let has = |kind| message.has_attribute(kind);
        if !has(MessageIntegrity::TYPE) && !has(MessageIntegritySha256::TYPE) {
            return Err(Refused::Unauthenticated);
        }
        let username = message.attribute::<Username>().map_err(|_| Refused::BadRequest)?;
        let realm = message.attribute::<Realm>().map_err(|_| Refused::BadRequest)?;
        let nonce = message.attribute::<Nonce>().map_err(|_| Refused::BadRequest)?;
        let said = self.nonces.check(nonce.nonce(), from.client, now).ok_or(Refused::StaleNonce)?;
        let algorithm = algorithm(message, said.has_algorithms)?;
        let claim = Claim::parse(username.username()).ok_or(Refused::Unauthenticated)?;
        if realm.realm() != self.options.realm {
            return Err(Refused::Unauthenticated);
        }
        let known = self.allocations_by_client.get(&from).map(|id| &self.allocations[*id]);
        let known =
            known.filter(|known| *known.username == *username.username() && known.algorithm == algorithm);
        let key = known.map_or_else(
            || credentials::key(&self.options.secret, username.username(), &self.options.realm, algorithm),
            |known| known.key.clone(),
        );
        message.validate_integrity_with_key(&key).map_err(|_| Refused::Unauthenticated)?;
        let session = *self.sessions_by_key.get(&claim.session).ok_or(Refused::Unauthenticated)?;
        Ok(Proven { session, username: username.username().into(), key, algorithm, expires: claim.expires })
    }

    fn handle_proven(&mut self, from: FiveTuple, message: &Message<'_>, proven: &Proven, now: Millis) {
        let proof = Some((&proven.key, proven.algorithm));
        let unknown = unknown(message);
        if !unknown.is_empty() {
            self.counters.refuse(Refused::UnknownAttribute);
            let bytes = answer::unknown(message, &unknown, proof);
            return self.act(Action::Answer { to: from, bytes });
        }
        let answer = match message.method() {
            ALLOCATE => match self.allocate(from, message, proven, now) {
                // Answered when its sockets are bound.
                Ok(None) => return self.note_allocation(proven.session, None),
                Ok(Some(again)) => Ok(again),
                Err(reason) => {
                    self.note_allocation(proven.session, Some(reason));
                    Err(reason)
                }
            },
            method => self.own_allocation(from, proven).and_then(|id| match method {
                REFRESH => self.refresh(id, message, now),
                CREATE_PERMISSION => self.create_permission(id, message, now),
                _ => self.channel_bind(id, message, now),
            }),
        };
        let bytes = answer.unwrap_or_else(|reason| {
            self.counters.refuse(reason);
            answer::refusal(message, reason, proof)
        });
        self.act(Action::Answer { to: from, bytes });
    }

    /// For the record of the session's call.
    fn note_allocation(&mut self, session: usize, refused: Option<Refused>) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.refused = refused.map(Refused::code);
        }
    }

    /// RFC 8656, sections 5 and 7.2: no other request works without an allocation, or on somebody else's.
    fn own_allocation(&self, from: FiveTuple, proven: &Proven) -> Result<usize, Refused> {
        let id = *self.allocations_by_client.get(&from).ok_or(Refused::Mismatch)?;
        let allocation = &self.allocations[id];
        if allocation.session != proven.session || *allocation.username != *proven.username {
            return Err(Refused::WrongCredentials);
        }
        if matches!(allocation.stage, Stage::Opening { .. }) {
            return Err(Refused::Mismatch);
        }
        Ok(id)
    }

    fn refresh(&mut self, id: usize, message: &Message<'_>, now: Millis) -> Response {
        let allocation = &self.allocations[id];
        let family = match asked_family(message) {
            // No allocation is of a family that nobody knows (RFC 8656, section 8.2).
            Err(Refused::NoSuchFamily) => return Err(Refused::OtherFamily),
            family => family?,
        };
        if family.is_some_and(|family| allocation.port(family).is_none()) {
            return Err(Refused::OtherFamily);
        }
        // A client that holds an unused one shows every ten minutes that it still wants it.
        let lifetime_max = if allocation.is_used { LIFETIME_SECONDS_MAX } else { LIFETIME_SECONDS };
        let lifetime = lifetime(message)?.min(lifetime_max);
        let (key, algorithm) = (allocation.key.clone(), allocation.algorithm);
        let is_dual = allocation.v4.is_some() && allocation.v6.is_some();
        match family {
            _ if lifetime > 0 => {
                self.deadlines.remove(&(allocation.expires, id));
                let expires = now.plus_seconds(lifetime.into());
                self.allocations[id].expires = expires;
                self.deadlines.insert((expires, id));
            }
            // One family of two is given back; the other stays.
            Some(family) if is_dual => {
                let port = allocation.port(family).expect("looked at above");
                self.allocations[id].set_port(family, None);
                self.give_back(Relayed { port, family });
            }
            _ => self.free(id),
        }
        Ok(answer::success(message, &[&Lifetime::new(lifetime)], Some((&key, algorithm))))
    }

    fn create_permission(&mut self, id: usize, message: &Message<'_>, now: Millis) -> Response {
        let peers = peers(message)?;
        if peers.is_empty() {
            return Err(Refused::BadRequest);
        }
        for peer in &peers {
            self.check_peer(id, *peer)?;
        }
        let max = self.options.limits.permissions_per_allocation;
        let ips: Vec<IpAddr> = peers.iter().map(|peer| peer.0.ip()).collect();
        let allocation = &mut self.allocations[id];
        if !allocation.permit(&ips, max, now) {
            return Err(Refused::Capacity);
        }
        Ok(answer::success(message, &[], Some((&allocation.key, allocation.algorithm))))
    }

    fn channel_bind(&mut self, id: usize, message: &Message<'_>, now: Millis) -> Response {
        let number = message.attribute::<ChannelNumber>().map_err(|_| Refused::BadRequest)?.channel();
        let peers = peers(message)?;
        let &[peer] = &peers[..] else { return Err(Refused::BadRequest) };
        if !is_channel(number) {
            return Err(Refused::BadRequest);
        }
        let link = self.check_peer(id, peer)?;
        if !self.may_bind(link, peer.0) {
            return Err(Refused::Forbidden);
        }
        let limits = self.options.limits;
        let allocation = &mut self.allocations[id];
        let (channels, permissions) = (limits.channels_per_allocation, limits.permissions_per_allocation);
        allocation.bind(number, peer, channels, permissions, now).map_err(|conflict| match conflict {
            Conflict::Taken => Refused::BadRequest,
            Conflict::TooMany => Refused::Capacity,
        })?;
        Ok(answer::success(message, &[], Some((&allocation.key, allocation.algorithm))))
    }

    /// Whether an allocation may hear a peer at all, and the call in which.
    fn check_peer(&self, id: usize, peer: PeerAddr) -> Result<Link, Refused> {
        let allocation = &self.allocations[id];
        if allocation.port(Family::of(peer.0.ip())).is_none() {
            return Err(Refused::OtherFamily);
        }
        let link = self.sessions[allocation.session].link.ok_or(Refused::Forbidden)?;
        if !self.may_permit(link, peer.0.ip()) {
            return Err(Refused::Forbidden);
        }
        Ok(link)
    }
}

/// The attributes that must be understood and are not (RFC 8489, section 6.3.1); no more than an answer needs.
fn unknown(message: &Message<'_>) -> Vec<AttributeType> {
    let kinds = message.iter_attributes().map(|(_, attribute)| attribute.get_type());
    kinds
        .filter(|kind| kind.comprehension_required() && !UNDERSTOOD.contains(kind))
        .take(UNKNOWN_MAX)
        .collect()
}

pub(crate) fn lifetime(message: &Message<'_>) -> Result<u32, Refused> {
    let asked = optional::<Lifetime>(message)?.map_or(LIFETIME_SECONDS, |asked| asked.seconds());
    Ok(if asked == 0 { 0 } else { asked.clamp(LIFETIME_SECONDS, LIFETIME_SECONDS_MAX) })
}

/// An attribute that may be left out, but not be wrong.
pub(crate) fn optional<'a, A>(message: &'a Message<'a>) -> Result<Option<A>, Refused>
where
    A: AttributeFromRaw<'a> + AttributeStaticType,
{
    if !message.has_attribute(A::TYPE) {
        return Ok(None);
    }
    message.attribute::<A>().map(Some).map_err(|_| Refused::BadRequest)
}

fn peers(message: &Message<'_>) -> Result<Vec<PeerAddr>, Refused> {
    let transaction = message.transaction_id();
    let raw =
        message.iter_attributes().map(|(_, raw)| raw).filter(|raw| raw.get_type() == XorPeerAddress::TYPE);
    raw.map(|raw| match XorPeerAddress::from_raw(raw) {
        Ok(peer) => Ok(PeerAddr(peer.addr(transaction))),
        Err(_) => Err(Refused::BadRequest),
    })
    .collect()
}

/// REQUESTED-ADDRESS-FAMILY (RFC 8656, section 18.8). A family that we do not know is one that we do not have, while to the
/// codec it is an attribute with a fault.
pub(crate) fn asked_family(message: &Message<'_>) -> Result<Option<Family>, Refused> {
    let Some(raw) = message.raw_attribute(RequestedAddressFamily::TYPE) else { return Ok(None) };
    match &raw.value[..] {
        [1, _, _, _] => Ok(Some(Family::V4)),
        [2, _, _, _] => Ok(Some(Family::V6)),
        [_, _, _, _] => Err(Refused::NoSuchFamily),
        _ => Err(Refused::BadRequest),
    }
}

/// The algorithm that proves a request. Our offer must return unchanged, or somebody on the path removed the better
/// one (RFC 8489, section 9.2.4).
fn algorithm(message: &Message<'_>, was_offered: bool) -> Result<IntegrityAlgorithm, Refused> {
    let offered = optional::<PasswordAlgorithms>(message)?;
    let chosen = optional::<PasswordAlgorithm>(message)?;
    match (offered, chosen) {
        (None, None) => Ok(IntegrityAlgorithm::Sha1),
        (Some(offered), Some(chosen)) if was_offered && offered.algorithms() == answer::ALGORITHMS => {
            Ok(match chosen.algorithm() {
                PasswordAlgorithmValue::MD5 => IntegrityAlgorithm::Sha1,
                PasswordAlgorithmValue::SHA256 => IntegrityAlgorithm::Sha256,
            })
        }
        _ => Err(Refused::BadRequest),
    }
}

/// Twice the bytes of the request at most, with the headers that both have. A connection's address is not forged, so
/// its answers hit nobody else.
fn is_short_enough(to: FiveTuple, request: usize, answer: usize) -> bool {
    let headers = if to.client.0.ip().to_canonical().is_ipv4() { HEADERS_V4 } else { HEADERS_V6 };
    matches!(to.transport, Transport::Stream(_)) || headers + answer <= 2 * (headers + request)
}
