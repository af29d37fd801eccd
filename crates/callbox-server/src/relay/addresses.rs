//! Which addresses are ours, and by which others reach us.
//!
//! Behind a NAT nobody here can know the latter: then `external_ip` must say it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// All addresses of this machine's interfaces.
pub(crate) fn own() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(all) => all.into_iter().map(|one| one.ip()).collect(),
        Err(error) => {
            tracing::warn!(%error, "the addresses of this machine could not be read");
            Vec::new()
        }
    }
}

/// The addresses by which peers reach our relay sockets: those of the settings, else the one that is listened on, else
/// those from which this machine would reach the internet.
pub(crate) fn external(listen: IpAddr, settings: &[IpAddr]) -> Vec<IpAddr> {
    if !settings.is_empty() {
        return settings.to_vec();
    }
    if !listen.is_unspecified() {
        return vec![listen];
    }
    let v4 = source(([0, 0, 0, 0], 0).into(), (Ipv4Addr::new(192, 0, 2, 1), 9).into());
    let v6 = source(([0_u16; 8], 0).into(), (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into());
    let found: Vec<IpAddr> = [v4, v6.filter(|_| listen.is_ipv6())].into_iter().flatten().collect();
    if let Some(ip) = found.iter().find(|ip| !callbox_turn::peers::is_global(**ip)) {
        tracing::warn!(
            %ip,
            "the relay's address is private: people outside this network cannot use it unless `external_ip` names a public one"
        );
    }
    found
}

/// Where a packet to there would come from. Connecting sends nothing.
fn source(from: SocketAddr, to: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_says_comes_first_and_then_what_is_listened_on() {
        let said: IpAddr = "203.0.113.5".parse().unwrap();
        let listen: IpAddr = "10.0.0.5".parse().unwrap();
        assert_eq!(external(listen, &[said]), [said]);
        assert_eq!(external(listen, &[]), [listen]);
    }

    #[test]
    fn this_machine_has_its_loopback() {
        assert!(own().contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
}
