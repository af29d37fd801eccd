//! Whether the relay answers at each address that browsers will get.
//!
//! A Binding request goes to each of them from this machine: to the server that runs, or, if the port is free, to a
//! relay that is started for the moment. It needs no credential and changes nothing. Bound: 1 s for each address.

use callbox_media::{Addresses, Relays};
use callbox_settings::doctor::relay::{CHECK, decide};
use std::net::{IpAddr, SocketAddr};

use super::{Finding, ports, probe};
use crate::config::Config;
use crate::environment::Environment;
use crate::relay;

pub(super) fn check(config: &Config, environment: &Environment) -> Finding {
    let Some(addr) = config.relay.listen else {
        return Finding::ok(CHECK, "The settings ask for no relay.");
    };
    // Beside one that runs it would get half of that one's packets.
    let relays = if ports::is_free(addr) {
        relay::start(&config.relay, &config.site, config.limits.sessions_max, environment).ok().flatten()
    } else {
        None
    };
    let addr = relays.as_ref().map_or(addr, Relays::addr);
    let addresses = Addresses::find(addr.ip(), &config.relay.external_ips);
    let told = addresses.told(addr.ip());
    let answers = told
        .into_iter()
        .map(|ip| (ip, probe::answers_stun(SocketAddr::new(ip, addr.port()), environment.random())));
    let answers: Vec<(IpAddr, bool)> = answers.collect();
    if let Some(relays) = relays {
        relays.stop();
    }
    decide(addr.port(), &answers, &addresses.own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;
    use crate::doctor::State;

    #[test]
    fn a_relay_that_is_started_for_the_moment_answers_at_every_address_that_is_told() {
        let flag = |key: &str, value: &str| ("--set".to_owned(), key.to_owned(), value.to_owned());
        let flags = vec![flag("relay_listen", "0.0.0.0:0"), flag("external_ip", "127.0.0.5,127.0.0.6")];
        let config = Layers { flags, ..Layers::default() }.load().unwrap();
        let finding = check(&config, &Environment::system());
        assert!(finding.state == State::Ok && finding.found.contains("127.0.0.6:"), "{finding:?}");
    }
}
