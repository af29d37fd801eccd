//! The story of one call, from both sides, the server and the relay, for operators and moderators.

use crate::support::{Person, Running, call, request, start};
use serde_json::{Value, json};
use std::time::Duration;

async fn story(running: &Running, call: &Value) -> Option<Value> {
    let token = format!("Bearer {}", running.server.operator_token);
    let path = format!("/v1/calls/{}", call.as_str().unwrap());
    let answer = request(running.addr, "GET", &path, &[("Authorization", &token)], "").await;
    (answer.status == 200).then(|| answer.json())
}

/// Reports are written behind, so a test waits until they show.
async fn story_where(running: &Running, call: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..400 {
        if let Some(story) = story(running, call).await.filter(&is_so) {
            return story;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never so: {:?}", story(running, call).await);
}

fn evidence(call: &Value) -> Value {
    let counts = json!({ "host": 2, "srflx": 1, "relay": 0 });
    json!({ "type": "evidence", "call": call, "gathered": counts, "received": counts, "ice": "connected",
        "dtls": "connecting" })
}

#[tokio::test]
async fn the_story_of_a_failed_call_has_both_sides_its_steps_and_its_cause() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    assert_eq!(story(&running, &call).await, None, "it still runs");
    let offer = json!({ "type": "offer", "call": call, "payload": { "sdp": "x" } });
    caller.send(&offer).await;
    callee.expect("offer").await;
    callee.send(&json!({ "type": "answer", "call": call, "payload": { "sdp": "x" } })).await;
    caller.expect("answer").await;
    caller.send(&offer).await;
    callee.expect("offer").await;
    caller.send(&evidence(&call)).await;
    caller.end(&call, "media_failed").await;
    callee.expect("end").await;
    callee.send(&evidence(&call)).await;
    let story = story_where(&running, &call, |story| story["callee"]["evidence"] != Value::Null).await;
    let known = ["failure", "cause", "ended_by", "outcome"].map(|name| story[name].clone());
    assert_eq!(known, ["dtls_failed", "media_failed", "caller", "failure"].map(|word| json!(word)));
    let events: Vec<_> =
        story["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(
        events,
        ["matched", "confirmed", "offer", "answer", "restart", "ended"].map(|word| json!(word))
    );
    assert_eq!(story["caller"]["evidence"]["gathered"], json!({ "host": 2, "srflx": 1, "relay": 0 }));
    assert_eq!(story["relay"], json!({ "packets": 0, "bytes": 0, "refused": null }));
}

#[tokio::test]
async fn a_killed_tab_has_its_last_interim_summary_in_the_story() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    let quality = json!({ "type": "quality", "call": call, "excellent_s": 30, "good_s": 0, "poor_s": 0,
        "disconnected_s": 0, "score": 90, "score_min": 80, "rtt_ms": 20, "jitter_ms": 1, "loss_permille": 0,
        "received_kbps": 500, "sent_kbps": 500, "freezes": 0, "freeze_ms": 0, "interruptions": 0, "restarts": 0,
        "audio_only_s": 0 });
    callee.send(&quality).await;
    callee.send(&json!({ "type": "chat", "call": call, "text": "x" })).await;
    caller.expect("chat").await;
    callee.cut().await;
    caller.end(&call, "hangup").await;
    let story = story_where(&running, &call, |_| true).await;
    assert_eq!(story["callee"]["quality"]["excellent_s"], 30);
    assert_eq!(story["callee"]["evidence"], Value::Null);
}

#[tokio::test]
async fn moderators_read_stories_and_those_who_were_in_the_call_do_not() {
    let running = start(&[]).await;
    let admin = Person::admin(&running).await;
    let moderator = Person::moderator(&running, &admin).await;
    let guest = Person::guest(&running).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    caller.end(&call, "hangup").await;
    callee.expect("end").await;
    story_where(&running, &call, |_| true).await;
    let path = format!("/v1/calls/{}", call.as_str().unwrap());
    for (person, status) in [(&moderator, 200), (&admin, 200), (&guest, 403)] {
        assert_eq!(person.ask("GET", &path, &Value::Null).await.status, status);
    }
    let text = moderator.expect(200, "GET", &path, Value::Null).await.to_string();
    assert!(!text.contains("user") && !text.contains("127.0.0.1"), "{text}");
}
