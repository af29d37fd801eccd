//! The counterpart that is not ours: npm's oidc-provider, and a browser's work done by hand: redirects, cookies, two forms.

use super::{away, decode, query};
use crate::support::{Answer, PATIENCE, Person, request, start};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use tokio::sync::mpsc;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/e2e/issuer.mjs");
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../node_modules/oidc-provider");

/// An issuer that does not outlive its test.
struct Provider {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<String>,
    addr: SocketAddr,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Provider {
    /// `None` if the package is missing, which is an error on CI.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    async fn start() -> Option<Self> {
        if !Path::new(PACKAGE).exists() {
            let why = "npm's oidc-provider is missing: run `cargo xtask test --install`";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
            eprintln!("skipped: {why}");
            return None;
        }
        let mut child = Command::new("node")
            .arg(SCRIPT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is missing");
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, mut lines) = mpsc::channel(64);
        tokio::task::spawn_blocking(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let port = loop {
            let line = tokio::time::timeout(PATIENCE, lines.recv()).await.unwrap().expect("it did not start");
            if let Some(port) = line.strip_prefix("port ") {
                break port.parse::<u16>().unwrap();
            }
        };
        Some(Self { child, input, lines, addr: ([127, 0, 0, 1], port).into() })
    }

    fn setting(&self) -> String {
        let issuer = format!("http://{}", self.addr);
        format!(
            r#"[{{ id = "ours", name = "Real", issuer = "{issuer}", client_id = "callbox", client_secret = "north & south" }}]"#
        )
    }

    /// Takes browsers back to this address from now on.
    async fn serve(&mut self, redirect: &str) {
        writeln!(self.input, "{redirect}").unwrap();
        while tokio::time::timeout(PATIENCE, self.lines.recv()).await.unwrap().expect("it ended") != "ready" {
        }
    }
}

/// A person's browser at the issuer.
struct Browser {
    at: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn ask(&mut self, method: &str, path: &str, form: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers =
            vec![("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let answer = request(self.at, method, path, &headers, form).await;
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie") {
                let (cookie, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(cookie.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Signs in with this name, agrees to every question, and ends at the URL to which the issuer sends the browser
    /// back.
    async fn sign_in(&mut self, url: &str, name: &str) -> BTreeMap<String, String> {
        let issuer = format!("http://{}", self.at);
        let (mut path, mut form) = (url.strip_prefix(&issuer).unwrap().to_owned(), None);
        for _ in 0..12 {
            let answer = match form.take() {
                Some(form) => self.ask("POST", &path, form).await,
                None => self.ask("GET", &path, "").await,
            };
            if let Some(next) = answer.header("location") {
                let next = next.strip_prefix(&issuer).unwrap_or(next);
                if !next.starts_with('/') {
                    return query(next);
                }
                next.clone_into(&mut path);
                continue;
            }
            let page = String::from_utf8(answer.body).unwrap();
            let (_, action) = page.split_once("action=\"").unwrap_or_else(|| panic!("{page}"));
            let action = decode(action.split('"').next().unwrap());
            path = action.strip_prefix(&issuer).unwrap_or(&action).to_owned();
            let is_login = page.contains("name=\"login\"");
            form = Some(if is_login {
                &*format!("prompt=login&login={}&password=x", name.replace('@', "%40")).leak()
            } else {
                "prompt=consent"
            });
        }
        panic!("it never came back");
    }
}

/// There and back by somebody's browser.
async fn sign_in(provider: &Provider, person: &Person<'_>, name: &str) -> (u16, Value) {
    let away = away(person, false).await;
    let mut browser = Browser { at: provider.addr, cookies: BTreeMap::new() };
    let back = browser.sign_in(&away.url, name).await;
    let body = json!({ "flow": away.flow, "state": back["state"], "code": back["code"], "iss": back["iss"] });
    let answer = person.ask("POST", "/v1/oidc/finish", &body).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn npms_oidc_provider_makes_a_guest_an_account_and_brings_them_back() {
    let Some(mut provider) = Provider::start().await else { return };
    let at = start(&[("oidc", &provider.setting())]).await;
    provider.serve(&format!("http://{}/oidc", at.addr)).await;
    let me = Person::guest(&at).await;
    let id = me.id().await;
    let (status, finished) = sign_in(&provider, &me, "ann@example.org").await;
    assert_eq!((status, &finished["user"]["id"]), (200, &json!(id)), "{finished}");
    let account = me.expect(200, "GET", "/v1/me", Value::Null).await;
    assert_eq!((&account["id"], &account["email"]), (&json!(id), &json!("ann@example.org")));
    let mut elsewhere = Person { at: &at, token: None };
    let (status, finished) = sign_in(&provider, &elsewhere, "ann@example.org").await;
    assert_eq!((status, &finished["user"]["id"]), (201, &json!(id)), "{finished}");
    elsewhere.become_of(&finished);
    let items = elsewhere.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"].clone();
    assert_eq!((items.as_array().unwrap().len(), &items[0]["name"]), (1, &json!("Real")));
    let (status, refused) = sign_in(&provider, &Person::guest(&at).await, "unverified@example.org").await;
    assert_eq!((status, &refused["code"]), (403, &json!("oidc_unverified")));
    // An account that somebody has by mail is theirs to link.
    let admin = Person::admin(&at).await;
    let (status, finished) = sign_in(&provider, &Person::guest(&at).await, "admin@example.org").await;
    assert_eq!((status, &finished["outcome"]), (200, &json!("mailed")));
    let items = admin.expect(200, "GET", "/v1/me/identities", Value::Null).await["items"].clone();
    assert_eq!(items, json!([]));
}
