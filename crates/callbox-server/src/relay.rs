//! The relay as this server has it: our settings, the exchange's events, and our names for its figures.
//!
//! An adapter without state of its own; sockets and threads are `callbox-media`'s. It is the one place where ids become
//! the relay's keys.

use callbox_core::exchange::Action;
use callbox_identity::origin::Origin;
use callbox_media::{Relays, TlsName};
use callbox_monitor::Counter;
use callbox_protocol::http::{BytesPercentiles, RelayStats};
use callbox_protocol::id::{CallId, SessionId, UserId};
use callbox_protocol::signal::{IceServer, RelayPolicy};
use callbox_settings::relay::RelaySettings;
use callbox_turn::{CallKey, Dropped, Limits, Millis, Refused, SessionKey, UserKey};
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

use crate::environment::Environment;
use crate::listener::listen;
use callbox_settings::site::Site;

/// With port 0 the system chooses the UDP port, and another program may have the same number of TCP.
const PORT_TRIES: usize = 16;
/// How often a port of TCP that another program has is looked at again.
const TCP_RETRY: Duration = Duration::from_secs(2);

/// The relay, and the socket for its clients by TCP.
pub(crate) struct Started {
    pub(crate) relays: Relays,
    pub(crate) tcp: Tcp,
}

/// The relay's port of TCP.
pub(crate) enum Tcp {
    /// The page has the same one, and serves both.
    Page,
    Own(TcpListener),
    /// Another program has it.
    Taken,
}

/// Starts the relay and listens for its clients by TCP, on the port of the same number; `None` if the settings want
/// none.
/// The site's address is the one that it got.
pub(crate) fn start_with_tcp(
    settings: &RelaySettings,
    site: &Site,
    sessions_max: usize,
    environment: &Environment,
) -> io::Result<Option<Started>> {
    let tries = if settings.listen.is_some_and(|addr| addr.port() == 0) { PORT_TRIES } else { 1 };
    for left in (0..tries).rev() {
        let Some(relays) = start(settings, site, sessions_max, environment)? else { return Ok(None) };
        if covers(site.listen, relays.addr()) {
            relays.set_takes_tcp(true);
            return Ok(Some(Started { relays, tcp: Tcp::Page }));
        }
        match listen(relays.addr()) {
            Ok(tcp) => {
                relays.set_takes_tcp(true);
                return Ok(Some(Started { relays, tcp: Tcp::Own(tcp) }));
            }
            Err(_) if left > 0 => relays.stop(),
            Err(error) => {
                // Most people need no more than the other ways, and none of them has a fault.
                tracing::warn!(
                    %error, addr = %relays.addr(),
                    "the relay takes nobody by TCP there (`relay_listen`): browsers get its other ways, and it is tried again"
                );
                return Ok(Some(Started { relays, tcp: Tcp::Taken }));
            }
        }
    }
    Ok(None)
}

/// Waits until the relay's port of TCP is free, and has it then. Browsers hear of it with their next credentials.
pub(crate) async fn listen_later(relays: &Relays) -> TcpListener {
    loop {
        tokio::time::sleep(TCP_RETRY).await;
        if let Ok(tcp) = listen(relays.addr()) {
            relays.set_takes_tcp(true);
            tracing::info!(addr = %relays.addr(), "the relay takes clients by TCP now");
            return tcp;
        }
    }
}

/// Whether a socket that listens at `page` is reached by those who connect to `relay`.
fn covers(page: SocketAddr, relay: SocketAddr) -> bool {
    let is_any = page.ip().is_unspecified() && (page.is_ipv6() || relay.is_ipv4());
    page.port() == relay.port() && (page.ip() == relay.ip() || is_any)
}

/// Starts the relay's UDP for so many sessions; `None` if the settings want none.
pub fn start(
    settings: &RelaySettings,
    site: &Site,
    sessions_max: usize,
    environment: &Environment,
) -> io::Result<Option<Relays>> {
    let Environment { clock, randomness } = environment.clone();
    let environment = callbox_media::Environment {
        now: Arc::new(move || Millis(clock.now().0)),
        random: Arc::new(move || randomness.bytes()),
    };
    let settings = media_settings(settings, site, sessions_max);
    settings.map(|settings| Relays::start(&settings, &environment)).transpose()
}

fn media_settings(
    settings: &RelaySettings,
    site: &Site,
    sessions_max: usize,
) -> Option<callbox_media::RelaySettings> {
    let bytes_per_second = u32::try_from(settings.kbps_max * 125).unwrap_or(u32::MAX);
    let hides_all = settings.policies.all().all(|policy| policy == RelayPolicy::Always);
    let (listen, tls) = (settings.listen?, tls_name(site));
    // UDP at the page's port, since some networks let nothing out to others; not if people use another number for it.
    let is_same = tls.as_ref().is_some_and(|tls| tls.port == site.listen.port() && tls.port != 0);
    Some(callbox_media::RelaySettings {
        listen,
        listen_besides: is_same.then(|| SocketAddr::new(listen.ip(), site.listen.port())),
        tls,
        external_ips: settings.external_ips.clone(),
        ports: settings.ports.clone(),
        allowed_peers: settings.allowed_peers.clone(),
        peer_ports: settings.peer_ports.clone(),
        // If everybody takes a relay and ours is the only one, all packets go directly to the other side.
        is_strict: settings.is_strict || (hides_all && settings.is_only),
        limits: Limits {
            bytes_per_second,
            sessions: sessions_max * 2,
            allocations: settings.allocations_max(),
            ..Limits::default()
        },
    })
}

