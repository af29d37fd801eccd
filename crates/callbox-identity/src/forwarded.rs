//! The caller behind a proxy: the header in which trusted proxies write a caller's address, and the scheme.
//!
//! Only one header is read, the one of the setting `proxy_header`: a proxy passes on all others as the caller wrote
//! them. It is read from the right, past further trusted proxies. An entry on that path that is no address is an
//! error and never a guess: every guess would be somebody else's address, or this machine's. Bound: the headers' 16
//! KB.

use callbox_core::address::{ClientAddr, PeerAddr};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use thiserror::Error;

/// The header in which proxies write a caller's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// RFC 7239: it has the scheme too.
    Forwarded,
    /// A list of addresses, or a single one; the scheme is in `X-Forwarded-Proto`.
    Addresses(HeaderName),
}

impl FromStr for ProxyHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<HeaderName>() {
            Ok(name) if name.as_str() == "forwarded" => Ok(Self::Forwarded),
            Ok(name) => Ok(Self::Addresses(name)),
            Err(_) => Err(format!("`{text}` is not the name of a header, such as X-Forwarded-For")),
        }
    }
}

/// A caller's address and whether TLS protects its end of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via {
    /// The caller.
    pub client: ClientAddr,
    /// A trusted proxy's statement on TLS; `None` if there is none.
    pub is_tls: Option<bool>,
}

/// A trusted proxy names a caller whom we cannot count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A proxy before this server named a caller by something that is no address.")]
pub struct NotAnAddress;

/// One proxy's entry on its caller.
struct Hop {
    ip: Option<IpAddr>,
    is_tls: Option<bool>,
}

/// Finds the caller behind a connection.
pub fn via(
    peer: PeerAddr,
    headers: &HeaderMap,
    trusted: &[IpNet],
    header: &ProxyHeader,
) -> Result<Via, NotAnAddress> {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(&ip));
    let peer_ip = peer.0.ip().to_canonical();
    let mut via = Via { client: ClientAddr(peer_ip), is_tls: None };
    if !is_trusted(peer_ip) {
        return Ok(via);
    }
    let hops = match header {
        ProxyHeader::Forwarded => {
            let lines = headers.get_all("forwarded").iter();
            lines.flat_map(|line| elements(line.as_bytes())).collect::<Vec<_>>()
        }
        ProxyHeader::Addresses(name) => {
            // Proxies put themselves on the right, so the first scheme is the one of the caller's end.
            via.is_tls = list(headers, "x-forwarded-proto").next().and_then(is_tls);
            let hop = |entry| Hop { ip: address(entry), is_tls: via.is_tls };
            list(headers, name.as_str()).map(hop).collect()
        }
    };
    for hop in hops.into_iter().rev() {
        let ip = hop.ip.ok_or(NotAnAddress)?;
        via = Via { client: ClientAddr(ip), is_tls: hop.is_tls };
        if !is_trusted(ip) {
            break;
        }
    }
    Ok(via)
}

/// All entries of a comma-separated header, over several lines, in order. They are bytes: a line that is no text is not
/// passed over, since a caller's own entry may stand in one line with the proxy's.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let entries = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    // RFC 9110, section 5.6.1.2: empty elements do not count.
    entries.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty())
}

/// Proxies say `wss` of a WebSocket's upgrade.
fn is_tls(scheme: &[u8]) -> Option<bool> {
    let is_one_of = |names: [&str; 2]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name.as_bytes()));
    if is_one_of(["https", "wss"]) { Some(true) } else { is_one_of(["http", "ws"]).then_some(false) }
}

/// The address in a node name (RFC 7239, section 6): an address, perhaps with a port, IPv6 perhaps in brackets.
fn address(node: &[u8]) -> Option<IpAddr> {
    let node = std::str::from_utf8(node).ok()?;
    let bare = || node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node).parse();
    let address = node.parse::<SocketAddr>().map(|addr| addr.ip()).or_else(|_| bare());
    address.ok().map(|ip| ip.to_canonical())
}

