//! Tests of `forwarded.rs`.

use super::*;
use http::HeaderValue;

fn found(header: &str, peer: &str, lines: &[(&str, &[u8])]) -> Result<(String, Option<bool>), NotAnAddress> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let via = via(PeerAddr(peer.parse().unwrap()), &headers, &trusted, &header.parse().unwrap())?;
    Ok((via.client.0.to_string(), via.is_tls))
}

/// By a proxy on this machine that writes one line.
fn by(header: &str, line: &[u8]) -> Option<(String, Option<bool>)> {
    found(header, "127.0.0.1:5", &[(header, line)]).ok()
}

#[test]
fn a_stranger_cannot_choose_an_address() {
    let lines: [(&str, &[u8]); 2] =
        [("x-forwarded-for", b"1.1.1.1"), ("forwarded", b"for=2.2.2.2;proto=https")];
    for header in ["X-Forwarded-For", "Forwarded"] {
        assert_eq!(found(header, "203.0.113.9:5", &lines), Ok(("203.0.113.9".into(), None)));
    }
}

#[test]
fn a_header_that_the_proxy_does_not_write_is_not_read() {
    let own: [(&str, &[u8]); 4] = [
        ("forwarded", b"for=127.0.0.1;proto=http"),
        ("x-real-ip", b"127.0.0.1"),
        ("x-forwarded-for", b"203.0.113.9"),
        ("x-forwarded-proto", b"https"),
    ];
    assert_eq!(found("X-Forwarded-For", "127.0.0.1:5", &own), Ok(("203.0.113.9".into(), Some(true))));
    let own: [(&str, &[u8]); 3] = [
        ("x-forwarded-for", b"127.0.0.1"),
        ("x-forwarded-proto", b"http"),
        ("forwarded", b"for=203.0.113.9;proto=https"),
    ];
    assert_eq!(found("Forwarded", "127.0.0.1:5", &own), Ok(("203.0.113.9".into(), Some(true))));
    let other: [(&str, &[u8]); 2] = [("x-forwarded-for", b"127.0.0.1"), ("cf-connecting-ip", b"203.0.113.9")];
    assert_eq!(found("CF-Connecting-IP", "127.0.0.1:5", &other), Ok(("203.0.113.9".into(), None)));
}

#[test]
fn the_caller_is_the_first_untrusted_address_from_the_right() {
    let of = |line: &[u8]| by("X-Forwarded-For", line).unwrap().0;
    assert_eq!(of(b"6.6.6.6, 198.51.100.7, 10.0.0.3"), "198.51.100.7");
    assert_eq!(of(b"unknown, 198.51.100.7:4711, ,10.0.0.3,"), "198.51.100.7", "what is further is not read");
    assert_eq!(of(b"\xff, 198.51.100.7"), "198.51.100.7");
    assert_eq!(of(b"10.0.0.4, 10.0.0.3"), "10.0.0.4");
    assert_eq!(of(b"[2001:db8::1]:4711"), "2001:db8::1");
    assert_eq!(of(b"::ffff:9.9.9.9"), "9.9.9.9", "a mapped address is its IPv4 address");
    assert_eq!(found("X-Forwarded-For", "[::ffff:127.0.0.1]:5", &[]), Ok(("127.0.0.1".into(), None)));
}

#[test]
fn an_entry_that_is_no_address_is_an_error() {
    for line in [b"1.1.1.1, what, 10.0.0.1".as_slice(), b"unknown", b"1.1.1.1, \xff", b"1.1.1", b"[::1"] {
        assert_eq!(by("X-Forwarded-For", line), None, "{line:?}");
    }
    for line in [b"for=1.1.1.1, for=_hidden".as_slice(), b"for=unknown", b"proto=https", b"for=", b"1.1.1.1"]
    {
        assert_eq!(by("Forwarded", line), None, "{line:?}");
    }
}

#[test]
fn forwarded_is_read_with_its_quotes_and_has_the_scheme_of_the_callers_own_element() {
    let two = br#"for=6.6.6.6;proto=http, For="[2001:db8::1]:4711" ; Proto="https", for=10.1.1.1;proto=http"#;
    assert_eq!(by("Forwarded", two), Some(("2001:db8::1".into(), Some(true))));
    let lines: [(&str, &[u8]); 2] =
        [("forwarded", b"for=6.6.6.6"), ("forwarded", b",by=x;host=\"a\\\",b;for=7.7.7.7\";for=1.2.3.4,")];
    assert_eq!(found("Forwarded", "127.0.0.1:5", &lines), Ok(("1.2.3.4".into(), None)));
}

#[test]
fn a_quote_hides_nothing_that_the_proxy_adds() {
    for line in [
        b"for=127.0.0.1;x=\", for=1.2.3.4".as_slice(),
        b"for=127.0.0.1;x=\", for=\"[2001:db8::1]\"",
        b"for=127.0.0.1;x=\", for=1.2.3.4;host=\"h\"",
        b"for=127.0.0.1;x=\"\\, for=1.2.3.4",
    ] {
        assert_eq!(by("Forwarded", line), None, "{line:?}");
    }
}

#[test]
fn the_first_scheme_of_a_list_counts_and_that_of_a_socket_is_the_same() {
    for (proto, expected) in [
        ("https", Some(true)),
        ("WSS", Some(true)),
        ("https, http", Some(true)),
        ("http,https", Some(false)),
        ("ws", Some(false)),
        ("gopher", None),
        ("", None),
    ] {
        let lines: [(&str, &[u8]); 2] =
            [("x-forwarded-for", b"9.9.9.9"), ("x-forwarded-proto", proto.as_bytes())];
        assert_eq!(found("X-Forwarded-For", "127.0.0.1:5", &lines).unwrap().1, expected, "{proto}");
    }
}
