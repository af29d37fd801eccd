//! An account from its first mail to its last password, as programs meet it; the mails are read from their folder.

use crate::support::{Client, Person, Running, call, start, until};
use serde_json::{Value, json};
use std::path::PathBuf;

fn mails(at: &Running) -> Vec<PathBuf> {
    let folder = at.server.config.database.folder.join("mail");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    all.sort();
    all
}

/// The text of the mail of this number, as soon as it is there; soft line breaks are undone.
pub(crate) async fn mail(at: &Running, number: usize) -> String {
    until(async || mails(at).len() >= number).await;
    assert_eq!(mails(at).len(), number, "no mail but those");
    earlier_mail(at, number)
}

/// The text of a mail that is there already.
pub(crate) fn earlier_mail(at: &Running, number: usize) -> String {
    std::fs::read_to_string(&mails(at)[number - 1]).unwrap().replace("=\r\n", "").replace("=3D", "=")
}

/// The text after `/page#` in the mail of this number.
pub(crate) async fn token(at: &Running, number: usize, page: &str) -> String {
    let text = mail(at, number).await;
    let (_, rest) = text.split_once(&format!("/{page}#")).unwrap_or_else(|| panic!("{text}"));
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

const PASSWORD: &str = "four small brown owls";

#[tokio::test]
async fn a_guest_becomes_an_account_with_the_same_id_and_signs_in_elsewhere() {
    let at = start(&[]).await;
    let me = Person::guest(&at).await;
    let id = me.expect(200, "GET", "/v1/me", Value::Null).await["id"].clone();
    me.expect(409, "PUT", "/v1/me/password", json!({ "new": PASSWORD })).await;
    me.expect(400, "PUT", "/v1/me/email", json!({ "email": "not an address" })).await;
    me.expect(400, "PUT", "/v1/me/email", json!({ "email": "ann@example.org", "password": "short" })).await;
    me.expect(202, "PUT", "/v1/me/email", json!({ "email": "Ann@Example.org", "password": PASSWORD })).await;
    // Not the user's before the link was opened.
    let stranger = Person { at: &at, token: None };
    let sign_in = json!({ "email": "ann@example.org", "password": PASSWORD });
    assert_eq!(
        stranger.expect(403, "POST", "/v1/logins", sign_in.clone()).await["code"],
        "wrong_credentials"
    );
    let link = json!({ "token": token(&at, 1, "verify").await });
    assert_eq!(me.expect(200, "POST", "/v1/verifications", link.clone()).await["token"], Value::Null);
    assert_eq!(me.expect(404, "POST", "/v1/verifications", link).await["code"], "token_invalid");
    let account = me.expect(200, "GET", "/v1/me", Value::Null).await;
    assert_eq!((&account["id"], &account["email"]), (&id, &json!("ann@example.org")));
    assert_eq!(account["has_password"], true);

    let mut elsewhere = Person { at: &at, token: None };
    let signed_in = elsewhere.expect(201, "POST", "/v1/logins", sign_in).await;
    assert_eq!(signed_in["user"]["id"], id);
    elsewhere.become_of(&signed_in);
    let logins = me.expect(200, "GET", "/v1/me/logins", Value::Null).await;
    let items = logins["items"].as_array().unwrap();
    assert_eq!(items.iter().filter(|item| item["is_current"] == true).count(), 1);
    let other = items.iter().find(|item| item["is_current"] == false).unwrap();
    assert_eq!((items.len(), &other["kind"]), (2, &json!("password")));
    // The other browser's socket ends with its login, at once.
    let mut socket = Client::connect(at.addr, &[]).await.unwrap();
    socket.send(&json!({ "type": "hello", "token": elsewhere.token })).await;
    socket.expect("hello").await;
    let path = format!("/v1/me/logins/{}", other["id"].as_str().unwrap());
    me.expect(204, "DELETE", &path, Value::Null).await;
    assert_eq!(socket.expect("leave").await["reason"], "signed_out");
    assert_eq!(socket.close_code().await, Some(4401));
    elsewhere.expect(401, "GET", "/v1/me", Value::Null).await;
    me.expect(404, "DELETE", &path, Value::Null).await;
}

#[tokio::test]
async fn a_link_that_somebody_else_opens_gives_them_the_account_and_takes_it_from_whoever_asked() {
    let at = start(&[]).await;
    let attacker = Person::guest(&at).await;
    let wish = json!({ "email": "victim@example.org", "password": PASSWORD });
    attacker.expect(202, "PUT", "/v1/me/email", wish.clone()).await;
    let mut victim = Person::guest(&at).await;
    let link = json!({ "token": token(&at, 1, "verify").await });
    let signed_in = victim.expect(200, "POST", "/v1/verifications", link).await;
    victim.become_of(&signed_in);
    attacker.expect(401, "GET", "/v1/me", Value::Null).await;
    let sign_in = json!({ "email": "victim@example.org", "password": PASSWORD });
    attacker.expect(403, "POST", "/v1/logins", sign_in).await;
    let account = victim.expect(200, "GET", "/v1/me", Value::Null).await;
    assert_eq!((&account["email"], &account["has_password"]), (&json!("victim@example.org"), &json!(false)));
    // Only a mail says whether an address is somebody's.
    let another = Person::guest(&at).await;
    another.expect(202, "PUT", "/v1/me/email", wish).await;
    assert!(!mail(&at, 2).await.contains("/verify#"));
}

#[tokio::test]
async fn a_mail_signs_in_and_another_sets_a_new_password_and_each_works_once() {
    let at = start(&[]).await;
    let me = Person::guest(&at).await;
    let address = json!({ "email": "ann@example.org" });
    me.expect(202, "PUT", "/v1/me/email", json!({ "email": "ann@example.org", "password": PASSWORD })).await;
    me.expect(200, "POST", "/v1/verifications", json!({ "token": token(&at, 1, "verify").await })).await;
    let mut stranger = Person { at: &at, token: None };
    for path in ["/v1/logins/mail", "/v1/passwords/mail"] {
        stranger.expect(202, "POST", path, json!({ "email": "nobody@example.org" })).await;
    }
    stranger.expect(202, "POST", "/v1/logins/mail", address.clone()).await;
    let link = json!({ "token": token(&at, 2, "sign-in").await });
    let signed_in = stranger.expect(201, "POST", "/v1/logins/redeem", link.clone()).await;
    stranger.expect(404, "POST", "/v1/logins/redeem", link).await;
    stranger.become_of(&signed_in);
    stranger.expect(200, "GET", "/v1/me", Value::Null).await;

    stranger.expect(202, "POST", "/v1/passwords/mail", address).await;
    let reset = json!({ "token": token(&at, 3, "reset").await, "password": "another long sentence" });
    Person { at: &at, token: None }.expect(204, "POST", "/v1/passwords/reset", reset.clone()).await;
    stranger.expect(404, "POST", "/v1/passwords/reset", reset).await;
    for person in [&me, &stranger] {
        person.expect(401, "GET", "/v1/me", Value::Null).await;
    }
    let old = json!({ "email": "ann@example.org", "password": PASSWORD });
    stranger.expect(403, "POST", "/v1/logins", old).await;
    let new = json!({ "email": "ANN@example.org", "password": "another long sentence" });
    let signed_in = stranger.expect(201, "POST", "/v1/logins", new).await;
    stranger.become_of(&signed_in);
    let change = |current: &str| json!({ "current": current, "new": "a third long sentence" });
    let refused = stranger.expect(403, "PUT", "/v1/me/password", change("wrong")).await;
    assert_eq!(refused["code"], "password_needed");
    stranger.expect(204, "PUT", "/v1/me/password", change("another long sentence")).await;
    stranger.expect(200, "GET", "/v1/me", Value::Null).await;
}

#[tokio::test]
async fn a_mailbox_is_not_flooded() {
    let at = start(&[]).await;
    let me = Person::guest(&at).await;
    for _ in 0..5 {
        me.expect(202, "PUT", "/v1/me/email", json!({ "email": "ann@example.org" })).await;
    }
    me.expect(429, "PUT", "/v1/me/email", json!({ "email": "ann@example.org" })).await;
    mail(&at, 5).await;
}

#[tokio::test]
async fn what_people_tell_is_read_by_whoever_is_in_a_call_with_them_and_nobody_else() {
    let at = start(&[]).await;
    let (mut caller, _callee, call) = call(at.addr).await;
    let path = format!("/v1/calls/{}/partner", call.as_str().unwrap());
    let stranger = Person::guest(&at).await;
    stranger.expect(404, "GET", &path, Value::Null).await;
    caller.end(&call, "hangup").await;
    let profile =
        json!({ "name": "Ann", "bio": "", "interests": ["rust"], "languages": ["de"], "country": "AT" });
    assert_eq!(stranger.expect(200, "PUT", "/v1/me/profile", profile.clone()).await, profile);
    stranger.expect(400, "PUT", "/v1/me/profile", json!({ "name": "x".repeat(41) })).await;
    let sets = json!({ "public": { "badge": 1 }, "private": { "note": "ä" } });
    assert_eq!(stranger.expect(200, "PUT", "/v1/me/attributes", sets.clone()).await, sets);
    // A part that is not there stays.
    let both = stranger.expect(200, "PUT", "/v1/me/attributes", json!({ "public": {} })).await;
    assert_eq!(both, json!({ "public": {}, "private": { "note": "ä" } }));
    let large = json!({ "public": { "x": "y".repeat(17_000) } });
    stranger.expect(400, "PUT", "/v1/me/attributes", large).await;
    let account = stranger.expect(200, "GET", "/v1/me", Value::Null).await;
    assert_eq!((&account["profile"], &account["attributes"]), (&profile, &both));
}

#[tokio::test]
async fn a_history_has_ones_own_calls_and_blocks_can_be_lifted() {
    let at = start(&[]).await;
    let (one, other) = (Person::guest(&at).await, Person::guest(&at).await);
    let mut sockets = Vec::new();
    for person in [&one, &other] {
        let mut socket = Client::connect(at.addr, &[]).await.unwrap();
        socket.send(&json!({ "type": "hello", "token": person.token })).await;
        socket.expect("hello").await;
        socket.seek(&[]).await;
        sockets.push(socket);
    }
    other.expect(200, "PUT", "/v1/me/profile", json!({ "name": "Bert" })).await;
    let mut call = Value::Null;
    for socket in &mut sockets {
        call = socket.confirm().await["call"].clone();
    }
    for socket in &mut sockets {
        socket.expect("begin").await;
    }
    let path = |what: &str| format!("/v1/calls/{}/{what}", call.as_str().unwrap());
    assert_eq!(one.expect(200, "GET", &path("partner"), Value::Null).await["profile"]["name"], "Bert");
    one.expect(204, "PUT", &path("rating"), json!({ "stars": 4 })).await;
    one.expect(204, "POST", &path("block"), json!({})).await;
    let page = one.expect(200, "GET", "/v1/me/calls", Value::Null).await;
    let item = &page["items"][0];
    assert_eq!(
        (&item["id"], &item["partner_name"], &item["cause"]),
        (&call, &json!("Bert"), &json!("blocked"))
    );
    assert_eq!((&item["is_blocked"], &item["stars"], &page["next"]), (&json!(true), &json!(4), &Value::Null));
    assert_eq!(other.expect(200, "GET", "/v1/me/calls", Value::Null).await["items"][0]["is_blocked"], false);
    let stranger = Person::guest(&at).await;
    assert_eq!(stranger.expect(200, "GET", "/v1/me/calls", Value::Null).await["items"], json!([]));
    let blocks = one.expect(200, "GET", "/v1/me/blocks", Value::Null).await;
    assert_eq!(blocks["items"][0]["name"], "Bert");
    let path = format!("/v1/me/blocks/{}", blocks["items"][0]["id"].as_str().unwrap());
    stranger.expect(404, "DELETE", &path, Value::Null).await;
    one.expect(204, "DELETE", &path, Value::Null).await;
    one.expect(404, "DELETE", &path, Value::Null).await;
    assert_eq!(one.expect(200, "GET", "/v1/me/calls", Value::Null).await["items"][0]["is_blocked"], false);
}
