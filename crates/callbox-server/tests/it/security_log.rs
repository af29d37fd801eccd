//! The security log: each route that changes rights or credentials writes its lines, and they name nobody.

use crate::accounts::token;
use crate::moderation::couple;
use crate::oidc::{sign_in, with_issuer};
use crate::support::{Answer, Log, Person, Running, until};
use callbox_server::http;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

const PASSWORD: &str = "four small brown owls";
const NEW_PASSWORD: &str = "five large grey herons";

/// Routes that change no rights or credentials.
const SILENT: [(&str, &str); 19] = [
    // A guest proves nothing and has the rights of anybody.
    ("POST", "/v1/guests"),
    ("PUT", "/v1/me/age"),
    ("POST", "/v1/oidc/{provider}/start"),
    ("PUT", "/v1/me/profile"),
    ("PUT", "/v1/me/attributes"),
    ("PUT", "/v1/calls/{call}/attributes"),
    ("DELETE", "/v1/me/blocks/{block}"),
    ("POST", "/v1/invites"),
    ("POST", "/v1/calls/{call}/block"),
    ("POST", "/v1/calls/{call}/report"),
    ("PUT", "/v1/calls/{call}/rating"),
    ("POST", "/v1/moderation/reports/{report}/dismiss"),
    ("POST", "/v1/moderation/reports/{report}/reopen"),
    ("PUT", "/v1/users/{user}/plan"),
    ("PUT", "/v1/users/{user}/attributes"),
    ("POST", "/v1/introspect"),
    ("POST", "/cb/v"),
    // Figures of somebody whom only an app knows: nobody's rights.
    ("POST", "/v1/visits/erase"),
    // Marks a time.
    ("POST", "/v1/deploys"),
];

/// Asks, and compares the lines that came of it.
struct Walk<'a> {
    at: &'a Running,
    log: Log,
    read: RefCell<usize>,
    /// The routes that wrote a line.
    heard: RefCell<BTreeSet<(&'static str, &'static str)>>,
}

impl Walk<'_> {
    fn new_lines(&self) -> Vec<String> {
        let text = self.log.text();
        let lines = text[self.read.replace(text.len())..].lines().filter(|line| line.contains(" security: "));
        lines.map(str::to_owned).collect()
    }

    /// `expected` are the events, each with its detail, in order. The answer has the request's id, and so have they.
    fn check(&self, route: (&'static str, &'static str), answer: &Answer, expected: &[&str]) {
        let lines = self.new_lines();
        let id = format!("request_id=\"{}\"", answer.header("x-request-id").unwrap());
        let found: Vec<_> = lines.iter().map(|line| words(line)).collect();
        assert_eq!(found, expected, "{route:?}: {answer:?}");
        assert!(lines.iter().all(|line| line.contains(&id)), "{lines:?}");
        self.heard.borrow_mut().insert(route);
    }

    async fn ask(
        &self,
        person: &Person<'_>,
        route: (&'static str, &'static str),
        body: Value,
        expected: &[&str],
    ) -> Value {
        self.ask_of(person, route, "", body, expected).await
    }

    /// As [`Self::ask`], if the path has a part for this.
    async fn ask_of(
        &self,
        person: &Person<'_>,
        route: (&'static str, &'static str),
        part: &str,
        body: Value,
        expected: &[&str],
    ) -> Value {
        let path: Vec<_> =
            route.1.split('/').map(|step| if step.starts_with('{') { part } else { step }).collect();
        self.new_lines();
        let answer = person.ask(route.0, &path.join("/"), &body).await;
        self.check(route, &answer, expected);
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The answer comes before the mail is sent, and the line after it.
    async fn mailed(&self, route: (&'static str, &'static str), body: Value, expected: &str) {
        let (nobody, before) = (Person { at: self.at, token: None }, self.log.text().len());
        assert_eq!(nobody.ask(route.0, route.1, &body).await.status, 202);
        until(async || self.log.text()[before..].lines().any(|line| words(line) == expected)).await;
        self.heard.borrow_mut().insert(route);
    }

    async fn nobody(&self, route: (&'static str, &'static str), body: Value, expected: &[&str]) -> Value {
        self.ask(&Person { at: self.at, token: None }, route, body, expected).await
    }
}

