//! The path of media: `ChannelData`, Send indications, and packets from peers (RFC 8656, sections 11 and 12).
//!
//! Read and written by hand, in the buffer that the packet came in: nothing is allocated, locked or queued. Never
//! answers: a packet that may not pass is counted and dropped, since its sender may be forged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use crate::counters::Dropped;
use crate::relay::Relay;
use crate::session::Link;
use crate::types::{Family, FiveTuple, Millis, PeerAddr, Relayed, Route, SessionKey, Transmit, Transport};

/// Bytes that the caller leaves free before a datagram: a Data indication from an IPv6 peer takes them all.
pub const HEADROOM: usize = 48;
/// Bytes that the caller leaves free after it: attributes end at a multiple of four.
pub const TAILROOM: usize = 3;

/// RFC 8489, section 5.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER_BYTES: usize = 20;
const CHANNEL_HEADER_BYTES: usize = 4;
/// RFC 8656, sections 17 and 18.
const SEND_INDICATION: [u8; 2] = [0x00, 0x16];
const DATA_INDICATION: [u8; 2] = [0x00, 0x17];
const XOR_PEER_ADDRESS: u16 = 0x0012;
const DATA: u16 = 0x0013;
/// RFC 8656 gives out 0x4000 to 0x4FFF; clients of RFC 5766 take up to 0x7FFF.
const CHANNELS: Range<u16> = 0x4000..0x8000;

/// Whether a channel may have this number.
pub(crate) fn is_channel(number: u16) -> bool {
    CHANNELS.contains(&number)
}

/// The kind of place where a peer is.
enum Destination {
    Outside,
    /// The other side's relayed address.
    OtherSide(Relayed),
}

impl Relay {
    /// Takes a datagram from a client, or a frame of its stream.
    ///
    /// Returns its payload's destination, as a range of `buffer`; requests are answered by an action. At least
    /// [`HEADROOM`] bytes must be free before `datagram`, and [`TAILROOM`] after it.
    pub fn handle_client(
        &mut self,
        from: FiveTuple,
        buffer: &mut [u8],
        datagram: Range<usize>,
        now: Millis,
    ) -> Option<Transmit> {
        let bytes = &buffer[datagram.clone()];
        // The two highest bits tell the two apart (RFC 8656, section 12.4).
        let result = match bytes {
            [0x40..=0x7f, ..] => self.channel_data(from, buffer, datagram, now),
            [a, b, ..] if [*a, *b] == SEND_INDICATION => self.send_indication(from, buffer, datagram, now),
            [0x00..=0x3f, ..] if bytes.get(4..8) == Some(&COOKIE) => {
                self.handle_request(from, bytes, now);
                return None;
            }
            _ => Err(Dropped::Garbage),
        };
        self.counted(result)
    }

    /// Takes a datagram that came from the network to a relayed address.
    pub fn handle_peer(
        &mut self,
        relayed: Relayed,
        from: PeerAddr,
        buffer: &mut [u8],
        payload: Range<usize>,
        now: Millis,
    ) -> Option<Transmit> {
        // Relayed addresses reach each other inside; from outside, a packet from one of ours is forged. Our other
        // ports are not for strangers: a permission for our address is for relayed ones only.
        let result = if self.is_external(from.0.ip()) && !self.is_allowed(from.0.ip())
            || self.as_relayed(from.0).is_some()
        {
            Err(Dropped::Forbidden)
        } else {
            self.incoming(relayed, from, None, buffer, payload, now)
        };
        self.counted(result)
    }

    /// Takes a datagram that another thread's client sent across to a relayed address of this thread.
    pub fn handle_neighbour(
        &mut self,
        (relayed, from, sender): (Relayed, PeerAddr, SessionKey),
        buffer: &mut [u8],
        payload: Range<usize>,
        now: Millis,
    ) -> Option<Transmit> {
        let result = self.incoming(relayed, from, Some(sender), buffer, payload, now);
        self.counted(result)
    }

