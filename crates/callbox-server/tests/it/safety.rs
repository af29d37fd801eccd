//! Protection from a person who returns, or whom several complain of; and the notices that this person gets.

use crate::moderation::couple;
use crate::support::{Client, JSON, Person, Running, request, start};
use callbox_protocol::account::{LoginKind, Role};
use callbox_protocol::id::{LoginId, UserId};
use callbox_server::environment::Environment;
use callbox_server::reminders::remind;
use callbox_store::{NewLogin, SetRoleOutcome, hash_token, new_token};
use serde_json::{Value, json};

/// Somebody with a verified address, of age; there is an admin already.
async fn verified<'a>(at: &'a Running, name: &str) -> Person<'a> {
    let (store, environment, token) = (&at.server.app.store, Environment::system(), new_token());
    let now = environment.now();
    let login = NewLogin {
        id: LoginId::new(now, environment.random()),
        token_hash: hash_token(&token),
        kind: LoginKind::Mail,
        label: String::new(),
        device: None,
        address: None,
    };
    let id = UserId::new(now, environment.random());
    store.create_admin(id, format!("{name}@example.org"), "hash".to_owned(), Some(login), now).await.unwrap();
    assert_eq!(store.set_role(id, Role::User, id).await.unwrap(), SetRoleOutcome::Set);
    let person = Person { at, token: Some(token) };
    person.expect(200, "PUT", "/v1/me/age", json!({ "age": "adult" })).await;
    person
}

#[tokio::test]
async fn whom_three_verified_people_report_meets_no_stranger_until_a_moderator_has_decided() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let moderator = Person::moderator(&at, &admin).await;
    let rude = Person::guest(&at).await;
    for name in ["ann", "ben", "cleo"] {
        let victim = verified(&at, name).await;
        let (_sockets, call) = couple(&victim, &rude).await;
        let report = json!({ "reason": "harassment" });
        victim.expect(204, "POST", &format!("/v1/calls/{call}/report"), report).await;
    }
    // It holds for present users, and for those who return.
    for _ in 0..2 {
        let mut socket = rude.socket().await;
        socket.send(&json!({ "type": "seek" })).await;
        assert_eq!(socket.expect("error").await["code"], "on_hold");
    }
    let mut host = rude.socket().await;
    let invite = rude.expect(201, "POST", "/v1/invites", json!({})).await["code"].clone();
    let mut friend = Person::guest(&at).await.socket().await;
    for socket in [&mut host, &mut friend] {
        socket.send(&json!({ "type": "join", "invite": invite })).await;
        socket.expect("queued").await;
    }
    host.expect("match").await;
    let id = rude.id().await;
    let path = format!("/v1/moderation/people?search={id}");
    assert_eq!(moderator.expect(200, "GET", &path, Value::Null).await["items"][0]["is_held"], true);
    let open = moderator.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    for (number, item) in open["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(item["reported"]["is_held"], true, "report {number}");
        let path = format!("/v1/moderation/reports/{}/dismiss", item["id"].as_str().unwrap());
        moderator.expect(204, "POST", &path, Value::Null).await;
    }
    let mut again = rude.socket().await;
    again.seek(&[]).await;
}

#[tokio::test]
async fn the_banned_read_why_until_when_and_how_to_object() {
    let at = start(&[("ban_contact", "appeals@example.org")]).await;
    let admin = Person::admin(&at).await;
    let rude = Person { at: &at, token: None };
    let device = json!({ "age": "adult", "device": "0192f3c4-of-a-rude-one" });
    let mut rude = Person {
        token: rude.expect(201, "POST", "/v1/guests", device.clone()).await["token"]
            .as_str()
            .map(str::to_owned),
        ..rude
    };
    let mut socket = rude.socket().await;
    let ban = json!({ "scopes": ["user", "device"], "days": 7, "reason": "reported twice", "told": "You shouted." });
    let path = format!("/v1/users/{}/ban", rude.id().await);
    let made = admin.expect(201, "POST", &path, ban).await;
    let notice = json!({ "reason": "You shouted.", "until": made["items"][0]["expires_at"], "contact": "appeals@example.org" });
    let leave = socket.expect("leave").await;
    assert_eq!((&leave["reason"], &leave["ban"]), (&json!("banned"), &notice));
    rude.token = None;
    let refused = rude.expect(403, "POST", "/v1/guests", device.clone()).await;
    assert_eq!((&refused["code"], &refused["ban"]), (&json!("banned"), &notice));
    // The bans are lifted, and the acts say so; other moderators read the reason that is for them.
    for item in made["items"].as_array().unwrap() {
        let path = format!("/v1/moderation/bans/{}", item["id"].as_str().unwrap());
        admin.expect(204, "DELETE", &path, Value::Null).await;
    }
    rude.expect(201, "POST", "/v1/guests", device).await;
    let acts = admin.expect(200, "GET", "/v1/moderation/acts", Value::Null).await;
    let told: Vec<_> =
        acts["items"].as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(told, ["lifted", "lifted", "banned"]);
    assert_eq!(acts["items"][2]["detail"], "reported twice");
    assert_eq!(acts["items"][0]["moderator"], json!(admin.id().await));
}

