//! Offers that are parked while one waits, and travel with the match.

use crate::support::{Client, start};
use serde_json::{Value, json};

fn offer() -> Value {
    let sdp = "v=0\r\nc=IN IP4 192.168.7.7\r\na=candidate:1 1 udp 9 192.168.7.7 5 typ host\r\n\
        a=candidate:2 1 udp 9 203.0.113.9 6 typ relay raddr 192.168.7.7 rport 5\r\n";
    json!({ "type": "offer", "sdp": sdp, "offer": 1 })
}

/// The first waits with a parked offer, then the second comes: returns the match frame of each.
async fn matched(settings: &[(&str, &str)], parked: &Value) -> [Value; 2] {
    let running = start(settings).await;
    let mut first = Client::arrive(running.addr, Some("adult")).await;
    let mut second = Client::arrive(running.addr, Some("adult")).await;
    first.seek(&[]).await;
    first.send(&json!({ "type": "park", "payload": parked })).await;
    // A frame that is answered after it was also processed after it.
    first.send(&json!({ "type": "ping" })).await;
    first.expect("pong").await;
    second.seek(&[]).await;
    let told = [first.confirm().await, second.confirm().await];
    // The answer goes the usual way.
    second.expect("begin").await;
    first.expect("begin").await;
    let call = &told[1]["call"];
    second.send(&json!({ "type": "answer", "call": call, "payload": { "sdp": "x", "offer": 1 } })).await;
    assert_eq!(first.expect("answer").await["payload"]["offer"], 1);
    running.server.stop().await;
    told
}

#[tokio::test]
async fn a_parked_offer_travels_with_the_match_to_the_letter() {
    let [caller, callee] = matched(&[], &offer()).await;
    assert_eq!((&caller["you"], &caller["is_offered"]), (&json!("caller"), &json!(true)));
    assert_eq!((&callee["you"], &callee["is_offered"]), (&json!("callee"), &json!(false)));
    assert_eq!((&caller["offer"], &callee["offer"]), (&Value::Null, &offer()));
}

#[tokio::test]
async fn where_addresses_are_hidden_it_travels_without_them_or_not_at_all() {
    for policy in ["always", "until-both-stay"] {
        let settings = [("relay_listen", "127.0.0.1:0"), ("relay_policy", policy)];
        let [caller, callee] = matched(&settings, &offer()).await;
        assert_eq!((&caller["relay_policy"], &caller["is_offered"]), (&json!(policy), &json!(true)));
        let sdp = callee["offer"]["sdp"].as_str().unwrap();
        assert!(sdp.contains("203.0.113.9") && !callee.to_string().contains("192.168.7.7"), "{sdp}");
        assert_eq!(callee["offer"]["offer"], 1);
        let [caller, callee] = matched(&settings, &json!("v=0 192.168.7.7")).await;
        assert_eq!((&caller["you"], &caller["is_offered"]), (&json!("caller"), &json!(false)));
        assert_eq!(callee["offer"], Value::Null);
    }
}

#[tokio::test]
async fn one_that_is_too_large_is_refused_and_the_wait_goes_on() {
    let running = start(&[]).await;
    let mut waiting = Client::arrive(running.addr, Some("adult")).await;
    waiting.seek(&[]).await;
    waiting.send(&json!({ "type": "park", "payload": "x".repeat(16_384) })).await;
    assert_eq!(waiting.expect("error").await["code"], "too_large");
    let mut other = Client::arrive(running.addr, Some("adult")).await;
    other.seek(&[]).await;
    assert_eq!(other.expect("match").await["you"], "caller");
    assert_eq!(waiting.expect("match").await["is_offered"], false);
}
