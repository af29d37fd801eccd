//! A machine whose clock is put right after the server's start, as one without a battery does, or one that slept. By
//! libfaketime, which shows a process another wall clock than ours.

use super::hostile::Issuer;
use super::query;
use crate::process::{Serving, callbox};
use crate::support::{Answer, Client, JSON, guest, request};
use callbox_server::clock::Clock;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

async fn sign_in(issuer: &Issuer, addr: SocketAddr) -> Answer {
    let started = request(addr, "POST", "/v1/oidc/ours/start", &[JSON], "{}").await.json();
    let query = query(started["url"].as_str().unwrap());
    let now = Clock::system().wall().0 / 1_000;
    issuer.claim(&[("nonce", json!(query["nonce"])), ("iat", json!(now)), ("exp", json!(now + 300))]);
    let back = json!({ "flow": started["flow"], "state": query["state"], "code": "c" }).to_string();
    request(addr, "POST", "/v1/oidc/finish", &[JSON], &back).await
}

/// Until when a TURN server of others lets this hello's credential in.
async fn credential_until(addr: SocketAddr, token: &str) -> u64 {
    let mut client = Client::connect(addr, &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    let hello = client.expect("hello").await;
    let name = hello["ice_servers"][0]["username"].as_str().unwrap().to_owned();
    name.split(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_right_after_the_start_spoils_nothing_that_others_compare_with_theirs() {
    if !Path::new(LIBRARY).exists() {
        eprintln!("skipped: there is no libfaketime; `cargo xtask test --install` installs it");
        return;
    }
    let issuer = Issuer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let behind = folder.path().join("clock");
    std::fs::write(&behind, "-10m\n").unwrap();
    let mut command = callbox();
    command.env("LD_PRELOAD", LIBRARY).env("FAKETIME_TIMESTAMP_FILE", &behind).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    command.env("CALLBOX_OIDC", issuer.setting());
    command.env("CALLBOX_ICE_SERVERS", r#"[{ urls = ["turn:turn.example.org"], secret = "north" }]"#);
    let serving = Serving::start_by(command, &folder.path().join("data"), &[], 3);
    let addr = serving.addr();
    let token = guest(addr, Some("adult")).await;
    let now = || Clock::system().wall().0 / 1_000;
    let day = 24 * 3_600;
    assert!(credential_until(addr, &token).await < now() + day - 500);
    assert_eq!(sign_in(&issuer, addr).await.status, 502, "the issuer's token is from the future");
    std::fs::write(&behind, "+0\n").unwrap();
    let answer = sign_in(&issuer, addr).await;
    assert_eq!((answer.status, &answer.json()["outcome"]), (201, &json!("signed_in")), "{answer:?}");
    let until = credential_until(addr, &token).await;
    assert!(until.abs_diff(now() + day) < 60, "{until}");
}
