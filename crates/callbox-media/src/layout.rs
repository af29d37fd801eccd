//! Addresses and control messages as the system lays them out for `recvmmsg` and `sendmmsg`.
//!
//! Bytes alone, read and written by hand; the calls that they are for are in `batch.rs`. A control message says which of
//! our addresses a datagram came to or leaves from (`IP_PKTINFO`, `IPV6_PKTINFO`), or into which sizes the system cuts it
//! (`UDP_SEGMENT`). Bound: [`CONTROL_BYTES`], which holds one of each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// An IPv4 or IPv6 address (`sockaddr_in`, `sockaddr_in6`).
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Name(pub(crate) [u8; NAME_BYTES]);

pub(crate) const NAME_BYTES: usize = size_of::<libc::sockaddr_in6>();
const NAME_V4_BYTES: usize = size_of::<libc::sockaddr_in>();

impl Name {
    pub(crate) fn read(&self) -> Option<SocketAddr> {
        let bytes = &self.0;
        let port = u16::from_be_bytes([bytes[2], bytes[3]]);
        match libc::c_int::from(u16::from_ne_bytes([bytes[0], bytes[1]])) {
            libc::AF_INET => {
                let ip = Ipv4Addr::from(*bytes[4..].first_chunk::<4>()?);
                Some(SocketAddr::new(ip.into(), port))
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(*bytes[8..].first_chunk::<16>()?);
                let scope = u32::from_ne_bytes(*bytes[24..].first_chunk()?);
                Some(SocketAddrV6::new(ip, port, 0, scope).into())
            }
            _ => None,
        }
    }

    /// How many bytes it takes.
    pub(crate) fn write(&mut self, addr: SocketAddr) -> usize {
        let bytes = &mut self.0;
        bytes.fill(0);
        let (family, length) = match addr {
            SocketAddr::V4(_) => (libc::AF_INET, NAME_V4_BYTES),
            SocketAddr::V6(_) => (libc::AF_INET6, NAME_BYTES),
        };
        bytes[..2].copy_from_slice(&libc::sa_family_t::try_from(family).expect("small").to_ne_bytes());
        bytes[2..4].copy_from_slice(&addr.port().to_be_bytes());
        match addr.ip() {
            IpAddr::V4(ip) => bytes[4..8].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => bytes[8..24].copy_from_slice(&ip.octets()),
        }
        if let SocketAddr::V6(addr) = addr {
            bytes[24..28].copy_from_slice(&addr.scope_id().to_ne_bytes());
        }
        length
    }
}

/// Room for the control messages of one message.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Control(pub(crate) [u8; CONTROL_BYTES]);

/// The larger address message takes 40 bytes, a size 24.
pub(crate) const CONTROL_BYTES: usize = 64;
/// Of [`Control::cut`].
pub(crate) const CUT_BYTES: usize = (HEADER_BYTES + size_of::<u16>()).next_multiple_of(WORD_BYTES);
/// A length, a level and a kind (`cmsghdr`); the next one begins at a whole word.
const HEADER_BYTES: usize = size_of::<usize>() + 2 * size_of::<libc::c_int>();
const WORD_BYTES: usize = size_of::<usize>();

impl Control {
    pub(crate) const EMPTY: Self = Self([0; CONTROL_BYTES]);