/// The exchange's actions on sessions and calls; all others are not for the relay.
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

/// The relay's URLs for a session's browser, in the order in which it should try: UDP, UDP to the port that most networks
/// let out, TCP, TLS. None if nothing listens, since a browser takes no server without a URL.
pub(crate) fn ice_servers(relays: &Relays, session: SessionId, until_seconds: u64) -> Vec<IceServer> {
    let told = relays.told();
    if told.is_empty() {
        return Vec::new();
    }
    let urls = |scheme: &str, all: &[SocketAddr], rest: &str| -> Vec<String> {
        all.iter().map(|at| format!("{scheme}:{at}{rest}")).collect()
    };
    let by_udp = urls("turn", &told, "?transport=udp");
    let by_udp_besides = urls("turn", &relays.told_besides(), "?transport=udp");
    let by_tcp = if relays.takes_tcp() { tcp_urls(&told) } else { Vec::new() };
    let all = [by_udp, by_udp_besides, by_tcp, tls_urls(relays.tls(), &told)].concat();
    let credentials = relays.credentials(session_key(session), until_seconds);
    let (username, credential) = (Some(credentials.username), Some(credentials.password));
    vec![
        IceServer { urls: urls("stun", &told, ""), username: None, credential: None },
        IceServer { urls: all, username, credential },
    ]
}

/// By TCP in the clear, at the relay's own port.
pub(crate) fn tcp_urls(told: &[SocketAddr]) -> Vec<String> {
    told.iter().map(|at| format!("turn:{at}?transport=tcp")).collect()
}

/// By TLS, at the name that browsers compare with the certificate's.
pub(crate) fn tls_urls(tls: Option<&TlsName>, told: &[SocketAddr]) -> Vec<String> {
    let url = |host: &str, port: u16| {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        format!("turns:{host}:{port}?transport=tcp")
    };
    match tls {
        None => Vec::new(),
        Some(TlsName { host: Some(host), port }) => vec![url(host, *port)],
        Some(TlsName { host: None, port }) => {
            told.iter().map(|at| url(&at.ip().to_string(), *port)).collect()
        }
    }
}

/// The page's: the relay shares its port and its certificate.
pub(crate) fn tls_name(site: &Site) -> Option<TlsName> {
    let public = site.public_url.as_ref().filter(|url| url.is_tls);
    let port = public.map_or(site.listen.port(), Origin::port);
    site.is_tls.then(|| TlsName { host: public.map(|url| url.host().to_owned()), port })
}

/// In the order of [`Dropped::ALL`].
pub(crate) const DROPPED: [Counter; Dropped::ALL.len()] = [
    Counter::RelayDroppedGarbage,
    Counter::RelayDroppedNoAllocation,
    Counter::RelayDroppedNoCall,
    Counter::RelayDroppedNoPermission,
    Counter::RelayDroppedNoChannel,
    Counter::RelayDroppedForbidden,
    Counter::RelayDroppedOverShare,
    Counter::RelayDroppedUnproven,
];

/// In the order of [`Refused::ALL`].
pub(crate) const REFUSED: [Counter; Refused::ALL.len()] = [
    Counter::RelayRefusedBadRequest,
    Counter::RelayRefusedUnauthenticated,
    Counter::RelayRefusedForbidden,
    Counter::RelayRefusedUnknownAttribute,
    Counter::RelayRefusedMismatch,
    Counter::RelayRefusedStaleNonce,
    Counter::RelayRefusedNoSuchFamily,
    Counter::RelayRefusedWrongCredentials,
    Counter::RelayRefusedTransport,
    Counter::RelayRefusedOtherFamily,
    Counter::RelayRefusedQuota,
    Counter::RelayRefusedCapacity,
];

/// The relay's figures.
pub(crate) fn stats(relays: &Relays) -> RelayStats {
    let callbox_media::Stats { counters, unsent_packets, call_bytes, rcvbuf_errors, .. } = relays.stats();
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

pub(crate) fn call_key(call: CallId) -> CallKey {
    CallKey(random_half(call.as_bytes()))
}

fn user_key(user: UserId) -> UserKey {
    UserKey(random_half(user.as_bytes()))
}

fn random_half(id: &[u8; 16]) -> u64 {
    u64::from_be_bytes(*id.last_chunk().expect("sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relays_reasons_have_the_same_names_as_their_counters() {
        let label = |counter: Counter| counter.meta().labels[0].1;
        assert_eq!(DROPPED.map(label), Dropped::ALL.map(|(_, name)| name));
        assert_eq!(REFUSED.map(label), Refused::ALL.map(|(_, _, name)| name));
    }

    #[test]
    fn the_page_serves_the_relays_clients_only_where_it_listens_for_them() {
        for (page, relay, expected) in [
            ("0.0.0.0:443", "0.0.0.0:443", true),
            ("[::]:443", "0.0.0.0:443", true),
            ("[::]:443", "203.0.113.5:443", true),
            ("127.0.0.1:443", "127.0.0.1:443", true),
            ("127.0.0.1:443", "0.0.0.0:443", false),
            ("0.0.0.0:443", "[::]:443", false),
            ("0.0.0.0:443", "0.0.0.0:3478", false),
        ] {
            assert_eq!(covers(page.parse().unwrap(), relay.parse().unwrap()), expected, "{page} {relay}");
        }
    }
}
