//! UDP sockets as the relay needs them: shared by threads, with room for a burst, never waiting.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// All clients share one: the default of 208 KiB lost up to 4.5 % of 250 calls. The system may grant less
/// (`net.core.rmem_max`).
const LISTENER_BYTES: usize = 4 * 1_024 * 1_024;
/// One side of one call, half a second of its share; thousands of these must not fill the machine's memory.
const ALLOCATION_BYTES: usize = 512 * 1_024;

/// So many sockets on one address, between which the system spreads clients.
pub(crate) fn listen(addr: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let first = bind(addr, true)?;
    let addr = first.local_addr()?;
    let others = (1..count).map(|_| bind(addr, true));
    std::iter::once(Ok(first)).chain(others).collect()
}

/// A socket of an allocation, on the address that is listened on.
pub(crate) fn open(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    bind(SocketAddr::new(ip, port), false)
}

fn bind(addr: SocketAddr, is_shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_port(is_shared)?;
    if addr.is_ipv6() {
        // A socket on [::] listens on both; a relayed address has its own family alone.
        socket.set_only_v6(!is_shared)?;
    }
    let bytes = if is_shared { LISTENER_BYTES } else { ALLOCATION_BYTES };
    socket.set_recv_buffer_size(bytes)?;
    socket.set_send_buffer_size(bytes)?;
    socket.bind(&addr.into())?;
    Ok(socket.into())
}

/// Datagrams that found no room in a buffer, of all sockets in this network namespace since it began.
pub(crate) fn rcvbuf_errors() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    of_snmp(&read("/proc/net/snmp")) + of_snmp6(&read("/proc/net/snmp6"))
}

/// A line of names, and a line of figures.
fn of_snmp(text: &str) -> u64 {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (Some(names), Some(figures)) = (lines.next(), lines.next()) else { return 0 };
    let place = names.split(' ').position(|name| name == "RcvbufErrors");
    place.and_then(|place| figures.split(' ').nth(place)?.parse().ok()).unwrap_or(0)
}

fn of_snmp6(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix("Udp6RcvbufErrors"));
    line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_are_found_by_their_names() {
        let text = "Tcp: A B\nTcp: 1 2\nUdp: InDatagrams NoPorts RcvbufErrors\nUdp: 10 20 30\nUdpLite: X\nUdpLite: 1\n";
        assert_eq!((of_snmp(text), of_snmp("")), (30, 0));
        assert_eq!((of_snmp6("Udp6InErrors    \t5\nUdp6RcvbufErrors \t7\n"), of_snmp6("")), (7, 0));
    }

    #[test]
    fn many_may_listen_on_one_address_and_nobody_else_besides() {
        let all = listen("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        let addr = all[0].local_addr().unwrap();
        assert!(all.iter().all(|one| one.local_addr().unwrap() == addr));
        assert!(open(addr.ip(), addr.port()).is_err());
    }
}
