//! The types of the relay: the roles of addresses, the sides that they are on, and the actions of the caller.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::ops::Range;
use std::str::FromStr;

/// Milliseconds since the Unix epoch, as the caller's clock has them; they never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// The instant `seconds` later; stays at the end of time instead of overflowing.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000
    }
}

/// The source of a client's packets: its address as we see it, behind its NAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddr(pub SocketAddr);

impl ClientAddr {
    /// The address for the client: an IPv4 address as such, even if an IPv6 socket got its packet.
    pub(crate) fn canonical(self) -> SocketAddr {
        SocketAddr::new(self.0.ip().to_canonical(), self.0.port())
    }
}

/// Names a connection of a client, by the number that its socket's owner gave it. A number may be used again after
/// [`Relay::handle_disconnected`](crate::Relay::handle_disconnected).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionKey(pub u32);

/// The transport from a client to us. Towards peers it is always UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A connection, by TCP or TLS over TCP: a stream of frames ([`crate::framing`]).
    Stream(ConnectionKey),
}

/// Names an allocation (RFC 8656, section 3).
///
/// A browser asks each of our addresses and ports that it knows from one socket, so its address alone names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FiveTuple {
    /// The client's address and port.
    pub client: ClientAddr,
    /// The address of ours that it sends to: answers must come from there, or its NAT drops them.
    pub server: SocketAddr,
    /// The transport that it sends by.
    pub transport: Transport,
}

impl Hash for FiveTuple {
    /// Looked up for each packet, and a client rarely sends to two of our addresses: the client's part is enough.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.client.hash(state);
    }
}

/// The peer that a client talks to through us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// An address family of a relayed address (RFC 8656, section 18.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub const fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// A relay socket: its port, and its family, since both families may use the same port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relayed {
    /// The UDP port.
    pub port: u16,
    /// The family of the socket.
    pub family: Family,
}

/// Names a signaling session towards the relay. Random, and no secret: the password is what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub NonZeroU64);

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is not sixteen lower-case hexadecimal digits, or all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSessionKey;

impl FromStr for SessionKey {
    type Err = NoSessionKey;

    fn from_str(text: &str) -> Result<Self, NoSessionKey> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(is_hex) {
            return Err(NoSessionKey);
        }
        let value = u64::from_str_radix(text, 16).map_err(|_| NoSessionKey)?;
        NonZeroU64::new(value).map(Self).ok_or(NoSessionKey)
    }
}

/// Names a call towards the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey(pub u64);

/// Names a user towards the relay, for quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(pub u64);

/// A packet to send: which bytes of the buffer that was handed in, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The socket, and the destination.
    pub route: Route,
    /// Which bytes.
    pub range: Range<usize>,
}

/// The way a packet takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To a client, by its connection, or from the socket and the address that it sends to.
    Client(FiveTuple),
    /// To a peer, from a relay socket.
    Peer {
        /// The relay socket.
        relayed: Relayed,
        /// The peer.
        to: PeerAddr,
    },
    /// To the call's other side, whose relay socket another thread has: it takes the bytes by
    /// [`Relay::handle_neighbour`](crate::Relay::handle_neighbour).
    Neighbour {
        /// The other side's relay socket.
        relayed: Relayed,
        /// Our side's relayed address, which is the peer that the other side sees.
        from: PeerAddr,
        /// Our side's session.
        sender: SessionKey,
    },
}

/// An action for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes to a client, by its connection, or from the socket and the address that it sends to.
    Answer {
        /// The client.
        to: FiveTuple,
        /// A whole STUN message.
        bytes: Vec<u8>,
    },
    /// Bind a relay socket and say how it went: [`Relay::handle_open_result`](crate::Relay::handle_open_result).
    Open {
        /// Its port and family.
        relayed: Relayed,
        /// Which of our addresses the client asked.
        asked: IpAddr,
    },
    /// Close a relay socket.
    Close(Relayed),
    /// End a client's connection.
    Disconnect(ConnectionKey),
    /// A session's part in a call has ended, with these bytes relayed, both ways.
    Used {
        /// The session.
        session: SessionKey,
        /// The call.
        call: CallKey,
        /// Packets.
        packets: u64,
        /// Bytes of payload.
        bytes: u64,
        /// The code by which its last allocation was refused, if it then got none.
        refused: Option<u16>,
    },
}
