//! Figures over time, from what browsers say to the answer of `GET /v1/metrics/query`: values are held from end to end.

use crate::support::{Client, JSON, Person, Running, call, hurry, request, start, start_by, until};
use callbox_server::clock::Clock;
use serde_json::{Value, json};

/// The one value of a question about today, or the values of all its series by their labels.
async fn today(at: &Running, question: &str) -> Vec<(String, Option<f64>)> {
    let bearer = format!("Bearer {}", at.server.operator_token);
    let path = format!("/v1/metrics/query?from=1d&step=1d&metric={question}");
    let answer = request(at.addr, "GET", &path, &[("Authorization", &bearer)], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    let series = answer["series"].as_array().unwrap().iter();
    // Yesterday is there too.
    let last = |one: &Value| one["values"].as_array().unwrap().iter().filter_map(Value::as_f64).next_back();
    series.map(|one| (one["label"].as_str().unwrap().to_owned(), last(one))).collect()
}

async fn value(at: &Running, question: &str) -> Option<f64> {
    today(at, question).await[0].1
}

async fn count(at: &Running, metric: &str) -> Option<f64> {
    value(at, &format!("{metric}&agg=count")).await
}

fn is_about(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= expected / 100.0)
}

async fn send_quality(side: &mut Client, call: &Value, score: u32, rtt_ms: u32) {
    let quality = json!({ "type": "quality", "call": call, "excellent_s": 30, "good_s": 0, "poor_s": 0,
        "disconnected_s": 0, "score": score, "score_min": 50, "rtt_ms": rtt_ms, "jitter_ms": 1, "loss_permille": 20,
        "received_kbps": 500, "sent_kbps": 500, "freezes": 0, "freeze_ms": 0, "interruptions": 0, "restarts": 0,
        "audio_only_s": 0 });
    side.send(&quality).await;
}

#[tokio::test]
async fn a_call_that_two_browsers_reported_is_in_every_distribution_of_calls_once() {
    let clock = Clock::movable();
    let at = start_by(&[], clock.clone()).await;
    let (mut caller, mut callee, call) = call(at.addr).await;
    caller.send(&json!({ "type": "offer", "call": call, "payload": { "sdp": "o" } })).await;
    callee.expect("offer").await;
    callee.send(&json!({ "type": "answer", "call": call, "payload": { "sdp": "a" } })).await;
    caller.expect("answer").await;
    for side in [&mut caller, &mut callee] {
        side.send(&json!({ "type": "progress", "call": call, "stage": "connected", "dtls_ms": 0 })).await;
        side.send(&json!({ "type": "progress", "call": call, "stage": "first_frame" })).await;
    }
    send_quality(&mut caller, &call, 90, 100).await;
    // The callee's interim summary is replaced by its last one, which comes after the end.
    send_quality(&mut callee, &call, 20, 999).await;
    callee.send(&json!({ "type": "chat", "call": call, "text": "x" })).await;
    caller.expect("chat").await;
    caller.end(&call, "hangup").await;
    callee.expect("end").await;
    send_quality(&mut callee, &call, 60, 50).await;
    hurry(&clock, until(async || count(&at, "call_length").await == Some(1.0))).await;
    for metric in ["call_confirmed", "call_offer", "call_answer"] {
        assert_eq!(count(&at, metric).await, Some(1.0), "{metric}");
    }
    for metric in ["call_ice", "call_dtls", "call_first_frame", "call_score", "call_rtt", "call_loss"] {
        assert_eq!(count(&at, metric).await, Some(2.0), "{metric}");
    }
    assert_eq!(value(&at, "call_dtls&agg=max").await, Some(0.0));
    assert_eq!(value(&at, "call_score&agg=sum").await, Some(150.0));
    assert_eq!(value(&at, "call_score&agg=good").await, Some(0.5));
    assert!(is_about(value(&at, "call_rtt&agg=max").await, 100.0));
    assert!(is_about(value(&at, "call_rtt&agg=min").await, 50.0));
    assert!(is_about(value(&at, "call_loss&agg=p50").await, 0.02));
    let length = value(&at, "call_length&agg=max").await.unwrap();
    assert!(length < 12.0, "seconds: {length}");
}

#[tokio::test]
async fn stars_count_by_what_was_said_first() {
    let at = start(&[]).await;
    let people = [Person::guest(&at).await, Person::guest(&at).await];
    let mut sockets = [people[0].socket().await, people[1].socket().await];
    for socket in &mut sockets {
        socket.seek(&[]).await;
    }
    let mut call = Value::Null;
    for socket in &mut sockets {
        call = socket.confirm().await["call"].clone();
    }
    sockets[0].expect("begin").await;
    let path = format!("/v1/calls/{}/rating", call.as_str().unwrap());
    for (person, stars) in [(0, 5), (1, 2), (0, 1)] {
        people[person].expect(204, "PUT", &path, json!({ "stars": stars })).await;
    }
    assert_eq!(
        (count(&at, "call_stars").await, value(&at, "call_stars&agg=sum").await),
        (Some(2.0), Some(7.0))
    );
}

