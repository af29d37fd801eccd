//! The facts about a caller before its login is read: address, TLS, and the page that it speaks for.
//!
//! Made once per request and put into its extensions. It decides which origins are allowed; `access.rs` decides who
//! may call a route.

use axum::http::{HeaderMap, header};
use callbox_core::address::{ClientAddr, PeerAddr};
use callbox_identity::forwarded::{NotAnAddress, ProxyHeader, via};
use callbox_identity::host::Host;
use callbox_identity::origin::Origin;
use ipnet::IpNet;

use crate::site::Site;

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

/// The settings by which callers are distinguished.
#[derive(Debug)]
pub struct Callers {
    settings: CallerSettings,
    site: Site,
}

/// The page that a request speaks for, by its `Origin` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// No `Origin`: a plain navigation, a same-origin GET, or no browser at all.
    Unnamed,
    /// The page that we serve ourselves.
    Own,
    /// Another page that may use us; its origin is echoed to the browser.
    Allowed(Origin),
    /// A page that may not.
    Foreign,
}

/// A caller, as far as the connection and the headers tell.
#[derive(Clone, Debug)]
pub struct Caller {
    /// For limits.
    pub client: ClientAddr,
    /// Whether TLS protects the caller's end of the way, as far as we know: cookies depend on it.
    pub is_tls: bool,
    /// The page it speaks for.
    pub page: Page,
    /// Whether the browser reaches us on loopback while we listen there: each tab is a guest of its own.
    pub is_local: bool,
    /// The origin that the browser sees, for links; `None` without a usable `Host` header.
    pub own_origin: Option<Origin>,
}

impl Callers {
    /// Of a server that is reached there.
    pub fn new(settings: CallerSettings, site: Site) -> Self {
        Self { settings, site }
    }

    /// Reads the connection, the host and the headers of one request.
    pub fn read(&self, peer: PeerAddr, host: &Host, headers: &HeaderMap) -> Result<Caller, NotAnAddress> {
        let Self { settings, site } = self;
        let via = via(peer, headers, &settings.trusted_proxies, &settings.proxy_header)?;
        let is_tls = match &site.public_url {
            Some(public) => public.is_tls,
            None => via.is_tls.unwrap_or(site.is_tls),
        };
        let host = host.name();
        let by_host = host.and_then(|host| Origin::from_host(is_tls, host));
        let is_local = site.is_local() && by_host.as_ref().is_some_and(Origin::is_loopback);
        let page = match headers.get(header::ORIGIN) {
            None => Page::Unnamed,
            Some(origin) => match origin.to_str().ok().and_then(|text| text.parse::<Origin>().ok()) {
                None => Page::Foreign,
                Some(origin) => {
                    let is_own = match &site.public_url {
                        Some(public) => origin == *public,
                        None => host.is_some_and(|host| origin.is_same_place(host)),
                    };
                    let is_allowed = settings.allowed_origins.contains(&origin)
                        || (site.is_local() && origin.is_loopback());
                    if is_own {
                        Page::Own
                    } else if is_allowed {
                        Page::Allowed(origin)
                    } else {
                        Page::Foreign
                    }
                }
            },
        };
        let own_origin = site.public_url.clone().or(by_host);
        Ok(Caller { client: via.client, is_tls, page, is_local, own_origin })
    }
}

impl Caller {
    /// The origin of the page it speaks for, if there is one.
    pub fn origin(&self) -> Option<&Origin> {
        match &self.page {
            Page::Own => self.own_origin.as_ref(),
            Page::Allowed(origin) => Some(origin),
            Page::Unnamed | Page::Foreign => None,
        }
    }

    /// The name of the login's cookie, if it is set.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_tls { SECURE_COOKIE } else { PLAIN_COOKIE }
    }

    /// The names under which it may come, the first one first. A proxy may say `https` of the page's requests and
    /// nothing of its socket's upgrade, so the secure one is looked for in both; the plain one never over TLS, since
    /// a page without it may have planted it.
    pub fn cookie_names(&self) -> &'static [&'static str] {
        if self.is_tls { &[SECURE_COOKIE] } else { &[SECURE_COOKIE, PLAIN_COOKIE] }
    }
}

