//! The ways into an account, as an attacker uses them who has a session that is not theirs, a mailbox, or a link of a
//! mail. Each attack uses the right value: the tests show what the attacker gets, and what the owner keeps.

use crate::accounts::{earlier_mail, mail, token};
use crate::oidc::{Issuer, sign_in, with_issuer};
use crate::support::{Person, Running, start};
use serde_json::{Value, json};

const PASSWORD: &str = "four small brown owls";
const OTHER: &str = "nine large white geese";

/// Somebody with an address, and with a password unless it is `None`. One mail was sent then.
async fn owner<'a>(at: &'a Running, password: Option<&str>) -> Person<'a> {
    let me = Person::guest(at).await;
    let wish = json!({ "email": "ann@example.org", "password": password });
    me.expect(202, "PUT", "/v1/me/email", wish).await;
    me.expect(200, "POST", "/v1/verifications", json!({ "token": token(at, 1, "verify").await })).await;
    me
}

/// An attacker with a copy of somebody's token.
fn thief<'a>(of: &Person<'a>) -> Person<'a> {
    Person { at: of.at, token: of.token.clone() }
}

async fn account(person: &Person<'_>) -> Value {
    person.expect(200, "GET", "/v1/me", Value::Null).await
}

/// The status of a sign-in by address and password.
async fn enters(at: &Running, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    Person { at, token: None }.ask("POST", "/v1/logins", &body).await.status
}

#[tokio::test]
async fn a_stolen_session_changes_nothing() {
    let at = start(&[]).await;
    let me = owner(&at, Some(PASSWORD)).await;
    let eve = thief(&me);
    let email = "eve@example.org";
    for (method, path, body) in [
        ("PUT", "/v1/me/email", json!({ "email": email })),
        // The password that she would like to have.
        ("PUT", "/v1/me/email", json!({ "email": email, "password": OTHER })),
        ("PUT", "/v1/me/email", json!({ "email": "ann@example.org", "password": OTHER })),
        ("PUT", "/v1/me/password", json!({ "new": OTHER })),
        ("PUT", "/v1/me/password", json!({ "new": OTHER, "current": OTHER })),
        ("DELETE", "/v1/me", json!({})),
        ("DELETE", "/v1/me", json!({ "password": OTHER })),
    ] {
        let refused = eve.expect(403, method, path, body.clone()).await;
        assert_eq!(refused["code"], "password_needed", "{method} {path} {body}");
    }
    let now = account(&me).await;
    assert_eq!((&now["email"], &now["proof"]), (&json!("ann@example.org"), &json!("password")));
    assert_eq!(enters(&at, "ann@example.org", PASSWORD).await, 201);
    mail(&at, 1).await;
}

#[tokio::test]
async fn a_stolen_session_links_nothing_and_without_a_password_the_mailbox_is_asked() {
    let (issuer, at) = with_issuer().await;
    let me = owner(&at, None).await;
    assert_eq!(account(&me).await["proof"], "mailbox");
    let eve = thief(&me);
    let (_, finished, away) = sign_in(&issuer, &eve, true, &[("email", json!("eve@example.org"))]).await;
    assert_eq!(finished["outcome"], "confirm");
    let word = json!({ "flow": away.flow });
    assert_eq!(eve.expect(403, "POST", "/v1/oidc/confirm", word.clone()).await["code"], "proof_required");
    let email = json!({ "email": "eve@example.org" });
    assert_eq!(eve.expect(403, "PUT", "/v1/me/email", email).await["code"], "proof_required");
    let password = json!({ "new": OTHER });
    assert_eq!(eve.expect(403, "PUT", "/v1/me/password", password).await["code"], "proof_required");
    assert_eq!(eve.expect(403, "DELETE", "/v1/me", json!({})).await["code"], "proof_required");
    // The owner is notified of the request, and approves where they are not signed in; once, and this alone.
    me.expect(202, "POST", "/v1/me/approvals", json!({ "change": "identities" })).await;
    let text = mail(&at, 2).await;
    assert!(text.contains("To: ann@example.org") && text.contains("which other services open it"), "{text}");
    let yes = json!({ "token": token(&at, 2, "approve").await });
    let phone = Person { at: &at, token: None };
    let approved = phone.expect(200, "POST", "/v1/approvals", yes.clone()).await;
    assert_eq!(approved, json!({ "change": "identities" }));
    assert_eq!(phone.expect(404, "POST", "/v1/approvals", yes).await["code"], "token_invalid");
    me.expect(403, "DELETE", "/v1/me", json!({})).await;
    // The question has waited.
    me.expect(204, "POST", "/v1/oidc/confirm", word).await;
    let linked = me.expect(200, "GET", "/v1/me/identities", Value::Null).await;
    assert_eq!(linked["items"].as_array().unwrap().len(), 1);
    let guest = Person::guest(&at).await;
    guest.expect(409, "POST", "/v1/me/approvals", json!({ "change": "deletion" })).await;
}

