//! Whether the ports of the settings are free, and which program has a taken one.
//!
//! A port is bound for a moment and never listened on. The holder of a taken one is asked on this machine alone; two
//! facts together show that it is a callbox of this data folder: the folder's lock, and an answer such as callbox
//! gives.

use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use super::{Finding, probe};
use crate::config::Config;
use crate::tls::TlsMode;

/// A port of the settings.
struct Port {
    check: &'static str,
    setting: &'static str,
    addr: SocketAddr,
    is_udp: bool,
}

/// The result of binding it.
#[derive(Debug, PartialEq, Eq)]
enum Bound {
    Free,
    Taken,
    /// For root alone.
    Denied,
    /// The address is no address of this machine.
    Foreign,
    Failed(String),
}

/// The ports of pages, of plain HTTP and of the relay, as far as the settings want them.
pub(super) fn check(config: &Config, is_in_use: Option<bool>) -> Vec<Finding> {
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
            look(&port, &probe::answers_stun)
        }
        None => Finding::ok("relay port", "The settings ask for no relay."),
    });
    // The page's port was looked at above.
    let relay_tcp = config.relay.listen.filter(|addr| addr.port() != config.site.listen.port());
    all.extend(relay_tcp.map(|addr| {
        let port = Port { check: "relay port (TCP)", setting: "relay_listen", addr, is_udp: false };
        look(&port, &|addr| probe::answers_stun_over_tcp(addr, false))
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

fn reason(bound: io::Result<()>) -> Bound {
    match bound {
        Ok(()) => Bound::Free,
        Err(error) => match error.kind() {
            ErrorKind::AddrInUse => Bound::Taken,
            ErrorKind::PermissionDenied => Bound::Denied,
            ErrorKind::AddrNotAvailable => Bound::Foreign,
            _ => Bound::Failed(error.to_string()),
        },
    }
}

fn decide(port: &Port, bound: &Bound, is_callbox: bool, is_in_use: Option<bool>) -> Finding {
    let Port { check, setting, addr, is_udp } = *port;
    let protocol = if is_udp { "UDP" } else { "TCP" };
    let at = format!("{addr} ({protocol}, `{setting}`)");
    let elsewhere = format!("choose another address by --set {setting}=ADDR:PORT");
    match (bound, is_callbox, is_in_use) {
        (Bound::Free, ..) if addr.port() == 0 => Finding::ok(check, format!("{at} means any free port.")),
        (Bound::Free, _, Some(true)) => Finding::warn(
            check,
            format!("{at} is free, though a callbox runs on this data folder: it has other settings."),
            "Give the settings of that server to doctor (--config FILE), or restart the server to give it these.",
        ),
        (Bound::Free, ..) => Finding::ok(check, format!("{at} is free.")),
        (Bound::Taken, true, Some(true)) => {
            Finding::ok(check, format!("{at} is taken by the callbox that runs on this data folder."))
        }
        (Bound::Taken, true, Some(false)) => Finding::fail(
            check,
            format!("{at} is taken by a callbox with another data folder."),
            format!("Stop that one, give its --data-dir to doctor, or {elsewhere}."),
        ),
        (Bound::Taken, true, None) => Finding::warn(
            check,
            format!("{at} is taken by a callbox; whether it runs on this data folder is not known."),
            "Run doctor as the user that the server runs as.",
        ),
        (Bound::Taken, false, _) => {
            let letter = if is_udp { 'u' } else { 't' };
            let number = addr.port();
            Finding::fail(
                check,
                format!("{at} is taken, and no callbox answers there."),
                format!(
                    "`ss -{letter}lnp 'sport = :{number}'` shows by whom: stop that program, or {elsewhere}."
                ),
            )
        }
        (Bound::Denied, ..) => Finding::fail(
            check,
            format!("{at} may not be used by this user."),
            format!(
                "Grant CAP_NET_BIND_SERVICE, as deploy/callbox.service does, \
                 `sysctl net.ipv4.ip_unprivileged_port_start={}`, or {elsewhere}.",
                addr.port()
            ),
        ),
        (Bound::Foreign, ..) => Finding::fail(
            check,
            format!("{at} is no address of this machine."),
            format!(
                "`ip address` shows those that are; {elsewhere}, for all of them 0.0.0.0:{}.",
                addr.port()
            ),
        ),
        (Bound::Failed(error), ..) => {
            Finding::fail(check, format!("{at} cannot be used: {error}."), format!("Try to {elsewhere}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn port(addr: SocketAddr, is_udp: bool) -> Port {
        Port { check: "port", setting: "listen", addr, is_udp }
    }

    #[test]
    fn what_came_of_binding_is_told_with_its_fix() {
        use State::{Fail, Ok, Warn};
        let at = port("0.0.0.0:443".parse().unwrap(), false);
        for (bound, is_callbox, is_in_use, state, words) in [
            (Bound::Free, false, Some(false), Ok, "is free"),
            (Bound::Free, false, None, Ok, "is free"),
            (Bound::Free, false, Some(true), Warn, "--config"),
            (Bound::Taken, true, Some(true), Ok, "runs on this data folder"),
            (Bound::Taken, true, Some(false), Fail, "another data folder"),
            (Bound::Taken, true, None, Warn, "Run doctor as the user"),
            (Bound::Taken, false, Some(true), Fail, "ss -tlnp 'sport = :443'"),
            (Bound::Denied, false, None, Fail, "CAP_NET_BIND_SERVICE"),
            (Bound::Foreign, false, None, Fail, "ip address"),
            (Bound::Failed("no".to_owned()), false, None, Fail, "--set listen="),
        ] {
            let finding = decide(&at, &bound, is_callbox, is_in_use);
            let text = format!("{} {}", finding.found, finding.fix.as_deref().unwrap_or_default());
            assert!(finding.state == state && text.contains(words), "{bound:?}: {finding:?}");
        }
        let any = port("127.0.0.1:0".parse().unwrap(), false);
        assert_eq!(decide(&any, &Bound::Free, false, Some(true)).state, Ok);
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
