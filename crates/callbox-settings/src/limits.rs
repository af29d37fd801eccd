//! Settings of limits: how many sessions and sockets, how often a caller may ask, and which session of a login stays.
//!
//! Every number has an upper bound of a million, above which it would be no limit.

use callbox_core::exchange::DuplicateLogin;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{bound, string};

/// Open files that are no session's: the database, the log and the listener, with room for requests while every session is
/// taken.
pub const OTHER_FILES: u64 = 512;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// The most signaling sessions at once.
    pub sessions_max: usize,
    /// The most sockets of one address at once.
    pub sockets_per_address_max: usize,
    /// The callers that the limits of requests are for.
    pub rates: RateLimits,
}

/// The callers that the limits are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// Everybody but callers on this machine.
    On,
    /// Those too.
    Everyone,
    /// Nobody.
    Off,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "sessions_max",
        default: "10000",
        about: "The most signaling sessions at once, those whose socket was lost a minute ago at most included; one\n\
                more is asked to retry later. An idle session costs about 8 KB of memory, and one file\n\
                descriptor: see `ulimit -n`.",
        text: Text::Number,
    },
    Setting {
        key: "sockets_per_address_max",
        default: "1000",
        about: "The most sockets of one address (IPv6: of one /64) at once, and how many it may open in one go; then\n\
                20 a second. Its connections of all kinds are a quarter more. A block (an IPv4 /24, an IPv6 /48) has three times\n\
                an address's. A university behind one address may need more. This machine itself and trusted proxies are\n\
                not limited.",
        text: Text::Number,
    },
    Setting {
        key: "rate_limits",
        default: r#""on""#,
        about: "How often one address, and one user, may ask /v1 of each kind of thing: docs/PROTOCOL.md has the\n\
                table. \"on\": everybody but callers on this machine, which are tests, or a proxy that is missing in\n\
                `trusted_proxies`. \"everyone\": those too. \"off\": nobody; then something before us must do it.",
        text: Text::Plain,
    },
    Setting {
        key: "duplicate_login",
        default: r#""newest""#,
        about: "What happens when a login is used in a second tab or on a second device: \"newest\" lets the new one\n\
                continue and notifies the old one, \"refuse\" refuses the new one while the old one is connected.",
        text: Text::Plain,
    },
];

/// The limits, and the session that continues when a login is used twice.
pub(crate) fn read(reader: &Reader<'_>) -> Result<(LimitSettings, DuplicateLogin), ConfigError> {
    let limits = LimitSettings {
        sessions_max: reader.get("sessions_max", bound)?,
        sockets_per_address_max: reader.get("sockets_per_address_max", bound)?,
        rates: reader.get("rate_limits", rate_limits)?,
    };
    Ok((limits, reader.get("duplicate_login", duplicate_login)?))
}

fn rate_limits(value: &Value) -> Result<RateLimits, String> {
    match string(value)?.as_str() {
        "on" => Ok(RateLimits::On),
        "everyone" => Ok(RateLimits::Everyone),
        "off" => Ok(RateLimits::Off),
        text => Err(format!("`{text}` is none of on, everyone, off")),
    }
}

fn duplicate_login(value: &Value) -> Result<DuplicateLogin, String> {
    match string(value)?.as_str() {
        "newest" => Ok(DuplicateLogin::Newest),
        "refuse" => Ok(DuplicateLogin::Refuse),
        text => Err(format!("`{text}` is neither newest nor refuse")),
    }
}
