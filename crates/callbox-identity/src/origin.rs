//! An origin as browsers write it (RFC 6454, section 6.2): scheme, host, port, nothing else.
//!
//! Used for settings and for the `Origin` header alike, so that both are compared in one form.

use http::Uri;
use http::uri::Authority;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

/// A scheme (http or https), a host in lower case and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether the scheme is https.
    pub is_tls: bool,
    host: String,
    port: u16,
}

/// A text that is no origin.
#[derive(Debug, Error)]
#[error(
    "`{0}` is not an origin such as https://app.example.org (scheme, host, perhaps a port, nothing more)"
)]
pub struct OriginError(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || OriginError(text.chars().take(100).collect());
        let uri: Uri = text.parse().map_err(|_| error())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(error()),
        };
        // `Uri` reads "https://x" and "https://x/" alike; both are fine for a person who writes a setting.
        let has_more = uri.path_and_query().is_some_and(|pq| pq.as_str() != "/") || text.contains(['@', '#']);
        match uri.host() {
            Some(host) if !host.is_empty() && !has_more => Ok(Self {
                is_tls,
                host: host.to_ascii_lowercase(),
                port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            }),
            _ => Err(error()),
        }
    }
}

impl Origin {
    /// The origin that a `Host` header stands for, given the scheme.
    pub fn from_host(is_tls: bool, host: &str) -> Option<Self> {
        let authority: Authority = host.parse().ok()?;
        let name = authority.host();
        if name.is_empty() || host.contains('@') {
            return None;
        }
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Some(Self { is_tls, host: name.to_ascii_lowercase(), port })
    }

    /// Whether this is the same host and port, with any scheme: we cannot know the scheme behind a proxy that ends
    /// TLS and is not in our settings.
    pub fn is_same_place(&self, host: &str) -> bool {
        Self::from_host(self.is_tls, host).is_some_and(|other| other == *self)
    }

    /// The same host at another port.
    #[must_use]
    pub fn at_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// The name or the address alone, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, also where it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether only programs on this machine can have served it.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default_port) = if self.is_tls { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default_port {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