    /// The address of ours in the first `used` bytes, as the system wrote them.
    pub(crate) fn local(&self, used: usize) -> Option<IpAddr> {
        let mut rest = self.0.get(..used)?;
        while let Some((header, data)) = rest.split_at_checked(HEADER_BYTES) {
            let (length, kinds) = header.split_at(size_of::<usize>());
            let length = usize::from_ne_bytes(*length.first_chunk()?);
            let level = libc::c_int::from_ne_bytes(*kinds.first_chunk()?);
            let kind = libc::c_int::from_ne_bytes(*kinds.last_chunk()?);
            let data = data.get(..length.checked_sub(HEADER_BYTES)?)?;
            match (level, kind) {
                // An index, the address by which we would answer, and the one in the datagram's header (`in_pktinfo`).
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    return Some(Ipv4Addr::from(*data.get(4..8)?.first_chunk::<4>()?).into());
                }
                // The address and an index (`in6_pktinfo`).
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    return Some(Ipv6Addr::from(*data.first_chunk::<16>()?).to_canonical());
                }
                _ => rest = rest.get(length.next_multiple_of(WORD_BYTES)..)?,
            }
        }
        None
    }

    /// Says that a datagram to `to` leaves from this address of ours; how many bytes that takes.
    ///
    /// `to` has the socket's family, and a socket of IPv6 wants IPv4 addresses in its own form.
    pub(crate) fn leave_from(&mut self, local: IpAddr, to: SocketAddr) -> usize {
        let (mut v4, mut v6) = ([0; 12], [0; 20]);
        match (to, local) {
            (SocketAddr::V4(_), IpAddr::V4(ip)) => {
                v4[4..8].copy_from_slice(&ip.octets());
                self.write(0, libc::IPPROTO_IP, libc::IP_PKTINFO, &v4)
            }
            (SocketAddr::V6(_), IpAddr::V4(ip)) => {
                v6[..16].copy_from_slice(&ip.to_ipv6_mapped().octets());
                self.write(0, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &v6)
            }
            (SocketAddr::V6(_), IpAddr::V6(ip)) => {
                v6[..16].copy_from_slice(&ip.octets());
                self.write(0, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &v6)
            }
            // No such way is there; the system chooses.
            (SocketAddr::V4(_), IpAddr::V6(_)) => 0,
        }
    }

    /// Says behind the first `used` bytes that the message is cut into datagrams of this size; how many bytes are used then.
    pub(crate) fn cut(&mut self, used: usize, size: usize) -> usize {
        let size = u16::try_from(size).expect("at most a message");
        self.write(used, libc::SOL_UDP, libc::UDP_SEGMENT, &size.to_ne_bytes())
    }

    fn write(&mut self, used: usize, level: libc::c_int, kind: libc::c_int, data: &[u8]) -> usize {
        let length = HEADER_BYTES + data.len();
        let end = used + length.next_multiple_of(WORD_BYTES);
        let bytes = &mut self.0[used..end];
        let parts = [&length.to_ne_bytes()[..], &level.to_ne_bytes(), &kind.to_ne_bytes(), data];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_laid_out_as_the_system_does() {
        for text in ["192.0.2.7:65535", "[2001:db8::7]:1", "[fe80::1%3]:9"] {
            let addr: SocketAddr = text.parse().unwrap();
            let mut name = Name([0xff; NAME_BYTES]);
            assert_eq!(name.write(addr), if addr.is_ipv4() { 16 } else { 28 });
            assert_eq!(name.read(), Some(addr));
        }
        assert_eq!(Name([0; NAME_BYTES]).read(), None);
    }

    #[test]
    fn an_address_of_ours_is_read_as_it_is_written_and_a_size_stands_behind_it() {
        let ways = [
            ("192.0.2.1", "192.0.2.7:1"),
            ("192.0.2.1", "[::ffff:192.0.2.7]:1"),
            ("2001:db8::1", "[2001:db8::7]:1"),
        ];
        for (local, to) in ways {
            let local: IpAddr = local.parse().unwrap();
            let mut control = Control::EMPTY;
            let used = control.leave_from(local, to.parse().unwrap());
            assert_eq!(control.local(used), Some(local), "{to}");
            let all = control.cut(used, 1_200);
            assert!(all > used && all <= CONTROL_BYTES && control.local(all) == Some(local), "{to}");
        }
        let mut control = Control::EMPTY;
        let used = control.cut(0, 1_200);
        assert_eq!(
            (control.local(used), control.local(0), control.local(CONTROL_BYTES + 1)),
            (None, None, None)
        );
    }
}
