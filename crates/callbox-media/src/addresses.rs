//! The addresses that are ours, by which others reach us, and by which a relay socket is bound.
//!
//! Behind a NAT nobody here can know the second: then `external_ip` must say it. Reads the state of one moment;
//! `follow.rs` says when to read anew.

use callbox_turn::Family;
use if_addrs::{IfAddr, Ifv4Addr};
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The state when it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Of this machine's interfaces.
    pub own: Vec<IpAddr>,
    /// The broadcast addresses of their networks: a packet to one reaches everybody in it.
    broadcasts: Vec<IpAddr>,
    /// Those by which peers reach our relay sockets.
    pub externals: Vec<IpAddr>,
}

impl Addresses {
    /// For a relay that listens there, with these `external_ip`.
    pub(crate) fn read(listen: IpAddr, settings: &[IpAddr]) -> io::Result<Self> {
        let interfaces = if_addrs::get_if_addrs()?;
        let mut own: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
        let mut broadcasts: Vec<IpAddr> = interfaces
            .iter()
            .filter_map(|one| if let IfAddr::V4(one) = &one.addr { Some(of_network(one)) } else { None })
            .flatten()
            .collect();
        for list in [&mut own, &mut broadcasts] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(Self { own, broadcasts, externals: external(listen, settings) })
    }

    /// For a relay that listens there, with these `external_ip`; if the system lists no addresses, there are the
    /// externals alone.
    pub fn find(listen: IpAddr, settings: &[IpAddr]) -> Self {
        Self::read(listen, settings).unwrap_or_else(|error| {
            tracing::warn!(%error, "the addresses of this machine could not be read");
            Self { externals: external(listen, settings), ..Self::default() }
        })
    }

    /// Those of the externals at which a relay that listens there can be asked. Of one behind a NAT we believe it.
    pub fn told(&self, listen: IpAddr) -> Vec<IpAddr> {
        let is_asked = |ip: &IpAddr| match listen {
            // Both families come to it.
            IpAddr::V6(listen) if listen.is_unspecified() => true,
            listen if listen.is_unspecified() => ip.is_ipv4(),
            listen => listen == *ip || listen.is_ipv4() == ip.is_ipv4() && !self.is_own(*ip),
        };
        self.externals.iter().copied().filter(is_asked).collect()
    }

    /// The one of a family that relayed addresses have.
    pub(crate) fn external(&self, family: Family) -> Option<IpAddr> {
        self.externals.iter().copied().find(|ip| Family::of(*ip) == family)
    }

    /// The same of both.
    pub(crate) fn externals_by_family(&self) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
        let v4 = self.externals.iter().find_map(|ip| if let IpAddr::V4(ip) = ip { Some(*ip) } else { None });
        let v6 = self.externals.iter().find_map(|ip| if let IpAddr::V6(ip) = ip { Some(*ip) } else { None });
        (v4, v6)
    }

    /// The addresses that no peer may have: our own, and the broadcasts around us.
    pub(crate) fn closed(&self) -> BTreeSet<IpAddr> {
        self.own.iter().chain(&self.broadcasts).chain(&self.externals).copied().collect()
    }

    /// The address to which a relay socket is bound, for a client that asked `asked` of a relay that listens there.
    ///
    /// Its packets must come from the address that peers were sent, or their NATs drop them. Behind a NAT that is the
    /// address behind the outer one, and the client came by it too. If several outer ones are named nobody knows
    /// which maps to which, and the system chooses. An address of loopback tells nothing: a proxy on this machine came by it.
    pub(crate) fn to_bind(&self, family: Family, listen: IpAddr, asked: IpAddr) -> IpAddr {
        let is_usable = |ip: &IpAddr| Family::of(*ip) == family && !ip.is_unspecified();
        let external = self.external(family).filter(|ip| self.is_own(*ip));
        let is_only = self.externals.iter().filter(|ip| Family::of(**ip) == family).count() == 1;
        let asked = Some(asked).filter(|ip| is_only && !ip.is_loopback());
        let unspecified = match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        external.or(Some(listen).filter(is_usable)).or(asked.filter(is_usable)).unwrap_or(unspecified)
    }

    /// All of 127.0.0.0/8 is ours, and the interface names one.
    fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.own.contains(&ip)
    }
}

/// A network's broadcast addresses: the last of it, its first (the old form), and the interface's own.
fn of_network(one: &Ifv4Addr) -> impl Iterator<Item = IpAddr> + use<> {
    let (ip, mask) = (one.ip.to_bits(), one.netmask.to_bits());
    let is_network = one.prefixlen < 31;
    let edges = [ip | !mask, ip & mask].map(Ipv4Addr::from_bits).into_iter().filter(move |_| is_network);
    one.broadcast.into_iter().chain(edges).map(IpAddr::V4)
}

/// The addresses by which peers reach our relay sockets: those of the settings, else the one that is listened on, else
/// those from which this machine would reach the internet.
fn external(listen: IpAddr, settings: &[IpAddr]) -> Vec<IpAddr> {
    if !settings.is_empty() {
        return settings.to_vec();
    }
    if !listen.is_unspecified() {
        return vec![listen];
    }
    let v4 = source(([0, 0, 0, 0], 0).into(), (Ipv4Addr::new(192, 0, 2, 1), 9).into());
    let v6 = source(([0_u16; 8], 0).into(), (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into());
    [v4, v6.filter(|_| listen.is_ipv6())].into_iter().flatten().collect()
}

/// The source address of a packet to there. Connecting sends nothing.
fn source(from: SocketAddr, to: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests;
