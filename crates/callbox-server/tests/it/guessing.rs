//! The limits that keep strangers from guessing passwords, and owners from being locked out by them.

use crate::accounts::{mail, token};
use crate::support::{Person, start, until};
use callbox_core::address::ClientAddr;
use callbox_core::fair::Rank;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;

const ADDRESS: &str = "ann@example.org";
const PASSWORD: &str = "four small brown owls";
const BROWSER: &str = "the browser of Ann";

/// An account with an address and a password, signed in; one mail was sent.
async fn account(at: &crate::support::Running) -> Person<'_> {
    let me = Person::guest(at).await;
    me.expect(202, "PUT", "/v1/me/email", json!({ "email": ADDRESS, "password": PASSWORD })).await;
    let link = json!({ "token": token(at, 1, "verify").await, "device": BROWSER });
    me.expect(200, "POST", "/v1/verifications", link).await;
    me
}

#[tokio::test]
async fn a_password_that_everybody_tries_first_is_refused_wherever_one_is_chosen_and_spends_no_link() {
    let at = start(&[]).await;
    let setup = at.server.setup_token.as_ref().unwrap();
    let stranger = Person { at: &at, token: None };
    let first =
        |password: &str| json!({ "token": setup, "email": "admin@example.org", "password": password });
    let refused = stranger.expect(400, "POST", "/v1/setup", first("Trustno1")).await;
    assert!(refused["detail"].as_str().unwrap().contains("anybody would try"), "{refused}");
    stranger.expect(201, "POST", "/v1/setup", first("a keeper of many keys")).await;

    let me = account(&at).await;
    let guest = Person::guest(&at).await;
    guest
        .expect(400, "PUT", "/v1/me/email", json!({ "email": "b@example.org", "password": "STEELERS" }))
        .await;
    let change = |new: &str| json!({ "current": PASSWORD, "new": new });
    me.expect(400, "PUT", "/v1/me/password", change("qwertyuiop")).await;
    me.expect(202, "POST", "/v1/passwords/mail", json!({ "email": ADDRESS })).await;
    let link = token(&at, 2, "reset").await;
    let reset = |password: &str| json!({ "token": link, "password": password });
    stranger.expect(400, "POST", "/v1/passwords/reset", reset("Marlboro")).await;
    stranger.expect(400, "POST", "/v1/passwords/reset", reset(ADDRESS)).await;
    stranger.expect(204, "POST", "/v1/passwords/reset", reset("another long sentence")).await;
    me.expect(401, "GET", "/v1/me", Value::Null).await;
}

#[tokio::test]
async fn the_link_that_makes_the_first_admin_survives_a_server_that_is_busy() {
    let at = start(&[]).await;
    let standing = ClientAddr(Ipv4Addr::LOCALHOST.into()).standing(Rank::Known);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..600 {
        let passwords = Arc::clone(&at.server.app.passwords);
        crowd.spawn(async move {
            loop {
                let _ = passwords.verify_nobody("correct horse", standing).await;
                tokio::task::yield_now().await;
            }
        });
    }
    tokio::task::yield_now().await;
    let link = at.server.setup_token.as_ref().unwrap();
    let first = json!({ "token": link, "email": "admin@example.org", "password": "a keeper of many keys" });
    let stranger = Person { at: &at, token: None };
    stranger.expect(429, "POST", "/v1/setup", first.clone()).await;
    crowd.shutdown().await;
    // Those who hung up go when a thread comes to them, after the hash that it makes.
    until(async || stranger.ask("POST", "/v1/setup", &first).await.status == 201).await;
    stranger.expect(404, "POST", "/v1/setup", first).await;
}

