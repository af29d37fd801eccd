//! Settings of our relay: its address, its clients and limits, and the users who must use it.
//!
//! `auto` is decided here, by the address that we listen on for pages. Whether a policy finds a relay is found at the
//! start.

use callbox_identity::origin::Origin;
use callbox_protocol::signal::RelayPolicy;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use toml::Value;

use crate::error::ConfigError;
use crate::ice::IceSettings;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{address, bound, network, socket_addr, string, strings, truth};

/// RFC 8489, section 18.6.
const STUN_PORT: u16 = 3478;

/// The settings of the relay.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// The address that it listens on; `None` if there is none.
    pub listen: Option<SocketAddr>,
    /// Whether two people in a call learn each other's address.
    pub policies: RelayPolicies,
    /// Whether browsers get no TURN server but this one.
    pub is_only: bool,
    /// The ports of relayed addresses.
    pub ports: RangeInclusive<u16>,
    /// The addresses by which others reach this machine; empty: as they are found.
    pub external_ips: Vec<IpAddr>,
    /// Networks that it may reach though they are not public.
    pub allowed_peers: Vec<IpNet>,
    /// Ports of peers that it sends to.
    pub peer_ports: Vec<RangeInclusive<u16>>,
    /// Whether only addresses that the other side named may be reached.
    pub is_strict: bool,
    /// The most kbit/s that one side of a call may relay, both ways together.
    pub kbps_max: usize,
}

impl RelaySettings {
    /// As many as there are ports. An unused allocation is not taken back before its time: while somebody waits in the lobby,
    /// or has a parked offer, it is unused by intent, and a browser learns of its loss only by a call that does not connect.
    pub fn allocations_max(&self) -> u32 {
        u32::try_from(self.ports.len()).expect("at most 65,536")
    }
}

/// Whether two people in a call learn each other's address, by the page that each came by.
#[derive(Clone, Debug)]
pub struct RelayPolicies {
    general: RelayPolicy,
    by_origin: Vec<(Origin, RelayPolicy)>,
}

impl RelayPolicies {
    /// One for all pages, but for those that have their own.
    pub fn new(general: RelayPolicy, by_origin: Vec<(Origin, RelayPolicy)>) -> Self {
        Self { general, by_origin }
    }

    /// The policy if one of the two came by a page of this origin.
    pub fn of(&self, origin: Option<&Origin>) -> RelayPolicy {
        let own = self.by_origin.iter().find(|(of, _)| Some(of) == origin);
        own.map_or(self.general, |(_, policy)| *policy)
    }

    /// The general one, and each page's.
    pub fn all(&self) -> impl Iterator<Item = RelayPolicy> {
        std::iter::once(self.general).chain(self.by_origin.iter().map(|(_, policy)| *policy))
    }

    /// Pages that have their own.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.by_origin.iter().map(|(origin, _)| origin)
    }
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "relay_listen",
        default: r#""auto""#,
        about: "Where the STUN and TURN relay listens, over UDP and TCP: \"auto\" is port 3478 of the address in `listen`, and\n\
                off while that is loopback; \"off\"; or an address and port. Over TLS, and over UDP besides, it shares the port of\n\
                `listen` if `tls` is on. Browsers get all of them automatically.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_policy",
        default: r#""auto""#,
        about: "Whether two people in a call learn each other's IP address. \"auto\": yes, media take the shortest path.\n\
                \"always\": never, all media take the relay. \"until-both-stay\": after half a minute together; until\n\
                then all media take the relay. The last two need `relay_listen`, or TURN servers in `ice_servers`.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_policies",
        default: "{}",
        about: "The same for pages of some origins, instead of `relay_policy`, such as\n\
                { \"https://app.example.org\" = \"always\" }. In a call of two apps the stricter holds, and each person may ask\n\
                for more than the apps do.",
        text: Text::Toml,
    },
    Setting {
        key: "relay_ports",
        default: r#""49152-65535""#,
        about: "The UDP ports of relayed addresses, one for each allocation. The firewall must let them in and out. A browser makes\n\
                an allocation for each way to the relay, up to four: by default 4,096 browsers have a place in it at once.",
        text: Text::Plain,
    },
    Setting {
        key: "external_ip",
        default: "[]",
        about: "The addresses by which the internet reaches the relay, one of each family, if this machine is behind\n\
                a NAT, such as [\"203.0.113.5\"]. Empty: the address of this machine's way to the internet.",
        text: Text::List,
    },
    Setting {
        key: "relay_allowed_peers",
        default: "[]",
        about: "Networks that people may reach through the relay though they are not public, such as [\"10.0.0.0/8\"].\n\
                Whatever listens there is open to everybody who has a call: leave it empty unless you need it.",
        text: Text::List,
    },
    Setting {
        key: "relay_peer_ports",
        default: r#""80, 443, 1024-65535""#,
        about: "The ports to which the relay sends what people send through it, wherever they are. Below 1024 are services\n\
                such as DNS and NTP, which others could be hurt with by our address; browsers use none of them for media.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_strict",
        default: "false",
        about: "Whether people may reach by the relay only addresses that the other side of their call named, at any port.\n\
                Browsers hide their own addresses in local networks, and a few paths are lost with that.",
        text: Text::Toml,
    },
    Setting {
        key: "relay_kbps_max",
        default: "10000",
        about: "The most kbit/s that one side of a call may send and get through the relay; a call in HD takes 2500.",
        text: Text::Number,
    },
];

