//! Tests of `addresses.rs`.

use super::*;

fn ips<const N: usize>(texts: [&str; N]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn what_the_operator_says_comes_first_and_then_what_is_listened_on() {
    let [said, listen] = [ip("203.0.113.5"), ip("10.0.0.5")];
    assert_eq!(external(listen, &[said]), [said]);
    assert_eq!(external(listen, &[]), [listen]);
}

#[test]
fn this_machine_has_its_loopback_and_that_networks_broadcast_address_is_closed() {
    let read = Addresses::read(ip("127.0.0.1"), &[]).unwrap();
    assert!(read.own.contains(&ip("127.0.0.1")) && read.closed().contains(&ip("127.255.255.255")));
}

#[test]
fn of_a_network_the_first_and_the_last_address_are_everybodys() {
    let of = |ip: [u8; 4], prefixlen: u8| {
        let netmask = Ipv4Addr::from_bits(u32::MAX << (32 - prefixlen));
        let one = Ifv4Addr { ip: ip.into(), netmask, prefixlen, broadcast: None };
        of_network(&one).collect::<Vec<_>>()
    };
    assert_eq!(of([198, 51, 100, 70], 26), ips(["198.51.100.127", "198.51.100.64"]));
    assert!(of([198, 51, 100, 70], 31).is_empty(), "two addresses, and both are somebody's");
    assert!(of([198, 51, 100, 70], 32).is_empty());
}

#[test]
fn nobody_is_told_an_address_at_which_nothing_listens() {
    let externals = ips(["203.0.113.5", "10.0.0.5", "10.0.0.9", "2001:db8::5"]);
    let own = ips(["10.0.0.5", "10.0.0.9", "2001:db8::5"]);
    let addresses = Addresses { own, externals, ..Addresses::default() };
    for (listen, told) in [
        ("::", &["203.0.113.5", "10.0.0.5", "10.0.0.9", "2001:db8::5"][..]),
        ("0.0.0.0", &["203.0.113.5", "10.0.0.5", "10.0.0.9"]),
        // Of the two that this machine has, only the one that is listened on; the other is a NAT's.
        ("10.0.0.5", &["203.0.113.5", "10.0.0.5"]),
        ("2001:db8::5", &["2001:db8::5"]),
    ] {
        assert_eq!(
            addresses.told(ip(listen)),
            told.iter().map(|text| ip(text)).collect::<Vec<_>>(),
            "{listen}"
        );
    }
    assert!(Addresses::default().told(ip("::")).is_empty());
}

#[test]
fn a_relay_socket_has_the_address_that_peers_are_told_or_the_one_behind_it() {
    let own = ips(["10.0.0.5", "10.0.0.9", "2001:db8::5"]);
    for (externals, family, listen, asked, bound) in [
        // One of several of this machine.
        (&["10.0.0.9"][..], Family::V4, "0.0.0.0", "10.0.0.5", "10.0.0.9"),
        (&["10.0.0.9", "2001:db8::5"], Family::V6, "::", "10.0.0.5", "2001:db8::5"),
        // A NAT's, which maps to the one that was asked.
        (&["203.0.113.5"], Family::V4, "0.0.0.0", "10.0.0.9", "10.0.0.9"),
        (&["203.0.113.5"], Family::V4, "10.0.0.5", "10.0.0.5", "10.0.0.5"),
        // A proxy's on this machine, from where no peer is reached.
        (&["203.0.113.5"], Family::V4, "0.0.0.0", "127.0.0.1", "0.0.0.0"),
        // Two of them, or one of a family that was not asked.
        (&["203.0.113.5", "203.0.113.6"], Family::V4, "0.0.0.0", "10.0.0.9", "0.0.0.0"),
        (&["203.0.113.5"], Family::V4, "::", "2001:db8::5", "0.0.0.0"),
        (&["2001:db8:1::5"], Family::V6, "0.0.0.0", "10.0.0.5", "::"),
    ] {
        let externals = externals.iter().map(|text| ip(text)).collect();
        let addresses = Addresses { own: own.clone(), externals, ..Addresses::default() };
        assert_eq!(addresses.to_bind(family, ip(listen), ip(asked)), ip(bound), "{addresses:?} {asked}");
    }
}