#[tokio::test]
async fn guesses_are_slowed_down_with_and_without_an_account_and_an_owner_gets_in_all_the_same() {
    let at = start(&[]).await;
    account(&at).await;
    let stranger = Person { at: &at, token: None };
    let sign_in = |email: &str, password: &str| json!({ "email": email, "password": password });
    let mut refusals = Vec::new();
    for email in [ADDRESS, "nobody@example.org"] {
        for _ in 0..10 {
            stranger.expect(403, "POST", "/v1/logins", sign_in(email, "a wrong password")).await;
        }
        let refused = stranger.ask("POST", "/v1/logins", &sign_in(email, PASSWORD)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")), "{refused:?}");
        let mut body = refused.json();
        assert_eq!(body["code"], "slowed_down");
        for name in ["request_id", "retry_after_ms"] {
            body[name] = Value::Null;
        }
        refusals.push(body);
        stranger.expect(429, "POST", "/v1/logins", sign_in(email, "a wrong password")).await;
    }
    assert_eq!(refusals[0], refusals[1]);
    assert!(mail(&at, 2).await.contains("tried many passwords"), "the owner is told, once");

    // In a browser that was signed in before, the password does; a wrong one counts for that browser alone.
    let known = |password: &str| json!({ "email": ADDRESS, "password": password, "device": BROWSER });
    stranger.expect(403, "POST", "/v1/logins", known("a wrong password")).await;
    stranger.expect(201, "POST", "/v1/logins", known(PASSWORD)).await;
    // Elsewhere a link does, and then the password.
    stranger.expect(202, "POST", "/v1/logins/mail", json!({ "email": ADDRESS })).await;
    let link = json!({ "token": token(&at, 3, "sign-in").await, "device": "another browser of Ann" });
    stranger.expect(201, "POST", "/v1/logins/redeem", link).await;
    let elsewhere = json!({ "email": ADDRESS, "password": PASSWORD, "device": "another browser of Ann" });
    stranger.expect(201, "POST", "/v1/logins", elsewhere).await;
}

#[tokio::test]
async fn whoever_took_a_login_guesses_as_slowly_as_a_stranger_and_holds_nobody_else_up() {
    let at = start(&[]).await;
    let taken = account(&at).await;
    let change = |current: &str| json!({ "current": current, "new": "another long sentence" });
    for _ in 0..10 {
        taken.expect(403, "PUT", "/v1/me/password", change("a wrong password")).await;
    }
    let refused = taken.expect(429, "DELETE", "/v1/me", json!({ "password": PASSWORD })).await;
    assert_eq!(refused["code"], "slowed_down");
    assert!(mail(&at, 2).await.contains("tried many passwords"));
    let mut owner = Person { at: &at, token: None };
    let signed_in =
        owner.expect(201, "POST", "/v1/logins", json!({ "email": ADDRESS, "password": PASSWORD })).await;
    owner.become_of(&signed_in);
    owner.expect(204, "PUT", "/v1/me/password", change(PASSWORD)).await;
}

#[tokio::test]
async fn a_mailbox_gets_so_many_links_whoever_asks_and_its_owner_some_of_their_own() {
    let at = start(&[]).await;
    account(&at).await;
    let stranger = Person { at: &at, token: None };
    for path in ["/v1/logins/mail", "/v1/passwords/mail"] {
        for _ in 0..5 {
            stranger.expect(202, "POST", path, json!({ "email": ADDRESS, "device": "made up" })).await;
        }
    }
    stranger.expect(202, "POST", "/v1/logins/mail", json!({ "email": ADDRESS, "device": BROWSER })).await;
    // Requests of one place are done in their order, so this is the last: one, three, three, and the owner's.
    token(&at, 8, "sign-in").await;
    // Another mailbox, which has no account yet: guests of one network share its mails.
    let (one, other) = (Person::guest(&at).await, Person::guest(&at).await);
    for person in [&one, &other, &one, &other, &one] {
        person.expect(202, "PUT", "/v1/me/email", json!({ "email": "bob@example.org" })).await;
    }
    other.expect(429, "PUT", "/v1/me/email", json!({ "email": "bob@example.org" })).await;
}
