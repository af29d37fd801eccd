//! Tests of `domain.rs`.

use crate::listen::TlsMode;
use crate::{Config, Layers, acme, typed};

fn load(flags: &[(&str, &str)]) -> Result<Config, String> {
    let flags = flags.iter().map(|(key, value)| ("--set".to_owned(), (*key).into(), (*value).into()));
    let layers = Layers { flags: flags.collect(), ..Layers::default() };
    layers.effective().and_then(|all| typed(&all)).map_err(|error| error.to_string())
}

#[test]
fn a_domain_is_all_that_a_server_on_the_internet_needs() {
    let config = load(&[("domain", "call.example.org")]).unwrap();
    assert_eq!((config.site.listen.port(), config.site.listen.ip().is_unspecified()), (443, true));
    assert_eq!(config.plain_listen.map(|addr| addr.port()), Some(80));
    assert_eq!(config.site.public_url.unwrap().to_string(), "https://call.example.org");
    assert_eq!(config.tls.mode, TlsMode::Acme);
    assert_eq!(config.tls.acme.directory, acme::PRODUCTION);
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
