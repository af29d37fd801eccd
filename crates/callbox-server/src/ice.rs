//! Which STUN and TURN servers a browser is told of: those of the settings, those of hosted services, and our own relay.
//!
//! Others' TURN servers have a fixed name and password, or share a secret with us, as coturn does with
//! `use-auth-secret`: then each session gets a credential of its own, which ends by itself.

mod hosted;
mod service;

use callbox_protocol::id::SessionId;
use callbox_protocol::signal::IceServer;
use callbox_protocol::time::UnixMillis;
use callbox_turn::credentials::mint;
use serde::Deserialize;

use crate::config::Config;
use crate::relay::{Relays, session_key};

pub use hosted::Hosted;
pub use service::IceService;

/// How long a credential for somebody else's server can be used: a day, as long as a call may plausibly take.
const CREDENTIAL_SECONDS: u64 = 24 * 3_600;

/// A server of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceSource {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// A fixed name.
    pub username: Option<String>,
    /// Its password.
    pub credential: Option<String>,
    /// What we share with the server, in place of the two.
    pub secret: Option<String>,
}

impl IceSource {
    fn for_session(&self, session: SessionId, now: UnixMillis) -> IceServer {
        let urls = self.urls.clone();
        let Some(secret) = &self.secret else {
            return IceServer { urls, username: self.username.clone(), credential: self.credential.clone() };
        };
        let credentials = mint(secret.as_bytes(), session_key(session), now.0 / 1_000 + CREDENTIAL_SECONDS);
        IceServer { urls, username: Some(credentials.username), credential: Some(credentials.password) }
    }
}

/// What this session's browser is told.
pub fn servers(
    config: &Config,
    hosted: &Hosted,
    relays: Option<&Relays>,
    session: SessionId,
    now: UnixMillis,
) -> Vec<IceServer> {
    let own = relays.map(|relays| relays.ice_servers(session, now)).unwrap_or_default();
    let named = config.ice_servers.iter().map(|source| source.for_session(session, now));
    named.chain(hosted.servers(now)).chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    #[test]
    fn a_secret_becomes_a_credential_of_the_session_and_is_told_to_nobody() {
        let text = r#"[{ urls = ["turn:turn.example.org"], secret = "north" }, { urls = ["stun:stun.example.org"] }]"#;
        let flags = vec![("--set".to_owned(), "ice_servers".to_owned(), text.to_owned())];
        let config = Layers { flags, ..Layers::default() }.load().unwrap();
        let session = SessionId::from_bytes([0xab; 16]);
        let told = servers(&config, &Hosted::new(&[]), None, session, UnixMillis(1_790_000_000_000));
        assert_eq!(told[0].username.as_deref(), Some("1790086400:abababababababab"));
        assert!(!serde_json::to_string(&told).unwrap().contains("north"));
        assert_eq!(
            told[1],
            IceServer { urls: vec!["stun:stun.example.org".into()], username: None, credential: None }
        );
    }
}
