//! Settings of pages: our own address, other origins that may use us, and the proxies between.
//!
//! Whether a page with a policy of its own may use us is checked in `table.rs`, which sees both.

use callbox_identity::forwarded::ProxyHeader;
use callbox_identity::origin::{Origin, OriginError};
use ipnet::IpNet;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{network, string, strings};

/// Which pages may use us, and who says whose they are.
#[derive(Clone, Debug)]
pub struct CallerSettings {
    /// Pages of other origins that may use us.
    pub allowed_origins: Vec<Origin>,
    /// The proxies that may give us a caller's address.
    pub trusted_proxies: Vec<IpNet>,
    /// The header that they write it into.
    pub proxy_header: ProxyHeader,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "public_url",
        default: r#""""#,
        about: "The origin that people's browsers see, such as \"https://call.example.org\", if a proxy stands\n\
                before this server. Empty: the one in the request's Host header. Its scheme decides: with https, cookies are\n\
                Secure, whatever a proxy says.",
        text: Text::Plain,
    },
    Setting {
        key: "allowed_origins",
        default: "[]",
        about: "Pages of other origins that may use this server, such as [\"https://app.example.org\"]. The page\n\
                served here always may; pages on loopback may while we listen on loopback.",
        text: Text::List,
    },
    Setting {
        key: "trusted_proxies",
        default: "[]",
        about: "Addresses or networks of your proxies, such as [\"127.0.0.1\", \"10.0.0.0/8\"]. Only they may tell\n\
                us a caller's address, by `proxy_header` or by the PROXY protocol, and whether TLS is used if `public_url`\n\
                does not say it. One that passes bytes on unread must write the latter: else its clients could.",
        text: Text::List,
    },
    Setting {
        key: "proxy_header",
        default: r#""X-Forwarded-For""#,
        about: "The header in which your proxies write a caller's address: \"X-Forwarded-For\", with X-Forwarded-Proto beside\n\
                it; \"Forwarded\" (RFC 7239); or another with an address, such as \"X-Real-IP\" or \"CF-Connecting-IP\". No other is\n\
                read: proxies pass on what a caller wrote into the others.",
        text: Text::Plain,
    },
];

/// The address that people type, if it is set; the pages that may use us, and the proxies that name callers.
pub(crate) fn read(reader: &Reader<'_>) -> Result<(Option<Origin>, CallerSettings), ConfigError> {
    let public_url = reader.get("public_url", origin)?;
    let callers = CallerSettings {
        allowed_origins: reader.get("allowed_origins", |value| {
            strings(value)?.iter().map(|s| s.parse::<Origin>().map_err(|error| error.to_string())).collect()
        })?,
        trusted_proxies: reader
            .get("trusted_proxies", |value| strings(value)?.iter().map(|s| network(s)).collect())?,
        proxy_header: reader.get("proxy_header", |value| string(value)?.parse())?,
    };
    Ok((public_url, callers))
}

fn origin(value: &Value) -> Result<Option<Origin>, String> {
    match string(value)?.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|error: OriginError| error.to_string()),
    }
}
