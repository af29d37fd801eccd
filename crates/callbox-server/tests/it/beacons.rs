//! Beacons of browsers: the ones that are taken, what becomes of them, and who may read that.

use crate::process::Serving;
use crate::support::{Answer, Log, Person, Running, call, request, start, start_in, until};
use callbox_monitor::{Counter, Query, QueryParams};
use callbox_server::clock::Clock;
use callbox_server::counters;
use callbox_server::monitor::Monitor;
use callbox_settings::monitor::MonitorSettings;
use callbox_store::{ErrorFilter, Store};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const TEXT: (&str, &str) = ("Content-Type", "text/plain;charset=UTF-8");
const HOSTILE: &str =
    "<script>alert(1)</script>\n2026-11-30T00:00:00Z ERROR forged\r\n=cmd|' /C calc'!A0\u{1b}[31m\u{0}";
const VISIT: &str = "018f0000-0000-4000-8000-000000000001";

fn beacon(sequence: u32, more: Value) -> Value {
    let now = Clock::system().wall().0;
    let mut beacon = json!({
        "version": 1, "visit": VISIT, "view": "018f0000-0000-4000-8000-0000000000a1", "view_number": 1,
        "sequence": sequence, "sent_at": now, "started_at": now - 5_000, "route": "/call/42?secret=1",
        "release": "1.4.0", "device": "phone", "navigation": "hard",
    });
    let Value::Object(more) = more else { panic!("members of a beacon: {more}") };
    beacon.as_object_mut().unwrap().extend(more);
    beacon
}

async fn send(at: &Running, body: &str, headers: &[(&str, &str)]) -> Answer {
    request(at.addr, "POST", "/cb/v", &[&[TEXT], headers].concat(), body).await
}

async fn taken(at: &Running, beacon: &Value) {
    let origin = format!("http://{}", at.addr);
    let answer = send(at, &beacon.to_string(), &[("Origin", &origin)]).await;
    assert!(answer.status == 204 && answer.body.is_empty(), "{answer:?}");
}

async fn operator(at: &Running, path: &str) -> Answer {
    let bearer = format!("Bearer {}", at.server.operator_token);
    request(at.addr, "GET", path, &[("Authorization", &bearer)], "").await
}

