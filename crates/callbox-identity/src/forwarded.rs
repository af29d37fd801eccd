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
mod tests;
