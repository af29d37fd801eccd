//! Admins, moderators and an app's own backend: their rights, and that a ban takes effect.

use crate::support::{Client, JSON, PATIENCE, Person, call, request, start};
use callbox_server::clock::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// Two people in a call: each with their socket, and the call.
pub(crate) async fn couple<'a>(one: &Person<'a>, other: &Person<'a>) -> ([Client; 2], String) {
    let mut sockets = [one.socket().await, other.socket().await];
    for socket in &mut sockets {
        socket.seek(&[]).await;
    }
    let mut call = Value::Null;
    for socket in &mut sockets {
        call = socket.confirm().await["call"].clone();
    }
    for socket in &mut sockets {
        socket.expect("begin").await;
    }
    (sockets, call.as_str().unwrap().to_owned())
}

async fn guest_with<'a>(at: &'a crate::support::Running, device: &str) -> Person<'a> {
    let mut person = Person { at, token: None };
    let created = person.expect(201, "POST", "/v1/guests", json!({ "age": "adult", "device": device })).await;
    person.become_of(&created);
    person
}

const DEVICE: &str = "0192f3c4-device-of-the-rude-one";

#[tokio::test]
async fn a_moderator_reads_a_report_with_its_context_and_a_ban_ends_the_call_at_once() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let moderator = Person::moderator(&at, &admin).await;
    let (victim, rude) = (Person::guest(&at).await, guest_with(&at, DEVICE).await);
    rude.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Rude" })).await;
    let ([mut ours, mut rudes], call) = couple(&victim, &rude).await;
    rudes.send(&json!({ "type": "chat", "call": call, "text": "something bad" })).await;
    let from = ours.expect("chat").await["from"].clone();
    let lines = json!([{ "from": from, "text": "something bad" }]);
    // The reporter's version of the chat is ignored.
    let invented = json!([{ "from": from, "text": "something worse" }]);
    let report =
        json!({ "reason": "harassment", "note": "he shouted", "with_lines": true, "lines": invented });
    victim.expect(204, "POST", &format!("/v1/calls/{call}/report"), report).await;
    for person in [&victim, &rude] {
        person.expect(403, "GET", "/v1/moderation/reports", Value::Null).await;
    }
    let page = moderator.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    let item = &page["items"][0];
    assert_eq!(
        (&item["reason"], &item["note"], &item["lines"]),
        (&json!("harassment"), &json!("he shouted"), &lines)
    );
    assert_eq!((&item["reported"]["name"], &item["reported"]["reports"]), (&json!("Rude"), &json!(1)));
    assert_eq!((&item["reported"]["is_banned"], &item["status"]), (&json!(false), &json!("open")));

    // In another call by now; a banned user is removed from it within a second.
    let other = Person::guest(&at).await;
    let ([mut others, mut rudes], _) = couple(&other, &rude).await;
    let ban = |scopes: Value| json!({ "scopes": scopes, "days": 7, "reason": "shouts" });
    let path = format!("/v1/moderation/reports/{}/ban", item["id"].as_str().unwrap());
    moderator.expect(400, "POST", &path, ban(json!([]))).await;
    let bans = moderator.expect(201, "POST", &path, ban(json!(["user", "device"]))).await;
    assert_eq!(bans["items"].as_array().unwrap().len(), 2);
    let second = Duration::from_secs(1);
    let leave = tokio::time::timeout(second, rudes.expect("leave")).await.expect("within a second");
    assert_eq!(leave["reason"], "banned");
    assert_eq!(tokio::time::timeout(second, rudes.close_code()).await.unwrap(), Some(4401));
    assert_eq!(tokio::time::timeout(PATIENCE, others.expect("end")).await.unwrap()["cause"], "peer_lost");
    rude.expect(401, "GET", "/v1/me", Value::Null).await;
    let again = json!({ "age": "adult", "device": DEVICE });
    assert_eq!(rude.expect(403, "POST", "/v1/guests", again.clone()).await["code"], "banned");
    rude.expect(201, "POST", "/v1/guests", json!({ "device": "of somebody else" })).await;

    assert_eq!(moderator.expect(200, "GET", "/v1/moderation/reports", Value::Null).await["items"], json!([]));
    let done = moderator.expect(200, "GET", "/v1/moderation/reports?status=banned", Value::Null).await;
    assert_eq!(done["items"][0]["reported"]["is_banned"], true);
    let bans = moderator.expect(200, "GET", "/v1/moderation/bans", Value::Null).await;
    for ban in bans["items"].as_array().unwrap() {
        assert_eq!((&ban["name"], &ban["reason"]), (&json!("Rude"), &json!("shouts")));
        let path = format!("/v1/moderation/bans/{}", ban["id"].as_str().unwrap());
        moderator.expect(204, "DELETE", &path, Value::Null).await;
        moderator.expect(404, "DELETE", &path, Value::Null).await;
    }
    rude.expect(201, "POST", "/v1/guests", again).await;
}

