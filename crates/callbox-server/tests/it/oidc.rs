//! Sign-in by OpenID Connect: at an issuer that lies as it is told to, and at npm's oidc-provider, which is not ours.

pub(crate) mod hostile;
mod late_clock;
mod real;

use crate::accounts::{mail, token};
use crate::support::{Person, Running, request, start, start_by};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callbox_server::clock::Clock;
pub(crate) use hostile::Issuer;
use hostile::foreign_key;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A browser that was sent to an issuer.
pub(crate) struct Away {
    pub(crate) flow: String,
    url: String,
    query: BTreeMap<String, String>,
}

impl Away {
    /// The request of the page when the browser has returned.
    fn back(&self, code: &str) -> Value {
        json!({ "flow": self.flow, "state": self.query["state"], "code": code })
    }
}

async fn away(person: &Person<'_>, link: bool) -> Away {
    let started = person.expect(200, "POST", "/v1/oidc/ours/start", json!({ "link": link })).await;
    let url = started["url"].as_str().unwrap().to_owned();
    Away { flow: started["flow"].as_str().unwrap().to_owned(), query: query(&url), url }
}

fn query(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Signs these claims, with this sign-in's nonce, at this time.
fn vouch(issuer: &Issuer, away: &Away, changes: &[(&str, Value)]) {
    let now = Clock::system().now().0 / 1_000;
    issuer.claim(&[("nonce", json!(away.query["nonce"])), ("iat", json!(now)), ("exp", json!(now + 300))]);
    issuer.claim(changes);
}

/// There and back; returns the result.
pub(crate) async fn sign_in(
    issuer: &Issuer,
    person: &Person<'_>,
    link: bool,
    claims: &[(&str, Value)],
) -> (u16, Value, Away) {
    let away = away(person, link).await;
    vouch(issuer, &away, claims);
    let answer = person.ask("POST", "/v1/oidc/finish", &away.back("c")).await;
    (answer.status, answer.json(), away)
}

async fn account(person: &Person<'_>) -> Value {
    person.expect(200, "GET", "/v1/me", Value::Null).await
}

pub(crate) async fn with_issuer() -> (Issuer, Running) {
    let issuer = Issuer::start().await;
    let at = start(&[("oidc", &issuer.setting())]).await;
    (issuer, at)
}

#[tokio::test]
async fn the_question_has_pkce_state_and_nonce_and_the_code_is_redeemed_with_our_proof() {
    let (issuer, at) = with_issuer().await;
    let listed = request(at.addr, "GET", "/v1/oidc", &[], "").await.json();
    assert_eq!(listed, json!({ "items": [{ "id": "ours", "name": "Our Issuer" }] }));
    let person = Person { at: &at, token: None };
    person.expect(404, "POST", "/v1/oidc/theirs/start", json!({})).await;
    let (one, other) = (away(&person, false).await, away(&person, false).await);
    assert!(one.url.starts_with(&format!("{}/auth?", issuer.url)), "{}", one.url);
    let redirect = format!("http://{}/oidc", at.addr);
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "callbox"),
        ("redirect_uri", redirect.as_str()),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(one.query[name], expected, "{name}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert!(one.query[name].len() == 43 && one.query[name] != other.query[name], "{name}");
    }
    vouch(&issuer, &one, &[]);
    let finished = person.expect(201, "POST", "/v1/oidc/finish", one.back("a code&more=1")).await;
    assert_eq!(finished["outcome"], "signed_in");
    let (authorization, form) = issuer.plan(|plan| plan.asked.pop().unwrap());
    // base64("callbox:north%20%26%20south")
    assert_eq!(authorization, "Basic Y2FsbGJveDpub3J0aCUyMCUyNiUyMHNvdXRo");
    let form = query(&format!("?{form}"));
    assert_eq!((form["code"].as_str(), form["redirect_uri"].as_str()), ("a code&more=1", redirect.as_str()));
    let challenge = URL_SAFE_NO_PAD.encode(callbox_store::sha256(form["code_verifier"].as_bytes()));
    assert_eq!(challenge, one.query["code_challenge"]);
    // The document is asked for once, the keys too.
    assert_eq!(issuer.plan(|plan| (plan.document_questions, plan.key_questions)), (1, 1));
}

