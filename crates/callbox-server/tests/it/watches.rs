//! Answers that are watched: who is told what, with which commit, and who is told nothing.

use crate::cache::{get, on_each_engine, stamp};
use crate::moderation::couple;
use crate::process::Serving;
use crate::resume::Resumable;
use crate::support::{Answer, Client, Person, Running, start};
use callbox_core::cache::Stamp;
use callbox_protocol::signal::{PUT_BYTES_MAX, WATCH_PATH_BYTES_MAX, WATCHES_MAX};
use serde_json::{Value, json};
use std::time::Duration;

const ME: &str = "/v1/me";

fn adding(paths: &[(usize, &str)]) -> Value {
    let add: Vec<_> = paths.iter().map(|(id, path)| json!({ "id": id, "path": path })).collect();
    json!({ "type": "watch", "add": add })
}

fn commit_of(frame: &Value) -> Stamp {
    frame["commit"].as_str().unwrap_or_else(|| panic!("{frame}")).parse().unwrap()
}

/// A socket beside the one that its login may have.
async fn observer(person: &Person<'_>) -> Client {
    let mut socket = Client::connect(person.at.addr, &[]).await.unwrap();
    socket.send(&json!({ "type": "hello", "token": person.token, "observes": true })).await;
    socket.expect("hello").await;
    socket
}

/// One that watches this, and was told so.
async fn watching(person: &Person<'_>, path: &str) -> Client {
    let mut socket = observer(person).await;
    let known = stamp(&person.ask("GET", path, &Value::Null).await);
    socket.send(&adding(&[(1, path)])).await;
    let first = socket.expect("stale").await;
    assert_eq!(first["ids"], json!([1]), "{first}");
    let told = commit_of(&first);
    assert!(told.node == known.node && told.commit <= known.commit, "its answer is current: {told} {known}");
    socket
}

/// Nothing is pending: an answer to a ping comes after all that is.
async fn expect_nothing(socket: &mut Client) {
    socket.expect_silence(Duration::from_millis(150)).await;
}