#[tokio::test]
async fn a_report_is_dismissed_once_and_opens_again_when_its_reporter_says_more() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let (victim, other) = (Person::guest(&at).await, Person::guest(&at).await);
    let (_, call) = couple(&victim, &other).await;
    let path = format!("/v1/calls/{call}/report");
    victim.expect(204, "POST", &path, json!({ "reason": "spam" })).await;
    let open = admin.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    let dismiss = format!("/v1/moderation/reports/{}/dismiss", open["items"][0]["id"].as_str().unwrap());
    admin.expect(204, "POST", &dismiss, Value::Null).await;
    admin.expect(404, "POST", &dismiss, Value::Null).await;
    victim.expect(204, "POST", &path, json!({ "reason": "nudity" })).await;
    let open = admin.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    assert_eq!(open["items"][0]["reason"], "nudity");
}

#[tokio::test]
async fn the_first_admin_is_made_once_and_the_last_one_stays() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let token = at.server.setup_token.as_ref().unwrap();
    let again = json!({ "token": token, "email": "b@example.org", "password": "a keeper of many keys" });
    Person { at: &at, token: None }.expect(404, "POST", "/v1/setup", again).await;
    let own = format!("/v1/users/{}/role", admin.id().await);
    admin.expect(409, "PUT", &own, json!({ "role": "user" })).await;
    let password = json!({ "password": "a keeper of many keys" });
    admin.expect(403, "DELETE", "/v1/me", json!({})).await;
    admin.expect(409, "DELETE", "/v1/me", password.clone()).await;
    // A moderator may not ban those above or beside them.
    let moderator = Person::moderator(&at, &admin).await;
    let ban = json!({ "scopes": ["user"] });
    let path = format!("/v1/users/{}/ban", admin.id().await);
    moderator.expect(403, "POST", &path, ban.clone()).await;
    let beside = Person::moderator(&at, &admin).await;
    moderator.expect(403, "POST", &format!("/v1/users/{}/ban", beside.id().await), ban.clone()).await;
    let id = beside.id().await;
    admin.expect(204, "PUT", &format!("/v1/users/{id}/role"), json!({ "role": "admin" })).await;
    admin.expect(202, "DELETE", "/v1/me", password).await;
    admin.expect(401, "GET", "/v1/me", Value::Null).await;
    beside.expect(200, "GET", "/v1/users", Value::Null).await;
}

#[tokio::test]
async fn an_apps_own_backend_asks_whose_a_token_is_and_keeps_plans() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    admin.expect(400, "POST", "/v1/api-keys", json!({ "name": " " })).await;
    let created = admin.expect(201, "POST", "/v1/api-keys", json!({ "name": "shop" })).await;
    let backend = Person { at: &at, token: created["key"].as_str().map(str::to_owned) };
    let user = Person::guest(&at).await;
    let id = user.id().await;
    backend.expect(204, "PUT", &format!("/v1/users/{id}/plan"), json!({ "plan": "gold" })).await;
    let sets = json!({ "private": { "stripe": "cus_1" } });
    backend.expect(200, "PUT", &format!("/v1/users/{id}/attributes"), sets).await;
    let told = backend.expect(200, "POST", "/v1/introspect", json!({ "token": user.token })).await;
    assert_eq!(
        (&told["active"], &told["user"]["id"], &told["user"]["plan"]),
        (&json!(true), &json!(id), &json!("gold"))
    );
    assert_eq!(told["user"]["attributes"]["private"]["stripe"], "cus_1");
    let told = backend.expect(200, "POST", "/v1/introspect", json!({ "token": "nobody's" })).await;
    assert_eq!(told, json!({ "active": false }));
    // Of a call: the data that its two sides read, and those that the backend keeps for itself.
    let other = Person::guest(&at).await;
    let (_, call) = couple(&user, &other).await;
    let path = format!("/v1/calls/{call}/attributes");
    backend.expect(200, "PUT", &path, json!({ "private": { "price": 3 } })).await;
    let told = user.expect(200, "PUT", &path, json!({ "public": { "topic": "rust" } })).await;
    assert_eq!(told, json!({ "public": { "topic": "rust" }, "private": {} }));
    assert_eq!(other.expect(200, "GET", &path, Value::Null).await["public"]["topic"], "rust");
    user.expect(403, "PUT", &path, json!({ "private": {} })).await;
    assert_eq!(backend.expect(200, "GET", &path, Value::Null).await["private"]["price"], 3);
    let unknown = "/v1/calls/0192f3c4-0000-7000-8000-000000000000/attributes";
    backend.expect(404, "GET", unknown, Value::Null).await;
    let found = backend.expect(200, "GET", "/v1/users?email=Admin@example.org", Value::Null).await;
    assert_eq!(found["items"][0]["role"], "admin");
    backend.expect(403, "PUT", &format!("/v1/users/{id}/role"), json!({ "role": "admin" })).await;
    backend.expect(403, "GET", "/v1/me", Value::Null).await;
    user.expect(403, "POST", "/v1/introspect", json!({ "token": user.token })).await;
    let path = format!("/v1/api-keys/{}", created["item"]["id"].as_str().unwrap());
    assert!(!admin.ask("GET", "/v1/api-keys", &Value::Null).await.head.contains("cbk_"));
    admin.expect(204, "DELETE", &path, Value::Null).await;
    backend.expect(401, "POST", "/v1/introspect", json!({ "token": user.token })).await;
}