#[tokio::test]
async fn guests_are_made_slowly_where_somebody_was_banned_and_nowhere_else() {
    let at = start(&[("trusted_proxies", "127.0.0.1")]).await;
    let admin = Person::admin(&at).await;
    let from = async |address: &'static str| {
        request(at.addr, "POST", "/v1/guests", &[JSON, ("X-Forwarded-For", address)], "").await
    };
    let user = from("2001:db8::1").await.json()["user"]["id"].as_str().unwrap().to_owned();
    admin.expect(201, "POST", &format!("/v1/users/{user}/ban"), json!({ "scopes": ["user"] })).await;
    for address in ["2001:db8::2", "2001:db8::3"] {
        assert_eq!(from(address).await.status, 201);
    }
    let refused = from("2001:db8::4").await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (429, json!("rate_limited")));
    assert!(refused.json()["retry_after_ms"].as_u64().unwrap() > 10 * 60_000);
    for _ in 0..5 {
        assert_eq!(from("2001:db8:0:1::1").await.status, 201, "another /64");
    }
}

#[tokio::test]
async fn a_moderator_finds_people_by_name_and_only_an_admin_by_address() {
    let at = start(&[]).await;
    let admin = Person::admin(&at).await;
    let moderator = Person::moderator(&at, &admin).await;
    let ann = verified(&at, "ann").await;
    ann.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Ann Lee" })).await;
    ann.expect(403, "GET", "/v1/moderation/people?search=ann", Value::Null).await;
    for name in ["\u{202E}eeL", "\u{200B}\u{3164}"] {
        ann.expect(400, "PUT", "/v1/me/profile", json!({ "name": name })).await;
    }
    let found = async |who: &Person<'_>, search: &str| {
        let path = format!("/v1/moderation/people?search={search}");
        let found = who.expect(200, "GET", &path, Value::Null).await;
        found["items"].as_array().unwrap().iter().map(|one| one["email"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(&moderator, "ann").await, [Value::Null]);
    assert_eq!(found(&moderator, "ann@example.org").await, [Value::Null; 0]);
    assert_eq!(found(&admin, "Ann@Example.org").await, [json!("ann@example.org")]);
    moderator.expect(400, "GET", "/v1/moderation/people?search=%20", Value::Null).await;
}

#[tokio::test]
async fn moderators_get_one_mail_when_a_report_waits_for_an_hour() {
    let at = start(&[]).await;
    let _admin = Person::admin(&at).await;
    let (victim, other) = (Person::guest(&at).await, Person::guest(&at).await);
    let (_sockets, call): ([Client; 2], String) = couple(&victim, &other).await;
    victim.expect(204, "POST", &format!("/v1/calls/{call}/report"), json!({ "reason": "spam" })).await;
    let app = &at.server.app;
    let later = |minutes: u64| Environment::system().now().plus(minutes * 60_000);
    assert_eq!(remind(&app.store, &app.mails, later(55)).await.unwrap(), 0);
    assert_eq!(remind(&app.store, &app.mails, later(65)).await.unwrap(), 1);
    assert_eq!(remind(&app.store, &app.mails, later(1_000)).await.unwrap(), 0);
    let mail = crate::accounts::mail(&at, 1).await;
    assert!(mail.contains("admin@example.org") && mail.contains("/moderation"), "{mail}");
}
