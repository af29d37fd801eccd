//! Whether the relay answers at each address that browsers will get.
//!
//! A Binding request goes to each of them from this machine: to the server that runs, or, if the port is free, to a
//! relay that is started for the moment. It needs no credential and changes nothing. Bound: 1 s for each address.

use callbox_media::{Addresses, Relays};
use std::net::{IpAddr, SocketAddr};

use super::{Finding, ports, probe};
use crate::config::Config;
use crate::relay;

const CHECK: &str = "relay answers";

pub(super) fn check(config: &Config) -> Finding {
    let Some(addr) = config.relay.listen else {
        return Finding::ok(CHECK, "The settings ask for no relay.");
    };
    // Beside one that runs it would get half of that one's packets.
    let relays = if ports::is_free(addr) {
        relay::start(&config.relay, &config.site, config.limits.sessions_max).ok().flatten()
    } else {
        None
    };
    let addr = relays.as_ref().map_or(addr, Relays::addr);
    let addresses = Addresses::find(addr.ip(), &config.relay.external_ips);
    let told = addresses.told(addr.ip());
    let answers = told.into_iter().map(|ip| (ip, probe::answers_stun(SocketAddr::new(ip, addr.port()))));
    let answers: Vec<(IpAddr, bool)> = answers.collect();
    if let Some(relays) = relays {
        relays.stop();
    }
    decide(addr.port(), &answers, &addresses.own)
}

fn decide(port: u16, answers: &[(IpAddr, bool)], own: &[IpAddr]) -> Finding {
    let list = |ips: &mut dyn Iterator<Item = IpAddr>| {
        ips.map(|ip| SocketAddr::new(ip, port).to_string()).collect::<Vec<_>>().join(" and ")
    };
    let silent = |is_own: bool| {
        let mut ips = answers
            .iter()
            .filter(|(ip, answers)| !answers && (own.contains(ip) || ip.is_loopback()) == is_own)
            .map(|(ip, _)| *ip);
        list(&mut ips)
    };
    if answers.is_empty() {
        return Finding::ok(CHECK, "Browsers get no relay here, so nothing was asked.");
    }
    let (near, far) = (silent(true), silent(false));
    if !near.is_empty() {
        return Finding::fail(
            CHECK,
            format!("Nothing answers at {near}, an address of this machine that browsers get."),
            format!(
                "Let UDP port {port} through this machine's firewall; `nft list ruleset` shows its rules."
            ),
        );
    }
    if !far.is_empty() {
        return Finding::warn(
            CHECK,
            format!("Nothing answers this machine at {far}, a NAT's address that browsers get."),
            format!(
                "Forward UDP port {port} and those of `relay_ports` to this machine. Some NATs refuse only their own network: \
                 ask from another one, `turnutils_stunclient -p {port} ADDRESS`."
            ),
        );
    }
    let all = list(&mut answers.iter().map(|(ip, _)| *ip));
    Finding::ok(CHECK, format!("A Binding request to {all} is answered from there."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;
    use crate::doctor::State;

    #[test]
    fn an_address_that_does_not_answer_is_a_fault_of_this_machine_or_a_question_to_the_nat() {
        let [own, nat]: [IpAddr; 2] = ["10.0.0.5", "203.0.113.5"].map(|ip| ip.parse().unwrap());
        for (answers, state, words) in [
            (&[][..], State::Ok, "nothing was asked"),
            (&[(own, true), (nat, true)], State::Ok, "10.0.0.5:3478 and 203.0.113.5:3478"),
            (&[(own, true), (nat, false)], State::Warn, "this machine at 203.0.113.5:3478,"),
            (&[(own, false), (nat, false)], State::Fail, "at 10.0.0.5:3478,"),
        ] {
            let finding = decide(3_478, answers, &[own]);
            assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
        }
    }

    #[test]
    fn a_relay_that_is_started_for_the_moment_answers_at_every_address_that_is_told() {
        let flag = |key: &str, value: &str| ("--set".to_owned(), key.to_owned(), value.to_owned());
        let flags = vec![flag("relay_listen", "0.0.0.0:0"), flag("external_ip", "127.0.0.5,127.0.0.6")];
        let finding = check(&Layers { flags, ..Layers::default() }.load().unwrap());
        assert!(finding.state == State::Ok && finding.found.contains("127.0.0.6:"), "{finding:?}");
    }
}