async fn groups(at: &Running, query: &str) -> Vec<Value> {
    let answer = operator(at, &format!("/v1/errors{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_a_browser_reports_is_in_its_group_and_in_its_visit_once() {
    let at = start(&[]).await;
    let error = |count| {
        json!([{
            "kind": "error", "name": "TypeError", "message": "call 42 is gone", "count": count, "at_ms": 900,
            "stack": "TypeError: call 42 is gone\n    at Call.render (https://a.example/assets/call.js?v=2:10:20)",
        }])
    };
    taken(&at, &beacon(1, json!({ "errors": error(1), "vitals": { "fcp": 800, "lcp": 900.5, "cls": 0 } })))
        .await;
    let last = beacon(
        2,
        json!({
            "errors": error(3), "vitals": { "fcp": 800, "lcp": 1200, "cls": 0 }, "is_final": true,
            "events": [{ "name": "chat" }], "calls": [{ "outcome": "failure", "at_ms": 700, "cause": "no_answer" }],
        }),
    );
    taken(&at, &last).await;
    taken(&at, &last).await;
    until(async || groups(&at, "").await.first().is_some_and(|group| group["count"] == 3)).await;
    let group = groups(&at, "?release=1.4.0").await.remove(0);
    assert_eq!(
        (&group["message"], &group["name"], &group["version"]),
        (&json!("call <n> is gone"), &json!("TypeError"), &json!(1))
    );
    assert_eq!((&group["hours"][0]["count"], &group["releases"][0]["release"]), (&json!(3), &json!("1.4.0")));
    assert_eq!(group["sample"]["frames"][0]["file"], "/assets/call.js");
    assert!(group["why"].as_str().unwrap().contains("`render` in `call.js`"), "{group}");
    assert!(groups(&at, "?release=1.5.0").await.is_empty());
    let later = Clock::system().wall().0 + 60_000;
    assert!(groups(&at, &format!("?new_since={later}")).await.is_empty());
    let visit = operator(&at, &format!("/v1/visits/{VISIT}")).await.json();
    let [view] = &visit["views"].as_array().unwrap()[..] else { panic!("{visit}") };
    assert_eq!(
        (&view["route"], &view["vitals"]["lcp"], &view["is_final"]),
        (&json!("/call/:id"), &json!(1200.0), &json!(true))
    );
    assert_eq!((&view["errors"][0]["count"], &view["calls"][0]["cause"]), (&json!(3), &json!("no_answer")));
    assert_eq!(operator(&at, "/v1/visits/018f0000-0000-4000-8000-0000000000ff").await.status, 404);
    assert_eq!(operator(&at, "/v1/visits/x").await.status, 404);
}

#[tokio::test]
async fn beacons_of_other_pages_and_those_that_are_none_are_refused_with_the_reason_and_counted() {
    let settings = [("listen", "0.0.0.0:0"), ("allowed_origins", "https://app.example.org")];
    let at = start(&settings).await;
    let good = beacon(1, json!({})).to_string();
    let allowed = ("Origin", "https://app.example.org");
    let answer = send(&at, &good, &[allowed]).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (204, Some("https://app.example.org"))
    );
    let asked = [
        allowed,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    assert_eq!(request(at.addr, "OPTIONS", "/cb/v", &asked, "").await.status, 204);
    let before = counters::counts();
    assert_eq!(send(&at, &good, &[("Origin", "https://evil.example")]).await.status, 403);
    assert_eq!(send(&at, &good, &[]).await.status, 403, "no page");
    let later = send(&at, &good.replace(r#""version":1"#, r#""version":9"#), &[allowed]).await;
    assert_eq!(later.status, 400);
    assert!(later.json()["detail"].as_str().unwrap().contains("version 9"), "{later:?}");
    let missing = send(&at, r#"{"version":1}"#, &[allowed]).await;
    assert!(
        missing.status == 400 && missing.json()["detail"].as_str().unwrap().contains("visit"),
        "{missing:?}"
    );
    assert_eq!(send(&at, &" ".repeat(16 * 1024 + 1), &[allowed]).await.status, 413);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(request(at.addr, "POST", "/cb/v", &[form, allowed], &good).await.status, 415);
    let after = counters::counts();
    let rise = |counter: Counter| after[counter.index()] - before[counter.index()];
    // Other tests count too.
    assert!(rise(Counter::BeaconsForeign) >= 2 && rise(Counter::BeaconsMalformed) >= 3);
    assert!(rise(Counter::BeaconsTooLarge) >= 1);
}

#[tokio::test]
async fn an_address_sends_six_hundred_and_then_waits_while_others_go_on() {
    let at = start(&[("trusted_proxies", "127.0.0.1"), ("public_url", "https://call.example.org")]).await;
    let good = beacon(1, json!({})).to_string();
    let from = async |client: &str| {
        let headers = [("Origin", "https://call.example.org"), ("X-Forwarded-For", client)];
        send(&at, &good, &headers).await.status
    };
    let mut status = 204;
    for _ in 0..2_000 {
        status = from("192.0.2.1").await;
        if status != 204 {
            break;
        }
    }
    assert_eq!((status, from("192.0.2.2").await), (429, 204));
}

#[tokio::test]
async fn hostile_text_is_text_in_json_and_nowhere_else() {
    let at = start(&[]).await;
    let log = Log::default();
    let guard = log.listen();
    let hostile = json!({
        "route": HOSTILE, "release": HOSTILE, "user": HOSTILE,
        "errors": [{ "name": HOSTILE, "message": HOSTILE, "stack": format!("at {HOSTILE} (https://x/{HOSTILE}:1:1)") }],
        "events": [{ "name": HOSTILE }], "calls": [{ "cause": HOSTILE, "outcome": "failure" }],
    });
    taken(&at, &beacon(1, hostile)).await;
    until(async || !groups(&at, "").await.is_empty()).await;
    for path in ["/v1/errors".to_owned(), format!("/v1/visits/{VISIT}")] {
        let answer = operator(&at, &path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        // In JSON every control character is escaped, and none but line breaks is left.
        let body = String::from_utf8(answer.body.clone()).unwrap();
        assert!(
            !body.contains(['\u{1b}', '\u{0}', '\r', '\n'])
                && !body.contains("\\u00")
                && !body.contains("\\r"),
            "{body}"
        );
    }
    let view = operator(&at, &format!("/v1/visits/{VISIT}")).await.json()["views"][0].clone();
    assert_eq!((&view["release"], &view["events"]), (&Value::Null, &json!([])));
    assert!(!view["route"].as_str().unwrap().contains(['<', '=', '\n']), "{view}");
    drop(guard);
    assert!(!log.text().contains("forged") && !log.text().contains("calc"), "{}", log.text());
}

#[tokio::test]
async fn the_end_of_an_account_is_the_end_of_its_visits() {
    let at = start(&[]).await;
    let person = Person::guest(&at).await;
    taken(&at, &beacon(1, json!({ "user": person.id().await }))).await;
    let found = async || operator(&at, &format!("/v1/visits/{VISIT}")).await.status;
    until(async || found().await == 200).await;
    person.expect(202, "DELETE", "/v1/me", Value::Null).await;
    // The sweep does so each minute.
    let app = &at.server.app;
    for user in app.store.ended_users().await.unwrap() {
        callbox_server::beacons::forget(&app.store.monitoring(), &app.keyed_hashes, user, app.clock.now())
            .await
            .unwrap();
    }
    assert_eq!(found().await, 404);
}

#[tokio::test]
async fn an_operator_deletes_what_is_kept_of_a_user_whom_an_app_named() {
    let at = start(&[]).await;
    let other_visit = VISIT.replace("0001", "0002");
    taken(&at, &beacon(1, json!({ "user": "app-user-7" }))).await;
    let view = "018f0000-0000-4000-8000-0000000000a2";
    taken(&at, &beacon(1, json!({ "user": "app-user-8", "visit": other_visit, "view": view }))).await;
    let found = async |visit: &str| operator(&at, &format!("/v1/visits/{visit}")).await.status;
    until(async || found(VISIT).await == 200 && found(&other_visit).await == 200).await;
    let active = async || {
        let path = "/v1/metrics/query?metric=active_users&from=30d&step=30d";
        operator(&at, path).await.json()["series"][0]["values"].clone()
    };
    until(async || active().await == json!([2.0])).await;
    let bearer = format!("Bearer {}", at.server.operator_token);
    let erase = async |user: &str, headers: &[(&str, &str)]| {
        let body = json!({ "user": user }).to_string();
        let headers = [&[("Content-Type", "application/json")], headers].concat();
        request(at.addr, "POST", "/v1/visits/erase", &headers, &body).await.status
    };
    let operators = [("Authorization", bearer.as_str())];
    assert_eq!(erase("app-user-7", &[]).await, 401);
    assert_eq!((erase("", &operators).await, erase(&"x".repeat(129), &operators).await), (400, 400));
    assert_eq!(erase("app-user-7", &operators).await, 204);
    assert_eq!(erase("nobody", &operators).await, 204);
    assert_eq!((found(VISIT).await, found(&other_visit).await), (404, 200));
    assert_eq!(active().await, json!([1.0]));
}

#[tokio::test]
async fn the_end_in_order_loses_nothing_that_came_before_and_warns_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::default();
    let _guard = log.listen();
    let data = folder.path().to_str().unwrap();
    let first = start_in(data, &[], Clock::system()).await;
    // More than are written at once, and the last moments before they come.
    let count = 300;
    for number in 1..=count {
        let id = |kind: &str| format!("018f0000-0000-4000-8000-{kind}{number:011}");
        let error =
            json!([{ "name": "TypeError", "message": "gone", "stack": "at a (https://a.example/a.js:1:1)" }]);
        let own = json!({
            "visit": id("1"), "view": id("2"), "user": format!("user-{number}"), "errors": error,
            "events": [{ "name": "chat" }], "vitals": { "lcp": 900 },
        });
        taken(&first, &beacon(1, own)).await;
    }
    first.server.stop().await;
    // No server: one in this process would count this process's counters once more.
    let store = Store::open(folder.path()).unwrap();
    let clock = Clock::system();
    let now = clock.now();
    let found = store.monitoring().error_groups(&ErrorFilter::default(), 10, now).await.unwrap();
    assert_eq!(found.iter().map(|group| group.count).collect::<Vec<_>>(), [count]);
    // Of so many at once not every visit is kept whole.
    for number in [1, 200] {
        let visit = format!("018f0000-0000-4000-8000-1{number:011}").parse().unwrap();
        assert!(store.monitoring().visit(visit).await.unwrap().is_some(), "{number}");
    }
    let monitor = Monitor::new(MonitorSettings { is_on: true }, &store, clock);
    for (metric, agg) in [
        ("page_views", None),
        ("visits", None),
        ("feature_events", None),
        ("browser_errors", None),
        ("lcp", Some("count")),
        ("active_users", None),
    ] {
        let asked = QueryParams { metric, agg, step: Some("1d"), ..QueryParams::default() };
        let figures = monitor.query(Query::new(&asked, now).unwrap()).await.unwrap();
        let sum: f64 = figures.series[0].values.iter().flatten().sum();
        assert_eq!(Some(sum), Some(f64::from(count)), "{metric}: {figures:?}");
    }
    store.close().await;
    let log = log.text();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

/// Beacons of the flood, each of another view, with an error of its own.
const FLOOD: u32 = 1_000_000;
/// As many as fill all maps: there are 16,384 views at most.
const SMALL_FLOOD: u32 = 20_000;
const FLOOD_ADDRESSES: u32 = 10_000;
/// Requests that are written before their answers are read.
const PIPELINED: u32 = 50;

fn junk(number: u32) -> String {
    let address = number % FLOOD_ADDRESSES;
    let errors = json!([{
        "name": format!("E{}", number % 1_000), "message": format!("junk {}", "x".repeat(200)), "count": 3,
        "stack": format!("at f{number} (https://a.example/{number}/f.js:1:1)"),
    }]);
    let view = format!("018f0000-0000-4000-8000-{number:012x}");
    let more = json!({ "visit": view, "view": view, "route": format!("/page-{number}/x{number}"), "release": format!("r{number}"), "errors": errors });
    let body = beacon(1, more).to_string();
    format!(
        "POST /cb/v HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nX-Forwarded-For: 10.{}.{}.{}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        address >> 16,
        (address >> 8) & 255,
        address & 255,
        body.len(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_junk_beacons_takes_bounded_memory_and_disk_while_others_call() {
    flood(SMALL_FLOOD).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full: a million beacons take minutes"]
async fn a_million_junk_beacons_take_bounded_memory_and_disk_while_others_call() {
    flood(FLOOD).await;
}

async fn flood(beacons: u32) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let set = ["--set", "trusted_proxies=127.0.0.1", "--set", "log=error"];
    let serving = Serving::start_with(&data, &set);
    let addr = serving.addr();
    // What a first call needs, and the first pages of each map.
    for _ in 0..20 {
        call(addr).await;
    }
    let before_kb = serving.resident_kb();
    let flood = tokio::spawn(async move {
        let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
        let mut answer = vec![0; 64 * 1024];
        // The start of an answer may be cut in two.
        let mut tail = Vec::new();
        for round in 0..beacons / PIPELINED {
            let text: String = (0..PIPELINED).map(|place| junk(round * PIPELINED + place)).collect();
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answers = 0;
            while answers < PIPELINED {
                let length = stream.read(&mut answer).await.unwrap();
                assert!(length > 0, "the server closed the connection");
                tail.extend_from_slice(&answer[..length]);
                let found = tail.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
                answers += u32::try_from(found).unwrap();
                tail.drain(..tail.len().saturating_sub(8));
            }
        }
    });
    let (mut highest_kb, mut calls) = (0, 0);
    while !flood.is_finished() {
        call(addr).await;
        calls += 1;
        highest_kb = highest_kb.max(serving.resident_kb());
    }
    flood.await.unwrap();
    let disk: u64 = ["monitor.db", "monitor.db-wal"]
        .iter()
        .map(|name| std::fs::metadata(data.join(name)).map_or(0, |file| file.len()))
        .sum();
    assert!(calls > 0, "nobody could call beside the flood");
    assert!(highest_kb.saturating_sub(before_kb) <= 32 * 1024, "{before_kb} kB became {highest_kb} kB");
    assert!(disk <= 16 * 1024 * 1024, "{disk} bytes");
}
