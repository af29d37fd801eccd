//! Tests of `caller.rs`.

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
    let set = [("public_url", "https://call.example.org"), ("allowed_origins", "https://app.example.org")];
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
