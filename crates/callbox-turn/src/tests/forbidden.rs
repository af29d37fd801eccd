//! Peers that nobody may reach, listed a second time and in another form than in `peers.rs`: as ranges in text.

use super::*;
use crate::peers::is_global;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IANA's special-purpose registries of 2025, multicast, and the reserved rest.
const FORBIDDEN: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "168.63.129.16/32",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/32",
    "2001:1::1/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3ffe::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "::/3",
    "4000::/2",
    "8000::/1",
];
const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.0.0.1",
    "128.0.0.1",
    "168.63.129.15",
    "168.63.129.17",
    "172.15.0.1",
    "172.32.0.1",
    "191.255.0.1",
    "192.0.1.1",
    "192.0.3.1",
    "192.167.1.1",
    "192.169.1.1",
    "198.17.0.1",
    "198.20.0.1",
    "203.0.112.1",
    "203.0.114.1",
    "223.255.255.1",
    "2606:4700::1",
    "2a00:1450::1",
    "2001:200::1",
    "2001:4860::8888",
    "2620:4f:8001::1",
    "3ffd::1",
    "2003::1",
    "2400::1",
];

/// The first, the last and one in the middle of each range.
fn of_range(net: IpNet) -> Vec<IpAddr> {
    match net {
        IpNet::V4(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            [first, last, first + (last - first) / 3].map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))).into()
        }
        IpNet::V6(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            [first, last, first + (last - first) / 3].map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))).into()
        }
    }
}

/// Every IPv6 form of an IPv4 address that something on the way may take at its word.
fn disguises(ip: Ipv4Addr) -> Vec<IpAddr> {
    let [a, b, c, d] = ip.octets();
    let hex = format!("{a:02x}{b:02x}:{c:02x}{d:02x}");
    let turned = format!("{:02x}{:02x}:{:02x}{:02x}", !a, !b, !c, !d);
    [
        format!("::ffff:{ip}"),
        format!("::{ip}"),
        format!("::ffff:0:{ip}"),
        format!("64:ff9b::{ip}"),
        format!("64:ff9b:1::{ip}"),
        format!("2002:{hex}::1"),
        format!("2001:0:{hex}::1"),
        format!("2001:0:808:808:0:0:{turned}"),
        format!("2a00:1450:1:1:0:5efe:{ip}"),
        format!("2a00:1450:1:1:200:5efe:{ip}"),
    ]
    .into_iter()
    .map(|text| text.parse().unwrap())
    .collect()
}

fn forbidden() -> Vec<IpAddr> {
    let plain: Vec<IpAddr> = FORBIDDEN.iter().flat_map(|net| of_range(net.parse().unwrap())).collect();
    let inside = [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "172.16.0.1",
        "0.0.0.0",
        "9.9.9.9",
        "255.255.255.255",
    ];
    let hidden = inside.iter().flat_map(|ip| disguises(ip.parse().unwrap()));
    let own = ["9.9.9.9", "203.0.113.10", "2001:db8::10"].map(|ip| ip.parse().unwrap());
    plain.into_iter().chain(hidden).chain(own).collect()
}

#[test]
fn two_who_wrote_it_down_apart_agree_on_what_is_global() {
    let nets: Vec<IpNet> = FORBIDDEN.iter().map(|net| net.parse().unwrap()).collect();
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..50_000 {
        // Near the edges of the ranges, the usual place of mistakes.
        let near =
            |bits: u128, random: &mut fastrand::Rng| bits.wrapping_add(random.u128(..) >> random.u32(..128));
        let net = random.choice(&nets).unwrap();
        let ip = match net {
            IpNet::V4(net) => IpAddr::V4(Ipv4Addr::from_bits(
                near(u128::from(net.network().to_bits()) << 96, &mut random)
                    .checked_shr(96)
                    .map_or(0, |bits| u32::try_from(bits).unwrap()),
            )),
            IpNet::V6(net) => IpAddr::V6(Ipv6Addr::from_bits(near(net.network().to_bits(), &mut random))),
        };
        let is_listed = nets.iter().any(|net| net.contains(&ip));
        assert_eq!(is_global(ip), !is_listed, "{ip}");
    }
    for ip in PUBLIC {
        assert!(is_global(ip.parse().unwrap()), "{ip}");
    }
}