/// A beacon of this view of one visit.
async fn beacon(at: &Running, view: u8, sequence: u32, more: Value) {
    let now = Clock::system().wall().0;
    let mut beacon = json!({
        "version": 1, "visit": "018f0000-0000-4000-8000-000000000001",
        "view": format!("018f0000-0000-4000-8000-0000000000{view:02x}"), "sequence": sequence, "sent_at": now,
        "started_at": now - 5_000, "route": "/call", "weight": 2, "device": "phone", "navigation": "hard",
    });
    let Value::Object(more) = more else { panic!("members of a beacon: {more}") };
    beacon.as_object_mut().unwrap().extend(more);
    let origin = format!("http://{}", at.addr);
    let answer = request(at.addr, "POST", "/cb/v", &[JSON, ("Origin", &origin)], &beacon.to_string()).await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

#[tokio::test]
async fn features_are_counted_by_name_and_calls_of_another_app_by_what_became_of_them() {
    let at = start(&[]).await;
    let calls = json!([
        { "at_ms": 1, "outcome": "success", "setup_ms": 800, "duration_ms": 61_000, "quality": { "score": 70 } },
        { "at_ms": 2, "outcome": "dropped" },
        { "at_ms": 3 },
        { "call": "018f0000-0000-4000-8000-0000000000ca", "outcome": "failure" },
    ]);
    let events = json!([{ "name": "chat", "count": 3 }, { "name": "flip-camera" }]);
    beacon(&at, 1, 1, json!({ "calls": calls, "events": events })).await;
    beacon(&at, 1, 2, json!({ "calls": calls, "events": events, "is_final": true })).await;
    // Each counts for two.
    let by_name = [("chat".to_owned(), Some(6.0)), ("flip-camera".to_owned(), Some(2.0))];
    assert_eq!(today(&at, "feature_events&by=name").await, by_name);
    assert!(is_about(value(&at, "reported_call_setup&agg=p50").await, 800.0));
    assert_eq!(count(&at, "reported_call_length").await, Some(2.0));
    assert_eq!(value(&at, "reported_call_score&agg=needs").await, Some(1.0));
    assert_eq!(count(&at, "call_length").await, Some(0.0), "a call of ours is the server's to count");
    at.server.app.monitor.write().await;
    assert_eq!(today(&at, "feature_events&by=name").await, by_name);
    for (outcome, expected) in [("Success", 2), ("Dropped", 2), ("Failure", 0)] {
        let named =
            |counter: &&callbox_monitor::Counter| format!("{counter:?}") == format!("ReportedCalls{outcome}");
        let counter = callbox_monitor::Counter::ALL.iter().find(named).unwrap();
        assert_eq!(callbox_server::counters::counts()[counter.index()], expected, "{outcome}");
    }
}

#[tokio::test]
async fn vitals_of_a_view_that_goes_on_are_in_the_answer_at_once_and_once_when_it_ends() {
    let at = start(&[]).await;
    let lcp = async || (count(&at, "lcp").await, value(&at, "lcp&agg=max").await);
    let by_route = async || today(&at, "lcp&agg=count&by=route").await;
    beacon(&at, 1, 1, json!({ "vitals": { "fcp": 500, "lcp": 900, "cls": 0.3 } })).await;
    assert_eq!(lcp().await, (Some(2.0), Some(900.0)));
    assert_eq!(by_route().await, [("/call".to_owned(), Some(2.0))]);
    assert_eq!(value(&at, "cls&agg=poor").await, Some(1.0));
    beacon(&at, 1, 2, json!({ "vitals": { "fcp": 500, "lcp": 1_500, "cls": 0 } })).await;
    assert_eq!(lcp().await, (Some(2.0), Some(1_500.0)));
    at.server.app.monitor.write().await;
    assert_eq!((lcp().await, count(&at, "fcp").await), ((Some(2.0), Some(1_500.0)), Some(2.0)));
    beacon(&at, 1, 3, json!({ "vitals": { "fcp": 500, "lcp": 1_600, "cls": 0 }, "is_final": true })).await;
    // A tab that was killed after its interim beacon.
    beacon(&at, 2, 1, json!({ "vitals": { "lcp": 3_000 } })).await;
    assert_eq!(lcp().await, (Some(4.0), Some(3_000.0)));
    at.server.app.monitor.write().await;
    assert_eq!(lcp().await, (Some(4.0), Some(3_000.0)));
}
