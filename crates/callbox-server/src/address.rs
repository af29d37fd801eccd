//! Addresses by what they stand for: the other end of a connection, the person behind it, and what is counted as one.
//!
//! How a caller is found behind a proxy is in `forwarded.rs`. Addresses are for limits and bans alone: they are never
//! logged above DEBUG.

use std::net::{IpAddr, SocketAddr};

/// The address that a connection comes from: a person, or the proxy nearest to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// The address of the caller, as far as we believe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// What one household, phone or office is counted as: an IPv4 address or an IPv6 /64, since whoever has one
/// address of a /64 usually has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrKey(u64);

/// What a customer of a network often has whole: an IPv4 /24, or an IPv6 /48 with its 65,536 /64s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockKey(u64);

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

    /// Whether the caller sits at this machine (or behind a proxy on it that we were not told of).
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
}
