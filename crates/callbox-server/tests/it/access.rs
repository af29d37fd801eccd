//! Every route x every kind of caller, and the form of every error.

use crate::support::{JSON, guest, request, start};
use callbox_server::access::Access;
use callbox_server::http;
use serde_json::json;

#[tokio::test]
async fn every_route_lets_in_whom_its_rule_names_and_nobody_else() {
    let running = start(&[]).await;
    let login = format!("Bearer {}", guest(running.addr, None).await);
    let operator = format!("Bearer {}", running.server.operator_token);
    let callers: [(&str, Vec<(&str, &str)>); 4] = [
        ("anonymous", vec![]),
        ("login", vec![("Authorization", &login)]),
        ("operator", vec![("Authorization", &operator)]),
        ("foreign page", vec![("Authorization", &login), ("Origin", "https://evil.example")]),
    ];
    let document = request(running.addr, "GET", "/v1/openapi.json", &[], "").await.json();
    for route in http::table() {
        let path = route.path.replace("{call}", "x").replace("{hash}", "x").replace("{*path}", "x");
        for (name, headers) in &callers {
            let status = request(running.addr, route.method, &path, headers, "").await.status;
            let is_let_in = status != 401 && status != 403;
            let expected = match (route.access, *name) {
                (Access::Public, _) | (Access::Login, "login") | (Access::Operator, "operator") => true,
                (Access::Anyone | Access::Hello, name) => name != "foreign page",
                // A guest has no role, and nobody here a key.
                (
                    Access::Login
                    | Access::Moderator
                    | Access::Admin
                    | Access::Key
                    | Access::AdminOrKey
                    | Access::Operator,
                    _,
                ) => false,
            };
            assert_eq!(is_let_in, expected, "{} {} as {name}: {status}", route.method, route.path);
            if route.path.starts_with("/v1/") {
                let operation = &document["paths"][route.path][route.method.to_lowercase()];
                let is_described = !operation["responses"][status.to_string()].is_null();
                assert!(
                    is_described,
                    "{} {} answers {status}, which is not described",
                    route.method, route.path
                );
            }
        }
    }
}

#[tokio::test]
async fn errors_are_problem_documents_with_stable_codes() {
    let running = start(&[]).await;
    let login = format!("Bearer {}", guest(running.addr, None).await);
    let document = request(running.addr, "GET", "/v1/openapi.json", &[], "").await.json();
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(50_000));
    let text = ("Content-Type", "text/plain");
    for (method, path, headers, body, status, code) in [
        ("GET", "/v1/nothing", vec![], "", 404, "not_found"),
        ("GET", "/v1/me", vec![], "", 401, "unauthenticated"),
        ("GET", "/v1/stats", vec![("Authorization", "Bearer wrong")], "", 401, "unauthenticated"),
        ("GET", "/v1/stats", vec![("Authorization", &login)], "", 403, "forbidden"),
        ("DELETE", "/v1/me", vec![], "", 405, "method_not_allowed"),
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