/// `__Host-` makes browsers refuse one that another host or a page without TLS tries to plant (RFC 6265bis, section
/// 4.1.3).
const SECURE_COOKIE: &str = "__Host-callbox";
const PLAIN_COOKIE: &str = "callbox";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;
    use axum::http::HeaderValue;

    fn caller(settings: &[(&str, &str)], host: &'static str, origin: Option<&'static str>) -> Caller {
        let origin = origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin)));
        with(settings, host, &origin.into_iter().collect())
    }

    fn with(settings: &[(&str, &str)], host: &str, headers: &HeaderMap) -> Caller {
        let flags = settings.iter().map(|(k, v)| ("--set".to_owned(), (*k).to_owned(), (*v).to_owned()));
        let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap();
        let peer = PeerAddr("127.0.0.1:5".parse().unwrap());
        Callers::new(config.callers, config.site).read(peer, &Host::Named(host.to_owned()), headers).unwrap()
    }

    #[test]
    fn on_loopback_other_loopback_pages_are_allowed_and_the_rest_is_foreign() {
        assert_eq!(caller(&[], "localhost:8080", Some("http://localhost:8080")).page, Page::Own);
        let other = caller(&[], "localhost:8080", Some("http://localhost:5173"));
        assert!(matches!(other.page, Page::Allowed(_)) && other.is_local);
        assert_eq!(caller(&[], "localhost:8080", Some("https://evil.example")).page, Page::Foreign);
        assert_eq!(caller(&[], "localhost:8080", Some("null")).page, Page::Foreign);
        assert_eq!(caller(&[], "localhost:8080", None).page, Page::Unnamed);
    }

    #[test]
    fn on_a_public_address_loopback_pages_are_foreign() {
        let set = [("listen", "0.0.0.0:8080")];
        assert_eq!(caller(&set, "192.0.2.1:8080", Some("http://localhost:5173")).page, Page::Foreign);
        assert!(!caller(&set, "127.0.0.1:8080", None).is_local);
    }

    #[test]
    fn behind_a_proxy_the_public_url_is_the_only_own_page() {
        let set =
            [("public_url", "https://call.example.org"), ("allowed_origins", "https://app.example.org")];
        let own = caller(&set, "127.0.0.1:8080", Some("https://call.example.org"));
        assert!(own.page == Page::Own && own.is_tls && !own.is_local);
        assert_eq!(own.cookie_name(), "__Host-callbox");
        assert_eq!(caller(&set, "127.0.0.1:8080", Some("http://127.0.0.1:8080")).page, Page::Foreign);
        let app = caller(&set, "127.0.0.1:8080", Some("https://app.example.org"));
        assert!(matches!(app.page, Page::Allowed(_)));
    }

    #[test]
    fn a_name_that_points_to_loopback_is_not_local() {
        assert!(!caller(&[], "rebound.example:8080", None).is_local);
    }

    #[test]
    fn the_public_url_decides_the_scheme_and_else_a_trusted_proxy_does() {
        for (set, proto, is_tls) in [
            (vec![("public_url", "https://call.example.org")], "http", true),
            (vec![("public_url", "http://call.example.org")], "https", false),
            (vec![("public_url", "https://call.example.org"), ("tls", "self-signed")], "", true),
            (vec![], "https", true),
            (vec![], "http", false),
            (vec![("tls", "self-signed")], "", true),
            (vec![], "", false),
        ] {
            let set = [set.as_slice(), &[("trusted_proxies", "127.0.0.1")]].concat();
            let name = axum::http::HeaderName::from_static("x-forwarded-proto");
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(proto))]);
            assert_eq!(with(&set, "call.example.org", &headers).is_tls, is_tls, "{set:?} {proto}");
        }
    }
}
