//! The addresses by which people come: whether browsers see HTTPS, and whether the relay can be reached from outside.
//!
//! An address that is public is believed; a firewall is not seen from one machine.

use callbox_identity::origin::Origin;
use callbox_turn::peers::is_global;
use std::net::{IpAddr, SocketAddr};

use super::Finding;
use crate::listen::TlsMode;

/// Whether browsers see HTTPS: cameras need it on every machine but this one.
pub fn decide_https(listen: SocketAddr, tls: TlsMode, public_url: Option<&Origin>) -> Finding {
    let check = "HTTPS";
    match (tls, public_url.filter(|url| url.is_tls)) {
        (TlsMode::Files, _) => Finding::ok(check, "It is spoken here, with the certificate of the settings."),
        (TlsMode::Acme, _) => Finding::ok(check, "It is spoken here, with a certificate by ACME."),
        (TlsMode::SelfSigned, _) => {
            Finding::ok(check, "It is spoken here, with a certificate that browsers warn of once.")
        }
        (TlsMode::Off, Some(url)) => {
            Finding::ok(check, format!("It is left to the proxy, which people reach as {url}."))
        }
        (TlsMode::Off, None) if listen.ip().is_loopback() => {
            Finding::ok(check, "It is off, and on this machine alone cameras work without it.")
        }
        (TlsMode::Off, None) => Finding::warn(
            check,
            format!("It is off, while {listen} is open to other machines: there browsers refuse the camera."),
            "On the internet: --domain NAME. On a local network: --tls self-signed. Behind a proxy: docs/DEPLOY.md.",
        ),
    }
}

/// Whether the addresses that browsers get for the relay (`told`) lead to it: `set` are the operator's, `own` this
/// machine's.
pub fn decide_public(relay: Option<SocketAddr>, set: &[IpAddr], told: &[IpAddr], own: &[IpAddr]) -> Finding {
    let check = "public address";
    let Some(relay) = relay else {
        return Finding::ok(check, "The settings ask for no relay, so browsers get none.");
    };
    if relay.ip().is_loopback() && set.is_empty() {
        return Finding::ok(check, "The relay listens for this machine alone.");
    }
    if told.is_empty() {
        return Finding::warn(
            check,
            "The relay has no address by which others could reach it, so browsers get no relay.",
            "Connect this machine to a network; if `external_ip` names an address, set `relay_listen` to that one or to 0.0.0.0:3478.",
        );
    }
    let private: Vec<IpAddr> = told.iter().copied().filter(|ip| !is_global(*ip)).collect();
    if !private.is_empty() {
        return Finding::warn(
            check,
            format!(
                "Browsers get {} for the relay, which is private: people outside this network cannot use it.",
                list(&private)
            ),
            "Name the public address, --set external_ip=ADDRESS, and forward the UDP ports; on a local network leave it so.",
        );
    }
    let foreign: Vec<IpAddr> = told.iter().copied().filter(|ip| !own.contains(ip)).collect();
    let told = list(told);
    if foreign.is_empty() {
        Finding::ok(check, format!("Browsers get {told} for the relay, of this machine and public."))
    } else {
        Finding::ok(
            check,
            format!(
                "Browsers get {told} for the relay; {} is no address of this machine, which is right behind a \
                 NAT that forwards the UDP ports.",
                list(&foreign)
            ),
        )
    }
}

fn list(ips: &[IpAddr]) -> String {
    ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn plain_http_beyond_this_machine_is_warned_of_unless_a_proxy_speaks_https() {
        let state = |listen: &str, tls, url: Option<&str>| {
            let url: Option<Origin> = url.map(|url| url.parse().unwrap());
            decide_https(listen.parse().unwrap(), tls, url.as_ref()).state
        };
        assert_eq!(state("0.0.0.0:80", TlsMode::Off, None), State::Warn);
        assert_eq!(state("[::]:80", TlsMode::Off, Some("http://a.example")), State::Warn);
        assert_eq!(state("0.0.0.0:80", TlsMode::Off, Some("https://a.example")), State::Ok);
        assert_eq!(state("127.0.0.1:80", TlsMode::Off, None), State::Ok);
        assert_eq!(state("0.0.0.0:80", TlsMode::Files, None), State::Ok);
        assert_eq!(state("0.0.0.0:80", TlsMode::SelfSigned, None), State::Ok);
    }

    #[test]
    fn a_relay_that_the_internet_cannot_reach_is_warned_of() {
        let any: SocketAddr = "0.0.0.0:3478".parse().unwrap();
        let near: SocketAddr = "127.0.0.1:3478".parse().unwrap();
        let private: IpAddr = "10.0.0.5".parse().unwrap();
        // Of somebody else, and public.
        let public: IpAddr = "8.8.8.8".parse().unwrap();
        for (relay, set, told, own, state, words) in [
            (None, &[][..], &[][..], &[][..], State::Ok, "no relay"),
            (Some(near), &[], &[near.ip()], &[], State::Ok, "this machine alone"),
            (Some(any), &[], &[], &[], State::Warn, "no address"),
            (Some(any), &[], &[private], &[private], State::Warn, "10.0.0.5"),
            (Some(any), &[private], &[private], &[], State::Warn, "external_ip"),
            (Some(any), &[], &[public, private], &[public], State::Warn, "10.0.0.5"),
            (Some(any), &[], &[public], &[public], State::Ok, "of this machine"),
            (Some(any), &[public], &[public], &[private], State::Ok, "behind a NAT"),
        ] {
            let finding = decide_public(relay, set, told, own);
            let text = format!("{} {}", finding.found, finding.fix.as_deref().unwrap_or_default());
            assert!(finding.state == state && text.contains(words), "{finding:?}");
        }
    }
}
