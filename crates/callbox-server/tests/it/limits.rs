//! Rate limits: the callers that they limit, and their figures in the answers.

use crate::support::{Answer, JSON, guest, request, start};
use std::net::SocketAddr;

async fn guest_from(addr: SocketAddr, client: &str) -> Answer {
    request(addr, "POST", "/v1/guests", &[JSON, ("X-Forwarded-For", client)], "{}").await
}

fn number(answer: &Answer, name: &str) -> u32 {
    answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}")).parse().unwrap()
}

#[tokio::test]
async fn an_address_makes_thirty_guests_and_then_waits_while_others_go_on() {
    let running = start(&[("trusted_proxies", "127.0.0.1")]).await;
    for made in 1..=30 {
        let answer = guest_from(running.addr, "2001:db8::1").await;
        assert_eq!((answer.status, number(&answer, "ratelimit-limit")), (201, 30));
        // The test is slower than the clock on a busy machine, and two seconds give one back.
        assert!(number(&answer, "ratelimit-remaining") >= 30 - made, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some("30;w=60"));
    }
    let mut refused = guest_from(running.addr, "2001:db8::2").await;
    while refused.status == 201 {
        refused = guest_from(running.addr, "2001:db8::3").await;
    }
    assert_eq!((refused.status, number(&refused, "ratelimit-remaining")), (429, 0));
    assert!((1..=2).contains(&number(&refused, "retry-after")), "{refused:?}");
    assert!((29..=60).contains(&number(&refused, "ratelimit-reset")), "{refused:?}");
    assert_eq!(guest_from(running.addr, "2001:db8:0:1::1").await.status, 201, "another network");
}

#[tokio::test]
async fn a_user_waits_while_another_of_the_same_address_goes_on() {
    let running = start(&[("rate_limits", "everyone")]).await;
    let [greedy, modest] = [guest(running.addr, None).await, guest(running.addr, None).await];
    let read = async |token: &str| {
        let bearer = format!("Bearer {token}");
        request(running.addr, "GET", "/v1/me", &[("Authorization", &bearer)], "").await
    };
    assert_eq!(number(&read(&greedy).await, "ratelimit-limit"), 120, "the tighter one is told");
    let mut answer = read(&greedy).await;
    for _ in 0..400 {
        if answer.status != 200 {
            break;
        }
        answer = read(&greedy).await;
    }
    assert_eq!((answer.status, answer.json()["code"].as_str()), (429, Some("rate_limited")));
    assert_eq!(number(&answer, "retry-after"), 1);
    assert_eq!(read(&modest).await.status, 200);
}

#[tokio::test]
async fn on_this_machine_and_where_they_are_off_nothing_is_counted() {
    for (limits, client) in [("on", "127.0.0.1"), ("off", "192.0.2.1")] {
        let running = start(&[("trusted_proxies", "127.0.0.1"), ("rate_limits", limits)]).await;
        for _ in 0..40 {
            let answer = guest_from(running.addr, client).await;
            assert_eq!((answer.status, answer.header("ratelimit-limit")), (201, None));
        }
    }
}

#[tokio::test]
async fn pages_are_not_counted_and_the_document_is() {
    let running = start(&[("rate_limits", "everyone")]).await;
    assert_eq!(request(running.addr, "GET", "/robots.txt", &[], "").await.header("ratelimit-limit"), None);
    let document = request(running.addr, "GET", "/v1/openapi.json", &[], "").await;
    assert_eq!((document.status, number(&document, "ratelimit-limit")), (200, 600));
    assert_eq!(document.json()["openapi"], "3.1.0");
}