#[tokio::test]
async fn a_link_that_waits_dies_with_the_old_secrets() {
    for change in ["reset", "password", "end"] {
        let at = start(&[]).await;
        let me = owner(&at, Some(PASSWORD)).await;
        let mut elsewhere = Person { at: &at, token: None };
        let credentials = json!({ "email": "ann@example.org", "password": PASSWORD });
        let signed_in = elsewhere.expect(201, "POST", "/v1/logins", credentials).await;
        elsewhere.become_of(&signed_in);
        // An attacker who knew the password for a while.
        let wish = json!({ "email": "eve@example.org", "password": PASSWORD });
        elsewhere.expect(202, "PUT", "/v1/me/email", wish).await;
        let waiting = json!({ "token": token(&at, 2, "verify").await });
        match change {
            "reset" => {
                me.expect(202, "POST", "/v1/passwords/mail", json!({ "email": "ann@example.org" })).await;
                let reset = json!({ "token": token(&at, 3, "reset").await, "password": OTHER });
                me.expect(204, "POST", "/v1/passwords/reset", reset).await;
                assert!(mail(&at, 4).await.contains("was set anew"));
            }
            "password" => {
                let body = json!({ "current": PASSWORD, "new": OTHER });
                me.expect(204, "PUT", "/v1/me/password", body).await;
            }
            _ => {
                let login = account(&elsewhere).await["login"].clone();
                let path = format!("/v1/me/logins/{}", login.as_str().unwrap());
                me.expect(204, "DELETE", &path, Value::Null).await;
            }
        }
        let eve = Person { at: &at, token: None };
        let refused = eve.expect(404, "POST", "/v1/verifications", waiting).await;
        assert_eq!(refused["code"], "token_invalid", "{change}");
        let password = if change == "end" { PASSWORD } else { OTHER };
        assert_eq!(enters(&at, "ann@example.org", password).await, 201, "{change}");
    }
}

#[tokio::test]
async fn whoever_has_a_mistyped_address_gets_no_account() {
    let at = start(&[]).await;
    let me = owner(&at, Some(PASSWORD)).await;
    let id = me.id().await;
    let wish = json!({ "email": "ann@example.com", "password": PASSWORD });
    me.expect(202, "PUT", "/v1/me/email", wish).await;
    let mut stranger = Person::guest(&at).await;
    let link = json!({ "token": token(&at, 2, "verify").await });
    let opened = stranger.expect(200, "POST", "/v1/verifications", link).await;
    assert_eq!(opened, json!({ "user": null, "token": null }));
    assert_ne!(stranger.id().await, id);
    stranger.become_of(&opened);
    stranger.expect(401, "GET", "/v1/me", Value::Null).await;
    // No password changes, and no login ends; the address before is notified.
    let now = account(&me).await;
    assert_eq!((&now["email"], &now["has_password"]), (&json!("ann@example.com"), &json!(true)));
    assert_eq!(enters(&at, "ann@example.com", PASSWORD).await, 201);
    let told = mail(&at, 3).await;
    assert!(told.contains("To: ann@example.org") && told.contains("was changed"), "{told}");
}

#[tokio::test]
async fn in_the_owners_browser_another_address_is_verified_and_nothing_else() {
    let at = start(&[]).await;
    let me = owner(&at, Some(PASSWORD)).await;
    let wish = json!({ "email": "ann@example.com", "password": PASSWORD });
    me.expect(202, "PUT", "/v1/me/email", wish).await;
    let link = json!({ "token": token(&at, 2, "verify").await });
    let opened = me.expect(200, "POST", "/v1/verifications", link).await;
    assert_eq!((&opened["user"]["id"], &opened["token"]), (&json!(me.id().await), &Value::Null));
    assert_eq!(enters(&at, "ann@example.com", PASSWORD).await, 201);
}

