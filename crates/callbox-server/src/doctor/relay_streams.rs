//! Whether the relay answers by TCP and by TLS, which people need if their networks let no UDP through.
//!
//! A Binding request goes by each transport that browsers will get, to the server that runs; if none runs, nobody is
//! asked. The name for TLS is looked up, and its certificate is checked elsewhere (`certificate.rs`). Bounds: 2 s to
//! connect, 1 s a read, for each transport.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use super::{Finding, ports, probe};
use crate::config::Config;
use crate::randomness::Randomness;
use crate::relay;
use callbox_media::Addresses;

const CHECK: &str = "relay by TCP and TLS";

/// A URL that was asked, and what came of it.
#[derive(Debug)]
struct Way {
    url: String,
    answers: bool,
    /// Its address is a NAT's before this machine.
    is_far: bool,
}

pub(super) fn check(config: &Config, randomness: &Randomness) -> Finding {
    let Some(addr) = config.relay.listen else {
        return Finding::ok(CHECK, "The settings ask for no relay.");
    };
    if addr.port() == 0 || ports::is_free(addr) {
        return Finding::ok(CHECK, "No server runs with these settings: ask again while it does.");
    }
    let addresses = Addresses::find(addr.ip(), &config.relay.external_ips);
    let told = addresses.told(addr.ip());
    let told: Vec<SocketAddr> = told.into_iter().map(|ip| SocketAddr::new(ip, addr.port())).collect();
    let by_tcp = relay::tcp_urls(&told).into_iter().map(|url| (url, false));
    let by_tls =
        relay::tls_urls(relay::tls_name(&config.site).as_ref(), &told).into_iter().map(|url| (url, true));
    let ways = by_tcp.chain(by_tls).map(|(url, is_tls)| {
        let addr = addr_of(&url);
        let answers = addr.is_some_and(|addr| probe::answers_stun_over_tcp(addr, is_tls, randomness.bytes()));
        let is_own = |ip: IpAddr| ip.is_loopback() || addresses.own.contains(&ip);
        Way { answers, is_far: addr.is_some_and(|addr| !is_own(addr.ip())), url }
    });
    decide(&ways.collect::<Vec<_>>(), config.site.public_url.is_some())
}

/// The host and the port of `turn:HOST:PORT?...`, and the first address that it has.
fn addr_of(url: &str) -> Option<SocketAddr> {
    let place = url.split_once(':').and_then(|(_, rest)| rest.split('?').next()).unwrap_or_default();
    place.to_socket_addrs().ok()?.next()
}

fn decide(ways: &[Way], is_public: bool) -> Finding {
    let list = |is_wanted: fn(&&Way) -> bool| {
        ways.iter().filter(is_wanted).map(|way| way.url.as_str()).collect::<Vec<_>>().join(" and ")
    };
    let good = list(|way| way.answers);
    let (silent, far) = (list(|way| !way.answers && !way.is_far), list(|way| !way.answers && way.is_far));
    if ways.is_empty() {
        return Finding::ok(CHECK, "Browsers get no relay here, so nothing was asked.");
    }
    if !silent.is_empty() {
        let rest = if good.is_empty() { "no other way is left to them" } else { "the others answer" };
        return Finding::warn(
            CHECK,
            format!(
                "Nothing answers at {silent}, which people need whose networks let no UDP through; {rest}."
            ),
            "Let these TCP ports through the firewalls, and forward them to this machine where a NAT is before it. A proxy that has \
             the port must leave it TURN's connections: docs/DEPLOY.md has a recipe.",
        );
    }
    if !far.is_empty() {
        return Finding::warn(
            CHECK,
            format!(
                "Nothing answers this machine at {far}, a NAT's address; whether others reach it is not known."
            ),
            "Many NATs let nobody in their own network reach them by that address: ask from another network, \
             `openssl s_client -connect NAME:443` or `nc -vz ADDRESS 3478`. Where nothing answers there either, forward these TCP \
             ports to this machine.",
        );
    }
    if is_public && !ways.iter().any(|way| way.url.starts_with("turns:")) {
        return Finding::warn(
            CHECK,
            format!(
                "{good} answers, and there is no way by TLS, which some networks need: they let nothing but HTTPS out."
            ),
            "Let Callbox speak TLS itself (`tls`); where a proxy has the port, docs/DEPLOY.md has a recipe.",
        );
    }
    Finding::ok(CHECK, format!("A Binding request is answered at {good}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_way_that_does_not_answer_is_told_and_so_is_a_missing_one() {
        let way = |url: &str, answers| Way { url: format!("{url}?transport=tcp"), answers, is_far: false };
        let far = |answers| Way { is_far: true, ..way("turn:198.51.100.7:3478", answers) };
        let tcp = |answers| way("turn:203.0.113.5:3478", answers);
        let tls = |answers| way("turns:call.example.org:443", answers);
        for (ways, is_public, state, words) in [
            (vec![], true, State::Ok, "nothing was asked"),
            (vec![tcp(true), tls(true)], true, State::Ok, "turns:call.example.org:443"),
            (vec![tcp(true), tls(false)], true, State::Warn, "at turns:call.example.org:443?transport=tcp,"),
            (vec![tcp(false), tls(false)], true, State::Warn, "no other way is left"),
            (vec![far(false), tls(false)], true, State::Warn, "at turns:call.example.org:443?transport=tcp,"),
            (
                vec![tcp(true), far(false), tls(true)],
                true,
                State::Warn,
                "whether others reach it is not known",
            ),
            (vec![far(true), tls(true)], true, State::Ok, "198.51.100.7"),
            (vec![tcp(true)], true, State::Warn, "no way by TLS"),
            (vec![tcp(true)], false, State::Ok, "turn:203.0.113.5:3478"),
        ] {
            let finding = decide(&ways, is_public);
            assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
        }
    }
}
