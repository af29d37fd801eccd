//! Calls through the whole server: match, confirm, relay, next, end, invites, records.

use crate::support::{Client, JSON, Running, call, guest, request, start};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn stats(running: &Running) -> Value {
    let token = format!("Bearer {}", running.server.operator_token);
    let answer = request(running.addr, "GET", "/v1/stats", &[("Authorization", &token)], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Records are written behind the answer, so a test waits until they show.
async fn wait_for_outcome(running: &Running, outcome: &str, count: u64) -> Value {
    for _ in 0..100 {
        let now = stats(running).await;
        if now["outcomes"][outcome] == count {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{outcome} did not become {count}: {}", stats(running).await);
}

#[tokio::test]
async fn two_guests_are_matched_and_talk_through_the_server() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    let payload = json!({ "type": "offer", "sdp": "v=0\r\n" });
    caller.send(&json!({ "payload": payload, "type": "offer", "call": call, "from": "callee" })).await;
    let offer = callee.expect("offer").await;
    assert_eq!((&offer["from"], &offer["payload"]), (&json!("caller"), &payload));
    callee.send(&json!({ "type": "answer", "call": call, "payload": { "sdp": "x" } })).await;
    assert_eq!(caller.expect("answer").await["from"], "callee");
    caller
        .send(&json!({ "type": "candidates", "call": call, "payload": [{ "candidate": "a" }, null] }))
        .await;
    assert_eq!(callee.expect("candidates").await["payload"], json!([{ "candidate": "a" }, null]));
    callee.send(&json!({ "type": "chat", "call": call, "text": "héllo" })).await;
    assert_eq!(caller.expect("chat").await["text"], "héllo");
}

#[tokio::test]
async fn a_call_in_which_both_saw_a_frame_is_recorded_as_a_success() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    for side in [&mut caller, &mut callee] {
        let path = json!({ "local": "host", "remote": "prflx" });
        side.send(&json!({ "type": "progress", "call": call, "stage": "connected", "path": path })).await;
        side.send(&json!({ "type": "progress", "call": call, "stage": "first_frame" })).await;
    }
    // The hang-up must not overtake the other socket's progress.
    callee.send(&json!({ "type": "chat", "call": call, "text": "x" })).await;
    caller.expect("chat").await;
    caller.end(&call, "hangup").await;
    for side in [&mut caller, &mut callee] {
        let end = side.expect("end").await;
        assert_eq!(
            (&end["cause"], &end["by"], &end["requeued"]),
            (&json!("hangup"), &json!("caller"), &json!(false))
        );
    }
    let after = wait_for_outcome(&running, "success", 1).await;
    assert_eq!(after["calls"], 0);
}

#[tokio::test]
async fn next_leaves_and_queues_in_one_step_and_the_skipped_side_waits_again() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    caller.send(&json!({ "type": "next", "call": call })).await;
    let end = callee.expect("end").await;
    assert_eq!((&end["cause"], &end["requeued"]), (&json!("next"), &json!(true)));
    callee.expect("queued").await;
    assert_eq!(caller.expect("end").await["requeued"], false);
    caller.expect("queued").await;
    // They met: only a third person brings a match, and it gets the one who waited longer.
    caller.expect_silence(Duration::from_millis(200)).await;
    let mut third = Client::arrive(running.addr, Some("adult")).await;
    third.seek(&[]).await;
    third.confirm().await;
    callee.confirm().await;
    third.expect("begin").await;
    wait_for_outcome(&running, "left", 1).await;
}

#[tokio::test]
async fn an_unconfirmed_match_puts_back_whoever_confirmed() {
    let running = start(&[]).await;
    let mut sleepy = Client::arrive(running.addr, Some("adult")).await;
    let mut awake = Client::arrive(running.addr, Some("adult")).await;
    sleepy.seek(&[]).await;
    awake.seek(&[]).await;
    sleepy.expect("match").await;
    awake.confirm().await;
    assert_eq!(awake.expect("end").await["requeued"], true);
    let waited = awake.expect("queued").await["waited_ms"].as_u64().unwrap();
    assert!(waited >= 2_000, "the old waiting time is kept, not {waited}");
    let end = sleepy.expect("end").await;
    assert_eq!((&end["cause"], &end["requeued"]), (&json!("unconfirmed"), &json!(false)));
}

#[tokio::test]
async fn a_closed_session_ends_the_call_and_the_other_waits_again() {
    let running = start(&[]).await;
    let (mut caller, mut callee, _) = call(running.addr).await;
    caller.close(Some(1000)).await;
    let end = callee.expect("end").await;
    assert_eq!((&end["cause"], &end["requeued"]), (&json!("peer_lost"), &json!(true)));
    callee.expect("queued").await;
    assert_eq!(stats(&running).await["waiting"], 1);
}

#[tokio::test]
async fn age_classes_are_never_matched_and_no_answer_means_no_stranger() {
    let running = start(&[]).await;
    let mut unanswered = Client::arrive(running.addr, None).await;
    unanswered.send(&json!({ "type": "seek" })).await;
    assert_eq!(unanswered.expect("error").await["code"], "age_unanswered");
    let mut adult = Client::arrive(running.addr, Some("adult")).await;
    let mut minor = Client::arrive(running.addr, Some("minor")).await;
    adult.seek(&["music"]).await;
    minor.seek(&["music"]).await;
    adult.expect_silence(Duration::from_millis(300)).await;
    let mut other = Client::arrive(running.addr, Some("minor")).await;
    other.seek(&[" MUSIC "]).await;
    assert_eq!(other.expect("match").await["shared_interests"], json!(["music"]));
    minor.expect("match").await;
    adult.expect_silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn the_age_can_be_answered_while_the_session_is_open() {
    let running = start(&[]).await;
    let token = guest(running.addr, None).await;
    let mut client = Client::connect(running.addr, &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    assert_eq!(client.expect("hello").await["user"]["age"], Value::Null);
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &bearer)];
    let set = async |age: &str| {
        request(running.addr, "PUT", "/v1/me/age", &headers, &json!({ "age": age }).to_string()).await.status
    };
    assert_eq!(set("adult").await, 200);
    assert_eq!(set("adult").await, 200);
    assert_eq!(set("minor").await, 409);
    client.seek(&[]).await;
}

#[tokio::test]
async fn an_invite_joins_two_people_and_no_third() {
    let running = start(&[]).await;
    let token = guest(running.addr, None).await;
    let bearer = format!("Bearer {token}");
    let answer = request(running.addr, "POST", "/v1/invites", &[JSON, ("Authorization", &bearer)], "").await;
    assert_eq!(answer.status, 201);
    let invite = answer.json();
    assert_eq!(invite["url"], format!("http://{}/i/{}", running.addr, invite["code"].as_str().unwrap()));
    let join = json!({ "type": "join", "invite": invite["code"] });
    let mut host = Client::connect(running.addr, &[]).await.unwrap();
    host.send(&json!({ "type": "hello", "token": token })).await;
    host.expect("hello").await;
    host.send(&join).await;
    assert_eq!(host.expect("queued").await["kind"], "invite");
    let mut friend = Client::arrive(running.addr, Some("minor")).await;
    friend.send(&join).await;
    friend.expect("queued").await;
    assert_eq!(friend.confirm().await["kind"], "invite");
    let call = host.confirm().await["call"].clone();
    host.expect("begin").await;
    friend.expect("begin").await;
    let mut third = Client::arrive(running.addr, None).await;
    third.send(&join).await;
    third.expect("queued").await;
    third.expect("idle").await;
    assert_eq!(third.expect("error").await["code"], "invite_invalid");
    host.end(&call, "hangup").await;
    assert_eq!(friend.expect("end").await["requeued"], false);
}

#[tokio::test]
async fn an_unknown_invite_is_refused_with_words() {
    let running = start(&[]).await;
    let mut client = Client::arrive(running.addr, None).await;
    client.send(&json!({ "type": "join", "invite": "nonsense" })).await;
    let error = client.expect("error").await;
    assert_eq!(error["code"], "invite_invalid");
    assert!(error["message"].as_str().unwrap().contains("not valid"));
}

#[tokio::test]
async fn a_blocked_partner_is_not_met_again_and_the_call_ends() {
    let running = start(&[]).await;
    let token = guest(running.addr, Some("adult")).await;
    let mut blocker = Client::connect(running.addr, &[]).await.unwrap();
    blocker.send(&json!({ "type": "hello", "token": token })).await;
    blocker.expect("hello").await;
    let mut rude = Client::arrive(running.addr, Some("adult")).await;
    blocker.seek(&[]).await;
    rude.seek(&[]).await;
    let call = blocker.confirm().await["call"].as_str().unwrap().to_owned();
    rude.confirm().await;
    rude.expect("begin").await;
    let bearer = format!("Bearer {token}");
    let path = format!("/v1/calls/{call}/block");
    let blocked = request(running.addr, "POST", &path, &[("Authorization", &bearer)], "").await;
    assert_eq!(blocked.status, 204, "{blocked:?}");
    assert_eq!(rude.expect("end").await["cause"], "blocked");
    let stranger = format!("Bearer {}", guest(running.addr, None).await);
    let other = request(running.addr, "POST", &path, &[("Authorization", &stranger)], "").await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn frames_pass_only_between_the_two_of_a_call() {
    let running = start(&[]).await;
    let (_caller, mut callee, call) = call(running.addr).await;
    let mut stranger = Client::arrive(running.addr, Some("adult")).await;
    for frame in [
        json!({ "type": "offer", "call": call, "payload": {} }),
        json!({ "type": "candidates", "call": call, "payload": [] }),
        json!({ "type": "chat", "call": call, "text": "psst" }),
        json!({ "type": "confirm", "call": call }),
        json!({ "type": "progress", "call": call, "stage": "first_frame" }),
        json!({ "type": "end", "call": call, "cause": "hangup" }),
    ] {
        stranger.send(&frame).await;
        assert_eq!(stranger.expect("error").await["code"], "not_in_call", "{frame}");
    }
    callee.expect_silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn bounds_of_candidates_and_chat_are_refused_without_ending_the_call() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    let candidates = |count: usize| json!({ "type": "candidates", "call": call, "payload": vec![0; count] });
    caller.send(&candidates(60)).await;
    callee.expect("candidates").await;
    caller.send(&candidates(5)).await;
    assert_eq!(caller.expect("error").await["code"], "too_large");
    caller.send(&candidates(4)).await;
    assert_eq!(callee.expect("candidates").await["payload"].as_array().unwrap().len(), 4);
    for text in [String::new(), "x".repeat(2_001)] {
        caller.send(&json!({ "type": "chat", "call": call, "text": text })).await;
        assert_eq!(caller.expect("error").await["code"], "too_large");
    }
}

#[tokio::test]
async fn a_skipper_without_tokens_leaves_but_waits_before_seeking() {
    let running = start(&[]).await;
    let mut skipper = Client::arrive(running.addr, Some("adult")).await;
    let mut answers = Vec::new();
    // Ten at once; a slow machine gives tokens back meanwhile, one every two seconds.
    while answers.len() < 25 {
        skipper.send(&json!({ "type": "seek" })).await;
        let answer = skipper.next().await;
        let is_refused = answer["type"] == "error";
        answers.push(answer);
        if is_refused {
            break;
        }
        skipper.send(&json!({ "type": "cancel" })).await;
        skipper.expect("idle").await;
    }
    assert!(answers.len() > 10, "{answers:?}");
    let error = answers.pop().unwrap();
    assert_eq!(error["code"], "rate_limited");
    assert!((1..=2_000).contains(&error["retry_after_ms"].as_u64().unwrap()));
}

#[tokio::test]
async fn how_a_call_was_shows_in_the_statistics_also_from_the_side_that_was_left() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    let quality = json!({
        "type": "quality", "call": call, "excellent_s": 30, "good_s": 0, "poor_s": 10, "disconnected_s": 0,
        "score": 80, "score_min": 50, "rtt_ms": 40, "jitter_ms": 2, "loss_permille": 3, "received_kbps": 500,
        "sent_kbps": 400, "freezes": 0, "freeze_ms": 0, "interruptions": 0, "restarts": 0, "audio_only_s": 0,
    });
    for side in [&mut caller, &mut callee] {
        side.send(&json!({ "type": "progress", "call": call, "stage": "connected", "dtls_ms": 0 })).await;
        side.send(&json!({ "type": "progress", "call": call, "stage": "first_frame" })).await;
    }
    callee.send(&json!({ "type": "chat", "call": call, "text": "x" })).await;
    caller.expect("chat").await;
    caller.send(&quality).await;
    caller.end(&call, "media_lost").await;
    assert_eq!(callee.expect("end").await["cause"], "media_lost");
    callee.send(&quality).await;
    // All frames that were sent before the answer to this have arrived.
    callee.send(&json!({ "type": "cancel" })).await;
    callee.expect("idle").await;
    let recent = &stats(&running).await["recent"];
    assert_eq!((&recent["calls"], &recent["dropped"]), (&json!(1), &json!(1)));
    assert_eq!(recent["success_percent"], 100.0);
    assert_eq!(recent["causes"], json!({ "media_lost": 1 }));
    assert_eq!(recent["setup"]["first_frame"]["count"], 2);
    assert_eq!(recent["setup"]["dtls"]["count"], 2);
    assert_eq!(
        (&recent["quality"]["summaries"], &recent["quality"]["poor_percent"]),
        (&json!(2), &json!(25.0))
    );
}

#[tokio::test]
async fn one_rates_and_reports_whom_one_met_and_a_report_is_a_block_too() {
    let running = start(&[]).await;
    let token = guest(running.addr, Some("adult")).await;
    let mut caller = Client::connect(running.addr, &[]).await.unwrap();
    caller.send(&json!({ "type": "hello", "token": token })).await;
    caller.expect("hello").await;
    let mut callee = Client::arrive(running.addr, Some("adult")).await;
    callee.seek(&[]).await;
    caller.seek(&[]).await;
    let call = caller.confirm().await["call"].as_str().unwrap().to_owned();
    callee.confirm().await;
    callee.expect("begin").await;
    let token = format!("Bearer {token}");
    let stranger = format!("Bearer {}", guest(running.addr, None).await);
    let tell = async |who: &str, method: &str, what: &str, body: Value| {
        let path = format!("/v1/calls/{call}/{what}");
        let headers = [("Authorization", who), JSON];
        request(running.addr, method, &path, &headers, &body.to_string()).await.status
    };
    let report = json!({ "reason": "harassment", "note": "rude", "with_lines": true });
    assert_eq!(tell(&token, "PUT", "rating", json!({ "stars": 2 })).await, 204);
    for (method, what, body) in [("PUT", "rating", json!({ "stars": 2 })), ("POST", "report", report.clone())]
    {
        assert_eq!(tell(&stranger, method, what, body).await, 404, "{what} by somebody who was not there");
    }
    for (method, what, body) in [
        ("PUT", "rating", json!({ "stars": 0 })),
        ("PUT", "rating", json!({ "stars": 6 })),
        ("PUT", "rating", json!({})),
        ("POST", "report", json!({ "reason": "taste" })),
        ("POST", "report", json!({ "reason": "spam", "note": "x".repeat(1_001) })),
        ("POST", "report", json!({ "reason": "spam", "with_lines": [{ "from": "caller", "text": "x" }] })),
    ] {
        assert_eq!(tell(&token, method, what, body.clone()).await, 400, "{what} {body}");
    }
    assert_eq!(tell(&token, "POST", "report", report).await, 204);
    assert_eq!(callee.expect("end").await["cause"], "blocked");
    assert_eq!(stats(&running).await["recent"]["quality"]["stars"], 2.0);
}
