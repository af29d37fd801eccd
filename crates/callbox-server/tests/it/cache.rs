//! Answers that are kept: what each route says of them, and that none is older than what was acknowledged before.

use crate::moderation::couple;
use crate::postgres::Postgres;
use crate::support::{Answer, JSON, Person, Running, guest, request, start};
use callbox_core::cache::Stamp;
use callbox_server::access::Access;
use callbox_server::http;
use serde_json::{Value, json};

/// A server on each engine that there is.
pub(crate) async fn on_each_engine(story: impl AsyncFn(&Running)) {
    story(&start(&[]).await).await;
    let Some(postgres) = Postgres::start() else { return };
    story(&start(&[("database_url", &postgres.url())]).await).await;
}

pub(crate) async fn get(at: &Running, path: &str, token: Option<&str>, etag: Option<&str>) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers = [("Authorization", bearer.as_deref()), ("If-None-Match", etag)];
    let headers: Vec<_> = headers.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    request(at.addr, "GET", path, &headers, "").await
}

pub(crate) fn stamp(answer: &Answer) -> Stamp {
    answer.header("callbox-commit").unwrap_or_else(|| panic!("{answer:?}")).parse().unwrap()
}

/// What is counted of the answers of one route.
async fn counts(at: &Running, route: &str) -> Value {
    let stats = get(at, "/v1/stats", Some(&at.server.operator_token), None).await.json();
    let routes = stats["cache"]["routes"].as_array().unwrap();
    routes.iter().find(|one| one["route"] == route).unwrap_or_else(|| panic!("{route}: {stats}")).clone()
}

