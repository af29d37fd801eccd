//! Settings of STUN and TURN servers that are not ours.
//!
//! They hold secrets, so an error about them shows no piece of them. No server is asked here.

use callbox_identity::endpoint::Endpoint;
use callbox_identity::turn_service::IceService;
use toml::Value;

use crate::error::ConfigError;
pub use crate::ice_source::IceSource;
use crate::reader::Reader;
use crate::secrets;
use crate::setting::{Setting, Text};

/// Servers that are not ours.
#[derive(Clone, Debug, Default)]
pub struct IceSettings {
    /// By name, with their credentials.
    pub servers: Vec<IceSource>,
    /// The services that make more of them.
    pub services: Vec<IceService>,
}

impl IceSettings {
    /// Whether browsers get a TURN server that is not ours.
    pub fn names_turn(&self) -> bool {
        let mut urls = self.servers.iter().flat_map(|server| &server.urls);
        urls.any(|url| url.starts_with("turn")) || !self.services.is_empty()
    }
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "ice_servers",
        default: "[]",
        about: "STUN and TURN servers that browsers get, such as [{ urls = [\"stun:stun.example.org\"] }],\n\
                with `username` and `credential` if needed, or with the `secret` of a coturn that has\n\
                use-auth-secret: then each session gets a credential of its own. Our own relay need not be named.",
        text: Text::Toml,
    },
    Setting {
        key: "ice_services",
        default: "[]",
        about: "Hosted TURN services that are asked for credentials, ahead and for all: [{ kind = \"cloudflare\", key = \"..\",\n\
                token = \"..\" }] with a TURN key's id and API token, or { kind = \"twilio\", account = \"AC..\", token = \"..\" } with the\n\
                auth token, or with an API key's SID as `key` and its secret. `url` names another that answers as they do.",
        text: Text::Toml,
    },
];

/// The servers that browsers get beside our relay.
pub(crate) fn read(reader: &Reader<'_>) -> Result<IceSettings, ConfigError> {
    Ok(IceSettings {
        servers: reader.get("ice_servers", ice_servers)?,
        services: reader.get("ice_services", ice_services)?,
    })
}

fn ice_servers(value: &Value) -> Result<Vec<IceSource>, String> {
    let servers: Vec<IceSource> = secrets::structure(value)?;
    if servers.iter().any(|server| server.secret.is_some() && server.credential.is_some()) {
        return Err("a server has a `credential` or a `secret`, not both".to_owned());
    }
    for url in servers.iter().flat_map(|server| &server.urls) {
        if !["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err("a URL in it does not start with stun:, stuns:, turn: or turns:".to_owned());
        }
    }
    Ok(servers)
}

fn ice_services(value: &Value) -> Result<Vec<IceService>, String> {
    let services: Vec<IceService> = secrets::structure(value)?;
    for service in &services {
        Endpoint::parse(service.base())
            .map_err(|_| "a `url` in it is neither an https URL nor an http one of this machine")?;
        if !service.has_plain_names() {
            return Err("a `key` or an `account` is letters and digits".to_owned());
        }
    }
    Ok(services)
}
