//! `domain`: the one setting that sets others.
//!
//! It gives them values if nobody else has; a setting that is set itself wins. Listens on all addresses, by IPv6 if
//! the machine has it, since such a socket takes IPv4 too.

use callbox_identity::origin::Origin;
use rustls::pki_types::ServerName;
use std::net::UdpSocket;
use toml::Value;

use super::{ConfigError, Effective, Source};

const KEY: &str = "domain";

/// Sets the settings that `domain` implies.
pub(super) fn imply(all: &mut Effective) -> Result<(), ConfigError> {
    let (_, value, source) = find(all, KEY);
    let source = source.clone();
    let invalid = |reason| ConfigError::Invalid { key: KEY, origin: source.clone(), reason };
    let name =
        value.as_str().ok_or_else(|| invalid(format!("`{value}` is not a text in quotes")))?.to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let url = format!("https://{name}");
    // Nobody issues certificates for others: names of a local network, or of no machine.
    let is_public = name.contains('.') && !name.ends_with('.') && !name.contains('_');
    let is_name = is_public && matches!(ServerName::try_from(name.as_str()), Ok(ServerName::DnsName(_)));
    if !is_name || url.parse::<Origin>().is_err() {
        return Err(invalid(format!("`{name}` is not a name such as call.example.org")));
    }
    let (_, tls, tls_source) = find(all, "tls");
    let is_behind_a_proxy = *tls_source != Source::Default && tls.as_str() == Some("off");
    let any = if UdpSocket::bind("[::]:0").is_ok() { "[::]" } else { "0.0.0.0" };
    let own =
        [("tls", "acme".to_owned()), ("listen", format!("{any}:443")), ("plain_listen", format!("{any}:80"))];
    let own = own.into_iter().filter(|_| !is_behind_a_proxy);
    for (key, value) in own.chain([("public_url", url)]) {
        let (_, current, from) = find(all, key);
        if *from == Source::Default {
            (*current, *from) = (Value::String(value), source.clone());
        }
    }
    Ok(())
}

fn find<'a>(all: &'a mut Effective, key: &str) -> &'a mut (&'static super::Setting, Value, Source) {
    all.iter_mut().find(|(setting, ..)| setting.key == key).expect("the settings named here are in the table")
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Layers};
    use crate::tls::TlsMode;

    fn load(flags: &[(&str, &str)]) -> Result<Config, String> {
        let flags = flags.iter().map(|(key, value)| ("--set".to_owned(), (*key).into(), (*value).into()));
        let layers = Layers { flags: flags.collect(), ..Layers::default() };
        layers.load().map_err(|error| error.to_string())
    }

    #[test]
    fn a_domain_is_all_that_a_server_on_the_internet_needs() {
        let config = load(&[("domain", "call.example.org")]).unwrap();
        assert_eq!((config.site.listen.port(), config.site.listen.ip().is_unspecified()), (443, true));
        assert_eq!(config.plain_listen.map(|addr| addr.port()), Some(80));
        assert_eq!(config.site.public_url.unwrap().to_string(), "https://call.example.org");
        assert_eq!(config.tls.mode, TlsMode::Acme);
        assert_eq!(config.tls.acme.directory, crate::tls::acme::PRODUCTION);
    }

    #[test]
    fn what_is_set_itself_wins_over_the_domain_in_any_order() {
        let config = load(&[
            ("listen", "127.0.0.1:8443"),
            ("domain", "call.example.org"),
            ("plain_listen", ""),
            ("public_url", "https://other.example.org"),
            ("tls", "self-signed"),
        ])
        .unwrap();
        assert_eq!(config.site.listen.to_string(), "127.0.0.1:8443");
        assert_eq!((config.plain_listen, config.tls.mode), (None, TlsMode::SelfSigned));
        assert_eq!(config.site.public_url.unwrap().host(), "other.example.org");

        let behind_a_proxy = load(&[("domain", "call.example.org"), ("tls", "off")]).unwrap();
        assert!(behind_a_proxy.site.listen.ip().is_loopback() && behind_a_proxy.plain_listen.is_none());
        assert_eq!(behind_a_proxy.site.public_url.unwrap().host(), "call.example.org");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "https://call.example.org",
            "call.example.org:8443",
            "203.0.113.5",
            "a b",
            "a/b",
            "a@b",
            "nas",
            "localhost",
            "call.example.org.",
            "a_b.example.org",
        ] {
            let refused = load(&[("domain", bad)]).unwrap_err();
            assert!(refused.starts_with("setting `domain` (flag --set): "), "{bad}: {refused}");
        }
    }
}
