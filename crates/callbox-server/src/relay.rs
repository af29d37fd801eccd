//! The relay as this server has it: our settings, the exchange's events, and our words for its figures.
//!
//! An adapter without state of its own; sockets and threads are `callbox-media`'s. It is the one place where ids become
//! the relay's keys.

use callbox_core::exchange::Action;
use callbox_media::{Environment, RelaySettings, Relays};
use callbox_protocol::http::{BytesPercentiles, RelayStats};
use callbox_protocol::id::{CallId, SessionId, UserId};
use callbox_protocol::signal::{IceServer, RelayPolicy};
use callbox_turn::{CallKey, Dropped, Limits, Millis, Refused, SessionKey, UserKey};
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;

use crate::clock;
use crate::config::{Config, RelayListen};

/// RFC 8489, section 18.6.
const STUN_PORT: u16 = 3478;

/// Starts the relay; `None` where the settings want none.
pub fn start(config: &Config) -> io::Result<Option<Relays>> {
    let environment = Environment { now: || Millis(clock::now().0), random: clock::random };
    settings(config).map(|settings| Relays::start(&settings, environment)).transpose()
}

/// Where the settings want the relay, if they want one.
pub(crate) fn addr_to_listen(config: &Config) -> Option<SocketAddr> {
    match (config.relay_listen, config.listen.ip()) {
        (RelayListen::Off, _) => None,
        // Nobody needs a relay on one machine.
        (RelayListen::Auto, ip) if ip.is_loopback() => None,
        (RelayListen::Auto, ip) => Some(SocketAddr::new(ip, STUN_PORT)),
        (RelayListen::At(addr), _) => Some(addr),
    }
}

fn settings(config: &Config) -> Option<RelaySettings> {
    let bytes_per_second = u32::try_from(config.relay_kbps_max * 125).unwrap_or(u32::MAX);
    Some(RelaySettings {
        listen: addr_to_listen(config)?,
        external_ips: config.external_ip.clone(),
        ports: config.relay_ports.clone(),
        allowed_peers: config.relay_allowed_peers.clone(),
        peer_ports: config.relay_peer_ports.clone(),
        // Where everybody takes a relay and ours is the only one, nobody has business anywhere but straight across.
        is_strict: config.relay_strict
            || (config.relay_policies().all(|policy| policy == RelayPolicy::Always) && !config.names_turn()),
        limits: Limits { bytes_per_second, sessions: config.sessions_max * 2, ..Limits::default() },
    })
}

/// What the exchange says of sessions and calls; all else is not for the relay.
pub(crate) fn handle(relays: &Relays, action: &Action) {
    match *action {
        Action::Opened(session, user) => relays.handle_opened(session_key(session), user_key(user)),
        Action::Closed(session) => relays.handle_closed(session_key(session)),
        Action::Attached(call, sessions) => {
            relays.handle_attached(call_key(call), sessions.map(session_key));
        }
        Action::Announced(session, ip) => relays.handle_announced(session_key(session), ip),
        Action::Detached(sessions) => {
            for session in sessions {
                relays.handle_detached(session_key(session));
            }
        }
        _ => {}
    }
}

/// What a session's browser is told of the relay: nothing where nothing listens, since a browser takes no server without
/// a URL.
pub(crate) fn ice_servers(relays: &Relays, session: SessionId, until_seconds: u64) -> Vec<IceServer> {
    let told = relays.told();
    if told.is_empty() {
        return Vec::new();
    }
    let urls = |scheme: &str, rest: &str| told.iter().map(|at| format!("{scheme}:{at}{rest}")).collect();
    let credentials = relays.credentials(session_key(session), until_seconds);
    let (username, credential) = (Some(credentials.username), Some(credentials.password));
    vec![
        IceServer { urls: urls("stun", ""), username: None, credential: None },
        IceServer { urls: urls("turn", "?transport=udp"), username, credential },
    ]
}

/// The relay's figures.
pub(crate) fn stats(relays: &Relays) -> RelayStats {
    let callbox_media::Stats { counters, unsent_packets, call_bytes, rcvbuf_errors } = relays.stats();
    let reasons =
        |all: Vec<(&str, u64)>| all.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    RelayStats {
        allocations: counters.allocations,
        allocated: counters.allocated,
        out_packets: counters.out_packets,
        out_bytes: counters.out_bytes,
        in_packets: counters.in_packets,
        in_bytes: counters.in_bytes,
        direct_packets: counters.direct_packets,
        unsent_packets,
        dropped: reasons(Dropped::ALL.map(|(reason, name)| (name, counters.dropped(reason))).into()),
        refused: reasons(Refused::ALL.map(|(reason, _, name)| (name, counters.refused(reason))).into()),
        call_bytes: BytesPercentiles {
            count: u32::try_from(call_bytes.count).unwrap_or(u32::MAX),
            p50: call_bytes.p50,
            p95: call_bytes.p95,
            p99: call_bytes.p99,
        },
        rcvbuf_errors,
    }
}

/// The random half of a session's id, with the variant of RFC 9562 in it, so never zero.
pub(crate) fn session_key(session: SessionId) -> SessionKey {
    SessionKey(NonZero::new(random_half(session.as_bytes())).expect("the variant is not zero"))
}

fn call_key(call: CallId) -> CallKey {
    CallKey(random_half(call.as_bytes()))
}

fn user_key(user: UserId) -> UserKey {
    UserKey(random_half(user.as_bytes()))
}

fn random_half(id: &[u8; 16]) -> u64 {
    u64::from_be_bytes(*id.last_chunk().expect("sixteen bytes"))
}