/// The elements of one line of `Forwarded`. A line that breaks the syntax is one element without an address: in a quoted
/// text a caller could else hide an element instead of the one that the proxy adds.
fn elements(line: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut rest = line;
    loop {
        match element(rest) {
            Some((hop, after)) => {
                hops.extend(hop);
                match after.split_first() {
                    Some((_, after)) => rest = after,
                    None => return hops,
                }
            }
            None => return vec![Hop { ip: None, is_tls: None }],
        }
    }
}

/// One element, and the rest from its comma on; no hop if it is empty.
fn element(mut rest: &[u8]) -> Option<(Option<Hop>, &[u8])> {
    let mut hop = None;
    loop {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| b"=;,".contains(byte)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after;
        if let Some((b'=', after)) = rest.split_first() {
            let (value, after) = value(after)?;
            rest = after.trim_ascii_start();
            let hop = hop.get_or_insert(Hop { ip: None, is_tls: None });
            if name.eq_ignore_ascii_case(b"for") {
                hop.ip = address(&value);
            } else if name.eq_ignore_ascii_case(b"proto") {
                hop.is_tls = is_tls(&value);
            }
        } else if !name.is_empty() {
            return None;
        }
        match rest.first() {
            None | Some(b',') => return Some((hop, rest)),
            Some(b';') => rest = &rest[1..],
            Some(_) => return None,
        }
    }
}