async fn rename(person: &Person<'_>, name: &str) -> Answer {
    let answer = person.ask("PUT", "/v1/me/profile", &json!({ "name": name })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_is_pushed_to_the_other_with_the_commit_of_the_write_and_to_nobody_else() {
    on_each_engine(async |at| {
        let (ann, ben, eve) = (Person::guest(at).await, Person::guest(at).await, Person::guest(at).await);
        let (_sockets, call) = couple(&ann, &ben).await;
        let partner = format!("/v1/calls/{call}/partner");
        let mut socket = watching(&ann, &partner).await;
        let mut other = watching(&eve, ME).await;
        expect_nothing(&mut socket).await;
        for round in 0..3 {
            let written = stamp(&rename(&ben, &format!("Ben {round}")).await);
            let put = socket.expect("put").await;
            assert_eq!(
                (&put["id"], &put["body"]["profile"]["name"]),
                (&json!(1), &json!(format!("Ben {round}")))
            );
            let told = commit_of(&put);
            assert!(told.node == written.node && told.commit >= written.commit, "{told} {written}");
            assert_eq!(put["seq"], Value::Null, "it is not counted");
            // The bytes of a GET.
            let etag = put["etag"].as_str();
            assert_eq!(get(at, &partner, ann.token.as_deref(), etag).await.status, 304);
        }
        // What is larger is asked for.
        let profile = json!({ "name": "Ben", "bio": "ä".repeat(500) });
        let written = stamp(&ben.ask("PUT", "/v1/me/profile", &profile).await);
        let stale = socket.expect("stale").await;
        assert_eq!((&stale["ids"], &stale["all"]), (&json!([1]), &Value::Null));
        let told = commit_of(&stale);
        assert!(told.commit >= written.commit, "{told} {written}");
        let answer = ann.ask("GET", &partner, &Value::Null).await;
        assert!(answer.body.len() > PUT_BYTES_MAX && stamp(&answer).commit >= told.commit, "{answer:?}");
        // Of writes that come together the last is told, maybe with those before it.
        let mut written = Vec::new();
        for name in ["one", "two", "three"] {
            written.push(stamp(&rename(&ben, name).await).commit);
        }
        let mut frames = 1;
        while commit_of(&socket.next().await).commit < written[2] {
            frames += 1;
        }
        assert!(frames <= 3, "{frames}");
        let answer = ann.expect(200, "GET", &partner, Value::Null).await;
        assert_eq!(answer["profile"]["name"], "three");
        // Not any more.
        socket.send(&json!({ "type": "watch", "drop": [1] })).await;
        ann.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Ann" })).await;
        rename(&ben, "Benjamin").await;
        expect_nothing(&mut socket).await;
        expect_nothing(&mut other).await;
    })
    .await;
}

#[tokio::test]
async fn a_path_is_watched_by_the_rule_of_its_route_and_only_if_its_answers_are_kept() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let (ann, ben, eve) = (Person::guest(&at).await, Person::guest(&at).await, Person::guest(&at).await);
    let (_sockets, call) = couple(&ann, &ben).await;
    let mut socket = observer(&eve).await;
    let partner = format!("/v1/calls/{call}/partner");
    let long = format!("/v1/me?{}", "x".repeat(WATCH_PATH_BYTES_MAX));
    let refused = [
        (partner.as_str(), "not_found"),
        ("/v1/calls/no-call/partner", "not_found"),
        ("/v1/moderation/reports", "forbidden"),
        ("/v1/users", "forbidden"),
        ("/v1/api-keys", "forbidden"),
        ("/v1/me/calls?limit=1000", "bad_request"),
        ("/v1/me/export", "bad_request"),
        ("/v1/introspect", "bad_request"),
        ("/v1/me/../users", "bad_request"),
        ("/v1/stats", "bad_request"),
        ("/v1/socket", "bad_request"),
        ("/healthz", "bad_request"),
        ("//v1/me", "bad_request"),
        ("http://elsewhere.example/v1/me", "bad_request"),
        ("/v1/me\u{7f} x", "bad_request"),
        ("", "bad_request"),
        (&long, "too_large"),
    ];
    for (path, error) in refused {
        socket.send(&adding(&[(3, path)])).await;
        let unwatched = socket.expect("unwatched").await;
        assert_eq!((&unwatched["id"], &unwatched["error"]), (&json!(3), &json!(error)), "{path}");
    }
    // The same name for one that is let in: each route that a GET of theirs may ask.
    let own = [
        "/v1/me",
        "/v1/me/logins",
        "/v1/me/calls?limit=50",
        "/v1/me/blocks",
        "/v1/me/identities",
        "/v1/oidc",
    ];
    for path in own {
        socket.send(&adding(&[(3, path)])).await;
        assert_eq!(socket.expect("stale").await["ids"], json!([3]), "{path}");
    }
    // A right that is lost is found out before anything is told.
    let moderator = Person::moderator(&at, &admin).await;
    let mut reports = watching(&moderator, "/v1/moderation/reports").await;
    let role = format!("/v1/users/{}/role", moderator.id().await);
    admin.expect(204, "PUT", &role, json!({ "role": "user" })).await;
    ann.expect(204, "POST", &format!("/v1/calls/{call}/report"), json!({ "reason": "spam" })).await;
    assert_eq!(reports.expect("unwatched").await["error"], "forbidden");
    expect_nothing(&mut reports).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_ended_and_a_user_who_is_banned_are_told_that_and_nothing_more() {
    on_each_engine(async |at| {
        let admin = Person::admin(at).await;
        let (ann, rude) = (Person::guest(at).await, Person::guest(at).await);
        let mut socket = watching(&ann, ME).await;
        let logins = ann.expect(200, "GET", "/v1/me/logins", Value::Null).await;
        let login = logins["items"][0]["id"].as_str().unwrap();
        ann.expect(204, "DELETE", &format!("/v1/me/logins/{login}"), Value::Null).await;
        assert_eq!(socket.expect("leave").await["reason"], "signed_out");
        assert_eq!(socket.close_code().await, Some(4401));
        let mut socket = watching(&rude, "/v1/me/blocks").await;
        let ban = json!({ "scopes": ["user"], "days": 7, "reason": "shouts" });
        admin.expect(201, "POST", &format!("/v1/users/{}/ban", rude.id().await), ban).await;
        assert_eq!(socket.expect("leave").await["reason"], "banned");
        assert_eq!(socket.close_code().await, Some(4401));
        assert_eq!(at.server.app.hub.pushes().size(), (0, 0));
    })
    .await;
}

/// Ids that are told until all of these are, and those that are refused, with the errors.
async fn told(socket: &mut Client, all: usize) -> (usize, Vec<String>) {
    let (mut stale, mut refused) = (0, Vec::new());
    while stale + refused.len() < all {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("stale") => stale += frame["ids"].as_array().unwrap().len(),
            Some("unwatched") => refused.push(frame["error"].as_str().unwrap().to_owned()),
            _ => panic!("{frame}"),
        }
    }
    (stale, refused)
}

#[tokio::test]
async fn a_session_has_so_many_watches_and_each_counts_as_a_read() {
    let at = start(&[]).await;
    let ann = Person::guest(&at).await;
    let mut socket = observer(&ann).await;
    let all = |from: usize, many: usize| (from..from + many).map(|id| (id, ME)).collect::<Vec<_>>();
    socket.send(&adding(&all(0, WATCHES_MAX + 1))).await;
    assert_eq!(socket.expect("error").await["code"], "too_large");
    socket.send(&adding(&all(0, WATCHES_MAX))).await;
    assert_eq!(told(&mut socket, WATCHES_MAX).await, (WATCHES_MAX, vec![]));
    socket.send(&adding(&all(1_000, 2))).await;
    assert_eq!(told(&mut socket, 2).await, (0, vec!["too_large".to_owned(); 2]));
    // All of one touch are in one frame, and the session is not told twice.
    rename(&ann, "Ann").await;
    for _ in 0..WATCHES_MAX {
        socket.expect("put").await;
    }
    expect_nothing(&mut socket).await;
    assert_eq!(at.server.app.hub.pushes().size(), (1, WATCHES_MAX));
    drop(socket);
    let at = start(&[("rate_limits", "everyone")]).await;
    let ann = Person::guest(&at).await;
    let mut socket = observer(&ann).await;
    socket.send(&adding(&all(0, WATCHES_MAX))).await;
    let (stale, refused) = told(&mut socket, WATCHES_MAX).await;
    assert!((100..WATCHES_MAX).contains(&stale), "{stale}");
    assert!(refused.iter().all(|error| error == "rate_limited"), "{refused:?}");
    assert_eq!(ann.ask("GET", ME, &Value::Null).await.status, 429);
}

#[tokio::test]
async fn a_session_that_observes_leaves_the_call_of_its_login_alone_and_neither_waits_nor_calls() {
    let at = start(&[]).await;
    let (ann, ben) = (Person::guest(&at).await, Person::guest(&at).await);
    let ([mut anns, mut bens], call) = couple(&ann, &ben).await;
    let mut socket = watching(&ann, ME).await;
    socket.send(&json!({ "type": "seek" })).await;
    assert_eq!(socket.expect("error").await["code"], "forbidden");
    anns.send(&json!({ "type": "chat", "call": call, "text": "still here" })).await;
    assert_eq!(bens.expect("chat").await["text"], "still here");
    // The call's own session may watch as well.
    anns.send(&adding(&[(9, ME)])).await;
    assert_eq!(anns.expect("stale").await["ids"], json!([9]));
    rename(&ann, "Ann").await;
    assert_eq!(
        (socket.expect("put").await["id"].clone(), anns.expect("put").await["id"].clone()),
        (json!(1), json!(9))
    );
}

async fn name(at: &Running, token: &str, name: &str) {
    rename(&Person { at, token: Some(token.to_owned()) }, name).await;
}

#[tokio::test]
async fn what_was_missed_on_a_lost_socket_is_told_on_the_next_and_a_new_session_begins_with_nothing() {
    let at = start(&[]).await;
    let mut page = Resumable::arrive(at.addr).await;
    let token = page.token.clone();
    page.send(adding(&[(1, ME), (2, "/v1/me/blocks")])).await;
    let first = page.expect("stale").await;
    let both = if first["ids"].as_array().unwrap().len() == 2 { 2 } else { 1 };
    if both == 1 {
        page.expect("stale").await;
    }
    page.client.cut().await;
    crate::support::until(async || {
        at.server.app.hub.stats().sessions == 1 && at.server.app.sockets.receiver_count() == 0
    })
    .await;
    name(&at, &token, "Ann").await;
    assert_eq!(page.come_back(at.addr, None).await["recovered"], true);
    // What was told may not have arrived; the other is read first.
    let again = page.expect("stale").await;
    assert_eq!(again["ids"], json!([2]), "{again}");
    let put = page.expect("put").await;
    assert_eq!((&put["id"], &put["body"]["profile"]["name"]), (&json!(1), &json!("Ann")));
    // A client that has lost its place adds its watches again.
    page.client.cut().await;
    let hello = json!({ "type": "hello", "token": token });
    let mut client = Client::connect(at.addr, &[]).await.unwrap();
    client.send(&hello).await;
    assert_eq!(client.expect("hello").await["recovered"], false);
    name(&at, &token, "Anna").await;
    expect_nothing(&mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_outlive_a_graceful_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Serving::start(folder.path());
    let mut page = Resumable::arrive(first.addr()).await;
    page.send(adding(&[(4, ME)])).await;
    let before = commit_of(&page.expect("stale").await);
    let ended = tokio::task::spawn_blocking(move || first.terminate());
    page.expect("leave").await;
    assert!(ended.await.unwrap().success());
    let second = Serving::start(folder.path());
    assert_eq!(page.come_back(second.addr(), None).await["recovered"], true);
    // Nobody knows what was written in between, and the numbers are of another process.
    let stale = page.expect("stale").await;
    assert_eq!(stale["ids"], json!([4]));
    assert_ne!(commit_of(&stale).node, before.node);
    let bearer = format!("Bearer {}", page.token);
    let headers = [crate::support::JSON, ("Authorization", bearer.as_str())];
    let body = json!({ "name": "Ann" }).to_string();
    let written = crate::support::request(second.addr(), "PUT", "/v1/me/profile", &headers, &body).await;
    let put = page.expect("put").await;
    assert!(commit_of(&put).commit >= stamp(&written).commit, "{put}");
}
