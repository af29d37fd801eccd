//! What the server counts, by what really happens, and how it leaves: `/metrics`, the live feed, the statements.

use crate::support::{JSON, PATIENCE, Person, Running, guest, hurry, request, start, start_by};
use callbox_monitor::{Counter, Gauge};
use callbox_server::clock::Clock;
use callbox_server::counters::{LogLines, counts};
use callbox_server::gauges::snapshot;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tracing_subscriber::layer::SubscriberExt as _;

fn now(counter: Counter) -> u64 {
    counts()[counter.index()]
}

/// Waits until it has been counted so often more than before.
async fn until(counter: Counter, expected: u64) {
    let look = async {
        while now(counter) < expected {
            tokio::task::yield_now().await;
        }
    };
    let is_there = tokio::time::timeout(PATIENCE, look).await.is_ok();
    assert!(is_there, "{} is {} and not {expected}", counter.name(), now(counter));
}

async fn as_operator(at: &Running, path: &str) -> crate::support::Answer {
    let bearer = format!("Bearer {}", at.server.operator_token);
    request(at.addr, "GET", path, &[("Authorization", &bearer)], "").await
}

#[tokio::test]
async fn a_request_is_counted_by_the_rule_of_its_route_and_by_its_status() {
    // The monitor's own probe is a request too.
    let running = start(&[("rate_limits", "everyone"), ("monitor", "false")]).await;
    let before = counts();
    let rise = |counter: Counter| now(counter) - before[counter.index()];
    let token = guest(running.addr, Some("adult")).await;
    let bearer = format!("Bearer {token}");
    for (method, path, headers) in [
        ("GET", "/healthz", vec![]),
        ("GET", "/nowhere", vec![]),
        ("GET", "/v1/me", vec![]),
        ("GET", "/v1/me", vec![("Authorization", bearer.as_str())]),
        ("GET", "/v1/stats", vec![("Authorization", bearer.as_str())]),
        ("GET", "/v1/users/x", vec![]),
        ("POST", "/v1/logins", vec![]),
    ] {
        request(running.addr, method, path, &headers, "").await;
    }
    assert_eq!(rise(Counter::HttpPublic2xx), 1);
    assert_eq!(rise(Counter::HttpPublic4xx), 1, "a page that is not there is everybody's");
    assert_eq!((rise(Counter::HttpLogin2xx), rise(Counter::HttpLogin4xx)), (1, 1));
    assert_eq!(rise(Counter::HttpStaff4xx), 1);
    assert_eq!(rise(Counter::HttpBackend4xx), 1);
    assert_eq!((rise(Counter::HttpAnyone2xx), rise(Counter::HttpAnyone4xx)), (1, 1));
    assert_eq!((rise(Counter::SignInsGuest), rise(Counter::SecurityAccessRefused)), (1, 1));
    // Thirty guests of an address are the most at once.
    for _ in 0..40 {
        request(running.addr, "POST", "/v1/guests", &[JSON], "{}").await;
    }
    assert!(rise(Counter::RateLimitedGuest) >= 5, "{}", rise(Counter::RateLimitedGuest));
    assert!(rise(Counter::ConnectionsAccepted) >= 48, "{}", rise(Counter::ConnectionsAccepted));
}

#[tokio::test]
async fn a_call_is_counted_from_its_sockets_to_its_outcome() {
    let running = start(&[]).await;
    let people = [Person::guest(&running).await, Person::guest(&running).await];
    let mut sockets = [people[0].socket().await, people[1].socket().await];
    let gauge = |gauge: Gauge| snapshot(&running.server.app).gauge(gauge);
    assert_eq!((gauge(Gauge::Sockets), gauge(Gauge::Sessions)), (Some(2.0), Some(2.0)));
    sockets[0].seek(&[]).await;
    assert_eq!(gauge(Gauge::Waiting), Some(1.0));
    sockets[1].seek(&[]).await;
    let mut call = json!(null);
    for socket in &mut sockets {
        call = socket.confirm().await["call"].clone();
    }
    for socket in &mut sockets {
        socket.expect("begin").await;
    }
    assert_eq!((gauge(Gauge::Calls), gauge(Gauge::Waiting)), (Some(1.0), Some(0.0)));
    sockets[0].end(&call, "hangup").await;
    until(Counter::CallEndsHangup, 1).await;
    assert_eq!((now(Counter::CallsLeft), now(Counter::Matches)), (1, 1));
    assert_eq!((now(Counter::SocketsOpened), now(Counter::SessionsBegun)), (2, 2));
    assert!(now(Counter::FramesReceived) >= 5 && now(Counter::FramesSent) >= 6);
    sockets[0].close(Some(1000)).await;
    until(Counter::SocketsEndedBye, 1).await;
    sockets[1].cut().await;
    until(Counter::SocketsEndedLost, 1).await;
    let mut rude = people[0].socket().await;
    rude.send_raw(tokio_tungstenite::tungstenite::Message::text("no frame")).await;
    until(Counter::SocketsEndedMisuse, 1).await;
}