/// `sign_in_done password`, of a whole line.
fn words(line: &str) -> String {
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    [value("event"), value("detail")].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn each_route_that_changes_who_may_do_what_writes_its_lines_and_names_nobody() {
    let (issuer, at) = with_issuer().await;
    let log = Log::default();
    // The server runs on this thread too.
    let _guard = log.listen();
    let walk = Walk { at: &at, log: log.clone(), read: RefCell::default(), heard: RefCell::default() };
    let admin = admins_and_keys(&walk).await;
    let ann = passwords_and_links(&walk).await;
    bans(&walk, &admin, &ann).await;
    identities(&walk, &issuer, &ann).await;
    walk.ask(&ann, ("DELETE", "/v1/me"), json!({ "password": NEW_PASSWORD }), &["account_deleted"]).await;
    // Each other route that changes something was thought of.
    let changing = |route: &http::Route| route.path.starts_with("/v1/") && route.method != "GET";
    for route in http::table().iter().filter(|route| changing(route)) {
        let name = (route.method, route.path.as_str());
        let is_heard = walk.heard.borrow().contains(&name);
        assert!(is_heard != SILENT.contains(&name), "{name:?} writes no line, or is said to write none");
    }
    let log = log.text();
    let id = admin.id().await;
    for personal in ["@", "example", "owls", "herons", "127.0.0.1", "shouts", "Firefox", id.as_str()] {
        for line in log.lines().filter(|line| line.contains(" security: ")) {
            assert!(!line.contains(personal), "{personal}: {line}");
        }
    }
}

async fn admins_and_keys<'a>(walk: &Walk<'a>) -> Person<'a> {
    let (setup, role, keys) =
        (("POST", "/v1/setup"), ("PUT", "/v1/users/{user}/role"), ("POST", "/v1/api-keys"));
    let body = json!({ "token": "wrong", "email": "admin@example.org", "password": "a keeper of many keys" });
    walk.nobody(setup, body.clone(), &["sign_in_failed setup"]).await;
    let mut body = body;
    body["token"] = json!(walk.at.server.setup_token);
    let mut admin = Person { at: walk.at, token: None };
    let made = walk.ask(&admin, setup, body, &["admin_made", "sign_in_done setup"]).await;
    admin.become_of(&made);
    let guest = Person::guest(walk.at).await;
    walk.ask_of(&admin, role, &guest.id().await, json!({ "role": "moderator" }), &["role_changed moderator"])
        .await;
    walk.ask(&guest, keys, json!({ "name": "shop" }), &["access_refused"]).await;
    let key = walk.ask(&admin, keys, json!({ "name": "shop" }), &["api_key_made"]).await;
    let silences = ("POST", "/v1/alerts/silences");
    let body = json!({ "rule": "disk", "minutes": 5, "why": "a bigger one comes" });
    let silence = walk.ask(&admin, silences, body, &["alert_silenced"]).await;
    let end = ("DELETE", "/v1/alerts/silences/{silence}");
    walk.ask_of(&admin, end, &silence["id"].to_string(), Value::Null, &["alert_silence_ended"]).await;
    let end = ("DELETE", "/v1/api-keys/{key}");
    walk.ask_of(&admin, end, text(&key["item"]["id"]), Value::Null, &["api_key_ended"]).await;
    admin
}

/// Ann's account, from its first mail; she is signed in with the new password in the end.
async fn passwords_and_links<'a>(walk: &Walk<'a>) -> Person<'a> {
    let at = walk.at;
    let mut ann = Person::guest(at).await;
    let address = json!({ "email": "ann@example.org", "password": PASSWORD });
    walk.ask(&ann, ("PUT", "/v1/me/email"), address, &["link_sent verify"]).await;
    let (verify, link) = (("POST", "/v1/verifications"), json!({ "token": token(at, 1, "verify").await }));
    walk.ask(&ann, verify, link.clone(), &["link_used verify", "address_changed"]).await;
    walk.ask(&ann, verify, link, &["link_refused verify"]).await;

    let logins = ("POST", "/v1/logins");
    let by = |email: &str, password: &str| json!({ "email": email, "password": password });
    walk.nobody(logins, by("ann@example.org", "wrong"), &["sign_in_failed password"]).await;
    walk.nobody(logins, by("nobody@example.org", "wrong"), &["sign_in_failed password"]).await;
    walk.nobody(logins, by("ann@example.org", PASSWORD), &["sign_in_done password"]).await;
    let all = ann.expect(200, "GET", "/v1/me/logins", Value::Null).await;
    let other = all["items"].as_array().unwrap().iter().find(|login| login["is_current"] == false).unwrap();
    walk.ask_of(&ann, ("DELETE", "/v1/me/logins/{login}"), text(&other["id"]), Value::Null, &["signed_out"])
        .await;

    let email = json!({ "email": "ann@example.org" });
    walk.mailed(("POST", "/v1/logins/mail"), email.clone(), "link_sent sign_in").await;
    let link = json!({ "token": token(at, 2, "sign-in").await });
    let redeem = ("POST", "/v1/logins/redeem");
    walk.nobody(redeem, link.clone(), &["link_used sign_in", "sign_in_done mail"]).await;
    walk.nobody(redeem, link, &["link_refused sign_in"]).await;

    let change = ("PUT", "/v1/me/password");
    walk.ask(&ann, change, json!({ "current": "wrong", "new": NEW_PASSWORD }), &["proof_failed"]).await;
    walk.ask(&ann, change, json!({ "current": PASSWORD, "new": NEW_PASSWORD }), &["password_changed"]).await;
    walk.mailed(("POST", "/v1/passwords/mail"), email, "link_sent reset").await;
    let link = json!({ "token": token(at, 4, "reset").await, "password": NEW_PASSWORD });
    let reset = ("POST", "/v1/passwords/reset");
    walk.nobody(reset, link.clone(), &["link_used reset", "password_changed"]).await;
    walk.nobody(reset, link, &["link_refused reset"]).await;
    let signed_in =
        walk.nobody(logins, by("ann@example.org", NEW_PASSWORD), &["sign_in_done password"]).await;
    ann.become_of(&signed_in);
    walk.ask(&ann, ("POST", "/v1/me/approvals"), json!({ "change": "deletion" }), &["link_sent approve"])
        .await;
    let (approve, link) = (("POST", "/v1/approvals"), json!({ "token": token(at, 6, "approve").await }));
    walk.nobody(approve, link.clone(), &["link_used approve"]).await;
    walk.nobody(approve, link, &["link_refused approve"]).await;
    ann
}

