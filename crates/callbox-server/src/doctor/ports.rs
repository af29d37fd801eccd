//! Whether the ports of the settings are free, and which program has a taken one.
//!
//! A port is bound for a moment and never listened on. The holder of a taken one is asked on this machine alone; two
//! facts together show that it is a callbox of this data folder: the folder's lock, and an answer such as callbox
//! gives.

use callbox_settings::doctor::ports::{Bound, Port, decide, dispensable, reason};
use socket2::{Domain, Socket, Type};
use std::net::SocketAddr;

use super::{Finding, probe};
use crate::config::Config;
use crate::randomness::Randomness;
use callbox_settings::listen::TlsMode;

/// The ports of pages, of plain HTTP, of the relay and of figures, as far as the settings want them.
pub(super) fn check(config: &Config, is_in_use: Option<bool>, randomness: &Randomness) -> Vec<Finding> {
    let is_tls = config.site.is_tls;
    let look = |port: &Port, answers: &dyn Fn(SocketAddr) -> bool| {
        let bound = bind(port);
        let is_ours = bound == Bound::Taken && answers(probe::nearest(port.addr));
        decide(port, &bound, is_ours, is_in_use)
    };
    let listen = Port { check: "port", setting: "listen", addr: config.site.listen, is_udp: false };
    let is_acme = config.tls.mode == TlsMode::Acme;
    let answers = |addr| probe::is_healthy(addr, is_tls) || is_acme && probe::lacks_a_certificate(addr);
    let mut all = vec![look(&listen, &answers)];
    all.push(match config.plain_listen.filter(|_| is_tls) {
        Some(addr) => {
            let port = Port { check: "plain port", setting: "plain_listen", addr, is_udp: false };
            look(&port, &probe::sends_over)
        }
        None => Finding::ok("plain port", "The settings ask for none."),
    });
    all.push(match config.relay.listen {
        Some(addr) => {
            let port = Port { check: "relay port", setting: "relay_listen", addr, is_udp: true };
            look(&port, &|addr| probe::answers_stun(addr, randomness.bytes()))
        }
        None => Finding::ok("relay port", "The settings ask for no relay."),
    });
    // The page's port was looked at above.
    let relay_tcp = config.relay.listen.filter(|addr| addr.port() != config.site.listen.port());
    all.extend(config.metrics.listen.map(|addr| {
        let port = Port { check: "metrics port", setting: "metrics_listen", addr, is_udp: false };
        look(&port, &probe::gives_figures)
    }));
    all.extend(relay_tcp.map(|addr| {
        let port = Port { check: "relay port (TCP)", setting: "relay_listen", addr, is_udp: false };
        dispensable(look(&port, &|addr| probe::answers_stun_over_tcp(addr, false, randomness.bytes())))
    }));
    all
}

/// Whether this UDP port is nobody's.
pub(super) fn is_free(addr: SocketAddr) -> bool {
    bind(&Port { check: "", setting: "", addr, is_udp: true }) == Bound::Free
}

fn bind(port: &Port) -> Bound {
    let kind = if port.is_udp { Type::DGRAM } else { Type::STREAM };
    let bound = Socket::new(Domain::for_address(port.addr), kind, None).and_then(|socket| {
        // As the server does: connections that are being forgotten take no port. For UDP it would share the port.
        socket.set_reuse_address(!port.is_udp)?;
        socket.bind(&port.addr.into())
    });
    reason(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    fn port(addr: SocketAddr, is_udp: bool) -> Port {
        Port { check: "port", setting: "listen", addr, is_udp }
    }

    #[test]
    fn a_port_is_told_free_taken_or_foreign() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for (addr, is_udp) in [(tcp.local_addr().unwrap(), false), (udp.local_addr().unwrap(), true)] {
            assert_eq!(bind(&port(addr, is_udp)), Bound::Taken);
        }
        assert_eq!(bind(&port("127.0.0.1:0".parse().unwrap(), true)), Bound::Free);
        assert_eq!(bind(&port("192.0.2.1:0".parse().unwrap(), false)), Bound::Foreign);
        assert_eq!(reason(Err(ErrorKind::PermissionDenied.into())), Bound::Denied);
        assert!(matches!(reason(Err(ErrorKind::Unsupported.into())), Bound::Failed(_)));
    }
}