#[test]
fn no_entry_point_lets_anybody_reach_a_forbidden_peer() {
    let forbidden = forbidden();
    assert!(forbidden.len() >= 200, "{}", forbidden.len());
    for ip in forbidden {
        let (mut relay, mut client, _) = calling();
        let mut six = Client::new("198.51.100.1:4001", 1);
        six.knock(&mut relay, START);
        let asked = turn_types::attribute::RequestedAddressFamily::new(turn_types::AddressFamily::IPV6);
        six.ask(&mut relay, ALLOCATE, &[&RequestedTransport::new(17), &asked], START);
        let client = if ip.is_ipv4() { &mut client } else { &mut six };
        let target = PeerAddr((ip, 5_000).into());
        // Our own address means the other side's relayed one, so it may be permitted; nothing passes by it.
        let is_external = ["203.0.113.10", "2001:db8::10"].contains(&ip.to_string().as_str());
        assert_eq!(
            client.permit(&mut relay, target, START),
            if is_external { 0 } else { 403 },
            "CreatePermission {ip}"
        );
        assert_eq!(client.bind(&mut relay, 0x4000, target, START), 403, "ChannelBind {ip}");
        let kind = stun_types::message::MessageType::from_class_method(
            stun_types::message::MessageClass::Indication,
            turn_types::message::SEND,
        );
        let mut indication = Message::builder(kind, 5.into(), MessageWriteVec::new());
        indication.add_attribute(&XorPeerAddress::new(target.0, 5.into())).unwrap();
        indication.add_attribute(&turn_types::attribute::Data::new(b"x")).unwrap();
        assert_eq!(client.send(&mut relay, &indication.finish(), START), None, "Send {ip}");
        assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"x"), START), None, "ChannelData {ip}");
    }
}

#[test]
fn even_with_a_permission_each_packet_is_looked_at_again() {
    // The operator allowed a network, and somebody bound to it; an address in another form is not in it.
    let rules = Rules { allowed: vec!["10.1.0.0/16".parse().unwrap()], ..Rules::default() };
    let (mut relay, mut client, _) = calling_with(Options { rules, ..options() });
    let allowed = peer("10.1.2.3:5000");
    assert_eq!(client.bind(&mut relay, 0x4000, allowed, START), 0);
    assert!(client.send(&mut relay, &channel_data(0x4000, b"x"), START).is_some());
    assert_eq!(client.permit(&mut relay, peer("10.2.0.1:1"), START), 403);
    relay.options.rules.allowed.clear();
    assert_eq!(client.send(&mut relay, &channel_data(0x4000, b"x"), START), None);
}

#[test]
fn well_known_ports_are_reached_by_no_way_unless_the_operator_names_them() {
    let ports = [(0, false), (53, false), (79, false), (80, true), (443, true), (444, false), (1_023, false)];
    let (mut relay, mut client, here) = calling();
    assert_eq!(client.permit(&mut relay, peer("8.8.8.8:53"), START), 0, "a permission names no port");
    for (number, (port, is_open)) in (0x4000..).zip(ports.into_iter().chain([(1_024, true), (65_535, true)]))
    {
        let target = PeerAddr(([8, 8, 8, 8], port).into());
        assert_eq!(client.bind(&mut relay, number, target, START) == 0, is_open, "ChannelBind {port}");
        let sent = client.send(&mut relay, &media::send_indication(target, b"x"), START);
        assert_eq!(sent.is_some(), is_open, "Send {port}");
        let sent = client.send(&mut relay, &channel_data(number, b"x"), START);
        assert_eq!(sent.is_some(), is_open, "ChannelData {port}");
    }
    // A sender from there on its own was not reached by us.
    let (mut buffer, range) = packet(b"x");
    assert!(relay.handle_peer(by_port(here), peer("8.8.8.8:53"), &mut buffer, range, START).is_some());

    let rules = Rules { ports: vec![53..=53], ..Rules::default() };
    let (mut relay, mut client, _) = calling_with(Options { rules, ..options() });
    let codes =
        [53, 5_000].map(|port| client.bind(&mut relay, 0x4000, PeerAddr(([8, 8, 8, 8], port).into()), START));
    assert_eq!(codes, [0, 403]);
}

#[test]
fn a_form_with_an_address_inside_is_judged_by_both() {
    let everything = Rules { allowed: vec!["::/0".parse().unwrap()], ..Rules::default() };
    for ip in disguises("127.0.0.1".parse().unwrap()) {
        assert!(!everything.allows(ip), "{ip}");
    }
    assert!(everything.allows("fd00::1".parse().unwrap()));
}
