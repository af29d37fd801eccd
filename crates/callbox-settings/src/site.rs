//! The addresses of this server: the one that it listens on, and the one that people type.
//!
//! Links name the address of the settings, never a request's Host header, which anybody may forge.

use callbox_identity::origin::Origin;
use std::net::SocketAddr;

/// Our own address, seen from inside and from outside.
#[derive(Clone, Debug)]
pub struct Site {
    /// The address and port we listen on; of the settings, until we listen.
    pub listen: SocketAddr,
    /// Whether we speak HTTPS there ourselves.
    pub is_tls: bool,
    /// The address that people type, if it is not the one we listen on.
    pub public_url: Option<Origin>,
}

impl Site {
    /// Whether only this machine reaches us, by no other name than its own: a first try.
    pub fn is_local(&self) -> bool {
        self.public_url.is_none() && self.listen.ip().is_loopback()
    }

    /// Whether others can be given an address of ours that holds: a name, or one for this machine alone.
    pub fn has_address(&self) -> bool {
        self.public_url.is_some() || self.listen.ip().is_loopback()
    }

    /// The address in the settings, or the one that we listen on: then links work on this machine alone.
    pub fn origin(&self) -> Origin {
        if let Some(origin) = &self.public_url {
            return origin.clone();
        }
        let (addr, port) = (self.listen.ip(), self.listen.port());
        let host = if addr.is_unspecified() { format!("localhost:{port}") } else { self.listen.to_string() };
        Origin::from_host(self.is_tls, &host).expect("an address and a port are an origin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(listen: &str, is_tls: bool, public_url: Option<&str>) -> Site {
        Site {
            listen: listen.parse().unwrap(),
            is_tls,
            public_url: public_url.map(|url| url.parse().unwrap()),
        }
    }

    #[test]
    fn links_name_the_settings_address() {
        let public = "https://call.example.org";
        for (site, expected) in [
            (site("0.0.0.0:8080", false, Some(public)), public),
            (site("0.0.0.0:8080", false, None), "http://localhost:8080"),
            (site("[::1]:80", true, None), "https://[::1]:80"),
            (site("127.0.0.1:8080", false, None), "http://127.0.0.1:8080"),
        ] {
            assert_eq!(site.origin().to_string(), expected);
        }
    }

    #[test]
    fn a_server_for_the_world_has_an_address_by_its_settings_alone() {
        for (listen, public_url, has_address, is_local) in [
            ("127.0.0.1:8080", None, true, true),
            ("0.0.0.0:8080", None, false, false),
            ("0.0.0.0:8080", Some("https://call.example.org"), true, false),
            ("127.0.0.1:8080", Some("https://call.example.org"), true, false),
        ] {
            let site = site(listen, false, public_url);
            assert_eq!((site.has_address(), site.is_local()), (has_address, is_local), "{site:?}");
        }
    }
}
