//! The settings of a relay: the operator's choices, and the inputs that it may not fetch for itself.

use callbox_turn::{Limits, Millis};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The operator's choices.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// The address that clients send to; with port 0 the system chooses one.
    pub listen: SocketAddr,
    /// A second port for clients' datagrams, since some networks let UDP out to this port alone. The relay does
    /// without it if another program has it.
    pub listen_besides: Option<SocketAddr>,
    /// The name and port at which clients come by TLS, if any. The connections' acceptor has the certificate.
    pub tls: Option<TlsName>,
    /// The addresses by which peers reach relayed ports; if none is named, they are looked for.
    pub external_ips: Vec<IpAddr>,
    /// Of relayed addresses, one for each allocation. There are 256 at least, so that each thread has some.
    pub ports: RangeInclusive<u16>,
    /// Networks of peers that may be reached though they are not public.
    pub allowed_peers: Vec<IpNet>,
    /// Ports of peers that may be reached.
    pub peer_ports: Vec<RangeInclusive<u16>>,
    /// Whether only addresses that the call's other side named may be reached, at any port.
    pub is_strict: bool,
    /// How much of everything.
    pub limits: Limits,
}

/// A clock that never goes back.
pub(crate) type Now = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Time and randomness.
#[derive(Clone)]
pub struct Environment {
    /// Credentials are compared with it.
    pub now: Now,
    /// Bytes that nobody can guess.
    pub random: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
}

/// The name and port at which clients come by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsName {
    /// The certificate's name; without one clients come by our addresses.
    pub host: Option<String>,
    /// The port that they use, which may be another one's before us.
    pub port: u16,
}
