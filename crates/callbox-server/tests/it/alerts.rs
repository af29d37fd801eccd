//! Alerts from end to end: figures of a real server, rules with lowered thresholds, and whoever is told.

use crate::mail::Receiver;
use crate::metrics::{Killed, free_port};
use crate::moderation::couple;
use crate::postgres::Postgres;
use crate::process::{Serving, callbox};
use crate::support::{Answer, PATIENCE, Person, Running, request, start, start_by, try_request, until};
use callbox_monitor::{Counter, Dimensions, Distribution, When};
use callbox_server::clock::Clock;
use callbox_server::config::Layers;
use callbox_server::counters;
use callbox_server::environment::Environment;
use callbox_server::server::Server;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What takes requests, and answers with one status.
#[derive(Clone)]
struct Sink {
    port: u16,
    status: Arc<AtomicU16>,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sink = Self { port, status: Arc::new(AtomicU16::new(200)), heard: Arc::default() };
        let own = sink.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                let head = String::from_utf8(head).unwrap();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
                });
                let mut body = vec![0; length.unwrap_or(0)];
                if stream.read_exact(&mut body).await.is_ok() {
                    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                    own.heard.lock().unwrap().push((head, body));
                }
                let status = own.status.load(Ordering::Relaxed);
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        sink
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Requests whose first line has this.
    fn heard(&self, path: &str) -> Vec<(String, Value)> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(head, _)| head.lines().next().unwrap().contains(path)).cloned().collect()
    }

    /// The states of a rule as the webhook told them, in order.
    fn states(&self, rule: &str) -> Vec<String> {
        let bodies = self.heard("/hook").into_iter().map(|(_, body)| body);
        let alerts = bodies.flat_map(|body| body["alerts"].as_array().cloned().unwrap_or_default());
        let of_rule = alerts.filter(|alert| alert["labels"]["alertname"] == rule);
        of_rule.map(|alert| alert["status"].as_str().unwrap().to_owned()).collect()
    }

    fn target(&self) -> String {
        format!(
            r#"{{ name = "hook", kind = "webhook", url = "{}", secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }}"#,
            self.url("/hook")
        )
    }
}

/// A file of rules that can be changed.
struct RulesFile {
    folder: tempfile::TempDir,
    version: u32,
}

impl RulesFile {
    fn new(text: &str) -> Self {
        let mut file = Self { folder: tempfile::tempdir().unwrap(), version: 0 };
        file.write(text);
        file
    }

    fn path(&self) -> String {
        self.folder.path().join("rules.toml").to_str().unwrap().to_owned()
    }

    /// Another length each time: files of one moment differ by that.
    fn write(&mut self, text: &str) {
        self.version += 1;
        let end = "#".repeat(self.version as usize);
        std::fs::write(self.path(), format!("{text}\n{end}\n")).unwrap();
    }
}

async fn look_until(server: &Server, is_so: impl Fn() -> bool) {
    until(async || {
        server.look_at_rules().await;
        is_so()
    })
    .await;
}

