//! The facts about a caller before its login is read: address, TLS, and the page that it speaks for.
//!
//! Made once per request and put into its extensions. It decides which origins are allowed; `access.rs` decides who
//! may call a route.

use axum::http::{HeaderMap, header};
use callbox_core::address::{ClientAddr, PeerAddr};
use callbox_identity::forwarded::{NotAnAddress, via};
use callbox_identity::host::Host;
use callbox_identity::origin::Origin;
use callbox_settings::pages::CallerSettings;

use callbox_settings::site::Site;

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
mod tests;
