//! Tests of `proxied.rs`.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn binary(command: u8, kind: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, kind], &length, rest].concat()
}

/// Reads a stream as its owner does; how many bytes were taken, and what was found.
fn take(stream: &[u8]) -> (usize, Result<Beginning, Unreadable>) {
    let mut taken = 0;
    loop {
        match read(&stream[..taken]) {
            Ok(Beginning::More(more)) if taken + more <= stream.len() => taken += more,
            found => return (taken, found),
        }
    }
}

fn client(text: &str) -> Beginning {
    Beginning::Header(Some(text.parse().unwrap()))
}

#[test]
fn a_header_is_read_to_its_end_and_names_the_client() {
    let v4 = [203, 0, 113, 9, 10, 0, 0, 1, 0x1f, 0x90, 0x01, 0xbb];
    let v6 = [&"2001:db8::9".parse::<Ipv6Addr>().unwrap().octets()[..], &[0; 16], &v4[8..]].concat();
    let mapped =
        [&"::ffff:203.0.113.9".parse::<Ipv6Addr>().unwrap().octets()[..], &[0; 16], &v4[8..]].concat();
    let with_more = [&v4[..], &[0x04, 0, 3, 1, 2, 3]].concat();
    for (header, found) in [
        (b"PROXY TCP4 203.0.113.9 10.0.0.1 8080 443\r\n".to_vec(), Ok(client("203.0.113.9:8080"))),
        (b"PROXY TCP6 2001:db8::9 ::1 8080 443\r\n".to_vec(), Ok(client("[2001:db8::9]:8080"))),
        (b"PROXY TCP6 ::ffff:203.0.113.9 ::1 8080 443\r\n".to_vec(), Ok(client("203.0.113.9:8080"))),
        (b"PROXY UNKNOWN\r\n".to_vec(), Ok(Beginning::Header(None))),
        (b"PROXY UNKNOWN whatever it is\r\n".to_vec(), Ok(Beginning::Header(None))),
        (binary(PROXY, TCP_OVER_IPV4, &v4), Ok(client("203.0.113.9:8080"))),
        (binary(PROXY, TCP_OVER_IPV4, &with_more), Ok(client("203.0.113.9:8080"))),
        (binary(PROXY, TCP_OVER_IPV6, &v6), Ok(client("[2001:db8::9]:8080"))),
        (binary(PROXY, TCP_OVER_IPV6, &mapped), Ok(client("203.0.113.9:8080"))),
        (binary(LOCAL, 0, &[]), Ok(Beginning::Header(None))),
        (binary(PROXY, 0x31, &[0; 216]), Ok(Beginning::Header(None))),
    ] {
        // A client that writes at once, behind its proxy's header.
        for own in [&b""[..], b"\x16\x03\x01", b"\0\x01\0\0"] {
            assert_eq!(take(&[&header[..], own].concat()), (header.len(), found), "{header:?}");
        }
        for end in 0..header.len() {
            let found = take(&header[..end]).1;
            assert!(matches!(found, Ok(Beginning::More(_))), "{end} of {header:?}: {found:?}");
        }
    }
}

#[test]
fn bytes_of_something_else_are_the_connections_own() {
    for (own, taken_max) in [
        (&b"\x16\x03\x01\x02\0\x01"[..], 1),
        (b"GET / HTTP/1.1\r\n", 1),
        (b"POST / HTTP/1.1\r\n", 6),
        (b"\r\nGET / HTTP/1.1\r\n", 16),
    ] {
        let (taken, found) = take(own);
        assert!(found == Ok(Beginning::Own) && taken <= taken_max, "{own:?}: {taken} {found:?}");
    }
    assert!(!may_begin(0x16) && !may_begin(0) && !may_begin(b'G') && may_begin(b'P') && may_begin(b'\r'));
}

#[test]
fn a_header_that_makes_no_sense_or_has_no_end_is_refused() {
    let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
    for header in [
        &b"PROXY TCP4 203.0.113.9 10.0.0.1 8080\r\n"[..],
        b"PROXY TCP4 203.0.113.9 10.0.0.1 8080 443 9\r\n",
        b"PROXY TCP4 2001:db8::9 ::1 8080 443\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.1 +80 443\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.1 99999 443\r\n",
        b"PROXY TCP5 203.0.113.9 10.0.0.1 8080 443\r\n",
        b"PROXY \xff\xfe\xfd\xfc\xfb\xfa\xf9\r\n",
        &endless,
        &binary(0x11, TCP_OVER_IPV4, &[0; 12]),
        &binary(0x22, TCP_OVER_IPV4, &[0; 12]),
        &binary(PROXY, TCP_OVER_IPV4, &[0; 11]),
        &binary(PROXY, TCP_OVER_IPV6, &[0; 35]),
        &binary(PROXY, TCP_OVER_IPV4, &[0; 1_009]),
    ] {
        assert_eq!(take(header).1, Err(Unreadable), "{header:?}");
    }
}

proptest! {
    #[test]
    fn of_any_bytes_never_more_than_the_bound_is_taken(start in 0_usize..3, bytes in vec(any::<u8>(), 0..1_500)) {
        let start = [&b""[..], LINE_PREFIX, SIGNATURE][start];
        let (taken, _) = take(&[start, &bytes].concat());
        prop_assert!(taken <= HEADER_BYTES_MAX);
    }
}
