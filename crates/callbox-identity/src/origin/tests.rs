//! Origins as they are read, and the hosts that are the same.

use super::*;

#[test]
fn an_origin_is_scheme_host_and_port_and_nothing_else() {
    for good in ["https://a.example", "http://localhost:5173", "http://[::1]:8080", "HTTPS://A.example:443"] {
        assert!(good.parse::<Origin>().is_ok(), "{good}");
    }
    for bad in
        ["", "null", "a.example", "ftp://a", "https://a/path", "https://u@a", "https://", "https://a?x"]
    {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}

#[test]
fn the_default_port_is_the_same_place() {
    let origin: Origin = "https://a.example".parse().unwrap();
    assert!(origin.is_same_place("a.example"));
    assert!(origin.is_same_place("A.example:443"));
    assert!(!origin.is_same_place("a.example:80"));
    assert!(!origin.is_same_place("b.example"));
    assert_eq!(origin.to_string(), "https://a.example");
}

#[test]
fn a_host_is_read_as_the_same_host_in_an_origin() {
    for host in [
        "a.example",
        "A.example:81",
        "[::1]:80",
        "[::1]",
        "a:99999",
        "a:",
        ":80",
        "",
        "u@a",
        "a/b",
        "a?b",
        "a#b",
        "a b",
        "a\\b",
        "a:b",
        "[::1",
        "::1",
        "ä.example",
        "a%20b",
        "a,b",
        "a;b",
    ] {
        for (scheme, is_tls) in [("http", false), ("https", true)] {
            let whole = format!("{scheme}://{host}").parse::<Origin>().ok();
            assert_eq!(Origin::from_host(is_tls, host), whole, "{host}");
        }
    }
    assert_eq!(Origin::from_host(false, "a/"), None, "a slash ends an origin, and is no part of a host");
}

#[test]
fn loopback_is_told_by_name_and_by_address() {
    for (origin, loopback) in [
        ("http://localhost:3000", true),
        ("http://app.localhost", true),
        ("http://127.0.0.1", true),
        ("http://[::1]:80", true),
        ("http://[::ffff:127.0.0.1]", true),
        ("http://localhost.example.org", false),
        ("http://192.168.0.1", false),
    ] {
        assert_eq!(origin.parse::<Origin>().unwrap().is_loopback(), loopback, "{origin}");
    }
}
