//! The scorecard of made days equals figures that are computed from the made events alone; and its route.

use crate::process::callbox;
use crate::support::{request, start};
use callbox_monitor::{Changes, Counter, Dimensions, Distribution, Fold, RowKey, When, merged};
use callbox_protocol::time::UnixMillis;
use callbox_server::clock::Clock;
use callbox_store::{RowName, Seen, SeenUser, Store};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What happened on a day.
#[derive(Default)]
struct Made {
    loads_ms: Vec<f64>,
    calls: (u64, u64),
    views: (u64, u64),
    visits: u64,
    features: u64,
    complaints: u64,
    visible_ms: u64,
    users: Vec<u8>,
}

fn made(random: &mut fastrand::Rng, is_late: bool) -> Made {
    let more = if is_late { 2 } else { 1 };
    let visits = random.u64(80..120);
    Made {
        loads_ms: (0..visits).map(|_| f64::from(random.u32(400..2_600))).collect(),
        calls: (random.u64(180..220), random.u64(2..8)),
        views: (visits * 5, random.u64(0..4)),
        visits,
        features: visits * more + random.u64(0..20),
        complaints: random.u64(20..30) / (more * more * more * more),
        visible_ms: visits * 60_000 * more + random.u64(0..600_000),
        users: (0..100).filter(|_| random.u8(..2) == 0).collect(),
    }
}

async fn keep(store: &Store, day: u64, made: &Made) {
    let at = UnixMillis(day * DAY_MS + DAY_MS / 2);
    let (mut fold, when) = (Fold::default(), When::now(at));
    for value in &made.loads_ms {
        fold.observe(Distribution::PageLoad, &Dimensions::default(), *value, 1, when);
    }
    for (counter, count) in [
        (Counter::CallsSuccess, made.calls.0),
        (Counter::CallsFailure, made.calls.1),
        (Counter::PageViewsHard, made.views.0),
        (Counter::PageViewsFailed, made.views.1),
        (Counter::Visits, made.visits),
        (Counter::FeatureEvents, made.features),
        (Counter::Complaints, made.complaints),
        (Counter::VisibleTime, made.visible_ms),
    ] {
        fold.count(counter, count, when);
    }
    let changes: Changes = fold.changes(|_| true);
    let name = |key: &RowKey| RowName {
        metric: key.metric,
        step: key.step.minutes(),
        split: key.split.number(),
        at: key.at,
    };
    let names = changes.keys().map(name).collect();
    let cells: Vec<_> = changes.into_values().collect();
    let merge = move |place: usize, before: Option<&[u8]>| merged(before, &cells[place]).0;
    store.monitoring().change_rollups(names, merge, at).await.unwrap();
    let users = made.users.iter().map(|user| SeenUser { user: [*user; 32], at }).collect();
    store.monitoring().add_seen(Arc::new(Seen { users, ..Seen::default() })).await.unwrap();
}

async fn scorecard(folder: &Path, format: &str) -> String {
    let mut command = callbox();
    command.args(["scorecard", "--current", "20d..1d", "--baseline", "50d..31d", "--format", format]);
    command.arg("--data-dir").arg(folder);
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[track_caller]
fn is_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= expected.abs() * 1e-6, "{found} and not {expected}");
}

fn all(days: &[Made], of: impl Fn(&Made) -> u64) -> f64 {
    u32::try_from(days.iter().map(of).sum::<u64>()).unwrap().into()
}

