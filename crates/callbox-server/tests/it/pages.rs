//! The embedded pages, assets and package.

use crate::support::{request, start};
use flate2::read::GzDecoder;
use std::io::Read;

const HTML: (&str, &str) = ("Accept", "text/html");

#[tokio::test]
async fn pages_come_prerendered_under_a_strict_policy_with_nothing_inline() {
    let running = start(&[]).await;
    for path in [
        "/",
        "/call",
        "/i/some-code",
        "/docs",
        "/account",
        "/sign-in",
        "/verify",
        "/reset",
        "/setup",
        "/moderation",
        "/dashboard",
        "/safety",
        "/terms",
    ] {
        let page = request(running.addr, "GET", path, &[HTML], "").await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        let html = String::from_utf8(page.body).unwrap();
        assert!(html.contains("<h1") && !html.contains("__HASH__"), "{path}");
        assert!(!html.contains(" style=") && !html.contains("<style"), "{path} has inline styles");
        for script in html.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains("src="), "{path} has an inline script");
        }
    }
}

#[tokio::test]
async fn assets_are_kept_for_a_year_under_their_hash_alone() {
    let running = start(&[]).await;
    let html = String::from_utf8(request(running.addr, "GET", "/call", &[], "").await.body).unwrap();
    let path = html.split('"').find(|part| part.starts_with("/assets/") && part.contains("app.js")).unwrap();
    let asset = request(running.addr, "GET", path, &[], "").await;
    assert_eq!(asset.status, 200);
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
    let other = path.replace(running.server.app.assets.hash(), "0000000000000000");
    assert_eq!(request(running.addr, "GET", &other, &[], "").await.header("cache-control"), Some("no-cache"));
    let etag = ("If-None-Match", asset.header("etag").unwrap());
    assert_eq!(request(running.addr, "GET", path, &[etag], "").await.status, 304);
    let gzip = request(running.addr, "GET", path, &[("Accept-Encoding", "br, gzip")], "").await;
    let mut unpacked = Vec::new();
    GzDecoder::new(gzip.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, asset.body);
    assert!(gzip.body.len() < asset.body.len());
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() {
    let running = start(&[]).await;
    let page = request(running.addr, "GET", "/nowhere", &[HTML], "").await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let problem = request(running.addr, "GET", "/nowhere", &[], "").await;
    assert_eq!(problem.json()["code"], "not_found");
    for path in ["/assets/x/../../../Cargo.toml", "/assets/x/%2e%2e/index.html", "/assets/x/"] {
        assert_eq!(request(running.addr, "GET", path, &[], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_sdk_is_a_package_that_npm_understands() {
    let running = start(&[]).await;
    let package = request(running.addr, "GET", "/sdk.tgz", &[], "").await;
    assert_eq!(package.status, 200);
    let mut archive = tar::Archive::new(GzDecoder::new(package.body.as_slice()));
    let mut manifest = String::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        assert!(path.starts_with("package"), "{path:?}");
        if path.ends_with("package.json") {
            entry.read_to_string(&mut manifest).unwrap();
        }
    }
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["name"], "@callbox/client");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_monitor_may_be_loaded_by_pages_of_any_site() {
    let running = start(&[]).await;
    let foreign = ("Origin", "https://elsewhere.example");
    let script = request(running.addr, "GET", "/monitor.js", &[foreign], "").await;
    let text = String::from_utf8(script.body.clone()).unwrap();
    let hash = running.server.app.assets.hash();
    let path = format!("/assets/{hash}/monitor-rest.js");
    assert!(text.contains(&path), "the script names its second half");
    let rest = request(running.addr, "GET", &path, &[foreign], "").await;
    let text = String::from_utf8(rest.body.clone()).unwrap();
    assert!(text.contains("import(\"./monitor-calls.js\")"), "the second half names what is about calls");
    let calls = format!("/assets/{hash}/monitor-calls.js");
    let calls = request(running.addr, "GET", &calls, &[foreign], "").await;
    let year = "public, max-age=31536000, immutable";
    for (answer, keep) in [(&script, "no-cache"), (&rest, year), (&calls, year)] {
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some(keep)));
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
    }
    let other = request(running.addr, "GET", &format!("/assets/{hash}/app.js"), &[foreign], "").await;
    assert_eq!((other.status, other.header("access-control-allow-origin")), (200, None));
}