/// The relay, on a server that listens at this address and tells browsers of these servers beside it.
pub(crate) fn read(
    reader: &Reader<'_>,
    own: IpAddr,
    others: &IceSettings,
) -> Result<RelaySettings, ConfigError> {
    Ok(RelaySettings {
        listen: reader.get("relay_listen", |value| listen(value, own))?,
        policies: RelayPolicies::new(
            reader.get("relay_policy", policy)?,
            reader.get("relay_policies", policies)?,
        ),
        is_only: !others.names_turn(),
        ports: reader.get("relay_ports", ports)?,
        external_ips: reader
            .get("external_ip", |value| strings(value)?.iter().map(|s| address(s)).collect())?,
        allowed_peers: reader
            .get("relay_allowed_peers", |value| strings(value)?.iter().map(|s| network(s)).collect())?,
        peer_ports: reader.get("relay_peer_ports", peer_ports)?,
        is_strict: reader.get("relay_strict", truth)?,
        kbps_max: reader.get("relay_kbps_max", bound)?,
    })
}

fn listen(value: &Value, own: IpAddr) -> Result<Option<SocketAddr>, String> {
    match string(value)?.as_str() {
        // Nobody needs a relay on one machine.
        "auto" if own.is_loopback() => Ok(None),
        "auto" => Ok(Some(SocketAddr::new(own, STUN_PORT))),
        "off" => Ok(None),
        _ => socket_addr(value).map(Some),
    }
}

/// A port for each thread at least; the low ones are other services'.
fn ports(value: &Value) -> Result<RangeInclusive<u16>, String> {
    let text = string(value)?;
    let ends = text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if first >= 1_024 && last >= first && last - first >= 255 => Ok(first..=last),
        _ => Err(format!("`{text}` is not a range of at least 256 ports from 1024 on, such as 49152-65535")),
    }
}

/// Single ports and ranges, with commas between.
fn peer_ports(value: &Value) -> Result<Vec<RangeInclusive<u16>>, String> {
    let text = string(value)?;
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (1..=last).contains(&first).then_some(first..=last)
    };
    let ports = text.split(',').map(range).collect::<Option<Vec<_>>>();
    ports.ok_or_else(|| format!("`{text}` is no list of ports and ranges such as 80, 443, 1024-65535"))
}

fn policy(value: &Value) -> Result<RelayPolicy, String> {
    match string(value)?.as_str() {
        "auto" => Ok(RelayPolicy::Auto),
        "always" => Ok(RelayPolicy::Always),
        "until-both-stay" => Ok(RelayPolicy::UntilBothStay),
        text => Err(format!("`{text}` is none of auto, always, until-both-stay")),
    }
}

fn policies(value: &Value) -> Result<Vec<(Origin, RelayPolicy)>, String> {
    let table = value.as_table().ok_or_else(|| format!("`{value}` is not a table of origins"))?;
    let entry = |(origin, text): (&String, &Value)| {
        Ok((origin.parse::<Origin>().map_err(|error| error.to_string())?, policy(text)?))
    };
    table.iter().map(entry).collect()
}
