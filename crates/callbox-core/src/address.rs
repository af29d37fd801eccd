//! Addresses by what they stand for: the other end of a connection, the person behind it, and what is counted as one.
//!
//! Pure: who has an address is found elsewhere. Addresses are for limits and bans alone: they are never logged above
//! DEBUG.

use std::net::{IpAddr, SocketAddr};

use crate::fair::{Networks, Rank, Standing};

/// The address that a connection comes from: a person, or the proxy nearest to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// The address of the caller, as far as we believe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// One household, phone or office as it is counted: an IPv4 address or an IPv6 /64, since the holder of one
/// address of a /64 usually has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrKey(u64);

/// The block that one customer of a network often holds: an IPv4 /24, or an IPv6 /48 with its 65,536 /64s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockKey(u64);

/// A network that an address lies in: its first 64 bits at most, and how many of them count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    bits: u64,
    prefix: u8,
}

impl Network {
    /// The same for the same network, in every process.
    pub fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [self.prefix; 9];
        bytes[..8].copy_from_slice(&self.bits.to_be_bytes());
        bytes
    }
}

impl AddrKey {
    /// The same for the same key, in every process.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl ClientAddr {
    /// The key under which this caller is limited.
    pub fn key(self) -> AddrKey {
        match self.0.to_canonical() {
            // No /64 in use starts with 16 zero bits, so the two kinds cannot meet.
            IpAddr::V4(ip) => AddrKey(u64::from(ip.to_bits())),
            IpAddr::V6(ip) => AddrKey(u64::try_from(ip.to_bits() >> 64).expect("64 bits are left")),
        }
    }

    /// The block that it is counted in beside its own key.
    pub fn block(self) -> BlockKey {
        match self.0.to_canonical() {
            IpAddr::V4(ip) => BlockKey(u64::from(ip.to_bits() >> 8)),
            IpAddr::V6(ip) => BlockKey(u64::try_from(ip.to_bits() >> 80).expect("48 bits are left")),
        }
    }

    /// The same for IPv6 alone.
    pub fn ipv6_block(self) -> Option<BlockKey> {
        self.0.to_canonical().is_ipv6().then(|| self.block())
    }

    /// The caller's standing, which decides its turns and shares, given what is known of it.
    pub fn standing(self, rank: Rank) -> Standing<Network> {
        Standing { rank, networks: self.networks() }
    }

    /// The networks that the caller lies in, from the widest to the narrowest. Of IPv6 the /48, /56 and /64: what a
    /// site, a household and a link are given (RFC 6177). Of IPv4 the /24, which is the least that is routed, and the
    /// address itself.
    fn networks(self) -> Networks<Network> {
        let network = |bits: u64, width: u8, prefix: u8| Network {
            bits: (bits >> (width - prefix)) << (width - prefix),
            prefix,
        };
        match self.0.to_canonical() {
            IpAddr::V4(ip) => [24, 32, 32].map(|prefix| network(u64::from(ip.to_bits()), 32, prefix)),
            IpAddr::V6(_) => [48, 56, 64].map(|prefix| network(self.key().0, 64, prefix)),
        }
    }

    /// Whether the caller is on this machine (or behind a proxy on it that is not configured).
    pub fn is_loopback(self) -> bool {
        self.0.to_canonical().is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ipv6_network_is_one_caller() {
        let key = |text: &str| ClientAddr(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:9.9.9.9"), key("9.9.9.9"));
    }

    #[test]
    fn a_block_is_a_24_or_a_48() {
        let block = |text: &str| ClientAddr(text.parse().unwrap()).block();
        assert_eq!(block("2001:db8::1"), block("2001:db8:0:ffff::1"));
        assert_ne!(block("2001:db8::1"), block("2001:db8:1::1"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.255"));
        assert_ne!(block("192.0.2.1"), block("192.0.3.1"));
    }

    #[test]
    fn an_address_lies_in_three_networks_and_its_neighbours_in_some_of_them() {
        let networks = |text: &str| ClientAddr(text.parse().unwrap()).networks();
        let shared = |one: &str, other: &str| {
            let pairs = networks(one).into_iter().zip(networks(other));
            pairs.filter(|(one, other)| one == other).count()
        };
        assert_eq!(shared("2001:db8:1:22ff::1", "2001:db8:1:22ff:9::1"), 3, "one /64");
        assert_eq!(shared("2001:db8:1:22ff::1", "2001:db8:1:2200::1"), 2, "one /56");
        assert_eq!(shared("2001:db8:1:22ff::1", "2001:db8:1:33ff::1"), 1, "one /48");
        assert_eq!(shared("2001:db8:1:22ff::1", "2001:db8:2:22ff::1"), 0);
        assert_eq!(shared("192.0.2.1", "192.0.2.255"), 1, "one /24");
        assert_eq!(shared("192.0.2.1", "::ffff:192.0.2.1"), 3);
        assert_eq!(shared("192.0.2.1", "192.0.3.1"), 0);
    }
}