#[tokio::test]
async fn the_first_admin_and_a_wrong_password_are_counted() {
    let running = start(&[]).await;
    Person::admin(&running).await;
    assert_eq!(now(Counter::SignInsSetup), 1);
    let wrong = json!({ "email": "admin@example.org", "password": "a keeper of no keys" });
    let nobody = Person { at: &running, token: None };
    nobody.expect(403, "POST", "/v1/logins", wrong).await;
    assert_eq!(now(Counter::SignInsFailedPassword), 1);
}

#[tokio::test]
async fn warnings_of_the_server_are_counted_where_they_are_logged() {
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(LogLines));
    let before = now(Counter::LogWarnServer);
    let running = start(&[]).await;
    // The first mail says that there is no mail server.
    Person::admin(&running).await;
    let nobody = Person { at: &running, token: None };
    nobody.ask("POST", "/v1/logins/mail", &json!({ "email": "admin@example.org" })).await;
    until(Counter::MailsWritten, 1).await;
    assert!(now(Counter::LogWarnServer) > before);
}

#[tokio::test]
async fn the_text_is_for_operators_and_its_own_listener_gives_it_to_everybody() {
    let running = start(&[("metrics_listen", "127.0.0.1:0")]).await;
    assert_eq!(request(running.addr, "GET", "/metrics", &[], "").await.status, 401);
    let answer = as_operator(&running, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(answer.body).unwrap();
    for line in [
        "callbox_http_requests_total{access=\"staff\",status=\"2xx\"}",
        "callbox_memory_bytes ",
        "callbox_sockets 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains(&running.server.operator_token));
    let own = running.server.metrics_addr.unwrap();
    let answer = request(own, "GET", "/metrics", &[], "").await;
    assert!(answer.status == 200 && answer.body.starts_with(b"# HELP callbox_build_info"));
    assert_eq!(request(own, "GET", "/v1/stats", &[], "").await.status, 404);
    assert_eq!(request(own, "GET", "/", &[], "").await.status, 404);
}

#[tokio::test]
async fn statements_that_ran_say_what_they_cost() {
    let running = start(&[]).await;
    for _ in 0..20 {
        guest(running.addr, Some("adult")).await;
    }
    let answer = as_operator(&running, "/v1/metrics/statements").await.json();
    let all = answer["statements"].as_array().unwrap();
    let total: f64 = all.iter().map(|one| one["share"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-6, "{total}");
    let inserted = all.iter().find(|one| one["name"] == "users::INSERT_USER").unwrap();
    assert_eq!((&inserted["count"], &inserted["rows"]), (&json!(20), &json!(20)), "{inserted}");
    assert!(
        inserted["p50_us"].as_f64() > Some(0.0) && inserted["p95_us"].as_f64() >= inserted["p50_us"].as_f64()
    );
}

/// One live feed, as a page has it.
struct Feed(BufReader<TcpStream>);

impl Feed {
    async fn open(at: &Running, token: &str) -> (Self, u16) {
        let mut stream = TcpStream::connect(at.addr).await.unwrap();
        let head = format!(
            "GET /v1/metrics/live HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            at.addr
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut feed = Self(BufReader::new(stream));
        let status = feed.line().await.unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        (feed, status)
    }

    /// `None` at the end of the connection.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("no line came");
        (read.unwrap() > 0).then_some(line)
    }

    /// The next sample; `None` if the feed ended.
    async fn sample(&mut self) -> Option<Value> {
        loop {
            let line = self.line().await?;
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
            // The last chunk is empty.
            if line.trim() == "0" {
                return None;
            }
        }
    }
}

#[tokio::test]
async fn the_live_feed_brings_samples_until_its_login_ends_and_has_so_many_listeners() {
    let clock = Clock::movable();
    let running = start_by(&[], clock.clone()).await;
    let admin = Person::admin(&running).await;
    let token = admin.token.clone().unwrap();
    let (mut feed, status) = Feed::open(&running, &token).await;
    assert_eq!(status, 200);
    let first = feed.sample().await.unwrap();
    assert_eq!(
        (&first["gauges"]["sockets"], first["counters"]["sign_ins_setup"].as_u64()),
        (&json!(0.0), Some(1))
    );
    let _socket = Person::guest(&running).await.socket().await;
    // A sample may be on its way already.
    let mut second = hurry(&clock, feed.sample()).await.unwrap();
    while second["gauges"]["sockets"] != 1.0 {
        second = hurry(&clock, feed.sample()).await.unwrap();
    }
    assert!(second["at"].as_u64() > first["at"].as_u64());
    let mut feeds = Vec::new();
    for _ in 0..15 {
        let (feed, status) = Feed::open(&running, &running.server.operator_token).await;
        assert_eq!(status, 200);
        feeds.push(feed);
    }
    assert_eq!(Feed::open(&running, &token).await.1, 503, "sixteen are the most");
    let logins = admin.expect(200, "GET", "/v1/me/logins", json!(null)).await;
    let id = logins["items"][0]["id"].as_str().unwrap().to_owned();
    admin.expect(204, "DELETE", &format!("/v1/me/logins/{id}"), json!(null)).await;
    while hurry(&clock, feed.sample()).await.is_some() {}
    assert!(hurry(&clock, feeds[0].sample()).await.is_some(), "others continue");
    // A shutdown does not wait for them.
    running.server.stop().await;
    while hurry(&clock, feeds[0].sample()).await.is_some() {}
}

/// Ended with the test, however that ends.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A free port of this machine, a moment ago.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_real_prometheus_scrapes_us_and_promtool_finds_no_fault() {
    let running = start(&[("metrics_listen", "127.0.0.1:0")]).await;
    let _socket = Person::guest(&running).await.socket().await;
    let text = as_operator(&running, "/metrics").await.body;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`cargo xtask test --install` installs prometheus");
    promtool.stdin.take().unwrap().write_all(&text).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    assert!(checked.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("token"), &running.server.operator_token).unwrap();
    let config = json!({
        "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
        "scrape_configs": [
            { "job_name": "own", "static_configs": [{ "targets": [running.server.metrics_addr.unwrap()] }] },
            { "job_name": "operator", "authorization": { "credentials_file": file("token") },
              "static_configs": [{ "targets": [running.addr] }] },
        ],
    });
    // JSON is YAML.
    std::fs::write(file("prometheus.yml"), config.to_string()).unwrap();
    let port = free_port();
    let prometheus = Command::new("prometheus")
        .arg(format!("--config.file={}", file("prometheus.yml")))
        .arg(format!("--storage.tsdb.path={}", file("data")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _prometheus = Killed(prometheus.unwrap());
    let addr = ([127, 0, 0, 1], port).into();
    let query = |query: &'static str| async move {
        let path = format!("/api/v1/query?query={query}");
        let answer = crate::support::try_request(addr, "GET", &path, &[], "").await.ok()?;
        // It is not ready at once.
        let answer = Some(answer).filter(|answer| answer.status == 200)?;
        let found = answer.json()["data"]["result"].as_array()?.clone();
        (found.len() == 2).then_some(found)
    };
    let find = |text: &'static str| async move {
        let look = async {
            loop {
                if let Some(found) = query(text).await {
                    break found;
                }
                // The next scrape is a second away.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), look).await.expect("the series was not found")
    };
    for one in find("callbox_sockets").await {
        assert_eq!(one["value"][1], "1", "{one}");
    }
    let sign_ins = find("callbox_sign_ins_total%7Bway%3D%22guest%22%7D").await;
    assert_eq!(sign_ins[0]["value"][1], "1", "{sign_ins:?}");
    // The server's own probe has looked at least once.
    for one in find("callbox_probe_seconds_count").await {
        assert_ne!(one["value"][1], "0", "{one}");
    }
}
