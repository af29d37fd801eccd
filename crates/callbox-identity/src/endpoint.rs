//! URLs that the server asks by itself: HTTPS anywhere, plain HTTP on this machine alone, or on private networks for what the
//! operator alone has named.
//!
//! Operators write them, and issuers' documents lead to them. Nothing is resolved or asked here.

use http::Uri;
use std::net::IpAddr;
use thiserror::Error;

/// The parts of a URL.
#[derive(Debug)]
pub struct Endpoint {
    /// Whether it is TLS.
    pub is_tls: bool,
    /// The name or address, an IPv6 address without its brackets.
    pub host: String,
    /// The port, also if the URL has none.
    pub port: u16,
    /// Host and port as the URL has them.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// A URL that is not asked.
#[derive(Debug, Error)]
#[error("`{0}` is neither an https URL nor an http one of this machine")]
pub struct EndpointError(String);

impl Endpoint {
    /// Reads a URL.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        Self::read(url, is_here)
    }

    /// Reads a URL that the operator wrote, which may be plain HTTP within a private network: an address there, or a name
    /// without a dot, which no public server has.
    pub fn parse_near(url: &str) -> Result<Self, EndpointError> {
        Self::read(url, |host| is_here(host) || is_near(host))
    }

    fn read(url: &str, may_be_plain: impl Fn(&str) -> bool) -> Result<Self, EndpointError> {
        let error = || EndpointError(url.chars().take(200).collect());
        let uri: Uri = url.parse().map_err(|_| error())?;
        let host = uri.host().ok_or_else(error)?.trim_matches(['[', ']']).to_owned();
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if may_be_plain(&host) => false,
            _ => return Err(error()),
        };
        // A name and password before the host would be lost.
        let authority = uri.authority().filter(|all| !all.as_str().contains('@')).ok_or_else(error)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            is_tls,
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            host,
            authority: authority.to_string(),
            path: path.to_owned(),
        })
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_near(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.is_empty() && !host.contains('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_network_is_near() {
        for url in [
            "http://10.0.0.5:9093",
            "http://192.168.1.2/x",
            "http://[fd00::1]:9/",
            "http://alertmanager:9093",
            "https://x.org",
        ] {
            assert!(Endpoint::parse_near(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.org/",
            "http://8.8.8.8/",
            "http://[2001:db8::1]/",
            "ftp://10.0.0.1/",
            "http://a:b@10.0.0.1/",
        ] {
            assert!(Endpoint::parse_near(url).is_err(), "{url}");
        }
        assert!(Endpoint::parse("http://10.0.0.5:9093").is_err());
    }

    #[test]
    fn only_https_is_asked_and_this_machine() {
        for url in
            ["http://example.org/", "ftp://localhost/", "/v1", "https://a:b@example.org/", "http://10.0.0.1/"]
        {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
        for url in ["http://localhost:1/x", "http://[::1]/", "https://example.org", "http://127.0.0.1:5/?a"] {
            assert!(Endpoint::parse(url).is_ok(), "{url}");
        }
    }
}