/// Links the identity that the issuer calls `subject`, by a user who knows the password.
async fn link(issuer: &Issuer, person: &Person<'_>, subject: &str, email: &str) {
    let claims = [("sub", json!(subject)), ("email", json!(email))];
    let (_, _, away) = sign_in(issuer, person, true, &claims).await;
    let word = json!({ "flow": away.flow, "password": PASSWORD });
    person.expect(204, "POST", "/v1/oidc/confirm", word).await;
}

#[tokio::test]
async fn a_reset_takes_away_what_a_stolen_session_linked_and_every_mailbox_hears_of_it() {
    let (issuer, at) = with_issuer().await;
    let me = owner(&at, Some(PASSWORD)).await;
    link(&issuer, &me, "own", "ann@example.net").await;
    assert_eq!(enters(&at, "ann@example.org", PASSWORD).await, 201, "after which the link is the owner's");
    link(&issuer, &thief(&me), "eve", "eve@example.org").await;
    let (nobody, id) = (Person { at: &at, token: None }, me.id().await);
    let by_eve = [("sub", json!("eve")), ("email", json!("eve@example.org"))];
    assert_eq!(sign_in(&issuer, &nobody, false, &by_eve).await.1["user"]["id"], json!(id));
    // Both links were sent: mails 2 and 3.
    nobody.expect(202, "POST", "/v1/passwords/mail", json!({ "email": "ann@example.org" })).await;
    let reset = json!({ "token": token(&at, 4, "reset").await, "password": OTHER });
    nobody.expect(204, "POST", "/v1/passwords/reset", reset).await;
    let (to_eve, to_ann) = (mail(&at, 6).await, earlier_mail(&at, 5));
    assert!(to_ann.contains("To: ann@example.org"), "{to_ann}");
    assert!(to_ann.contains("do not open your account any more: Our Issuer."), "{to_ann}");
    assert!(to_ann.contains("still open your account: Our Issuer."), "{to_ann}");
    assert!(
        to_eve.contains("To: eve@example.org") && to_eve.contains("does not open your account"),
        "{to_eve}"
    );
    let entered = sign_in(&issuer, &nobody, false, &by_eve).await.1;
    assert_ne!(entered["user"]["id"], json!(id), "she is somebody new");
    let own = [("sub", json!("own")), ("email", json!("ann@example.net"))];
    assert_eq!(sign_in(&issuer, &nobody, false, &own).await.1["user"]["id"], json!(id));
}

#[tokio::test]
async fn a_trojan_account_is_nobodys_way_in_once_the_mailbox_sets_a_password() {
    let (issuer, at) = with_issuer().await;
    let by_eve = [("sub", json!("eve")), ("email", json!("eve@example.org"))];
    let mut eve = Person { at: &at, token: None };
    let (_, entered, _) = sign_in(&issuer, &eve, false, &by_eve).await;
    eve.become_of(&entered);
    // No mail server, no password: a sign-in of the last ten minutes is all that she has.
    assert_eq!(account(&eve).await["proof"], "sign_in");
    eve.expect(202, "PUT", "/v1/me/email", json!({ "email": "ann@example.org" })).await;
    let ann = Person { at: &at, token: None };
    let link = json!({ "token": token(&at, 1, "verify").await });
    assert_eq!(ann.expect(200, "POST", "/v1/verifications", link).await["user"], Value::Null);
    ann.expect(202, "POST", "/v1/passwords/mail", json!({ "email": "ann@example.org" })).await;
    let reset = json!({ "token": token(&at, 3, "reset").await, "password": OTHER });
    ann.expect(204, "POST", "/v1/passwords/reset", reset).await;
    eve.expect(401, "GET", "/v1/me", Value::Null).await;
    let again = sign_in(&issuer, &ann, false, &by_eve).await.1;
    assert_ne!(
        again["user"]["id"], entered["user"]["id"],
        "the account was made of it, but of another mailbox"
    );
}

#[tokio::test]
async fn a_guest_gives_a_first_address_and_goes_without_a_proof() {
    let at = start(&[]).await;
    let me = Person::guest(&at).await;
    assert_eq!(account(&me).await["proof"], "nothing");
    me.expect(202, "PUT", "/v1/me/email", json!({ "email": "ann@example.org", "password": PASSWORD })).await;
    me.expect(202, "DELETE", "/v1/me", Value::Null).await;
    let link = json!({ "token": token(&at, 1, "verify").await });
    Person { at: &at, token: None }.expect(404, "POST", "/v1/verifications", link).await;
}