    fn counted(&mut self, result: Result<Transmit, Dropped>) -> Option<Transmit> {
        result.inspect_err(|reason| self.counters.drop(*reason)).ok()
    }

    fn channel_data(
        &mut self,
        from: FiveTuple,
        buffer: &mut [u8],
        datagram: Range<usize>,
        now: Millis,
    ) -> Result<Transmit, Dropped> {
        let &[a, b, c, d, ..] = &buffer[datagram.clone()] else { return Err(Dropped::Garbage) };
        let start = datagram.start + CHANNEL_HEADER_BYTES;
        let end = start + usize::from(u16::from_be_bytes([c, d]));
        // The rest is padding: over TCP up to a multiple of four, over UDP any or none (RFC 8656, section 12.5).
        if end > datagram.end {
            return Err(Dropped::Garbage);
        }
        let id = *self.allocations_by_client.get(&from).ok_or(Dropped::NoAllocation)?;
        let number = u16::from_be_bytes([a, b]);
        let peer = self.allocations[id].peer(number, now).ok_or(Dropped::NoChannel)?;
        self.outgoing(id, peer, buffer, start..end, now)
    }

    fn send_indication(
        &mut self,
        from: FiveTuple,
        buffer: &mut [u8],
        datagram: Range<usize>,
        now: Millis,
    ) -> Result<Transmit, Dropped> {
        let (peer, payload) = read_send_indication(&buffer[datagram.clone()]).ok_or(Dropped::Garbage)?;
        let id = *self.allocations_by_client.get(&from).ok_or(Dropped::NoAllocation)?;
        if !self.allocations[id].permits(peer.0.ip(), now) {
            return Err(Dropped::NoPermission);
        }
        let payload = datagram.start + payload.start..datagram.start + payload.end;
        self.outgoing(id, peer, buffer, payload, now)
    }

    fn outgoing(
        &mut self,
        id: usize,
        peer: PeerAddr,
        buffer: &mut [u8],
        payload: Range<usize>,
        now: Millis,
    ) -> Result<Transmit, Dropped> {
        let allocation = &self.allocations[id];
        let (place, family) = (allocation.session, Family::of(peer.0.ip()));
        let port = allocation.port(family).ok_or(Dropped::Forbidden)?;
        let link = self.sessions[place].link.ok_or(Dropped::NoCall)?;
        let destination = self.destination(link, peer.0)?;
        self.meter(place, payload.len(), now)?;
        self.counters.out_packets += 1;
        self.counters.out_bytes += payload.len() as u64;
        let Destination::OtherSide(relayed) = destination else {
            let relayed = Relayed { port, family };
            return Ok(Transmit { route: Route::Peer { relayed, to: peer }, range: payload });
        };
        self.counters.direct_packets += 1;
        let ip = self.external(family).expect("a relayed address of this family needs one");
        let (from, sender) = (PeerAddr(SocketAddr::new(ip, port)), self.sessions[place].key);
        if self.options.own_ports.contains(&relayed.port) {
            return self.incoming(relayed, from, Some(sender), buffer, payload, now);
        }
        Ok(Transmit { route: Route::Neighbour { relayed, from, sender }, range: payload })
    }

    fn incoming(
        &mut self,
        relayed: Relayed,
        from: PeerAddr,
        sender: Option<SessionKey>,
        buffer: &mut [u8],
        payload: Range<usize>,
        now: Millis,
    ) -> Result<Transmit, Dropped> {
        let id = self.by_relayed(relayed).ok_or(Dropped::NoAllocation)?;
        let allocation = &self.allocations[id];
        let place = allocation.session;
        let link = self.sessions[place].link.ok_or(Dropped::NoCall)?;
        let key = self.sessions[place].key;
        // Both must say the same of the call, or one of them has gone on to another.
        let is_mutual = |sender: SessionKey| {
            sender == link.other && self.link_of(sender) == Some(Link { other: key, ..link })
        };
        if sender.is_some_and(|sender| !is_mutual(sender)) {
            return Err(Dropped::Forbidden);
        }
        if !allocation.permits(from.0.ip(), now) {
            return Err(Dropped::NoPermission);
        }
        let (client, number) = (allocation.client, allocation.number(from, now));
        let bytes = payload.len();
        self.meter(place, bytes, now)?;
        self.counters.in_packets += 1;
        self.counters.in_bytes += bytes as u64;
        let range = match number {
            Some(number) => {
                let is_padded = matches!(client.transport, Transport::Stream(_));
                write_channel_data(number, buffer, payload, is_padded)
            }
            None => write_data_indication(from, u128::from(self.random.u64(..)), buffer, payload),
        };
        Ok(Transmit { route: Route::Client(client), range: range.ok_or(Dropped::Garbage)? })
    }

