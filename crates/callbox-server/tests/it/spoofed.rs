//! Allocates whose senders are forged, by raw sockets and over a real network between two namespaces.
//!
//! The attacker receives nothing; answers to the forged addresses are counted by the network's own figures.

use crate::process::Serving;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

const IP: &str = "/usr/sbin/ip";
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 7, 1);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 99, 7, 2);
const PORT: u16 = 3_478;
const HEADERS: usize = 28;
/// Before each IP packet on this kind of network.
const ETHERNET_BYTES: u64 = 14;

/// A namespace for the server, and a cable from it to us. Both go with it.
struct Network {
    name: String,
    cable: String,
}

impl Network {
    fn lay() -> Self {
        let id = std::process::id();
        let network = Self { name: format!("callbox-{id}"), cable: format!("cb{id}") };
        let (name, cable) = (&network.name, &network.cable);
        ip(&["netns", "add", name]);
        ip(&["link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name]);
        ip(&["addr", "add", &format!("{GATEWAY}/24"), "dev", cable]);
        ip(&["link", "set", cable, "up"]);
        ip(&["-n", name, "addr", "add", &format!("{SERVER}/24"), "dev", "eth0"]);
        ip(&["-n", name, "link", "set", "lo", "up"]);
        ip(&["-n", name, "link", "set", "eth0", "up"]);
        ip(&["-n", name, "route", "add", "default", "via", &GATEWAY.to_string()]);
        network
    }

    /// IP bytes that came out of the namespace so far.
    fn bytes_back(&self) -> u64 {
        let figure = |name: &str| -> u64 {
            let path = format!("/sys/class/net/{}/statistics/{name}", self.cable);
            std::fs::read_to_string(path).unwrap().trim().parse().unwrap()
        };
        figure("rx_bytes") - ETHERNET_BYTES * figure("rx_packets")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cable's other end, and so the cable, goes with the namespace.
        let _ = Command::new(IP).args(["netns", "del", &self.name]).status();
    }
}

fn ip(words: &[&str]) {
    assert!(Command::new(IP).args(words).status().unwrap().success(), "ip {}: are we root?", words.join(" "));
}

/// An Allocate without credentials, in an IPv4 packet whose sender is invented. The kernel fills in the rest.
fn forged(sender: Ipv4Addr) -> Vec<u8> {
    let mut stun = vec![0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42];
    stun.extend([5; 12]);
    stun.extend([0, 0x19, 0, 4, 17, 0, 0, 0]);
    let length = u16::try_from(HEADERS + stun.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, 17, 0, 0];
    packet.extend(sender.octets());
    packet.extend(SERVER.octets());
    // A UDP header without a checksum, which IPv4 allows.
    let udp_length = u16::try_from(8 + stun.len()).unwrap();
    for field in [4_000, PORT, udp_length, 0] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(stun);
    packet
}

/// Sends so many, and says how many bytes that were.
fn flood(count: u32, sender: impl Fn(u32) -> Ipv4Addr) -> u64 {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(255))).unwrap();
    let to = SocketAddr::from((SERVER, 0)).into();
    let sent =
        (0..count).map(|number| socket.send_to(&forged(sender(number)), &to).map_or(0, |bytes| bytes as u64));
    sent.sum()
}

#[test]
#[ignore = "full: root, and a network namespace of its own"]
fn a_million_allocates_of_forged_senders_cost_no_memory_and_are_no_amplifier() {
    let (network, folder) = (Network::lay(), tempfile::tempdir().unwrap());
    let mut command = Command::new(IP);
    command.args(["netns", "exec", &network.name, env!("CARGO_BIN_EXE_callbox")]);
    let listen = format!("relay_listen={SERVER}:{PORT}");
    let serving = Serving::start_by(command, folder.path(), &["--set", &listen], 3);
    // Each from an address of its own, out of a network that is kept for carriers.
    let anybody = |number: u32| Ipv4Addr::from(u32::from(Ipv4Addr::new(100, 64, 0, 0)) + number);
    flood(20_000, anybody);
    let (before, memory) = (network.bytes_back(), serving.resident_kb());
    let bytes_sent = flood(1_000_000, anybody);
    let bytes_back = network.bytes_back() - before;
    let grown = serving.resident_kb().saturating_sub(memory);
    assert!(bytes_sent > 50_000_000 && bytes_back > 0, "{bytes_sent} there, {bytes_back} back");
    assert!(grown <= 1_024, "{grown} KiB more");
    assert!(bytes_back <= 2 * bytes_sent, "{bytes_back} bytes for {bytes_sent}");
    println!("{grown} KiB more, {bytes_back} bytes back for {bytes_sent}");
    // An address that is invented again and again soon gets no answer any more.
    let victim = |number: u32| Ipv4Addr::new(198, 51, 100, u8::try_from(number % 16).unwrap());
    let before = network.bytes_back();
    let bytes_sent = flood(200_000, victim);
    let bytes_back = network.bytes_back() - before;
    assert!(bytes_back <= bytes_sent, "{bytes_back} bytes for {bytes_sent}");
    println!("{bytes_back} bytes back for {bytes_sent} in the victims' names");
}