#[tokio::test]
async fn the_scorecard_of_made_days_equals_what_their_events_add_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let today = Clock::system().now().0 / DAY_MS;
    let mut random = fastrand::Rng::with_seed(22);
    let before: Vec<_> = (0..20).map(|_| made(&mut random, false)).collect();
    let now: Vec<_> = (0..20).map(|_| made(&mut random, true)).collect();
    for (days, first) in [(&before, today - 50), (&now, today - 20)] {
        for (day, made) in (first..).zip(days) {
            keep(&store, day, made).await;
        }
    }
    store.close().await;
    let card: Value = serde_json::from_str(&scorecard(folder.path(), "json").await).unwrap();
    let line =
        |name: &str| card["lines"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();

    let calls = line("call_success");
    let (good, bad) = (all(&now, |day| day.calls.0), all(&now, |day| day.calls.1));
    is_near(&calls["now"]["value"], good / (good + bad));
    is_near(&calls["now"]["n"], good + bad);
    assert_eq!(calls["verdict"], "pass");
    let errors = line("page_errors");
    is_near(&errors["now"]["value"], all(&now, |day| day.views.1) / all(&now, |day| day.views.0));

    let loads = line("page_load");
    let mut values: Vec<_> = now.iter().flat_map(|day| &day.loads_ms).copied().collect();
    is_near(&loads["now"]["value"], values.iter().sum::<f64>() / all(&now, |day| day.visits));
    is_near(&loads["now"]["n"], all(&now, |day| day.visits));
    values.sort_by(f64::total_cmp);
    let p75 = values[(values.len() * 3).div_ceil(4) - 1];
    assert!((loads["now"]["p75"].as_f64().unwrap() / p75 - 1.0).abs() <= 0.01);
    assert_eq!(loads["verdict"], "pass");

    for (name, of, verdict) in [
        ("visit_length", (|day| day.visible_ms) as fn(&Made) -> u64, "pass"),
        ("feature_use", |day| day.features, "pass"),
        ("complaints", |day| day.complaints, "pass"),
    ] {
        let found = line(name);
        let rate = |days: &[Made]| all(days, of) / all(days, |day| day.visits);
        let scale = if name == "complaints" { 1_000.0 } else { 1.0 };
        is_near(&found["before"]["value"], rate(&before) * scale);
        is_near(&found["now"]["value"], rate(&now) * scale);
        is_near(&found["change"]["value"], rate(&now) / rate(&before) - 1.0);
        assert_eq!(found["verdict"], verdict, "{found}");
    }

    let came = |days: &[Made], user: u8| days.iter().any(|day| day.users.contains(&user));
    let first: Vec<_> = (0..100).filter(|user| came(&now[..7], *user)).collect();
    let back = first.iter().filter(|user| came(&now[7..14], **user)).count();
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    is_near(&line("retention")["now"]["value"], count(back) / count(first.len()));
    assert_eq!(line("database_connections")["verdict"], "not_applicable");
    assert_eq!(line("uptime")["verdict"], "not_enough_data");
    assert!(scorecard(folder.path(), "markdown").await.contains("Wilson"));
    assert_eq!(
        scorecard(folder.path(), "csv").await.lines().count(),
        card["lines"].as_array().unwrap().len() + 1
    );
}

#[tokio::test]
async fn the_route_answers_operators_and_refuses_days_that_are_none() {
    let at = start(&[]).await;
    let bearer = format!("Bearer {}", at.server.operator_token);
    let ask = async |query: &str| {
        let path = format!("/v1/scorecard{query}");
        request(at.addr, "GET", &path, &[("Authorization", &bearer)], "").await
    };
    let card = ask("?inputs=server:50").await;
    assert_eq!(card.status, 200, "{card:?}");
    let card = card.json();
    assert_eq!(card["baseline"], Value::Null);
    let line =
        |name: &str| card["lines"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    assert_eq!(line("complaints")["verdict"], "no_baseline");
    assert_eq!(card["costs"][0]["dollars"], 50.0);
    for query in ["?current=1d..30d", "?current=2026-02-30..2026-03-01", "?baseline=x", "?inputs=server:-1"] {
        assert_eq!(ask(query).await.status, 400, "{query}");
    }
    assert_eq!(request(at.addr, "GET", "/v1/scorecard", &[], "").await.status, 401);
}
