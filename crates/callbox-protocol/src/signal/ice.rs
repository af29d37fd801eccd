//! The servers by which two browsers find a path, and whether it may show them each other's address.

use serde::{Deserialize, Serialize};

/// Whether two people in a call learn each other's address. A stricter one is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum RelayPolicy {
    /// Yes: media take the shortest path, and the relay if there is no other.
    #[default]
    Auto,
    /// Once both have stayed with each other for half a minute: until then all media take the relay.
    UntilBothStay,
    /// Never: all media take the relay.
    Always,
}

/// A server that helps two browsers find a path: the shape of the browser's `RTCIceServer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// Our name at a TURN server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub username: Option<String>,
    /// The TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub credential: Option<String>,
}
