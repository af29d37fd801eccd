//! Tests of `sdp.rs`.

use super::*;

/// As Chromium writes one, with addresses in every place that has room for one.
const SDP: &str = "v=0\r\no=- 46 2 IN IP4 192.168.7.7\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 54321 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 198.51.100.7\r\na=rtcp:54322 IN IP6 2001:db8::7\r\n\
        a=candidate:1 1 udp 2122 192.168.7.7 54321 typ host generation 0 network-id 1\r\n\
        a=candidate:2 1 udp 1685 198.51.100.7 54321 typ srflx raddr 192.168.7.7 rport 54321 generation 0\r\n\
        a=candidate:3 1 udp 4190 203.0.113.9 50001 typ relay raddr 198.51.100.7 rport 54321 generation 0\r\n\
        a=remote-candidates:1 192.168.7.7 54321\r\na=ice-ufrag:x\r\na=fingerprint:sha-256 AA:BB\r\na=odd:kept to the letter\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP6 2001:db8::7\r\n";

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

#[test]
fn a_description_keeps_everything_but_addresses_and_of_those_the_relayed() {
    let payload = raw(&serde_json::json!({ "type": "offer", "sdp": SDP, "connection": 3 }));
    let cleaned = relayed_description(&payload).unwrap();
    for secret in ["192.168.7.7", "198.51.100.7", "2001:db8", "5432"] {
        assert!(!cleaned.get().contains(secret), "{secret} in {cleaned}");
    }
    let cleaned: Value = serde_json::from_str(cleaned.get()).unwrap();
    assert_eq!((&cleaned["type"], &cleaned["connection"]), (&"offer".into(), &3.into()));
    let expected = "v=0\r\no=- 46 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
            a=candidate:3 1 udp 4190 203.0.113.9 50001 typ relay raddr 0.0.0.0 rport 9 generation 0\r\n\
            a=ice-ufrag:x\r\na=fingerprint:sha-256 AA:BB\r\na=odd:kept to the letter\r\n\
            m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n";
    assert_eq!(cleaned["sdp"], expected);
}

#[test]
fn a_line_may_end_as_it_likes() {
    let payload = raw(&serde_json::json!({ "sdp": SDP.replace("\r\n", "\n") }));
    let cleaned = relayed_description(&payload).unwrap();
    assert!(!cleaned.get().contains("192.168.7.7"), "{cleaned}");
    assert_eq!(addresses(&payload).len(), 3);
}

#[test]
fn of_candidates_only_relayed_ones_pass_and_the_last_word() {
    let candidate =
        |text: &str| relayed_candidate(&raw(&serde_json::json!({ "candidate": text, "sdpMid": "0" })));
    assert!(candidate("candidate:1 1 udp 2122 192.168.7.7 54321 typ host").is_none());
    assert!(candidate("candidate:1 1 udp 2122 typ relay.local 54321 typ prflx").is_none());
    let relayed =
        candidate("candidate:3 1 udp 4 203.0.113.9 50001 typ relay raddr 198.51.100.7 rport 5").unwrap();
    assert!(relayed.get().contains("raddr 0.0.0.0 rport 9") && relayed.get().contains("sdpMid"));
    assert!(candidate("").is_some());
}

#[test]
fn the_addresses_of_candidates_are_found_and_nothing_else_is_taken_for_one() {
    let found = addresses(&raw(&serde_json::json!({ "type": "offer", "sdp": SDP })));
    let expected = ["192.168.7.7", "198.51.100.7", "203.0.113.9"].map(|ip| ip.parse::<IpAddr>().unwrap());
    assert_eq!(found, expected);
    let candidate = |text: &str| addresses(&raw(&serde_json::json!({ "candidate": text })));
    assert_eq!(
        candidate("candidate:1 1 udp 1 2001:db8::7 5 typ host"),
        ["2001:db8::7".parse::<IpAddr>().unwrap()]
    );
    assert!(candidate("candidate:1 1 udp 1 0a1b.local 5 typ host").is_empty());
    assert!(candidate("1.2.3.4").is_empty());
}

#[test]
fn what_is_no_description_does_not_pass() {
    for value in
        [Value::Null, "v=0".into(), serde_json::json!({ "type": "offer" }), serde_json::json!({ "sdp": 1 })]
    {
        assert!(
            relayed_description(&raw(&value)).is_none() && relayed_candidate(&raw(&value)).is_none(),
            "{value}"
        );
    }
    // Deeper than anybody would read: refused, and not recursed into.
    let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let nested = RawValue::from_string(nested).unwrap();
    assert!(relayed_description(&nested).is_none() && addresses(&nested).is_empty());
}
