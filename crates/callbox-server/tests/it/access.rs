//! Every route x every kind of caller, and the form of every error.

use crate::support::{JSON, Person, guest, request, start};
use callbox_server::access::Access;
use callbox_server::http;
use serde_json::json;

/// Whether the rule lets these callers in.
fn lets_in(access: Access, name: &str) -> bool {
    match access {
        Access::Public => true,
        // None of these callers says which page it is, or it is a foreign one.
        Access::Page => false,
        Access::Anyone | Access::Hello => name != "foreign page",
        Access::Login => ["guest", "moderator", "admin"].contains(&name),
        Access::LoginOrKey => ["guest", "moderator", "admin", "key"].contains(&name),
        Access::Moderator => ["moderator", "admin"].contains(&name),
        Access::ModeratorOrOperator => ["moderator", "admin", "operator"].contains(&name),
        Access::Admin => name == "admin",
        Access::Key => name == "key",
        Access::AdminOrKey => ["admin", "key"].contains(&name),
        Access::Operator => ["admin", "operator"].contains(&name),
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_its_rule_names_and_nobody_else() {
    let running = start(&[]).await;
    let admin = Person::admin(&running).await;
    let moderator = Person::moderator(&running, &admin).await;
    let key = admin.expect(201, "POST", "/v1/api-keys", json!({ "name": "walk" })).await["key"].clone();
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let document = request(running.addr, "GET", "/v1/openapi.json", &[], "").await.json();
    let mut table = http::table();
    // An admitted caller of that route is gone.
    table.sort_by_key(|route| (route.method, route.path.as_str()) == ("DELETE", "/v1/me"));
    for route in table {
        let parts = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        // A new one each time: a route may well end a login.
        let guest = guest(running.addr, None).await;
        let callers = [
            ("anonymous", None),
            ("guest", bearer(&guest)),
            ("foreign page", bearer(&guest)),
            ("moderator", moderator.token.as_deref().and_then(bearer)),
            ("admin", admin.token.as_deref().and_then(bearer)),
            ("key", key.as_str().and_then(bearer)),
            ("operator", bearer(&running.server.operator_token)),
        ];
        for (name, token) in &callers {
            let mut headers: Vec<(&str, &str)> = Vec::new();
            headers.extend(token.as_deref().map(|token| ("Authorization", token)));
            if *name == "foreign page" {
                headers.push(("Origin", "https://evil.example"));
            }
            let answer = request(running.addr, route.method, &path, &headers, "").await;
            let status = answer.status;
            // Other refusals are the handlers' own, of somebody who was let in.
            let is_refused = [401, 403].contains(&status)
                && ["unauthenticated", "forbidden"].map(|code| json!(code)).contains(&answer.json()["code"]);
            let expected = lets_in(route.access, name);
            assert_eq!(!is_refused, expected, "{} {} as {name}: {status}", route.method, route.path);
            if route.path.starts_with("/v1/") {
                let operation = &document["paths"][&route.path][route.method.to_lowercase()];
                let is_described = !operation["responses"][status.to_string()].is_null();
                assert!(is_described, "{} {} answers {status}, not described", route.method, route.path);
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_somebody_is_not_there_for_anybody_else() {
    let running = start(&[]).await;
    let owner = Person::guest(&running).await;
    let blocked = Person::guest(&running).await;
    let mut sockets = [owner.socket().await, blocked.socket().await];
    for socket in &mut sockets {
        socket.seek(&[]).await;
    }
    let mut call = json!(null);
    for socket in &mut sockets {
        call = socket.confirm().await["call"].clone();
    }
    let call = call.as_str().unwrap().to_owned();
    owner.expect(204, "POST", &format!("/v1/calls/{call}/block"), json!({})).await;
    let first =
        async |path: &str| owner.expect(200, "GET", path, json!(null)).await["items"][0]["id"].clone();
    let login = first("/v1/me/logins").await.as_str().unwrap().to_owned();
    let block = first("/v1/me/blocks").await.as_str().unwrap().to_owned();
    let admin = Person::admin(&running).await;
    let others = [("other", &Person::guest(&running).await), ("blocked", &blocked), ("admin", &admin)];
    let bodies = json!({ "stars": 5, "reason": "spam" });
    let mut count = 0;
    for route in
        http::table().iter().filter(|route| matches!(route.access, Access::Login | Access::LoginOrKey))
    {
        let path = route.path.replace("{call}", &call).replace("{login}", &login).replace("{block}", &block);
        if path == route.path {
            continue;
        }
        for (name, person) in &others {
            // A user who was in the call may speak of it.
            if *name == "blocked" && route.path.contains("{call}") {
                continue;
            }
            let status = person.ask(route.method, &path, &bodies).await.status;
            assert_eq!(status, 404, "{} {} as {name}", route.method, route.path);
            count += 1;
        }
    }
    assert!(count >= 12, "{count} were tried");
    owner.expect(200, "GET", "/v1/me", json!(null)).await;
}

#[tokio::test]
async fn errors_are_problem_documents_with_stable_codes() {
    let running = start(&[]).await;
    let login = format!("Bearer {}", guest(running.addr, None).await);
    let document = request(running.addr, "GET", "/v1/openapi.json", &[], "").await.json();
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(20_000));
    let text = ("Content-Type", "text/plain");
    for (method, path, headers, body, status, code) in [
        ("GET", "/v1/nothing", vec![], "", 404, "not_found"),
        ("GET", "/v1/me", vec![], "", 401, "unauthenticated"),
        ("GET", "/v1/stats", vec![("Authorization", "Bearer wrong")], "", 401, "unauthenticated"),
        ("GET", "/v1/stats", vec![("Authorization", &login)], "", 403, "forbidden"),
        ("PATCH", "/v1/me", vec![], "", 405, "method_not_allowed"),
        ("POST", "/v1/guests", vec![JSON], "{", 400, "bad_request"),
        ("POST", "/v1/guests", vec![JSON], r#"{"age":"old"}"#, 400, "bad_request"),
        ("POST", "/v1/guests", vec![text], "{}", 415, "unsupported_media_type"),
        ("POST", "/v1/guests", vec![JSON], &large, 413, "too_large"),
        ("POST", "/v1/guests", vec![("Origin", "https://evil.example")], "", 403, "forbidden"),
        ("GET", "/v1/socket", vec![], "", 400, "bad_request"),
    ] {
        let answer = request(running.addr, method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let operation = &document["paths"][path][method.to_lowercase()];
        let is_described = !operation["responses"][status.to_string()].is_null();
        assert_eq!(
            is_described,
            !operation.is_null(),
            "{method} {path} answers {status}, or is no operation"
        );
        let problem = answer.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        assert!(problem["detail"].as_str().unwrap().ends_with('.'));
    }
}

#[tokio::test]
async fn health_and_readiness_tell_nothing_else() {
    let running = start(&[]).await;
    assert_eq!(request(running.addr, "GET", "/healthz", &[], "").await.body, b"ok\n");
    assert_eq!(request(running.addr, "GET", "/readyz", &[], "").await.body, b"ready\n");
    running.server.app.hub.shut_down();
    assert_eq!(request(running.addr, "GET", "/readyz", &[], "").await.status, 503);
    assert_eq!(request(running.addr, "GET", "/healthz", &[], "").await.status, 200);
}
