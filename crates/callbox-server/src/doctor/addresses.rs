//! The addresses by which people come, of the settings and of this machine.
//!
//! Nobody is asked over the network.

use callbox_media::Addresses;
use callbox_settings::doctor::addresses::{decide_https, decide_public};

use super::Finding;
use crate::config::Config;

/// Cameras need it on every machine but this one.
pub(super) fn https(config: &Config) -> Finding {
    decide_https(config.site.listen, config.tls.mode, config.site.public_url.as_ref())
}

/// The addresses that browsers get for the relay.
pub(super) fn public(config: &Config) -> Finding {
    let addr = config.relay.listen;
    let ip = addr.map_or(config.site.listen.ip(), |addr| addr.ip());
    let found = Addresses::find(ip, &config.relay.external_ips);
    decide_public(addr, &config.relay.external_ips, &found.told(ip), &found.own)
}
