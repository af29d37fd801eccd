//! The peers that a client may reach through us: globally routable unicast addresses, and those that the operator
//! allows.
//!
//! A relay is inside somebody's network; a client that may choose its peers reaches hosts that only that network
//! should reach (CVE-2020-26262 and CVE-2026-27624 of coturn: `::ffff:127.0.0.1` passed for a public address). So an
//! address is judged by every IPv4 address that could be meant by it, and all ranges of the IANA special-purpose
//! registries are refused, those that are globally reachable too: no call needs them. Ports of well-known services
//! are refused.

use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// The rules of one relay.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Ranges that the operator allows, whatever they are; tests allow theirs.
    pub allowed: Vec<IpNet>,
    /// Our own addresses: a service that listens here was not made for strangers. The broadcast addresses of our
    /// networks too.
    pub own: BTreeSet<IpAddr>,
    /// Ports of peers, wherever they are.
    pub ports: Vec<RangeInclusive<u16>>,
}

/// Ports that a browser's media come from. Below 1024 are the services that answer a stranger's datagram with a
/// longer one or trust every neighbour; 80 and 443 are the ports of relays for people behind firewalls.
pub const PORTS: [RangeInclusive<u16>; 3] = [1_024..=u16::MAX, 80..=80, 443..=443];

impl Default for Rules {
    fn default() -> Self {
        Self { allowed: Vec::new(), own: BTreeSet::new(), ports: PORTS.into() }
    }
}

impl Rules {
    /// Whether packets may go there. The relayed address of a call's other side is the caller's own exception.
    pub fn allows(&self, ip: IpAddr) -> bool {
        // A form with another address inside is judged by both, so that it opens nothing that the other would not.
        let is_allowed_inside =
            embedded(ip).into_iter().flatten().all(|inner| self.allows_plain(IpAddr::V4(inner)));
        is_allowed_inside && self.allows_plain(ip)
    }

    /// Whether packets may go to this port of an address that is allowed.
    pub fn allows_port(&self, port: u16) -> bool {
        port != 0 && self.ports.iter().any(|ports| ports.contains(&port))
    }

    fn allows_plain(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|net| net.contains(&ip)) || (is_global(ip) && !self.own.contains(&ip))
    }
}

/// Whether an address is globally routable unicast and in no special-purpose registry.
pub fn is_global(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_global_v4(ip),
        IpAddr::V6(ip) => is_global_v6(ip),
    }
}

/// IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later), multicast (RFC 5771) and the reserved class E.
fn is_global_v4(ip: Ipv4Addr) -> bool {
    // A host of one cloud's own inside every network of its customers: it hands out their machines' secrets.
    if ip == Ipv4Addr::new(168, 63, 129, 16) {
        return false;
    }
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)    // this network, private, loopback, multicast and reserved
            | (100, 64..=127, _)            // shared between a carrier's customers
            | (169, 254, _)                 // link-local, and the clouds' metadata services
            | (172, 16..=31, _)             // private
            | (192, 0, 0 | 2)               // protocol assignments, documentation
            | (192, 31, 196)                // AS112
            | (192, 52, 193)                // AMT
            | (192, 88, 99)                 // 6to4 relays
            | (192, 168, _)                 // private
            | (192, 175, 48)                // AS112
            | (198, 18..=19, _)             // benchmarking
            | (198, 51, 100)                // documentation
            | (203, 0, 113) // documentation
    )
}

/// Only `2000::/3` is global unicast (RFC 4291); of it, not the entries of the IANA IPv6 Special-Purpose Address
/// Registry.
fn is_global_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, ..] = ip.segments();
    match a {
        // Teredo, ORCHID, benchmarking and others of 2001::/23; documentation.
        0x2001 => !matches!(b, 0..=0x01ff | 0x0db8),
        // 6to4, and the 6bone that was given back.
        0x2002 | 0x3ffe => false,
        // AS112.
        0x2620 => (b, c) != (0x004f, 0x8000),
        // Documentation.
        0x3fff => b > 0x0fff,
        _ => (0x2000..=0x3fff).contains(&a),
    }
}

/// The IPv4 addresses inside an IPv6 address, by every form that somebody on the way may take at its word.
fn embedded(ip: IpAddr) -> [Option<Ipv4Addr>; 2] {
    let IpAddr::V6(ip) = ip else { return [None, None] };
    let segments = ip.segments();
    let at = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    let last = at(segments[6], segments[7]);
    match segments {
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => [at(high, low), None],
        // Teredo (RFC 4380): the server, and the client with all bits turned round.
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            [at(high, low), at(!client_high, !client_low)]
        }
        // Compatible (RFC 4291, 2.5.5.1) and translated (RFC 2765), mapped (RFC 4291, 2.5.5.2), NAT64 (RFC 6052 and
        // RFC 8215), and ISATAP in anybody's prefix (RFC 5214).
        [0, 0, 0, 0, 0 | 0xffff, 0, ..]
        | [0, 0, 0, 0, 0, 0xffff, ..]
        | [0x64, 0xff9b, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, ..] => [last, None],
        _ => [None, None],
    }
}