    /// The place of a peer, if this call may reach it at all.
    fn destination(&self, link: Link, peer: SocketAddr) -> Result<Destination, Dropped> {
        match self.as_relayed(peer) {
            Some(relayed) if self.shared.owner(relayed) == Some(link.other) => {
                Ok(Destination::OtherSide(relayed))
            }
            None if self.options.rules.allows_port(peer.port()) && self.may_reach(link, peer.ip()) => {
                Ok(Destination::Outside)
            }
            Some(_) | None => Err(Dropped::Forbidden),
        }
    }

    /// Whether this call may bind a channel to a peer.
    pub(crate) fn may_bind(&self, link: Link, peer: SocketAddr) -> bool {
        self.destination(link, peer).is_ok()
    }

    /// Whether this call may receive from an address: our own means the other side's relayed address, and each packet
    /// is checked again.
    pub(crate) fn may_permit(&self, link: Link, ip: IpAddr) -> bool {
        self.is_external(ip) || self.may_reach(link, ip)
    }

    /// Whether peers reach us by this address; it need not be a local one.
    fn is_external(&self, ip: IpAddr) -> bool {
        self.external(Family::of(ip)) == Some(ip)
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        self.options.rules.allowed.iter().any(|net| net.contains(&ip))
    }

    fn may_reach(&self, link: Link, ip: IpAddr) -> bool {
        let is_own = self.is_external(ip) && !self.is_allowed(ip);
        !is_own && self.options.rules.allows(ip) && (!self.options.is_strict || self.is_announced(link, ip))
    }

    fn link_of(&self, session: SessionKey) -> Option<Link> {
        self.sessions[*self.sessions_by_key.get(&session)?].link
    }

    fn is_announced(&self, link: Link, ip: IpAddr) -> bool {
        let other = self.sessions_by_key.get(&link.other);
        other.is_some_and(|place| self.sessions[*place].announced.contains(&ip))
    }

    fn meter(&mut self, place: usize, bytes: usize, now: Millis) -> Result<(), Dropped> {
        let session = &mut self.sessions[place];
        if !session.meter.take(bytes, &self.options.limits, now) {
            return Err(Dropped::OverShare);
        }
        session.packets += 1;
        session.bytes += bytes as u64;
        Ok(())
    }
}

/// The peer and the payload of a Send indication; attributes that must be understood and are not make it garbage.
fn read_send_indication(message: &[u8]) -> Option<(PeerAddr, Range<usize>)> {
    let length = usize::from(u16::from_be_bytes(*message.get(2..)?.first_chunk()?));
    let end = HEADER_BYTES + length;
    if message.get(4..8) != Some(&COOKIE) || end > message.len() {
        return None;
    }
    let (mut peer, mut payload) = (None, None);
    let mut at = HEADER_BYTES;
    while at + 4 <= end {
        let kind = u16::from_be_bytes([message[at], message[at + 1]]);
        let length = usize::from(u16::from_be_bytes([message[at + 2], message[at + 3]]));
        let value = at + 4..at + 4 + length;
        if value.end > end {
            return None;
        }
        match kind {
            XOR_PEER_ADDRESS if peer.is_none() => peer = Some(read_address(message, value.clone())?),
            DATA if payload.is_none() => payload = Some(value.clone()),
            // Comprehension-required (RFC 8489, section 14).
            0x0000..=0x7fff if kind != XOR_PEER_ADDRESS && kind != DATA => return None,
            _ => {}
        }
        at = value.end.next_multiple_of(4);
    }
    Some((peer?, payload?))
}

