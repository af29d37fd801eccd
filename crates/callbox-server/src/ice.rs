//! The STUN and TURN servers that a browser gets: those of the settings, those of hosted services, and our own relay.
//!
//! Others' TURN servers have a fixed name and password, or share a secret with us, as coturn does with
//! `use-auth-secret`: then each session gets a credential of its own, which ends by itself. Credentials that end are
//! sent anew in good time, since a page may stay open for days. Bound: for each socket the ends of the credentials
//! that it got.

mod hosted;

use callbox_media::{Addresses, Relays};
use callbox_protocol::http::IceServiceStats;
use callbox_protocol::id::SessionId;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;
use callbox_settings::ice::{IceSettings, IceSource};
use callbox_turn::credentials::mint;
use std::sync::Arc;

use crate::clock::Clock;
use crate::outbound::Outbound;
use crate::relay::{self, session_key};

use hosted::Hosted;

/// How long a credential that we make can be used: a day, as long as a call may plausibly take.
const CREDENTIAL_SECONDS: u64 = 24 * 3_600;
/// The rest of its life when the next is sent: any call that begins before that may take half a day.
const RENEW_SECONDS: u64 = CREDENTIAL_SECONDS / 2;

/// The servers that browsers get, and the credentials of hosted services.
#[derive(Debug)]
pub struct Ice {
    named: Vec<IceSource>,
    hosted: Hosted,
}

fn for_session(source: &IceSource, session: SessionId, until_seconds: u64) -> IceServer {
    let IceSource { urls, username, credential, secret } = source.clone();
    let Some(secret) = secret else { return IceServer { urls, username, credential } };
    let credentials = mint(secret.as_bytes(), session_key(session), until_seconds);
    IceServer { urls, username: Some(credentials.username), credential: Some(credentials.password) }
}

/// The ends of the credentials that a browser got.
#[derive(Debug, Default)]
pub struct SentCredentials {
    /// The credentials that we made for it; `None` if there are none.
    own: Option<UnixMillis>,
    /// The addresses that our relay had.
    relay: Option<Arc<Addresses>>,
    /// The credentials of each hosted service, in their order; `None` if it had none.
    hosted: Box<[Option<UnixMillis>]>,
}

impl SentCredentials {
    /// Whether there is something now that lasts so much longer that the browser should have it, or our relay is
    /// somewhere else.
    pub fn is_due(&self, ice: &Ice, relays: Option<&Relays>, now: UnixMillis) -> bool {
        let here = relays.map(Relays::addresses);
        let has_moved =
            here.as_ref().map(|all| &all.externals) != self.relay.as_ref().map(|all| &all.externals);
        let is_half_over = |until: UnixMillis| until.since(now) <= RENEW_SECONDS * 1_000;
        has_moved || self.own.is_some_and(is_half_over) || ice.hosted.is_due(&self.hosted, now)
    }
}

impl Ice {
    /// Nothing was given yet.
    pub fn new(settings: &IceSettings, clock: &Clock) -> Self {
        Self { named: settings.servers.clone(), hosted: Hosted::new(&settings.services, clock) }
    }

    /// Asks hosted services again and again; runs until it is dropped.
    pub async fn run(&self, outbound: &Outbound) {
        self.hosted.run(outbound).await;
    }

    /// Of hosted services, for the operator.
    pub fn stats(&self, now: UnixMillis) -> Vec<IceServiceStats> {
        self.hosted.stats(now)
    }

    /// The servers for this session's browser, after those that it got before, and until when they are valid. Others'
    /// servers compare with their own clocks, and so with `wall`.
    pub fn servers(
        &self,
        relays: Option<&Relays>,
        session: SessionId,
        before: &SentCredentials,
        now: UnixMillis,
        wall: UnixMillis,
    ) -> (Vec<IceServer>, SentCredentials) {
        let until_seconds = now.0 / 1_000 + CREDENTIAL_SECONDS;
        let theirs_until_seconds = wall.0 / 1_000 + CREDENTIAL_SECONDS;
        let relay = relays.map(Relays::addresses);
        let own = relays.map(|relays| relay::ice_servers(relays, session, until_seconds)).unwrap_or_default();
        let named = self.named.iter().map(|source| for_session(source, session, theirs_until_seconds));
        let (given, untils) = self.hosted.servers(&before.hosted, now);
        let makes_own = !own.is_empty() || self.named.iter().any(|source| source.secret.is_some());
        let own_until = makes_own.then_some(UnixMillis(until_seconds * 1_000));
        (named.chain(given).chain(own).collect(), SentCredentials { own: own_until, relay, hosted: untils })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ice<const N: usize>(servers: [serde_json::Value; N]) -> Ice {
        let servers = servers.map(|server| serde_json::from_value(server).unwrap()).into();
        Ice::new(&IceSettings { servers, services: Vec::new() }, &Clock::manual(UnixMillis(0)))
    }

    #[test]
    fn a_secret_becomes_a_credential_of_the_session_and_is_told_to_nobody() {
        let ice = ice([
            json!({ "urls": ["turn:turn.example.org"], "secret": "north" }),
            json!({ "urls": ["stun:stun.example.org"] }),
        ]);
        let (session, now) = (SessionId::from_bytes([0xab; 16]), UnixMillis(1_790_000_000_000));
        let (all, sent) = ice.servers(None, session, &SentCredentials::default(), now, now);
        assert_eq!(all[0].username.as_deref(), Some("1790086400:abababababababab"));
        assert!(!serde_json::to_string(&all).unwrap().contains("north"));
        assert_eq!(
            all[1],
            IceServer { urls: vec!["stun:stun.example.org".into()], username: None, credential: None }
        );
        // After half a day there is another, which is as good as the first was.
        let half_a_day = 12 * 3_600 * 1_000;
        assert!(
            !sent.is_due(&ice, None, now.plus(half_a_day - 1))
                && sent.is_due(&ice, None, now.plus(half_a_day))
        );
        let (later, wall) = (now.plus(half_a_day), now.plus(2 * half_a_day));
        let (all, sent) = ice.servers(None, session, &sent, later, wall);
        // The machine's clock was put forward by half a day meanwhile.
        assert_eq!(all[0].username.as_deref(), Some("1790172800:abababababababab"));
        assert!(!sent.is_due(&ice, None, now.plus(2 * half_a_day - 1)));
    }

    #[test]
    fn what_never_ends_is_told_once() {
        let ice = ice([json!({ "urls": ["turn:turn.example.org"], "username": "u", "credential": "c" })]);
        let session = SessionId::from_bytes([1; 16]);
        let zero = UnixMillis(0);
        let (_, sent) = ice.servers(None, session, &SentCredentials::default(), zero, zero);
        assert!(!sent.is_due(&ice, None, UnixMillis(u64::MAX)));
    }
}
