//! A database that is there and does not do its work, and one that two processes want: on real processes and a real PostgreSQL.

use crate::postgres::{PgBouncer, Postgres};
use crate::process::{Serving, callbox, text};
use crate::support::{Answer, JSON, PATIENCE, guest, request};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

async fn start(folder: &Path, url: &str) -> Serving {
    let (folder, setting) = (folder.to_owned(), format!("database_url={url}"));
    // Before 1.21 pgbouncer forgets prepared statements.
    let flags = ["--set", "database_prepare=false", "--set"];
    let start = move || Serving::start_with(&folder, &[&flags[..], &[&*setting]].concat());
    let serving = spawn_blocking(start).await.unwrap();
    assert!(serving.addr().port() > 0, "it ended at once");
    serving
}

/// A command on a folder and a database, to its end.
async fn run(command: &[&'static str], folder: &Path, url: &str) -> Output {
    let (command, folder, url) = (command.to_vec(), folder.to_owned(), url.to_owned());
    let run = move || {
        // A process that continues is ended, and fails by that.
        let mut process = std::process::Command::new("timeout");
        process.arg("20").arg(callbox().get_program()).args(command).arg("--data-dir").arg(folder);
        process.env_clear().env("PATH", "/usr/bin:/bin").env("CALLBOX_DATABASE_URL", url);
        process.env("CALLBOX_DATABASE_PREPARE", "false").output()
    };
    spawn_blocking(run).await.unwrap().unwrap()
}

async fn serve(folder: &Path, url: &str) -> Output {
    run(&["serve", "--listen", "127.0.0.1:0"], folder, url).await
}

/// Kills it and starts another. That may take so much longer, at most, than a start after an end in order: other tests run
/// beside, and slow both. Once is enough.
async fn kill_and_start(mut serving: Serving, folder: &Path, url: &str, limit: Duration) -> Serving {
    let mut took = Vec::new();
    for _ in 0..5 {
        assert!(serving.terminate().success());
        let begun = Instant::now();
        serving = start(folder, url).await;
        let usual = begun.elapsed();
        serving.kill();
        let begun = Instant::now();
        serving = start(folder, url).await;
        took.push((usual, begun.elapsed()));
        assert_eq!(request(serving.addr(), "GET", "/readyz", &[], "").await.status, 200);
        if took.last().is_some_and(|(usual, now)| *now < *usual + limit) {
            return serving;
        }
    }
    panic!("five starts took more than {limit:?} longer than others: {took:?}");
}

async fn put_name(addr: SocketAddr, token: &str, name: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let body = json!({ "name": name }).to_string();
    request(addr, "PUT", "/v1/me/profile", &[JSON, ("Authorization", &bearer)], &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_has_one_server_and_another_is_refused_until_that_one_is_gone() {
    let Some(postgres) = Postgres::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = |name: &str| -> PathBuf { home.path().join(name) };
    let url = postgres.url();
    let mut first = start(&folder("one"), &url).await;
    let token = guest(first.addr(), Some("adult")).await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["accept-keys"]] {
        let refused = run(command, &folder("two"), &url).await;
        assert!(!refused.status.success());
        let said = text(&refused.stderr);
        assert!(said.lines().last().unwrap().contains("another callbox uses this database"), "{said}");
    }
    let admin = run(&["admin", "create", "--email", "ann@example.org"], &folder("two"), &url).await;
    assert!(text(&admin.stderr).contains("stop it for a moment"), "{admin:?}");

    // A hold that is lost for a moment is taken again: nobody else took it.
    postgres.restart("fast");
    let healed = async { while put_name(first.addr(), &token, "A").await.status != 200 {} };
    timeout(PATIENCE, healed).await.expect("it did not heal");

    first = kill_and_start(first, &folder("one"), &url, Duration::from_secs(1)).await;
    assert!(first.terminate().success());

    // The folder of the other has keys of its own.
    let refused = serve(&folder("two"), &url).await;
    let said = text(&refused.stderr);
    let last = said.lines().last().unwrap();
    assert!(!refused.status.success(), "{said}");
    for words in ["call-grant-key and mark-key", "copy it from", "`callbox accept-keys`"] {
        assert!(last.contains(words), "{last}");
    }
    assert!(run(&["accept-keys"], &folder("two"), &url).await.status.success());
    let mut second = start(&folder("two"), &url).await;
    assert_eq!(put_name(second.addr(), &token, "B").await.status, 200);

    // Another process has it, as after a long silence of this one: it goes by itself, and says that it failed.
    postgres.sql("ALTER TABLE callbox_owner ALTER name TYPE text USING 'another'");
    let ended = timeout(PATIENCE, spawn_blocking(move || second.wait())).await.expect("it goes on").unwrap();
    assert!(!ended.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_too_a_database_has_one_server() {
    let Some(postgres) = Postgres::start() else { return };
    let Some(bouncer) = PgBouncer::start(&postgres).await else { return };
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    let url = bouncer.url();
    let first = start(&one, &url).await;
    for url in [&url, &postgres.url()] {
        let refused = serve(&two, url).await;
        assert!(text(&refused.stderr).contains("another callbox uses this database"), "{refused:?}");
    }
    let mut next = kill_and_start(first, &one, &url, Duration::from_secs(3)).await;
    assert!(next.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_postgresql_is_read_only_writes_are_503_and_the_server_is_not_ready_and_both_heal() {
    let Some(postgres) = Postgres::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let serving = start(folder.path(), &postgres.url()).await;
    let addr = serving.addr();
    let token = guest(addr, Some("adult")).await;
    let ready = async || request(addr, "GET", "/readyz", &[], "").await.status;
    assert_eq!(ready().await, 200);
    postgres.sql("ALTER DATABASE postgres SET default_transaction_read_only = on");
    // Those who come now are read-only.
    postgres.restart("fast");
    for _ in 0..5 {
        let refused = put_name(addr, &token, "A").await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused:?}");
    }
    let unready = async { while ready().await != 503 {} };
    timeout(PATIENCE, unready).await.expect("it is ready and cannot write");
    let bearer = format!("Bearer {token}");
    let me = request(addr, "GET", "/v1/me", &[("Authorization", &bearer)], "").await;
    assert_eq!(me.status, 200, "reading goes on: {me:?}");
    postgres.sql("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT");
    let healed = async { while put_name(addr, &token, "B").await.status != 200 || ready().await != 200 {} };
    timeout(PATIENCE, healed).await.expect("it did not heal");
}