#[tokio::test]
async fn an_account_is_exported_whole_and_deleted_to_the_last_row() {
    let at = start(&[]).await;
    let (one, other) = (Person::guest(&at).await, Person::guest(&at).await);
    let (_, call) = couple(&one, &other).await;
    one.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Ann" })).await;
    one.expect(204, "POST", &format!("/v1/calls/{call}/report"), json!({ "reason": "spam", "note": "ads" }))
        .await;
    one.expect(201, "POST", "/v1/invites", json!({})).await;
    let export = one.expect(200, "GET", "/v1/me/export", Value::Null).await;
    assert_eq!(export["account"]["profile"]["name"], "Ann");
    for (list, count) in [("calls", 1), ("blocks", 1), ("reports", 1), ("logins", 1)] {
        assert_eq!(export[list].as_array().unwrap().len(), count, "{list}");
    }
    let mut socket = one.socket().await;
    one.expect(202, "DELETE", "/v1/me", Value::Null).await;
    assert_eq!(socket.expect("leave").await["reason"], "signed_out");
    one.expect(401, "GET", "/v1/me", Value::Null).await;
    let store = &at.server.app.store;
    let now = Clock::system().now();
    while store.sweep(now).await.unwrap() > 0 {}
    // The other person's history continues, and names nobody.
    let calls = other.expect(200, "GET", "/v1/me/calls", Value::Null).await;
    assert_eq!((&calls["items"][0]["id"], &calls["items"][0]["partner_name"]), (&json!(call), &json!("")));
    // Guests whom nobody used for long are deleted in the same way, and those in use are not.
    store.settle().await.unwrap();
    assert_eq!(store.sweep(now.plus(89 * 24 * 60 * 60 * 1_000)).await.unwrap(), 0);
    assert!(store.sweep(now.plus(91 * 24 * 60 * 60 * 1_000)).await.unwrap() > 0);
}

#[tokio::test]
async fn a_ban_of_an_address_holds_for_whoever_is_behind_it_and_not_for_this_machine() {
    let at = start(&[("trusted_proxies", "127.0.0.1")]).await;
    let admin = Person::admin(&at).await;
    let from = |address: &'static str| vec![JSON, ("X-Forwarded-For", address)];
    let made = request(at.addr, "POST", "/v1/guests", &from("203.0.113.7"), "").await;
    let user = made.json()["user"]["id"].as_str().unwrap().to_owned();
    let ban = json!({ "scopes": ["address"] });
    admin.expect(201, "POST", &format!("/v1/users/{user}/ban"), ban).await;
    // A guest who was made elsewhere, and is behind that address now, is no guest of a call either.
    let elsewhere = request(at.addr, "POST", "/v1/guests", &from("203.0.113.8"), "").await;
    let token = elsewhere.json()["token"].as_str().unwrap().to_owned();
    for (address, status, answer) in [("203.0.113.7", 403, "leave"), ("203.0.113.8", 201, "hello")] {
        assert_eq!(request(at.addr, "POST", "/v1/guests", &from(address), "").await.status, status);
        let mut socket = Client::connect(at.addr, &[("X-Forwarded-For", address)]).await.unwrap();
        socket.send(&json!({ "type": "hello", "token": token })).await;
        let frame = socket.expect(answer).await;
        assert_eq!(frame["reason"] == "banned", answer == "leave", "{frame}");
    }
    let _ = call(at.addr).await;
}