#[tokio::test]
async fn a_guest_becomes_an_account_with_the_same_id_and_comes_back_by_the_identity_alone() {
    let (issuer, at) = with_issuer().await;
    let me = Person::guest(&at).await;
    let id = me.id().await;
    let (status, finished, _) = sign_in(&issuer, &me, false, &[("email", json!("Ann@Example.org"))]).await;
    assert_eq!((status, &finished["token"], &finished["user"]["id"]), (200, &Value::Null, &json!(id)));
    let now = account(&me).await;
    assert_eq!((&now["email"], &now["has_password"]), (&json!("ann@example.org"), &json!(false)));
    // Elsewhere, and whatever the issuer says of the address by now.
    let mut elsewhere = Person { at: &at, token: None };
    let (status, finished, _) =
        sign_in(&issuer, &elsewhere, false, &[("email_verified", json!(false))]).await;
    assert_eq!((status, &finished["user"]["id"]), (201, &json!(id)));
    elsewhere.become_of(&finished);
    let logins = elsewhere.expect(200, "GET", "/v1/me/logins", Value::Null).await;
    let own = logins["items"].as_array().unwrap().iter().find(|item| item["is_current"] == true).unwrap();
    assert_eq!(own["kind"], "oidc");
    let data = elsewhere.expect(200, "GET", "/v1/me/export", Value::Null).await;
    assert_eq!(data["identities"][0]["issuer"], json!(issuer.url));
    assert_eq!(data["identities"][0]["subject"], "1");
    // Another guest who signs in is that user from then on, and the guest stays a guest.
    let guest = Person::guest(&at).await;
    let (_, finished, _) = sign_in(&issuer, &guest, false, &[]).await;
    assert_eq!(finished["user"]["id"], json!(id));
    assert_eq!(account(&guest).await["email"], Value::Null);
}