/// How often a statement ran.
async fn runs(at: &Running, statement: &str) -> u64 {
    let answer = get(at, "/v1/metrics/statements", Some(&at.server.operator_token), None).await.json();
    let all = answer["statements"].as_array().unwrap();
    all.iter().filter(|one| one["name"] == statement).map(|one| one["count"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn each_kept_route_names_its_bytes_and_tells_who_has_them_without_a_read_and_no_other_does() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let (ann, ben) = (Person::guest(&at).await, Person::guest(&at).await);
    let (_sockets, call) = couple(&ann, &ben).await;
    let user = ben.id().await;
    let mut kept = 0;
    for route in http::table() {
        let is_read = route.method == "GET" && route.path.starts_with("/v1/");
        if !is_read || ["/v1/socket", "/v1/metrics/live"].contains(&route.path.as_str()) {
            continue;
        }
        let path = route.path.replace("{call}", &call).replace("{user}", &user);
        let token = match route.access {
            Access::Public => None,
            Access::Login | Access::LoginOrKey => ann.token.as_deref(),
            _ => admin.token.as_deref(),
        };
        let first = get(&at, &path, token, None).await;
        if !route.is_cached() {
            for header in ["etag", "callbox-commit"] {
                assert_eq!(first.header(header), None, "{path}: {first:?}");
            }
            assert_ne!(first.header("cache-control"), Some("private, no-cache"), "{path}");
            continue;
        }
        kept += 1;
        assert_eq!(first.status, 200, "{path}: {first:?}");
        let etag = first.header("etag").unwrap_or_else(|| panic!("{path}: {first:?}")).to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 24, "{path}: {etag}");
        let says = |answer: &Answer| {
            assert_eq!(answer.header("cache-control"), Some("private, no-cache"), "{path}: {answer:?}");
            assert!(answer.head.to_lowercase().contains("vary: authorization, cookie"), "{path}: {answer:?}");
            assert_eq!(answer.header("etag"), Some(etag.as_str()), "{path}");
            stamp(answer)
        };
        says(&first);
        let before = counts(&at, &route.path).await;
        assert!(before["misses"].as_u64() >= Some(1), "{path}: {before}");
        let same = get(&at, &path, token, None).await;
        says(&same);
        assert_eq!((same.status, same.body), (200, first.body), "{path}");
        for asked in [etag.clone(), format!("\"other\", W/{etag}")] {
            let not_modified = get(&at, &path, token, Some(&asked)).await;
            assert_eq!(
                (not_modified.status, not_modified.body.len()),
                (304, 0),
                "{path}: {}",
                not_modified.head
            );
            assert_eq!(not_modified.header("content-length").unwrap_or("0"), "0", "{path}");
            says(&not_modified);
        }
        let other = get(&at, &path, token, Some("\"other\"")).await;
        assert_eq!(other.status, 200, "{path}");
        let after = counts(&at, &route.path).await;
        // A read and an encoding are a miss.
        let rise = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
        assert_eq!((rise("misses"), rise("hits"), rise("not_modified")), (0, 4, 2), "{path}: {after}");
    }
    assert_eq!(kept, http::cached_paths().len() - 1, "all but the introspection, which is no GET");
}

#[tokio::test]
async fn pages_of_other_origins_may_read_what_tells_the_bytes_and_the_commit() {
    let at = start(&[("allowed_origins", "https://app.example")]).await;
    let bearer = format!("Bearer {}", guest(at.addr, None).await);
    let origin = ("Origin", "https://app.example");
    let answer = request(at.addr, "GET", "/v1/me", &[origin, ("Authorization", &bearer)], "").await;
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("etag") && exposed.contains("callbox-commit"), "{exposed}");
    let asks = ("Access-Control-Request-Method", "GET");
    let preflight = request(at.addr, "OPTIONS", "/v1/me", &[origin, asks], "").await;
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("if-none-match"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_questions_that_many_ask_at_once_one_reads() {
    on_each_engine(async |at| {
        let admin = Person::admin(at).await;
        let ann = Person::guest(at).await;
        let path = format!("/v1/users/{}", ann.id().await);
        let (addr, bearer) = (at.addr, format!("Bearer {}", admin.token.as_ref().unwrap()));
        // Who asks is known, and the answer is not.
        admin.expect(200, "GET", "/v1/me", Value::Null).await;
        let before = (runs(at, "people::PERSON").await, counts(at, "/v1/users/{user}").await);
        let asking: Vec<_> = (0..50)
            .map(|_| {
                let (path, bearer) = (path.clone(), bearer.clone());
                tokio::spawn(async move {
                    for _ in 0..20 {
                        let answer = request(addr, "GET", &path, &[("Authorization", &bearer)], "").await;
                        assert_eq!(answer.status, 200);
                    }
                })
            })
            .collect();
        for asked in asking {
            asked.await.unwrap();
        }
        let after = (runs(at, "people::PERSON").await, counts(at, "/v1/users/{user}").await);
        assert_eq!(after.0 - before.0, 1);
        let rise = |name: &str| after.1[name].as_u64().unwrap() - before.1[name].as_u64().unwrap();
        assert_eq!(rise("hits") + rise("shared"), 999, "{}", after.1);
        assert_eq!(rise("reads_avoided"), 999);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_is_in_the_answer_of_the_other_at_once() {
    on_each_engine(async |at| {
        let (ann, ben) = (Person::guest(at).await, Person::guest(at).await);
        let (sockets, call) = couple(&ann, &ben).await;
        let partner = format!("/v1/calls/{call}/partner");
        let name = async |expected: &str| {
            let answer = ann.ask("GET", &partner, &Value::Null).await;
            assert_eq!(answer.json()["profile"]["name"], expected, "{answer:?}");
            (stamp(&answer), answer.header("etag").unwrap().to_owned())
        };
        name("").await;
        for round in 0..5 {
            let new = format!("Ben {round}");
            let written = ben.ask("PUT", "/v1/me/profile", &json!({ "name": new })).await;
            let (read, etag) = name(&new).await;
            let (written, token) = (stamp(&written), ann.token.as_deref());
            assert_eq!(written.node, read.node);
            assert!(read.commit >= written.commit, "{read} {written}");
            assert_eq!(get(at, &partner, token, Some(&etag)).await.status, 304);
        }
        // After the call too, when the record says who was in it.
        let [mut anns, mut bens] = sockets;
        anns.end(&json!(call), "hangup").await;
        bens.expect("end").await;
        name("Ben 4").await;
        let calls = async || ann.expect(200, "GET", "/v1/me/calls", Value::Null).await["items"][0].clone();
        assert_eq!((&calls().await["id"], &calls().await["is_blocked"]), (&json!(call), &json!(false)));
        ben.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Benjamin" })).await;
        name("Benjamin").await;
        assert!(calls().await.to_string().contains("Benjamin"));
        // A block, and the end of it.
        let blocks = async || ann.expect(200, "GET", "/v1/me/blocks", Value::Null).await["items"].clone();
        assert_eq!(blocks().await, json!([]));
        ann.expect(204, "POST", &format!("/v1/calls/{call}/block"), Value::Null).await;
        assert_eq!(
            (&calls().await["is_blocked"], &blocks().await[0]["name"]),
            (&json!(true), &json!("Benjamin"))
        );
        let block = format!("/v1/me/blocks/{}", blocks().await[0]["id"].as_str().unwrap());
        ann.expect(204, "DELETE", &block, Value::Null).await;
        assert_eq!((&calls().await["is_blocked"], blocks().await), (&json!(false), json!([])));
        // Nobody else learns that the call was.
        let other = Person::guest(at).await;
        other.expect(404, "GET", &partner, Value::Null).await;
        // An account that is no more.
        ben.expect(202, "DELETE", "/v1/me", json!({})).await;
        name("").await;
        assert!(!calls().await.to_string().contains("Benjamin"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_ended_is_served_nothing_and_no_backend_takes_it_for_one() {
    on_each_engine(async |at| {
        let admin = Person::admin(at).await;
        let key = admin.expect(201, "POST", "/v1/api-keys", json!({ "name": "app" })).await["key"].clone();
        let backend = Person { at, token: key.as_str().map(str::to_owned) };
        let is_active = async |token: &Option<String>| {
            let answer = backend.ask("POST", "/v1/introspect", &json!({ "token": token })).await;
            stamp(&answer);
            assert_eq!((answer.header("etag"), answer.header("cache-control")), (None, Some("no-store")));
            answer.json()["active"].clone()
        };
        let (ann, rude, gone) = (Person::guest(at).await, Person::guest(at).await, Person::guest(at).await);
        let people = format!("/v1/users/{}", rude.id().await);
        for person in [&ann, &rude, &gone] {
            assert_eq!(
                (is_active(&person.token).await, is_active(&person.token).await),
                (json!(true), json!(true))
            );
        }
        let counted = counts(at, "/v1/introspect").await;
        assert_eq!((&counted["misses"], &counted["hits"]), (&json!(3), &json!(3)));
        let me = ann.ask("GET", "/v1/me", &Value::Null).await;
        let etag = me.header("etag").unwrap();
        assert_eq!(get(at, "/v1/me", ann.token.as_deref(), Some(etag)).await.status, 304);
        let logins = ann.expect(200, "GET", "/v1/me/logins", Value::Null).await;
        let login = logins["items"][0]["id"].as_str().unwrap();
        ann.expect(204, "DELETE", &format!("/v1/me/logins/{login}"), Value::Null).await;
        for path in ["/v1/me", "/v1/me/logins", "/v1/me/calls", "/v1/me/blocks", "/v1/me/identities"] {
            let refused = get(at, path, ann.token.as_deref(), Some(etag)).await;
            assert_eq!((refused.status, refused.header("etag")), (401, None), "{path}");
        }
        assert_eq!(is_active(&ann.token).await, false);
        // A ban.
        assert_eq!(backend.expect(200, "GET", &people, Value::Null).await["is_banned"], false);
        assert_eq!(admin.expect(200, "GET", "/v1/moderation/bans", Value::Null).await["items"], json!([]));
        let ban = json!({ "scopes": ["user"], "days": 7, "reason": "shouts" });
        admin.expect(201, "POST", &format!("{people}/ban"), ban).await;
        assert_eq!(is_active(&rude.token).await, false);
        assert_eq!(get(at, "/v1/me", rude.token.as_deref(), None).await.status, 401);
        assert_eq!(backend.expect(200, "GET", &people, Value::Null).await["is_banned"], true);
        let bans = admin.expect(200, "GET", "/v1/moderation/bans", Value::Null).await;
        assert_eq!(bans["items"][0]["reason"], "shouts");
        // An account that is no more.
        let page = format!("/v1/users/{}", gone.id().await);
        backend.expect(200, "GET", &page, Value::Null).await;
        gone.expect(202, "DELETE", "/v1/me", json!({})).await;
        assert_eq!(is_active(&gone.token).await, false);
        backend.expect(404, "GET", &page, Value::Null).await;
        // Anybody may send a token that never was.
        assert_eq!(is_active(&Some("nobody's".to_owned())).await, false);
        let text = get(at, "/metrics", Some(&at.server.operator_token), None).await;
        let text = String::from_utf8(text.body).unwrap();
        assert!(text.contains("callbox_cached_hits_total{route=\"/v1/introspect\"}"), "{text}");
        assert!(
            request(at.addr, "POST", "/v1/guests", &[JSON], "{}").await.header("callbox-commit").is_some()
        );
    })
    .await;
}
