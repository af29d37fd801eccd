//! The document of the interface compared with the server, by a tool that knows only the document: `PyPI`'s
//! schemathesis.
//!
//! It asks every operation with input that the document allows and with input that it does not. No answer may be a
//! 5xx, and none may have a status, a media type or a shape that is not described.

use crate::support::{Client, JSON, Person, guest, request, start};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// From a file: an address it would take for no part of the interface.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Fails with the findings of schemathesis, unless it found nothing. `call` is the one that it names, instead of an
/// invented one; `options` narrow its requests.
fn hold_against(origin: &str, token: &str, call: Option<&str>, options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("schemathesis.toml");
    let parameters = call.map(|call| format!("[parameters]\n\"path.call\" = \"{call}\"\n"));
    std::fs::write(&config, parameters.unwrap_or_default()).unwrap();
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pypi");
    assert!(
        packages.join("schemathesis").exists(),
        "schemathesis is missing: run `cargo xtask test --install`"
    );
    let output = Command::new("python3")
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(&config)
        .args([
            "run",
            DOCUMENT,
            "--url",
            origin,
            "--checks",
            CHECKS,
            "--header",
            &format!("Authorization: Bearer {token}"),
        ])
        // The same questions each time: a test that fails by chance teaches nobody.
        .args(["--seed", "1", "--max-examples", "20", "--continue-on-failure", "--warnings", "off"])
        .args(options)
        .env("PYTHONPATH", packages)
        // Examples that it would keep for the next run.
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_server_error_and_no_answer_that_is_not_described() {
    let running = start(&[]).await;
    let origin = format!("http://{}", running.addr);
    let token = guest(running.addr, Some("adult")).await;
    // A call that has ended, so that the routes of calls find one.
    let mut me = Client::connect(running.addr, &[]).await.unwrap();
    me.send(&json!({ "type": "hello", "token": token })).await;
    me.expect("hello").await;
    let mut other = Client::arrive(running.addr, Some("adult")).await;
    other.seek(&[]).await;
    me.seek(&[]).await;
    let call = other.confirm().await["call"].clone();
    me.confirm().await;
    me.expect("begin").await;
    me.end(&call, "hangup").await;
    me.expect("end").await;
    let call = call.as_str().unwrap();
    let operator = running.server.operator_token.clone();
    // It takes names from lists, and would end its own login.
    let other_token = guest(running.addr, Some("adult")).await;
    let logins = "/v1/me/logins/{login}";
    let admin = Person::admin(&running).await;
    let key = admin.expect(201, "POST", "/v1/api-keys", json!({ "name": "walk" })).await["key"].clone();
    let (admin, key) = (admin.token.unwrap(), key.as_str().unwrap().to_owned());
    tokio::task::block_in_place(|| {
        let ends = ["--exclude-path", logins, "--exclude-operation-id", "me_delete"];
        let others = ["--exclude-path-regex", "moderation|users|api-keys|introspect|stats|calls/.call.$"];
        hold_against(&origin, &token, Some(call), &[&ends[..], &others].concat());
        hold_against(&origin, &other_token, None, &["--include-path", logins]);
        hold_against(&origin, &other_token, None, &["--include-operation-id", "me_delete"]);
        hold_against(&origin, &admin, None, &["--include-path-regex", "moderation|users|api-keys"]);
        hold_against(&origin, &key, None, &["--include-path-regex", "introspect|users"]);
        hold_against(&origin, &token, None, &["--include-path-regex", "me/calls|calls/.call./"]);
        hold_against(&origin, &operator, None, &["--include-path-regex", "/v1/stats|calls/.call.$"]);
    });
    let stars = json!({ "stars": 5 }).to_string();
    let bearer = format!("Bearer {token}");
    let path = format!("/v1/calls/{call}/rating");
    let headers = [JSON, ("Authorization", bearer.as_str())];
    assert_eq!(
        request(running.addr, "PUT", &path, &headers, &stars).await.status,
        204,
        "it was this user's call"
    );
}