#[tokio::test]
async fn an_address_that_is_somebodys_is_linked_by_a_mail_and_one_that_is_not_verified_is_compared_with_nothing()
 {
    let (issuer, at) = with_issuer().await;
    let owner = Person::guest(&at).await;
    owner.expect(202, "PUT", "/v1/me/email", json!({ "email": "ann@example.org" })).await;
    owner.expect(200, "POST", "/v1/verifications", json!({ "token": token(&at, 1, "verify").await })).await;
    let stranger = Person::guest(&at).await;
    for email in ["ann@example.org", "nobody@example.org"] {
        for verified in [json!(false), Value::Null] {
            let claims = [("email", json!(email)), ("email_verified", verified)];
            let (status, refused, _) = sign_in(&issuer, &stranger, false, &claims).await;
            assert_eq!((status, &refused["code"]), (403, &json!("oidc_unverified")), "{email}");
        }
    }
    let verified = [("email", json!("ANN@example.org")), ("email_verified", json!(true))];
    let (status, finished, away) = sign_in(&issuer, &stranger, false, &verified).await;
    assert_eq!((status, &finished), (200, &json!({ "outcome": "mailed" })));
    assert_eq!(account(&stranger).await["email"], Value::Null, "nobody is anybody else by now");
    // There is nothing for the stranger to confirm.
    let flow = json!({ "flow": away.flow });
    assert_eq!(stranger.expect(404, "POST", "/v1/oidc/confirm", flow).await["code"], "oidc_ended");
    let text = mail(&at, 2).await;
    assert!(text.contains("To: ann@example.org") && text.contains("Our Issuer"), "{text}");
    assert_eq!(owner.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"], json!([]));
    let link = json!({ "token": token(&at, 2, "oidc").await });
    // It verifies no address.
    stranger.expect(404, "POST", "/v1/verifications", link.clone()).await;
    let mut elsewhere = Person { at: &at, token: None };
    let opened = elsewhere.expect(200, "POST", "/v1/oidc/redeem", link.clone()).await;
    elsewhere.become_of(&opened);
    assert_eq!(elsewhere.id().await, owner.id().await);
    let again = elsewhere.expect(404, "POST", "/v1/oidc/redeem", link).await;
    assert_eq!(again["code"], "token_invalid");
    let (status, finished, _) = sign_in(&issuer, &stranger, false, &verified).await;
    assert_eq!((status, &finished["user"]["id"]), (201, &json!(owner.id().await)));
}

#[tokio::test]
async fn whoever_is_signed_in_links_by_their_own_word_and_the_last_way_in_stays() {
    let (issuer, at) = with_issuer().await;
    let nobody = Person { at: &at, token: None };
    nobody.expect(401, "POST", "/v1/oidc/ours/start", json!({ "link": true })).await;
    let me = Person::admin(&at).await;
    let other = [("sub", json!("2")), ("email", json!("another@example.com"))];
    let (status, finished, away) = sign_in(&issuer, &me, true, &other).await;
    let expected = json!({ "outcome": "confirm", "provider": "Our Issuer", "email": "another@example.com" });
    assert_eq!((status, &finished), (200, &expected));
    let list = async || me.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"].clone();
    assert_eq!(list().await, json!([]), "not before they say so");
    let word = json!({ "flow": away.flow });
    let stranger = Person::guest(&at).await;
    stranger.expect(404, "POST", "/v1/oidc/confirm", word.clone()).await;
    let refused = me.expect(403, "POST", "/v1/oidc/confirm", word).await;
    assert_eq!(refused["code"], "password_needed");
    let word = json!({ "flow": away.flow, "password": "a keeper of many keys" });
    me.expect(204, "POST", "/v1/oidc/confirm", word.clone()).await;
    me.expect(404, "POST", "/v1/oidc/confirm", word).await;
    assert!(mail(&at, 1).await.contains("Our Issuer opens your account"));
    let items = list().await;
    assert_eq!((items.as_array().unwrap().len(), &items[0]["name"]), (1, &json!("Our Issuer")));
    // It is taken, also for somebody who is signed in as another account.
    let taken = [("sub", json!("3")), ("email", json!("bert@example.org"))];
    let mut bert = Person { at: &at, token: None };
    let (_, finished, _) = sign_in(&issuer, &bert, false, &taken).await;
    bert.become_of(&finished);
    let (status, refused, _) = sign_in(&issuer, &bert, true, &other).await;
    assert_eq!((status, &refused["code"]), (409, &json!("conflict")));
    let (_, linked, _) = sign_in(&issuer, &me, true, &other).await;
    assert_eq!(linked["outcome"], "signed_in", "it was there already");
    // Bert has neither a password nor a mail server that would send a link.
    let own = bert.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"][0]["id"].clone();
    let path = format!("/v1/me/identities/{}", own.as_str().unwrap());
    assert_eq!(bert.expect(409, "DELETE", &path, Value::Null).await["code"], "conflict");
    me.expect(404, "DELETE", &path, Value::Null).await;
    let path = format!("/v1/me/identities/{}", items[0]["id"].as_str().unwrap());
    assert_eq!(me.expect(403, "DELETE", &path, Value::Null).await["code"], "password_needed");
    let proof = json!({ "password": "a keeper of many keys" });
    me.expect(204, "DELETE", &path, proof.clone()).await;
    me.expect(404, "DELETE", &path, proof).await;
    let unknown = [("sub", json!("2")), ("email_verified", json!(false))];
    assert_eq!(sign_in(&issuer, &nobody, false, &unknown).await.0, 403, "it opens nothing any more");
}

#[tokio::test]
async fn the_owner_of_the_address_who_is_signed_in_is_asked_on_the_page() {
    let (issuer, at) = with_issuer().await;
    let me = Person::admin(&at).await;
    let (_, finished, away) = sign_in(&issuer, &me, false, &[("email", json!("admin@example.org"))]).await;
    assert_eq!(finished["outcome"], "confirm");
    let word = json!({ "flow": away.flow, "password": "a keeper of many keys" });
    me.expect(204, "POST", "/v1/oidc/confirm", word).await;
    let nobody = Person { at: &at, token: None };
    assert_eq!(sign_in(&issuer, &nobody, false, &[]).await.1["user"]["id"], json!(me.id().await));
}

#[tokio::test]
async fn a_sign_in_is_finished_once_and_in_the_browser_that_began_it() {
    let (issuer, at) = with_issuer().await;
    let (attacker, victim) = (Person::guest(&at).await, Person::guest(&at).await);
    let theirs = away(&attacker, false).await;
    let own = away(&victim, false).await;
    vouch(&issuer, &theirs, &[]);
    // The attacker's address of the way back, opened in the victim's browser.
    let planted = json!({ "flow": own.flow, "state": theirs.query["state"], "code": "c" });
    assert_eq!(victim.expect(404, "POST", "/v1/oidc/finish", planted).await["code"], "oidc_ended");
    let none = json!({ "flow": "", "state": theirs.query["state"], "code": "c" });
    victim.expect(404, "POST", "/v1/oidc/finish", none).await;
    assert!(issuer.plan(|plan| plan.asked.is_empty()), "the issuer was not even asked");
    attacker.expect(200, "POST", "/v1/oidc/finish", theirs.back("c")).await;
    // The issuer would take the code again; we do not.
    let replayed = attacker.expect(404, "POST", "/v1/oidc/finish", theirs.back("c")).await;
    assert_eq!((&replayed["code"], issuer.plan(|plan| plan.asked.len())), (&json!("oidc_ended"), 1));
    // The victim's own way is still open; but not for a link after they became somebody else.
    vouch(&issuer, &own, &[("sub", json!("2")), ("email", json!("victim@example.org"))]);
    victim.expect(200, "POST", "/v1/oidc/finish", own.back("c")).await;
    let link = away(&victim, true).await;
    vouch(&issuer, &link, &[("sub", json!("3"))]);
    attacker.expect(404, "POST", "/v1/oidc/finish", link.back("c")).await;
}

#[tokio::test]
async fn who_signed_out_meanwhile_is_no_guest_that_could_be_upgraded() {
    let (issuer, at) = with_issuer().await;
    let began = Person::guest(&at).await;
    let away = away(&began, false).await;
    vouch(&issuer, &away, &[]);
    let other = Person::guest(&at).await;
    let finished = other.expect(201, "POST", "/v1/oidc/finish", away.back("c")).await;
    assert_ne!(finished["user"]["id"], json!(other.id().await));
    assert_ne!(finished["user"]["id"], json!(began.id().await));
}

#[tokio::test]
async fn no_lie_of_an_issuer_signs_anybody_in() {
    let (issuer, at) = with_issuer().await;
    let person = Person { at: &at, token: None };
    let now = Clock::system().now().0 / 1_000;
    for (what, claims) in [
        ("another sign-in's nonce", vec![("nonce", json!("x".repeat(43)))]),
        ("no nonce", vec![("nonce", Value::Null)]),
        ("another client", vec![("aud", json!("others"))]),
        ("several clients", vec![("aud", json!(["callbox", "others"]))]),
        ("another's request", vec![("azp", json!("others"))]),
        ("another issuer", vec![("iss", json!("https://accounts.google.com"))]),
        ("expired", vec![("exp", json!(now - 120))]),
        ("from the future", vec![("iat", json!(now + 600))]),
        ("old", vec![("iat", json!(now - 3_600))]),
        ("nobody", vec![("sub", json!(""))]),
    ] {
        let honest = issuer.plan(|plan| plan.claims.clone());
        let (status, refused, _) = sign_in(&issuer, &person, false, &claims).await;
        assert_eq!((status, &refused["code"]), (502, &json!("oidc_failed")), "{what}");
        issuer.plan(|plan| plan.claims = honest);
    }
    for (what, header, signature) in [
        ("no signature", json!({ "alg": "none" }), Some(String::new())),
        ("a shared secret", json!({ "alg": "HS256", "kid": "k1" }), None),
        ("another kind of key", json!({ "alg": "RS256", "kid": "k1" }), None),
        ("another signature", json!({ "alg": "ES256", "kid": "k1" }), Some("A".repeat(86))),
        ("an unknown key", json!({ "alg": "ES256", "kid": "k9" }), None),
    ] {
        issuer.plan(|plan| (plan.header, plan.signature) = (header, signature));
        let (status, refused, _) = sign_in(&issuer, &person, false, &[]).await;
        assert_eq!((status, &refused["code"]), (502, &json!("oidc_failed")), "{what}");
    }
    issuer.plan(|plan| (plan.header, plan.signature) = (json!({ "alg": "ES256", "kid": "k1" }), None));
    // Another's address instead of this one's.
    issuer.plan(|plan| {
        plan.userinfo = json!({ "sub": "2", "email": "bert@example.org", "email_verified": true });
    });
    let without = [("email", Value::Null)];
    assert_eq!(sign_in(&issuer, &person, false, &without).await.0, 502);
    issuer.plan(|plan| plan.userinfo["sub"] = json!("1"));
    // None of it was for another reason: an honest one is taken.
    assert_eq!(sign_in(&issuer, &person, false, &without).await.0, 201);
    assert_eq!(issuer.plan(|plan| plan.key_questions), 1, "an unknown key asks once a minute at most");
}

#[tokio::test]
async fn an_answer_from_another_issuer_is_none() {
    let (issuer, at) = with_issuer().await;
    issuer.plan(|plan| plan.discovery["authorization_response_iss_parameter_supported"] = json!(true));
    let person = Person { at: &at, token: None };
    for (iss, status) in [(json!("https://evil.example"), 502), (Value::Null, 502), (json!(issuer.url), 201)]
    {
        let away = away(&person, false).await;
        vouch(&issuer, &away, &[]);
        let mut back = away.back("c");
        back["iss"] = iss;
        person.expect(status, "POST", "/v1/oidc/finish", back).await;
    }
    assert_eq!(issuer.plan(|plan| plan.asked.len()), 1);
}

#[tokio::test]
async fn documents_that_are_huge_or_anothers_or_lead_elsewhere_are_not_used() {
    let (issuer, clock) = (Issuer::start().await, Clock::movable());
    let at = start_by(&[("oidc", &issuer.setting())], clock.clone()).await;
    let person = Person { at: &at, token: None };
    let good = issuer.plan(|plan| plan.discovery.clone());
    for (what, spoil) in [
        ("huge", (|plan| plan.excess_bytes = 2 << 20) as fn(&mut hostile::Plan)),
        ("another issuer", |plan| plan.discovery["issuer"] = json!("https://accounts.google.com")),
        ("a private address", |plan| plan.discovery["token_endpoint"] = json!("http://10.0.0.1/token")),
        ("a file", |plan| plan.discovery["jwks_uri"] = json!("file:///etc/passwd")),
        ("a script", |plan| plan.discovery["authorization_endpoint"] = json!("javascript:alert(1)")),
        ("no document", |plan| plan.discovery = json!([])),
    ] {
        issuer.plan(|plan| {
            plan.discovery = good.clone();
            (plan.excess_bytes, plan.document_questions) = (0, 0);
            spoil(plan);
        });
        for _ in 0..2 {
            let refused = person.expect(502, "POST", "/v1/oidc/ours/start", json!({})).await;
            assert_eq!(refused["code"], "oidc_failed", "{what}");
        }
        assert_eq!(issuer.plan(|plan| plan.document_questions), 1, "{what}: it was left alone for a while");
        clock.advance(Duration::from_secs(5));
    }
    issuer.plan(|plan| plan.discovery = good);
    person.expect(200, "POST", "/v1/oidc/ours/start", json!({})).await;
}

#[tokio::test]
async fn a_key_set_that_is_huge_or_anothers_proves_nothing() {
    for (what, spoil) in [
        ("huge", (|plan| plan.excess_bytes = 2 << 20) as fn(&mut hostile::Plan)),
        ("another's key", |plan| plan.key_set = json!({ "keys": [foreign_key("k1")] })),
        ("no key", |plan| plan.key_set = json!({ "keys": [] })),
    ] {
        let (issuer, at) = with_issuer().await;
        let person = Person { at: &at, token: None };
        let away = away(&person, false).await;
        vouch(&issuer, &away, &[]);
        issuer.plan(spoil);
        let refused = person.expect(502, "POST", "/v1/oidc/finish", away.back("c")).await;
        assert_eq!(refused["code"], "oidc_failed", "{what}");
    }
    // A key without a name is tried.
    let (issuer, at) = with_issuer().await;
    let mut key = issuer.key_named("");
    key.as_object_mut().unwrap().remove("kid");
    issuer.plan(|plan| plan.key_set = json!({ "keys": [foreign_key("k2"), key] }));
    assert_eq!(sign_in(&issuer, &Person { at: &at, token: None }, false, &[]).await.0, 201);
}

#[tokio::test]
async fn somebody_who_is_banned_does_not_come_in_by_another_service() {
    let (issuer, at) = with_issuer().await;
    let admin = Person::admin(&at).await;
    let mut person = Person { at: &at, token: None };
    let (_, finished, _) = sign_in(&issuer, &person, false, &[]).await;
    person.become_of(&finished);
    let path = format!("/v1/users/{}/ban", person.id().await);
    admin.expect(201, "POST", &path, json!({ "scopes": ["user"] })).await;
    let nobody = Person { at: &at, token: None };
    let (status, refused, _) = sign_in(&issuer, &nobody, false, &[]).await;
    assert_eq!((status, &refused["code"]), (403, &json!("banned")));
}

#[tokio::test]
async fn the_page_that_we_serve_gets_the_login_in_its_cookie() {
    let issuer = Issuer::start().await;
    let at = start(&[("oidc", &issuer.setting()), ("public_url", "https://call.example.org")]).await;
    let own = [("Origin", "https://call.example.org"), crate::support::JSON];
    let started = request(at.addr, "POST", "/v1/oidc/ours/start", &own, "{}").await.json();
    let url = started["url"].as_str().unwrap();
    let away =
        Away { flow: started["flow"].as_str().unwrap().to_owned(), query: query(url), url: url.to_owned() };
    assert_eq!(away.query["redirect_uri"], "https://call.example.org/oidc");
    vouch(&issuer, &away, &[]);
    let finished = request(at.addr, "POST", "/v1/oidc/finish", &own, &away.back("c").to_string()).await;
    assert_eq!((finished.status, &finished.json()["token"]), (201, &Value::Null));
    let cookie = finished.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-callbox=") && cookie.contains("HttpOnly"), "{cookie}");
    // The page has a code in its address until its script removes it: no other place receives it.
    let page = request(at.addr, "GET", "/oidc?code=c&state=s", &[], "").await;
    assert_eq!((page.status, page.header("referrer-policy")), (200, Some("no-referrer")));
}