/// RFC 8489, section 14.2.
fn read_address(message: &[u8], value: Range<usize>) -> Option<PeerAddr> {
    let value = &message[value];
    let port =
        u16::from_be_bytes([*value.get(2)?, *value.get(3)?]) ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    let mask = u128::from_be_bytes(*message.get(4..)?.first_chunk()?);
    let ip = match (value.get(1)?, value.len()) {
        (1, 8) => {
            let bits = u32::from_be_bytes(*value[4..].first_chunk()?);
            IpAddr::V4(Ipv4Addr::from_bits(bits ^ u32::from_be_bytes(COOKIE)))
        }
        (2, 20) => IpAddr::V6(Ipv6Addr::from_bits(u128::from_be_bytes(*value[4..].first_chunk()?) ^ mask)),
        _ => return None,
    };
    Some(PeerAddr(SocketAddr::new(ip, port)))
}

/// Writes the four bytes before the payload, and on a stream the padding after it, which the length leaves out (RFC
/// 8656, section 12.5); `None` if the caller left no room.
fn write_channel_data(
    number: u16,
    buffer: &mut [u8],
    payload: Range<usize>,
    is_padded: bool,
) -> Option<Range<usize>> {
    let start = payload.start.checked_sub(CHANNEL_HEADER_BYTES)?;
    let length = u16::try_from(payload.len()).ok()?;
    let bytes = if is_padded { payload.len().next_multiple_of(4) } else { payload.len() };
    let end = payload.start + bytes;
    buffer.get_mut(payload.end..end)?.fill(0);
    buffer[start..start + 2].copy_from_slice(&number.to_be_bytes());
    buffer[start + 2..start + 4].copy_from_slice(&length.to_be_bytes());
    Some(start..end)
}

/// Writes the header of a Data indication before the payload, and the padding after it.
fn write_data_indication(
    from: PeerAddr,
    transaction: u128,
    buffer: &mut [u8],
    payload: Range<usize>,
) -> Option<Range<usize>> {
    let address_bytes = if from.0.is_ipv4() { 8 } else { 20 };
    let start = payload.start.checked_sub(HEADER_BYTES + 4 + address_bytes + 4)?;
    let end = payload.start + payload.len().next_multiple_of(4);
    buffer.get_mut(payload.end..end)?.fill(0);
    let mask = (u128::from(u32::from_be_bytes(COOKIE)) << 96) | transaction;
    let length = |bytes: usize| u16::try_from(bytes).ok().map(u16::to_be_bytes);

    let head = &mut buffer[start..payload.start];
    head[..2].copy_from_slice(&DATA_INDICATION);
    head[2..4].copy_from_slice(&length(end - start - HEADER_BYTES)?);
    head[4..20].copy_from_slice(&mask.to_be_bytes());
    head[20..22].copy_from_slice(&XOR_PEER_ADDRESS.to_be_bytes());
    head[22..24].copy_from_slice(&length(address_bytes)?);
    head[24] = 0;
    let port = from.0.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    head[26..28].copy_from_slice(&port.to_be_bytes());
    match from.0.ip() {
        IpAddr::V4(ip) => {
            head[25] = 1;
            head[28..32].copy_from_slice(&(ip.to_bits() ^ u32::from_be_bytes(COOKIE)).to_be_bytes());
        }
        IpAddr::V6(ip) => {
            head[25] = 2;
            head[28..44].copy_from_slice(&(ip.to_bits() ^ mask).to_be_bytes());
        }
    }
    let data = head.len() - 4;
    head[data..data + 2].copy_from_slice(&DATA.to_be_bytes());
    head[data + 2..].copy_from_slice(&length(payload.len())?);
    Some(start..end)
}
