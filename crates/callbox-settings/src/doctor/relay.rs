//! Whether the relay answers at each address that browsers will get.
//!
//! An address of this machine that is silent is a fault of this machine; one of a NAT is a question to the NAT.

use std::net::{IpAddr, SocketAddr};

use super::Finding;

/// The subject.
pub const CHECK: &str = "relay answers";

/// By the answer of each address; `own` are this machine's.
pub fn decide(port: u16, answers: &[(IpAddr, bool)], own: &[IpAddr]) -> Finding {
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
}
