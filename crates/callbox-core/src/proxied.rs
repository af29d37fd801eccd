//! The PROXY protocol, versions 1 and 2: before a connection's own bytes a proxy writes whose connection it is.
//!
//! Pure. To be asked for trusted proxies alone: what a stranger writes there is a claim. A header is read exactly to its
//! end, since the bytes behind it belong to the connection. By the specification of `HAProxy` (`proxy-protocol.txt`, 2.2 and
//! 2.1). Bound: [`HEADER_BYTES_MAX`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// Of version 2, whose header may have further entries behind the addresses; proxies write a few hundred bytes.
pub const HEADER_BYTES_MAX: usize = 1_024;

/// Section 2.1: the longest line, with its end.
const LINE_BYTES_MAX: usize = 107;
/// The shortest: `PROXY UNKNOWN`, and its end.
const LINE_BYTES_MIN: usize = 15;
const LINE_PREFIX: &[u8] = b"PROXY ";
/// Section 2.2.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, version and command, family and transport, and the length of the rest.
const FIXED_BYTES: usize = 16;
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// The findings in a connection's first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// So many bytes more are needed, and no header ends before them.
    More(usize),
    /// They are a whole header. The client's address, or none if the proxy names none: it asks for itself then.
    Header(Option<SocketAddr>),
    /// There is no header: they are the connection's own.
    Own,
}

/// Bytes that begin as a header and are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a header of the PROXY protocol cannot be read")]
pub struct Unreadable;

/// Whether a header may begin with this byte.
pub fn may_begin(first: u8) -> bool {
    first == LINE_PREFIX[0] || first == SIGNATURE[0]
}

/// Reads a connection's first bytes: at first none, then as many more as are asked for.
pub fn read(bytes: &[u8]) -> Result<Beginning, Unreadable> {
    match bytes.first() {
        None => Ok(Beginning::More(1)),
        Some(first) if *first == SIGNATURE[0] => read_binary(bytes),
        Some(_) => read_line(bytes),
    }
}

fn read_line(bytes: &[u8]) -> Result<Beginning, Unreadable> {
    if !bytes.iter().zip(LINE_PREFIX).all(|(byte, expected)| byte == expected) {
        return Ok(Beginning::Own);
    }
    let Some(line) = bytes.strip_suffix(b"\r\n") else {
        let at_least = if bytes.last() == Some(&b'\r') { 1 } else { 2 };
        let more = match bytes.len() {
            // A request of HTTP may have no more bytes than a prefix that is none of ours.
            length if length < LINE_PREFIX.len() => LINE_PREFIX.len() - length,
            length => LINE_BYTES_MIN.saturating_sub(length).max(at_least),
        };
        return if bytes.len() + more > LINE_BYTES_MAX { Err(Unreadable) } else { Ok(Beginning::More(more)) };
    };
    let line = std::str::from_utf8(line).map_err(|_| Unreadable)?;
    let mut words = line.split(' ').skip(1);
    let mut next = || words.next().ok_or(Unreadable);
    let is_v4 = match next()? {
        "TCP4" => true,
        "TCP6" => false,
        // Whatever stands behind it is not to be read.
        "UNKNOWN" => return Ok(Beginning::Header(None)),
        _ => return Err(Unreadable),
    };
    let (source, destination) = (next()?, next()?);
    let (source_port, destination_port) = (next()?, next()?);
    let ip = |text: &str| text.parse::<IpAddr>().ok().filter(|ip| ip.is_ipv4() == is_v4).ok_or(Unreadable);
    let port = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_number).ok_or(Unreadable)
    };
    ip(destination)?;
    port(destination_port)?;
    if words.next().is_some() {
        return Err(Unreadable);
    }
    Ok(Beginning::Header(Some(canonical(ip(source)?, port(source_port)?))))
}

fn read_binary(bytes: &[u8]) -> Result<Beginning, Unreadable> {
    if !bytes.iter().zip(SIGNATURE).all(|(byte, expected)| byte == expected) {
        return Ok(Beginning::Own);
    }
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED_BYTES>() else {
        return Ok(Beginning::More(FIXED_BYTES - bytes.len()));
    };
    let [.., command, kind, high, low] = *fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if FIXED_BYTES + length > HEADER_BYTES_MAX || rest.len() > length {
        return Err(Unreadable);
    }
    if rest.len() < length {
        return Ok(Beginning::More(length - rest.len()));
    }
    match (command, kind) {
        (PROXY, TCP_OVER_IPV4) => {
            let [a, b, c, d, _, _, _, _, high, low, _, _] = *rest.first_chunk::<12>().ok_or(Unreadable)?;
            let port = u16::from_be_bytes([high, low]);
            Ok(Beginning::Header(Some(canonical(Ipv4Addr::new(a, b, c, d).into(), port))))
        }
        (PROXY, TCP_OVER_IPV6) => {
            let addresses = rest.first_chunk::<36>().ok_or(Unreadable)?;
            let source = Ipv6Addr::from(*addresses.first_chunk::<16>().expect("shorter"));
            let port = u16::from_be_bytes([addresses[32], addresses[33]]);
            Ok(Beginning::Header(Some(canonical(source.into(), port))))
        }
        // The proxy's own connection, such as one that looks whether we are there; a socket of its machine; or a kind that
        // no client of ours comes by.
        (LOCAL | PROXY, _) => Ok(Beginning::Header(None)),
        _ => Err(Unreadable),
    }
}

fn canonical(ip: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(ip.to_canonical(), port)
}

#[cfg(test)]
mod tests;
