//! Who calls: the address of the person behind a request, through proxies that we were told to trust.
//!
//! `Forwarded` (RFC 7239) and `X-Forwarded-For` are read only when the connection comes from a trusted proxy,
//! from the right, past further trusted proxies; a name, an obfuscated or a broken entry ends the walk at the
//! last address that we believe. Addresses are for limits alone: they are never logged above DEBUG.

use axum::http::HeaderMap;
use ipnet::IpNet;
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

    /// Whether the caller sits at this machine (or behind a proxy on it that we were not told of).
    pub fn is_loopback(self) -> bool {
        self.0.to_canonical().is_loopback()
    }
}

/// A caller's address and whether TLS protects its end of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via {
    /// The caller.
    pub client: ClientAddr,
    /// What a trusted proxy says of TLS; `None` where nobody said.
    pub is_tls: Option<bool>,
}

/// Finds the caller behind a connection.
pub fn via(peer: PeerAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Via {
    let peer_ip = peer.0.ip().to_canonical();
    let mut via = Via { client: ClientAddr(peer_ip), is_tls: None };
    if !is_trusted(peer_ip, trusted) {
        return via;
    }
    // RFC 7239 replaces the X- headers: where both are present the standard one counts, alone.
    let forwarded = list(headers, "forwarded");
    let (hops, proto) = if forwarded.is_empty() {
        let proto = list(headers, "x-forwarded-proto").pop();
        (list(headers, "x-forwarded-for").into_iter().map(Some).collect(), proto)
    } else {
        let proto = forwarded.last().and_then(|element| parameter(element, "proto"));
        (forwarded.iter().map(|element| parameter(element, "for")).collect::<Vec<_>>(), proto)
    };
    via.is_tls = proto.map(|proto| proto.eq_ignore_ascii_case("https"));
    for hop in hops.into_iter().rev() {
        let Some(ip) = hop.as_deref().and_then(node_address) else { break };
        via.client = ClientAddr(ip);
        if !is_trusted(ip, trusted) {
            break;
        }
    }
    via
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// All elements of a comma-separated header, over several lines, in order.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|element| element.trim().to_owned()).collect()
}

/// One parameter of a `Forwarded` element, without its quotes.
fn parameter(element: &str, name: &str) -> Option<String> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The address in a node name (RFC 7239, section 6): an address, perhaps with a port, IPv6 perhaps in brackets.
fn node_address(node: &str) -> Option<IpAddr> {
    let address = node.parse::<SocketAddr>().map(|addr| addr.ip());
    let bare = || node.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.or_else(|_| bare()).ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn client(peer: &str, lines: &[(&str, &str)]) -> (String, Option<bool>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let found = via(PeerAddr(peer.parse().unwrap()), &headers, &trusted);
        (found.client.0.to_string(), found.is_tls)
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        let lines = [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=2.2.2.2;proto=https")];
        assert_eq!(client("203.0.113.9:5", &lines), ("203.0.113.9".into(), None));
    }

    #[test]
    fn the_caller_is_the_first_untrusted_address_from_the_right() {
        let lines = [("x-forwarded-for", "6.6.6.6, 198.51.100.7, 10.0.0.3"), ("x-forwarded-proto", "https")];
        assert_eq!(client("127.0.0.1:5", &lines), ("198.51.100.7".into(), Some(true)));
    }

    #[test]
    fn forwarded_wins_over_the_old_headers_and_may_be_quoted() {
        let lines = [
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", r#"for="[2001:db8::1]:4711";proto=http, FOR=10.1.1.1;Proto="https""#),
        ];
        assert_eq!(client("10.9.9.9:5", &lines), ("2001:db8::1".into(), Some(true)));
    }

    #[test]
    fn a_hidden_or_broken_entry_ends_the_walk() {
        assert_eq!(client("127.0.0.1:5", &[("forwarded", "for=1.1.1.1, for=_hidden")]).0, "127.0.0.1");
        assert_eq!(client("127.0.0.1:5", &[("x-forwarded-for", "1.1.1.1, what, 10.0.0.1")]).0, "10.0.0.1");
        assert_eq!(client("127.0.0.1:5", &[]).0, "127.0.0.1");
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        assert_eq!(client("[::ffff:127.0.0.1]:5", &[("x-forwarded-for", "::ffff:9.9.9.9")]).0, "9.9.9.9");
    }

    #[test]
    fn one_ipv6_network_is_one_caller() {
        let key = |text: &str| ClientAddr(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:9.9.9.9"), key("9.9.9.9"));
    }
}
