//! Backups as an operator makes them: by the binary, while a server takes writes, and back again.

use crate::process::{Serving, callbox, text};
use crate::support::{JSON, guest, request};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn run(command: &[&str], data: &Path) -> Output {
    callbox().args(command).arg("--data-dir").arg(data).output().unwrap()
}

async fn set_name(addr: std::net::SocketAddr, token: &str, name: &str) {
    let bearer = format!("Bearer {token}");
    let body = json!({ "name": name }).to_string();
    let headers = [JSON, ("Authorization", bearer.as_str())];
    let set = request(addr, "PUT", "/v1/me/profile", &headers, &body).await;
    assert_eq!(set.status, 200, "{:?}", text(&set.body));
}

async fn name_of(addr: std::net::SocketAddr, token: &str) -> Option<String> {
    let bearer = format!("Bearer {token}");
    let me = request(addr, "GET", "/v1/me", &[("Authorization", &bearer)], "").await;
    (me.status == 200).then(|| me.json()["profile"]["name"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_costs_no_request_and_brings_back_what_was_acknowledged_before_it() {
    let home = tempfile::tempdir().unwrap();
    let (data, to) = (home.path().join("data"), home.path().join("copy"));
    let mut serving = Serving::start(&data);
    let addr = serving.addr();
    let ann = guest(addr, Some("adult")).await;
    set_name(addr, &ann, "Ann").await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (stop, ann) = (Arc::clone(&stop), guest(addr, None).await);
        async move {
            let mut requests = 0;
            while !stop.load(Ordering::SeqCst) {
                set_name(addr, &ann, &format!("number {requests}")).await;
                requests += 1;
            }
            requests
        }
    });
    for number in 0..5 {
        let copy = home.path().join(format!("copy-{number}"));
        let made = run(&["backup", copy.to_str().unwrap()], &data);
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
    let made = run(&["backup", to.to_str().unwrap()], &data);
    assert!(made.status.success() && text(&made.stdout).contains("checked"), "{}", text(&made.stderr));
    stop.store(true, Ordering::SeqCst);
    assert!(load.await.unwrap() > 20, "there was no load");
    set_name(addr, &ann, "Somebody else").await;

    let refused = run(&["restore", to.to_str().unwrap()], &data);
    assert!(!refused.status.success() && text(&refused.stderr).contains("another callbox uses"));
    assert!(serving.terminate().success());
    let restored = run(&["restore", to.to_str().unwrap()], &data);
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let serving = Serving::start(&data);
    assert_eq!(name_of(serving.addr(), &ann).await.as_deref(), Some("Ann"));
    // A backup is a data folder: it can be looked at by itself.
    let other = Serving::start(&to);
    assert_eq!(name_of(other.addr(), &ann).await.as_deref(), Some("Ann"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_is_told_of_the_last_backup_and_of_the_databases_size() {
    let folder = tempfile::tempdir().unwrap();
    let stats = |serving: &Serving| {
        let (addr, token) = (serving.addr(), std::fs::read_to_string(folder.path().join("operator-token")));
        async move {
            let bearer = format!("Bearer {}", token.unwrap().trim());
            request(addr, "GET", "/v1/stats", &[("Authorization", &bearer)], "").await.json()
        }
    };
    let mut serving = Serving::start(folder.path());
    let told = stats(&serving).await;
    assert_eq!((&told["store"]["backup"], &told["store"]["pool"]), (&Value::Null, &Value::Null));
    assert!(told["store"]["bytes"].as_u64().unwrap() + told["store"]["log_bytes"].as_u64().unwrap() > 10_000);
    assert!(run(&["backup"], folder.path()).status.success());
    assert!(serving.terminate().success());
    let serving = Serving::start(folder.path());
    let told = stats(&serving).await;
    assert!(told["store"]["backup"]["at"].as_u64().unwrap() > 1_700_000_000_000, "{told}");
    let doctor = text(&run(&["doctor"], folder.path()).stdout);
    assert!(doctor.contains("is 0 hours old"), "{doctor}");
}

#[test]
fn a_backup_of_nothing_and_a_restore_of_no_backup_say_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let none = home.path().join("none");
    let made = run(&["backup"], &none);
    assert!(!made.status.success() && text(&made.stderr).contains("no backup of"), "{}", text(&made.stderr));
    assert!(!none.join("backups").exists() || none.join("backups").read_dir().unwrap().count() == 0);
    let restored = run(&["restore", "/nowhere"], &none);
    assert!(
        !restored.status.success() && text(&restored.stderr).contains("nothing of /nowhere was restored")
    );
}
