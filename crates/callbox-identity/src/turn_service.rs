//! Hosted TURN services that make credentials when asked: the request to each, and the form of its answer.
//!
//! Two forms of the same idea: Cloudflare's (Realtime TURN, `generate-ice-servers`) and Twilio's (Network Traversal
//! Service, `Tokens.json`), which others imitate. The server sends the requests. Bound: 16 servers of 16 URLs each.

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
pub struct Answer {
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
pub fn read(body: &[u8]) -> Option<Answer> {
    let Given { servers, ttl } = serde_json::from_slice(body).ok()?;
    let servers: Vec<IceServer> = servers.into_iter().take(SERVERS_MAX).filter_map(Entry::read).collect();
    // Cloudflare does not repeat the requested lifetime; Twilio writes it as a text.
    let lifetime_seconds = ttl.and_then(Ttl::seconds).unwrap_or(LIFETIME_SECONDS).min(LIFETIME_SECONDS);
    (!servers.is_empty()).then_some(Answer { servers, lifetime_seconds })
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
mod tests {
    use super::*;

    #[test]
    fn cloudflares_documented_answer_is_read_without_the_port_that_browsers_refuse() {
        let body = r#"{"iceServers":[{"urls":["stun:stun.cloudflare.com:3478","stun:stun.cloudflare.com:53"]},
            {"urls":["turn:turn.cloudflare.com:3478?transport=udp","turn:turn.cloudflare.com:53?transport=udp",
            "turns:turn.cloudflare.com:443?transport=tcp"],"username":"bc91b63e","credential":"ebd65548"}]}"#;
        let answer = read(body.as_bytes()).unwrap();
        assert_eq!(answer.lifetime_seconds, LIFETIME_SECONDS);
        assert_eq!(answer.servers[0].urls, ["stun:stun.cloudflare.com:3478"]);
        let turn =
            ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:443?transport=tcp"];
        assert_eq!(answer.servers[1].urls, turn);
        assert_eq!(answer.servers[1].credential.as_deref(), Some("ebd65548"));
    }

    #[test]
    fn twilios_documented_answer_is_read_with_its_lifetime() {
        let body = r#"{"account_sid":"AC1","ttl":"3600","username":"dc2d","password":"tE0f","ice_servers":[
            {"url":"stun:global.stun.twilio.com:3478","urls":"stun:global.stun.twilio.com:3478"},
            {"url":"turn:global.turn.twilio.com:3478?transport=udp","username":"dc2d","credential":"tE0f",
            "urls":"turn:global.turn.twilio.com:3478?transport=udp"}]}"#;
        let answer = read(body.as_bytes()).unwrap();
        assert_eq!((answer.lifetime_seconds, answer.servers.len()), (3_600, 2));
        assert_eq!(answer.servers[1].username.as_deref(), Some("dc2d"));
    }

    #[test]
    fn what_names_no_server_is_no_answer() {
        for body in ["", "{}", "[]", r#"{"iceServers":[]}"#, r#"{"iceServers":[{"urls":["http://x"]}]}"#] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn each_is_asked_as_its_documents_say() {
        let cloudflare: IceService =
            toml::from_str("kind = \"cloudflare\"\nkey = \"k1\"\ntoken = \"north\"").unwrap();
        let question = cloudflare.question();
        let expected = "https://rtc.live.cloudflare.com/v1/turn/keys/k1/credentials/generate-ice-servers";
        assert_eq!((question.url.as_str(), question.body.as_str()), (expected, r#"{"ttl":86400}"#));
        assert_eq!(question.authorization, "Bearer north");
        let twilio: IceService = toml::from_str(
            "kind = \"twilio\"\naccount = \"AC1\"\ntoken = \"north\"\nurl = \"http://127.0.0.1:1/\"",
        )
        .unwrap();
        let question = twilio.question();
        assert_eq!(question.url, "http://127.0.0.1:1/2010-04-01/Accounts/AC1/Tokens.json");
        assert_eq!(question.authorization, format!("Basic {}", STANDARD.encode("AC1:north")));
        for service in [&cloudflare, &twilio] {
            assert!(!format!("{service:?}").contains("north") && service.has_plain_names());
        }
        let bent: IceService =
            toml::from_str("kind = \"twilio\"\naccount = \"../x\"\ntoken = \"t\"").unwrap();
        assert!(!bent.has_plain_names());
    }
}