async fn bans(walk: &Walk<'_>, admin: &Person<'_>, ann: &Person<'_>) {
    let [one, other] = [Person::guest(walk.at).await, Person::guest(walk.at).await];
    let (_, call) = couple(&one, &other).await;
    one.expect(204, "POST", &format!("/v1/calls/{call}/report"), json!({ "reason": "spam" })).await;
    let reports = admin.expect(200, "GET", "/v1/moderation/reports", Value::Null).await;
    let ban = json!({ "scopes": ["user"], "reason": "shouts" });
    let reported = ("POST", "/v1/moderation/reports/{report}/ban");
    walk.ask_of(admin, reported, text(&reports["items"][0]["id"]), ban.clone(), &["ban_made user"]).await;
    let bert = Person::guest(walk.at).await;
    let bans =
        walk.ask_of(admin, ("POST", "/v1/users/{user}/ban"), &bert.id().await, ban, &["ban_made user"]).await;
    let lift = ("DELETE", "/v1/moderation/bans/{ban}");
    walk.ask_of(admin, lift, text(&bans["items"][0]["id"]), Value::Null, &["ban_lifted"]).await;
    walk.ask_of(ann, lift, "x", Value::Null, &["access_refused"]).await;
}

async fn identities(walk: &Walk<'_>, issuer: &crate::oidc::hostile::Issuer, ann: &Person<'_>) {
    let nobody = Person { at: walk.at, token: None };
    let there_and_back = async |person: &Person<'_>, claims: &[(&str, Value)], expected: &[&str]| {
        walk.new_lines();
        let (_, finished, away) = sign_in(issuer, person, true, claims).await;
        let found: Vec<_> = walk.new_lines().iter().map(|line| words(line)).collect();
        assert_eq!(found, expected, "{finished}");
        walk.heard.borrow_mut().insert(("POST", "/v1/oidc/finish"));
        (finished, json!({ "flow": away.flow }))
    };
    let (_, mut word) = there_and_back(ann, &[("sub", json!("2"))], &[]).await;
    word["password"] = json!(NEW_PASSWORD);
    walk.ask(ann, ("POST", "/v1/oidc/confirm"), word, &["identity_linked"]).await;
    let own = ann.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"][0]["id"].clone();
    let unlink = ("DELETE", "/v1/me/identities/{identity}");
    let proof = json!({ "password": NEW_PASSWORD });
    walk.ask_of(ann, unlink, text(&own), proof, &["identity_unlinked"]).await;
    there_and_back(ann, &[("aud", json!("others"))], &["sign_in_failed oidc"]).await;

    let as_nobody = async |claims: &[(&str, Value)], expected: &[&str]| {
        walk.new_lines();
        let (_, finished, _) = sign_in(issuer, &nobody, false, claims).await;
        let found: Vec<_> = walk.new_lines().iter().map(|line| words(line)).collect();
        assert_eq!(found, expected, "{finished}");
    };
    let claims = [("aud", json!("callbox")), ("sub", json!("3")), ("email", json!("carl@example.org"))];
    as_nobody(&claims, &["sign_in_done oidc"]).await;
    as_nobody(&[("sub", json!("4")), ("email_verified", json!(false))], &["sign_in_failed oidc"]).await;
    let claims = [("email", json!("ann@example.org")), ("email_verified", json!(true))];
    as_nobody(&claims, &["link_sent identity"]).await;
    let link = json!({ "token": token(walk.at, 9, "oidc").await });
    let redeem = ("POST", "/v1/oidc/redeem");
    walk.nobody(redeem, link.clone(), &["link_used identity", "identity_linked", "sign_in_done mail"]).await;
    walk.nobody(redeem, link, &["link_refused identity"]).await;
}
