//! A STUN or TURN server of the settings.

use serde::Deserialize;
use std::fmt;

/// A server of the settings.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceSource {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// A fixed name.
    pub username: Option<String>,
    /// Its password.
    pub credential: Option<String>,
    /// The secret that we share with the server, instead of the two.
    pub secret: Option<String>,
}

/// Leaves out the secrets.
impl fmt::Debug for IceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.urls)
    }
}
