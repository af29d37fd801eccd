//! Whether the ports of the settings are free, and which program has a taken one.
//!
//! Two facts together show that the holder is a callbox of this data folder: the folder's lock, and an answer such as
//! callbox gives.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use super::{Finding, State};

/// A port of the settings.
pub struct Port {
    /// The subject.
    pub check: &'static str,
    /// The setting that names it.
    pub setting: &'static str,
    /// The address and the port.
    pub addr: SocketAddr,
    /// UDP, or else TCP.
    pub is_udp: bool,
}

/// The result of binding it.
#[derive(Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nobody has it.
    Free,
    /// A program has it.
    Taken,
    /// For root alone.
    Denied,
    /// The address is no address of this machine.
    Foreign,
    /// For another reason.
    Failed(String),
}

/// What came of binding it.
pub fn reason(bound: io::Result<()>) -> Bound {
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

/// The same of the relay's port of TCP, which the server does without.
pub fn dispensable(finding: Finding) -> Finding {
    if finding.state != State::Fail {
        return finding;
    }
    let found = format!("{} The server starts, and browsers get the relay's other ways.", finding.found);
    Finding { state: State::Warn, found, ..finding }
}

/// How the port is; `is_callbox` says that a callbox answers there, `is_in_use` that one runs on the data folder.
pub fn decide(port: &Port, bound: &Bound, is_callbox: bool, is_in_use: Option<bool>) -> Finding {
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
        let lacking = dispensable(decide(&at, &Bound::Taken, false, Some(false)));
        assert!(lacking.state == Warn && lacking.found.contains("other ways"), "{lacking:?}");
        assert_eq!(dispensable(decide(&at, &Bound::Free, false, Some(false))).state, Ok);
        let any = port("127.0.0.1:0".parse().unwrap(), false);
        assert_eq!(decide(&any, &Bound::Free, false, Some(true)).state, Ok);
    }
}