/// A token or a quoted text (RFC 9110, section 5.6.4), and the rest after it.
fn value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some((b'"', mut rest)) = text.split_first() else {
        let is_end = |byte: &u8| b";,\"\\".contains(byte) || byte.is_ascii_whitespace();
        let end = text.iter().position(is_end).unwrap_or(text.len());
        return Some((text[..end].to_vec(), &text[end..]));
    };
    let mut value = Vec::new();
    loop {
        match rest {
            [b'"', after @ ..] => return Some((value, after)),
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn found(
        header: &str,
        peer: &str,
        lines: &[(&str, &[u8])],
    ) -> Result<(String, Option<bool>), NotAnAddress> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
        }
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let via = via(PeerAddr(peer.parse().unwrap()), &headers, &trusted, &header.parse().unwrap())?;
        Ok((via.client.0.to_string(), via.is_tls))
    }

    /// By a proxy on this machine that writes one line.
    fn by(header: &str, line: &[u8]) -> Option<(String, Option<bool>)> {
        found(header, "127.0.0.1:5", &[(header, line)]).ok()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        let lines: [(&str, &[u8]); 2] =
            [("x-forwarded-for", b"1.1.1.1"), ("forwarded", b"for=2.2.2.2;proto=https")];
        for header in ["X-Forwarded-For", "Forwarded"] {
            assert_eq!(found(header, "203.0.113.9:5", &lines), Ok(("203.0.113.9".into(), None)));
        }
    }

    #[test]
    fn a_header_that_the_proxy_does_not_write_is_not_read() {
        let own: [(&str, &[u8]); 4] = [
            ("forwarded", b"for=127.0.0.1;proto=http"),
            ("x-real-ip", b"127.0.0.1"),
            ("x-forwarded-for", b"203.0.113.9"),
            ("x-forwarded-proto", b"https"),
        ];
        assert_eq!(found("X-Forwarded-For", "127.0.0.1:5", &own), Ok(("203.0.113.9".into(), Some(true))));
        let own: [(&str, &[u8]); 3] = [
            ("x-forwarded-for", b"127.0.0.1"),
            ("x-forwarded-proto", b"http"),
            ("forwarded", b"for=203.0.113.9;proto=https"),
        ];
        assert_eq!(found("Forwarded", "127.0.0.1:5", &own), Ok(("203.0.113.9".into(), Some(true))));
        let other: [(&str, &[u8]); 2] =
            [("x-forwarded-for", b"127.0.0.1"), ("cf-connecting-ip", b"203.0.113.9")];
        assert_eq!(found("CF-Connecting-IP", "127.0.0.1:5", &other), Ok(("203.0.113.9".into(), None)));
    }

    #[test]
    fn the_caller_is_the_first_untrusted_address_from_the_right() {
        let of = |line: &[u8]| by("X-Forwarded-For", line).unwrap().0;
        assert_eq!(of(b"6.6.6.6, 198.51.100.7, 10.0.0.3"), "198.51.100.7");
        assert_eq!(
            of(b"unknown, 198.51.100.7:4711, ,10.0.0.3,"),
            "198.51.100.7",
            "what is further is not read"
        );
        assert_eq!(of(b"\xff, 198.51.100.7"), "198.51.100.7");
        assert_eq!(of(b"10.0.0.4, 10.0.0.3"), "10.0.0.4");
        assert_eq!(of(b"[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(of(b"::ffff:9.9.9.9"), "9.9.9.9", "a mapped address is its IPv4 address");
        assert_eq!(found("X-Forwarded-For", "[::ffff:127.0.0.1]:5", &[]), Ok(("127.0.0.1".into(), None)));
    }

    #[test]
    fn an_entry_that_is_no_address_is_an_error() {
        for line in [b"1.1.1.1, what, 10.0.0.1".as_slice(), b"unknown", b"1.1.1.1, \xff", b"1.1.1", b"[::1"] {
            assert_eq!(by("X-Forwarded-For", line), None, "{line:?}");
        }
        for line in
            [b"for=1.1.1.1, for=_hidden".as_slice(), b"for=unknown", b"proto=https", b"for=", b"1.1.1.1"]
        {
            assert_eq!(by("Forwarded", line), None, "{line:?}");
        }
    }

    #[test]
    fn forwarded_is_read_with_its_quotes_and_has_the_scheme_of_the_callers_own_element() {
        let two =
            br#"for=6.6.6.6;proto=http, For="[2001:db8::1]:4711" ; Proto="https", for=10.1.1.1;proto=http"#;
        assert_eq!(by("Forwarded", two), Some(("2001:db8::1".into(), Some(true))));
        let lines: [(&str, &[u8]); 2] = [
            ("forwarded", b"for=6.6.6.6"),
            ("forwarded", b",by=x;host=\"a\\\",b;for=7.7.7.7\";for=1.2.3.4,"),
        ];
        assert_eq!(found("Forwarded", "127.0.0.1:5", &lines), Ok(("1.2.3.4".into(), None)));
    }

    #[test]
    fn a_quote_hides_nothing_that_the_proxy_adds() {
        for line in [
            b"for=127.0.0.1;x=\", for=1.2.3.4".as_slice(),
            b"for=127.0.0.1;x=\", for=\"[2001:db8::1]\"",
            b"for=127.0.0.1;x=\", for=1.2.3.4;host=\"h\"",
            b"for=127.0.0.1;x=\"\\, for=1.2.3.4",
        ] {
            assert_eq!(by("Forwarded", line), None, "{line:?}");
        }
    }

    #[test]
    fn the_first_scheme_of_a_list_counts_and_that_of_a_socket_is_the_same() {
        for (proto, expected) in [
            ("https", Some(true)),
            ("WSS", Some(true)),
            ("https, http", Some(true)),
            ("http,https", Some(false)),
            ("ws", Some(false)),
            ("gopher", None),
            ("", None),
        ] {
            let lines: [(&str, &[u8]); 2] =
                [("x-forwarded-for", b"9.9.9.9"), ("x-forwarded-proto", proto.as_bytes())];
            assert_eq!(found("X-Forwarded-For", "127.0.0.1:5", &lines).unwrap().1, expected, "{proto}");
        }
    }
}