async fn alerts(at: &Running) -> Value {
    let bearer = format!("Bearer {}", at.server.operator_token);
    let answer: Answer = request(at.addr, "GET", "/v1/alerts", &[("Authorization", &bearer)], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn state(at: &Running, rule: &str) -> Value {
    let all = alerts(at).await;
    all["alerts"].as_array().unwrap().iter().find(|alert| alert["rule"] == rule).unwrap().clone()
}

/// Those whose figures a test server has, each with what makes it fire and what clears it.
const LOWERED: [(&str, &str, &str); 5] = [
    ("disk", "fire = \"< 9e18\"\nclear = \"> 9e18\"", "fire = \"< 1\"\nclear = \"> 1\""),
    ("write_queue", "fire = \">= 0\"\nclear = \"< 0\"", "fire = \"> 1e6\"\nclear = \"< 1e6\""),
    ("certificate", "fire = \"< 9e6\"\nclear = \"> 9e6\"", "fire = \"< 1\"\nclear = \"> 2\""),
    ("backup_age", "fire = \">= 0\"\nclear = \"< 0\"", "fire = \"> 1e9\"\nclear = \"< 1e9\""),
    ("not_ready", "fire = \"< 2\"", "fire = \"< 1\""),
];

fn lowered(fires: bool) -> String {
    LOWERED
        .iter()
        .map(|(name, fire, clear)| {
            let limits = if fires { fire } else { clear };
            format!("[[rule]]\nname = \"{name}\"\nfor = \"1s\"\n{limits}\n")
        })
        .collect::<Vec<_>>()
        .concat()
}

/// Those that are fed by what happens, not so patient as they are shipped.
const QUICK: &str = r#"
[[rule]]
name = "page_load"
for = "1s"
count_min = 10
inhibited_by = []
[[rule]]
name = "call_success"
keep_firing = "1s"
inhibited_by = []
[[rule]]
name = "errors"
keep_firing = "1s"
[[rule]]
name = "server_errors"
keep_firing = "1s"
inhibited_by = []
[[rule]]
name = "uptime_budget"
inhibited_by = []
[[rule]]
name = "open_report"
fire = "> 0"
"#;

#[tokio::test]
async fn each_shipped_alert_on_the_server_itself_fires_clears_and_is_heard() {
    let sink = Sink::start().await;
    let mut rules = RulesFile::new(&lowered(true));
    let settings = [
        ("alert_rules", rules.path()),
        ("alert_targets", format!("[{}]", sink.target())),
        ("tls", "self-signed".to_owned()),
        ("backup_hours", "1".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let clock = Clock::movable();
    let plain = start_by(&settings, clock.clone()).await;
    let server = &plain.server;
    let names = || LOWERED.iter().map(|(name, ..)| *name);
    look_until(server, || {
        // The first backup is made a minute after the start.
        clock.advance(std::time::Duration::from_secs(10));
        names().all(|name| sink.states(name) == ["firing"])
    })
    .await;
    rules.write(&lowered(false));
    look_until(server, || names().all(|name| sink.states(name) == ["firing", "resolved"])).await;
    let (head, body) = sink.heard("/hook").remove(0);
    let has = |name: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
    assert!(has("webhook-id: msg_") && has("webhook-timestamp: ") && has("webhook-signature: v1,"), "{head}");
    assert_eq!((&body["version"], &body["receiver"]), (&json!("4"), &json!("callbox")));
}

#[tokio::test]
async fn each_shipped_alert_on_what_happens_fires_clears_and_is_heard() {
    let sink = Sink::start().await;
    let rules = RulesFile::new(QUICK);
    let targets = format!("[{}]", sink.target());
    let at = start(&[("alert_rules", &rules.path()), ("alert_targets", &targets)]).await;
    let server = &at.server;
    let views = |load: f64| {
        for _ in 0..30 {
            let when = When::now(server.app.clock.now());
            assert!(server.app.monitor.observe(
                Distribution::PageLoad,
                &Dimensions::default(),
                load,
                1,
                when
            ));
        }
    };
    let add = counters::add_many;
    let names = ["page_load", "call_success", "errors", "server_errors", "uptime_budget", "open_report"];
    let (rude, ann) = (Person::guest(&at).await, Person::guest(&at).await);
    let (_sockets, call) = couple(&rude, &ann).await;
    server.look_at_rules().await;
    views(9_000.0);
    let report = json!({ "reason": "harassment", "note": "shouts" });
    ann.expect(204, "POST", &format!("/v1/calls/{call}/report"), report).await;
    add(Counter::CallsFailure, 20);
    add(Counter::PageViewsHard, 100);
    add(Counter::PageViewsFailed, 20);
    add(Counter::HttpLogin5xx, 50);
    add(Counter::ProbesDown, 50);
    look_until(server, || names.iter().all(|name| sink.states(name) == ["firing"])).await;
    assert_eq!(state(&at, "call_success").await["state"], "firing");
    (0..20).for_each(|_| views(100.0));
    let admin = Person::admin(&at).await;
    let reports = admin.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    let dismiss = format!("/v1/moderation/reports/{}/dismiss", reports["items"][0]["id"].as_str().unwrap());
    admin.expect(204, "POST", &dismiss, Value::Null).await;
    for counter in [Counter::CallsSuccess, Counter::PageViewsHard, Counter::HttpLogin2xx, Counter::ProbesUp] {
        add(counter, 100_000);
    }
    look_until(server, || names.iter().all(|name| sink.states(name) == ["firing", "resolved"])).await;
    // What this server has not is not well: it is not applicable, or has no data and says why.
    for rule in ["database_connections", "database_connections_used", "database_pool_waiting"] {
        assert_eq!(state(&at, rule).await["state"], "not_applicable", "{rule}");
    }
    let cdn = state(&at, "cdn_hit_rate").await;
    assert!(cdn["state"] == "no_data" && cdn["note"].as_str().unwrap().contains("issue 13"), "{cdn}");
}

#[tokio::test]
async fn connections_of_a_postgresql_are_counted_by_itself_and_alarm() {
    let Some(postgres) = Postgres::start() else { return };
    let sink = Sink::start().await;
    let quick = |fire: &str, used: &str| {
        format!(
            "[[rule]]\nname = \"database_connections\"\nfor = \"1s\"\nfire = \"{fire}\"\nclear = \"< 1000\"\n\
            [[rule]]\nname = \"database_connections_used\"\nfor = \"1s\"\nfire = \"{used}\"\nclear = \"< 99 %\"\n\
            [[rule]]\nname = \"database_pool_waiting\"\nkeep_firing = \"1s\"\nm_of_n = [1, 1]\nfire = \">= 0\""
        )
    };
    let mut rules = RulesFile::new(
        &quick("> 0", "> 0 %")
            .replace("clear = \"< 1000\"", "clear = \"< 0\"")
            .replace("clear = \"< 99 %\"", "clear = \"< 0 %\""),
    );
    let (targets, url) = (format!("[{}]", sink.target()), postgres.url());
    let settings = [("alert_rules", rules.path()), ("alert_targets", targets), ("database_url", url.clone())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let at = start(&settings).await;
    let names = ["database_connections", "database_connections_used", "database_pool_waiting"];
    look_until(&at.server, || names.iter().all(|name| sink.states(name) == ["firing"])).await;
    let count: u32 = state(&at, names[0]).await["value"].as_str().unwrap().parse().unwrap();
    let theirs = postgres.connections();
    // The one that asks here is one more.
    assert!(count >= 3 && theirs.abs_diff(count) <= 3, "{count}, and PostgreSQL says {theirs}");
    rules.write(&quick("> 1000", "> 99 %").replace("fire = \">= 0\"", "fire = \"> 1000\""));
    look_until(&at.server, || names.iter().all(|name| sink.states(name) == ["firing", "resolved"])).await;
    at.server.stop().await;
}

const DISK_FIRES: &str = "[[rule]]\nname = \"disk\"\nfor = \"1s\"\nfire = \"< 9e18\"\nclear = \"> 9e18\"\nlabels = { team = \"ops\" }";
const DISK_CLEARS: &str =
    "[[rule]]\nname = \"disk\"\nfor = \"1s\"\nfire = \"< 1\"\nclear = \"> 1\"\nlabels = { team = \"ops\" }";

#[tokio::test]
async fn every_kind_of_target_is_told_in_its_own_words() {
    let sink = Sink::start().await;
    let mut mails = Receiver::start(0, &[]).await;
    let mut rules = RulesFile::new(DISK_FIRES);
    let targets = format!(
        r#"[{}, {{ name = "slack", kind = "slack", url = "{}" }}, {{ name = "discord", kind = "discord", url = "{}" }},
        {{ name = "ntfy", kind = "ntfy", url = "{}", token = "tk_1" }}, {{ name = "api", kind = "alertmanager", url = "{}" }},
        {{ name = "mail", kind = "mail", to = "ops@example.org" }}]"#,
        sink.target(),
        sink.url("/slack"),
        sink.url("/discord"),
        sink.url("/ntfy/alarm"),
        sink.url("/am"),
    );
    let smtp = format!("smtp://127.0.0.1:{}", mails.port);
    let settings = [
        ("alert_rules", rules.path()),
        ("alert_targets", targets),
        ("smtp_url", smtp),
        ("mail_from", "Call <no-reply@example.org>".to_owned()),
        ("public_url", "https://call.example.org".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let at = start(&settings).await;
    let paths = ["/hook", "/slack", "/discord", "/ntfy", "/am/api/v2/alerts"];
    look_until(&at.server, || paths.iter().all(|path| !sink.heard(path).is_empty())).await;
    let mail = mails.next().await;
    assert_eq!(mail["to"], json!(["ops@example.org"]));
    let text = mail["text"].as_str().unwrap().replace("=\r\n", "");
    assert!(
        text.contains("Subject: call.example.org: disk fires\r\n") && text.contains("FIRING disk: "),
        "{text}"
    );
    assert!(text.contains("https://call.example.org/dashboard"), "{text}");
    let first = |path: &str| sink.heard(path).remove(0);
    assert!(
        first("/slack").1["text"].as_str().unwrap().starts_with("call.example.org: disk fires\nFIRING disk")
    );
    assert!(first("/discord").1["content"].as_str().unwrap().contains("FIRING disk"));
    let (head, ntfy) = first("/ntfy");
    assert!(
        head.contains("authorization: Bearer tk_1") && ntfy["topic"] == "alarm" && ntfy["priority"] == 5,
        "{ntfy}"
    );
    let posted = first("/am/api/v2/alerts").1;
    assert_eq!(posted[0]["labels"], json!({ "alertname": "disk", "severity": "critical", "team": "ops" }));
    rules.write(DISK_CLEARS);
    look_until(&at.server, || sink.states("disk") == ["firing", "resolved"]).await;
    assert!(mails.next().await["text"].as_str().unwrap().contains("disk is well again"));
}

#[tokio::test]
async fn a_real_alertmanager_hears_of_the_beginning_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = (free_port(), folder.path().join("alertmanager.yml"));
    std::fs::write(&file, "route:\n  receiver: nobody\nreceivers:\n- name: nobody\n").unwrap();
    let child = Command::new("prometheus-alertmanager")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`cargo xtask test --install` installs prometheus-alertmanager");
    let _alertmanager = Killed(child);
    let addr = ([127, 0, 0, 1], port).into();
    let names = async || {
        let answer = try_request(addr, "GET", "/api/v2/alerts?active=true", &[], "").await.ok()?;
        let all = Some(answer).filter(|answer| answer.status == 200)?.json();
        let of = |alert: &Value| alert["labels"]["alertname"].as_str().map(str::to_owned);
        Some(all.as_array()?.iter().filter_map(of).collect::<Vec<_>>())
    };
    until(async || names().await.is_some()).await;
    let mut rules = RulesFile::new(DISK_FIRES);
    let targets = format!(r#"[{{ name = "api", kind = "alertmanager", url = "http://127.0.0.1:{port}" }}]"#);
    let at = start(&[("alert_rules", &rules.path()), ("alert_targets", &targets)]).await;
    until(async || {
        at.server.look_at_rules().await;
        names().await == Some(vec!["disk".to_owned()])
    })
    .await;
    rules.write(DISK_CLEARS);
    until(async || {
        at.server.look_at_rules().await;
        names().await == Some(Vec::new())
    })
    .await;
}

async fn start_in(folder: &Path, settings: &[(&str, &str)]) -> Server {
    let data = folder.to_str().unwrap();
    let own = [("listen", "127.0.0.1:0"), ("data_dir", data)];
    let flags = own.iter().chain(settings).map(|(k, v)| (String::from("--set"), (*k).into(), (*v).into()));
    let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap();
    Server::start(config, Environment::system()).await.unwrap()
}

#[tokio::test]
async fn what_was_told_is_not_told_anew_after_a_restart_and_what_was_not_is() {
    let (sink, folder) = (Sink::start().await, tempfile::tempdir().unwrap());
    sink.status.store(503, Ordering::Relaxed);
    let mut rules = RulesFile::new(DISK_FIRES);
    let (path, targets) = (rules.path(), format!("[{}]", sink.target()));
    let settings = [("alert_rules", path.as_str()), ("alert_targets", targets.as_str())];
    let server = start_in(folder.path(), &settings).await;
    look_until(&server, || sink.states("disk") == ["firing"]).await;
    server.stop().await;
    // The receiver is back: what it refused comes again, ten seconds after it was refused, with the same name.
    sink.status.store(200, Ordering::Relaxed);
    let server = start_in(folder.path(), &settings).await;
    look_until(&server, || sink.states("disk") == ["firing", "firing"]).await;
    let id = |(head, _): &(String, Value)| {
        head.lines().find(|line| line.starts_with("webhook-id")).map(str::to_owned).unwrap()
    };
    let heard = sink.heard("/hook");
    assert_eq!(id(&heard[0]), id(&heard[1]));
    server.stop().await;
    let server = start_in(folder.path(), &settings).await;
    for _ in 0..20 {
        server.look_at_rules().await;
    }
    assert_eq!(sink.states("disk").len(), 2, "it fires on, and nobody is told anew");
    rules.write(DISK_CLEARS);
    look_until(&server, || sink.states("disk").len() == 3).await;
    assert_eq!(sink.states("disk")[2], "resolved");
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_file_of_rules_is_refused_and_the_rules_before_it_stay() {
    let sink = Sink::start().await;
    let mut rules = RulesFile::new(DISK_FIRES);
    let targets = format!("[{}]", sink.target());
    let at = start(&[("alert_rules", &rules.path()), ("alert_targets", &targets)]).await;
    rules.write("[[rule]]\nname = \"mine\"\nabout = \"It is.\"\nmetric = \"nothing\"\nfire = \"> 1\"");
    look_until(&at.server, || sink.states("disk") == ["firing"]).await;
    let error = alerts(&at).await["rules_error"].as_str().unwrap().to_owned();
    assert!(error.contains("line 4") && error.contains("there is no metric `nothing`"), "{error}");
    let list =
        callbox().args(["alerts", "list", "--set"]).arg(format!("alert_rules={}", rules.path())).output();
    let list = list.unwrap();
    let said = String::from_utf8_lossy(&list.stderr).into_owned();
    assert!(!list.status.success() && said.contains("line 4"), "{said}");
    rules.write(DISK_CLEARS);
    look_until(&at.server, || sink.states("disk") == ["firing", "resolved"]).await;
    assert_eq!(alerts(&at).await["rules_error"], Value::Null);
}

#[tokio::test]
async fn admins_silence_a_rule_and_a_pipeline_names_a_deploy() {
    let sink = Sink::start().await;
    let rules = RulesFile::new(DISK_FIRES);
    let targets = format!("[{}]", sink.target());
    let at = start(&[("alert_rules", &rules.path()), ("alert_targets", &targets)]).await;
    let admin = Person::admin(&at).await;
    let guest = Person::guest(&at).await;
    let path = "/v1/alerts/silences";
    let body = json!({ "rule": "disk", "minutes": 5, "why": "a bigger one comes" });
    guest.expect(403, "POST", path, body.clone()).await;
    guest.expect(403, "GET", "/v1/alerts", Value::Null).await;
    for wrong in [
        json!({ "rule": "nobody", "minutes": 5, "why": "x" }),
        json!({ "rule": "disk", "minutes": 0, "why": "x" }),
        json!({ "rule": "disk", "minutes": 43_201, "why": "x" }),
        json!({ "rule": "disk", "minutes": 5, "why": " " }),
    ] {
        admin.expect(400, "POST", path, wrong).await;
    }
    let silence = admin.expect(201, "POST", path, body).await;
    until(async || {
        at.server.look_at_rules().await;
        state(&at, "disk").await["state"] == "firing"
    })
    .await;
    assert_eq!(sink.states("disk").len(), 0);
    assert_eq!(state(&at, "disk").await["silenced_until"], silence["until"]);
    assert_eq!(alerts(&at).await["silences"], json!([silence]));
    let own = format!("{path}/{}", silence["id"]);
    admin.expect(204, "DELETE", &own, Value::Null).await;
    admin.expect(404, "DELETE", &own, Value::Null).await;
    look_until(&at.server, || sink.states("disk") == ["firing"]).await;
    let pipeline = Person { at: &at, token: Some(at.server.operator_token.clone()) };
    pipeline.expect(400, "POST", "/v1/deploys", json!({ "name": "" })).await;
    pipeline.expect(204, "POST", "/v1/deploys", json!({ "name": "v1.2.3" })).await;
    assert_eq!(alerts(&at).await["deploys"][0]["name"], "v1.2.3");
}

#[tokio::test]
async fn the_command_tests_every_target_and_replays_the_rules() {
    let sink = Sink::start().await;
    let folder = tempfile::tempdir().unwrap();
    let targets = format!(
        r#"alert_targets=[{}, {{ name = "gone", kind = "slack", url = "http://127.0.0.1:1/x" }}]"#,
        sink.target()
    );
    let run = async |arguments: Vec<String>| {
        let output = tokio::task::spawn_blocking(move || callbox().args(arguments).output().unwrap());
        let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let data = folder.path().to_str().unwrap();
    let arguments = ["alerts", "test", "--data-dir", data, "--set", &targets].map(str::to_owned);
    let (is_well, out, err) = run(arguments.to_vec()).await;
    assert!(
        !is_well && out.contains("hook (webhook): told\n") && out.contains("gone (slack): FAILED"),
        "{out} {err}"
    );
    assert_eq!(sink.states("test"), ["firing", "resolved"]);
    let (is_well, out, _) = run(["alerts", "list"].map(str::to_owned).to_vec()).await;
    assert!(
        is_well && out.contains("call_success (critical)\n  Fewer than 90 % of calls succeed.\n"),
        "{out}"
    );
    let server = start_in(folder.path(), &[]).await;
    counters::add_many(Counter::CallsFailure, 50);
    server.look_at_rules().await;
    server.stop().await;
    let arguments = ["alerts", "replay", "--days", "2", "--data-dir", data].map(str::to_owned);
    let (is_well, out, err) = run(arguments.to_vec()).await;
    assert!(is_well && out.contains("2 days: ") && out.contains("  call_success: "), "{out} {err}");
}

#[tokio::test]
#[ignore = "full: pings are a minute apart"]
async fn the_ping_of_the_living_ends_with_the_server() {
    let (sink, folder) = (Sink::start().await, tempfile::tempdir().unwrap());
    let ping = format!("alert_ping_url={}", sink.url("/ping"));
    let mut serving = Serving::start_with(folder.path(), &["--set", &ping]);
    let heard = || sink.heard("GET /ping").len();
    let wait = async |count: usize| {
        let look = async {
            while heard() < count {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(80), look).await.is_ok()
    };
    assert!(wait(2).await, "the first at once, the next after a minute");
    serving.kill();
    let count = heard();
    assert!(!wait(count + 1).await, "nobody is there to ping");
}
