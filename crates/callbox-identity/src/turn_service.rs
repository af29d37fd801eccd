//! Hosted TURN services that make credentials when asked: the request to each, and the form of its answer.
//!
//! Two forms of the same idea: Cloudflare's (Realtime TURN, `generate-ice-servers`) and Twilio's (Network Traversal
//! Service, `Tokens.json`), which others imitate. The server sends the requests. Bound: 16 servers of 16 URLs each.

pub mod held;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callbox_protocol::signal::IceServer;
use serde::Deserialize;
use std::fmt;

/// The lifetime that is asked for: a day, which is Twilio's longest and longer than any call.
pub const LIFETIME_SECONDS: u64 = 24 * 3_600;
/// Of one answer; services name five or six.
const SERVERS_MAX: usize = 16;
const URLS_MAX: usize = 16;

/// A service of the settings.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum IceService {
    /// Cloudflare Realtime TURN, or a service that answers as it does.
    Cloudflare {
        /// The id of the TURN key.
        key: String,
        /// Its API token.
        token: String,
        /// Its URL, if not at Cloudflare.
        #[serde(default = "cloudflare")]
        url: String,
    },
    /// Twilio's Network Traversal Service, or a service that answers as it does.
    Twilio {
        /// The account's SID.
        account: String,
        /// The SID of an API key; left out: the account's own, with its auth token.
        key: Option<String>,
        /// The secret of the API key, or the auth token.
        token: String,
        /// Its URL, if not at Twilio.
        #[serde(default = "twilio")]
        url: String,
    },
}

fn cloudflare() -> String {
    "https://rtc.live.cloudflare.com".to_owned()
}

fn twilio() -> String {
    "https://api.twilio.com".to_owned()
}

/// Leaves out the secrets.
impl fmt::Debug for IceService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.name(), self.base())
    }
}

/// One `POST`.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The address of the request.
    pub url: String,
    /// The header of that name. Secret.
    pub authorization: String,
    /// The header of that name.
    pub content_type: &'static str,
    /// The body of the request.
    pub body: String,
}

/// The credentials of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCredentials {
    /// As browsers take them.
    pub servers: Vec<IceServer>,
    /// How long they can be used from now on.
    pub lifetime_seconds: u64,
}

impl IceService {
    /// For people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cloudflare { .. } => "cloudflare",
            Self::Twilio { .. } => "twilio",
        }
    }

    /// Its URL.
    pub fn base(&self) -> &str {
        let (Self::Cloudflare { url, .. } | Self::Twilio { url, .. }) = self;
        url.trim_end_matches('/')
    }

    /// Parts of its URL that come from the settings; nothing in them may be more than a name.
    pub fn has_plain_names(&self) -> bool {
        let (Self::Cloudflare { key: name, .. } | Self::Twilio { account: name, .. }) = self;
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    }

    /// The request to the service.
    pub fn question(&self) -> Question {
        let base = self.base();
        match self {
            Self::Cloudflare { key, token, .. } => Question {
                url: format!("{base}/v1/turn/keys/{key}/credentials/generate-ice-servers"),
                authorization: format!("Bearer {token}"),
                content_type: "application/json",
                body: format!(r#"{{"ttl":{LIFETIME_SECONDS}}}"#),
            },
            Self::Twilio { account, key, token, .. } => {
                let user = key.as_ref().unwrap_or(account);
                Question {
                    url: format!("{base}/2010-04-01/Accounts/{account}/Tokens.json"),
                    authorization: format!("Basic {}", STANDARD.encode(format!("{user}:{token}"))),
                    content_type: "application/x-www-form-urlencoded",
                    body: format!("Ttl={LIFETIME_SECONDS}"),
                }
            }
        }
    }
}

/// Reads either form; `None` if it is neither, or names no server.
pub fn read(body: &[u8]) -> Option<ServiceCredentials> {
    let Given { servers, ttl } = serde_json::from_slice(body).ok()?;
    let servers: Vec<IceServer> = servers.into_iter().take(SERVERS_MAX).filter_map(Entry::read).collect();
    // Cloudflare does not repeat the requested lifetime; Twilio writes it as a text.
    let lifetime_seconds = ttl.and_then(Ttl::seconds).unwrap_or(LIFETIME_SECONDS).min(LIFETIME_SECONDS);
    (!servers.is_empty()).then_some(ServiceCredentials { servers, lifetime_seconds })
}

#[derive(Deserialize)]
struct Given {
    #[serde(rename = "iceServers", alias = "ice_servers")]
    servers: Vec<Entry>,
    ttl: Option<Ttl>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ttl {
    Number(u64),
    Text(String),
}

impl Ttl {
    fn seconds(self) -> Option<u64> {
        match self {
            Self::Number(seconds) => Some(seconds),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

#[derive(Deserialize)]
struct Entry {
    urls: Urls,
    username: Option<String>,
    credential: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Urls {
    One(String),
    Many(Vec<String>),
}

impl Entry {
    /// A server as browsers take it. Port 53 is left out: they refuse to use it, and wait for its failure.
    fn read(self) -> Option<IceServer> {
        let all = match self.urls {
            Urls::One(url) => vec![url],
            Urls::Many(urls) => urls,
        };
        let is_usable = |url: &String| {
            ["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| url.starts_with(scheme))
                && !url.split('?').next().is_some_and(|place| place.ends_with(":53"))
        };
        let urls: Vec<String> = all.into_iter().filter(is_usable).take(URLS_MAX).collect();
        let (username, credential) = (self.username, self.credential);
        (!urls.is_empty()).then_some(IceServer { urls, username, credential })
    }
}

#[cfg(test)]
mod tests;
