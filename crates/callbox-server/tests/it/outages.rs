//! Acknowledged writes last: through kills at any moment, a full disk, and a PostgreSQL that goes down and up.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "whoever runs it wants to know how much was shown"
)]

use crate::postgres::Postgres;
use crate::process::{Serving, callbox};
use crate::support::{Answer, Client, JSON, PATIENCE, guest, request, try_request, until};
use serde_json::json;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Writers at once: enough that commits carry several writes.
const WRITERS: usize = 8;

/// Acknowledged writes of a round that comes to its own: more than a commit carries.
const WRITES: u32 = 20;

/// The state that a round of writers shares.
#[derive(Default)]
struct Round {
    is_over: AtomicBool,
    /// Writes that were acknowledged.
    written: AtomicU32,
}

impl Round {
    /// However slow the machine is.
    async fn until_written(&self, count: u32) {
        until(async || self.written.load(Ordering::SeqCst) >= count).await;
    }
}

/// A client that writes durably again and again, and the answers that it got.
struct Writer {
    token: String,
    /// The last name that was acknowledged, and one that was sent after it and not answered.
    acknowledged: u32,
    unanswered: Option<u32>,
    written: u32,
}

impl Writer {
    async fn arrive(addr: SocketAddr) -> std::io::Result<Option<Self>> {
        let answer = try_request(addr, "POST", "/v1/guests", &[JSON], "{}").await?;
        Ok((answer.status == 201).then(|| Self {
            token: answer.json()["token"].as_str().unwrap().to_owned(),
            acknowledged: 0,
            unanswered: None,
            written: 1,
        }))
    }

    async fn ask(&self, addr: SocketAddr, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let bearer = format!("Bearer {}", self.token);
        try_request(addr, method, path, &[JSON, ("Authorization", &bearer)], body).await
    }

    /// Writes until the server is gone, or the round has ended. A refusal is an answer: nothing was written.
    async fn write(&mut self, addr: SocketAddr, round: &Round) {
        while !round.is_over.load(Ordering::SeqCst) {
            let name = self.unanswered.unwrap_or(self.acknowledged) + 1;
            self.unanswered = Some(name);
            let body = json!({ "name": name.to_string() }).to_string();
            match self.ask(addr, "PUT", "/v1/me/profile", &body).await {
                Ok(answer) if answer.status == 200 => {
                    self.acknowledged = name;
                    self.unanswered = None;
                    self.written += 1;
                    round.written.fetch_add(1, Ordering::SeqCst);
                }
                Ok(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    assert!(answer.header("retry-after").is_some(), "{answer:?}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(_) => return,
            }
        }
    }

    /// The last acknowledged name is there, or a later one that was on its way.
    async fn check(&self, addr: SocketAddr) {
        let me = self.ask(addr, "GET", "/v1/me", "").await.unwrap();
        assert_eq!(me.status, 200, "an acknowledged guest is gone: {me:?}");
        let json = me.json();
        let found = json["profile"]["name"].as_str().unwrap().parse().unwrap_or(0_u32);
        let latest = self.unanswered.unwrap_or(self.acknowledged);
        assert!((self.acknowledged..=latest).contains(&found), "{found} is none of {}", self.acknowledged);
    }
}

/// Kills the server at some moment of a load, so many times, and looks for all that it acknowledged.
/// `CALLBOX_TEST_SEED` gives the same moments again, as far as the machine lets it.
async fn kill_again_and_again(rounds: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut writers: Vec<Writer> = Vec::new();
    let mut random = seeded();
    for number in 0..rounds {
        let mut serving = Serving::start(folder.path());
        let addr = serving.addr();
        // The writers of the last round: a writer that was checked once is on the disk.
        for writer in writers.iter().rev().take(WRITERS) {
            writer.check(addr).await;
        }
        let round = Arc::new(Round::default());
        let mut tasks = Vec::new();
        for _ in 0..WRITERS {
            let round = Arc::clone(&round);
            tasks.push(tokio::spawn(async move {
                let mut writer = Writer::arrive(addr).await.ok()??;
                writer.write(addr, &round).await;
                Some(writer)
            }));
        }
        // Every second one may be killed before anything was written.
        if number % 2 == 0 {
            round.until_written(WRITES).await;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(0..80))).await;
        serving.kill();
        round.is_over.store(true, Ordering::SeqCst);
        for task in tasks {
            writers.extend(task.await.unwrap());
        }
    }
    let mut serving = Serving::start(folder.path());
    for writer in &writers {
        writer.check(serving.addr()).await;
    }
    assert!(serving.terminate().success());
    callbox_store::check_backup(folder.path()).unwrap();
    let written: u32 = writers.iter().map(|writer| writer.written).sum();
    println!("{rounds} kills: {written} durable writes were acknowledged, none was lost");
    assert!(written >= WRITES / 2 * rounds, "{written}");
}

fn seeded() -> fastrand::Rng {
    let given = std::env::var("CALLBOX_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("CALLBOX_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_at_any_moment_lose_nothing_that_was_acknowledged() {
    kill_again_and_again(50).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full: a thousand starts and kills take minutes"]
async fn a_thousand_kills_lose_nothing_that_was_acknowledged() {
    kill_again_and_again(1_000).await;
}

/// A server whose data folder is a file system of 6 MB of its own, in a mount namespace of its own.
struct SmallDisk {
    child: Child,
    addr: SocketAddr,
    /// The folder as seen from here: through the process, whose namespace it is in.
    seen: std::path::PathBuf,
}

impl SmallDisk {
    /// With so many MiB for calls alone; `None` if the system grants no namespaces.
    fn start(folder: &Path, reserve_mb: u32) -> Option<Self> {
        let script = "mount -t tmpfs -o size=6m,mode=0700 tmpfs \"$1\" && exec \"$0\" serve --listen 127.0.0.1:0 --data-dir \"$1\"";
        let script = format!("{script} --set disk_reserve_mb={reserve_mb}");
        let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
        let mut command = Command::new("unshare");
        command.args(if is_root { &["--mount"][..] } else { &["--mount", "--map-root-user"][..] });
        command.args(["sh", "-c", &script]).arg(callbox().get_program()).arg(folder).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let first = BufReader::new(child.stdout.take().unwrap()).lines().next();
        let Some(Ok(line)) = first else {
            eprintln!("skipped: this system grants no mount namespace to a test");
            let _ = child.wait();
            return None;
        };
        let addr = line.strip_prefix("callbox is listening on http://").unwrap().parse().unwrap();
        let seen = format!("/proc/{}/root{}", child.id(), folder.display()).into();
        Some(Self { child, addr, seen })
    }

    /// Leaves so much for others.
    fn fill_but(&self, left_bytes: usize) {
        self.fill();
        let file = std::fs::OpenOptions::new().write(true).open(self.seen.join("filler")).unwrap();
        file.set_len(file.metadata().unwrap().len() - left_bytes as u64).unwrap();
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.seen.join("filler")).unwrap();
        // Small pieces at the end, so that nothing at all is left.
        for size in [65_536, 512] {
            let piece = vec![1; size];
            loop {
                match file.write_all(&piece) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.seen.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_nothing_else_and_heals_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = SmallDisk::start(folder.path(), 0) else { return };
    let addr = server.addr;
    let ann = guest(addr, Some("adult")).await;
    let bob = guest(addr, Some("adult")).await;
    server.fill();
    let mut refused = None;
    // The log has some room of its own; then there is none.
    for _ in 0..2_000 {
        let answer = request(addr, "POST", "/v1/guests", &[JSON], "{}").await;
        if answer.status != 201 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the disk never was full");
    assert_eq!((refused.status, &refused.json()["code"]), (507, &json!("storage_full")), "{refused:?}");

    let bearer = format!("Bearer {ann}");
    let me = request(addr, "GET", "/v1/me", &[("Authorization", &bearer)], "").await;
    assert_eq!(me.status, 200, "{me:?}");
    they_talk(addr, [&ann, &bob]).await;

    server.make_room();
    until(async || request(addr, "POST", "/v1/guests", &[JSON], "{}").await.status == 201).await;
}

/// Two people meet, and say something.
async fn they_talk(addr: SocketAddr, tokens: [&str; 2]) {
    let mut sides = Vec::new();
    for token in tokens {
        let mut side = Client::connect(addr, &[]).await.unwrap();
        side.send(&json!({ "type": "hello", "token": token })).await;
        side.expect("hello").await;
        side.seek(&[]).await;
        sides.push(side);
    }
    let (mut bob, mut ann) = (sides.pop().unwrap(), sides.pop().unwrap());
    ann.confirm().await;
    let call = bob.confirm().await["call"].clone();
    ann.expect("begin").await;
    bob.expect("begin").await;
    ann.send(&json!({ "type": "chat", "call": call, "text": "still here" })).await;
    assert_eq!(bob.expect("chat").await["text"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_nearly_full_guests_and_attributes_stop_and_calls_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = SmallDisk::start(folder.path(), 3) else { return };
    let addr = server.addr;
    let (ann, bob) = (guest(addr, Some("adult")).await, guest(addr, Some("adult")).await);
    server.fill_but(2 << 20);
    let bearer = format!("Bearer {ann}");
    let headers = [JSON, ("Authorization", bearer.as_str())];
    for (method, path, body) in
        [("POST", "/v1/guests", "{}"), ("PUT", "/v1/me/attributes", r#"{"public":{"a":1}}"#)]
    {
        let refused = request(addr, method, path, &headers, body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (507, &json!("storage_full")), "{refused:?}");
    }
    they_talk(addr, [&ann, &bob]).await;
    let named = request(addr, "PUT", "/v1/me/profile", &headers, r#"{"name":"Ann"}"#).await;
    assert_eq!(named.status, 200, "{named:?}");
    let token = std::fs::read_to_string(server.seen.join("operator-token")).unwrap();
    let operator = format!("Bearer {}", token.trim());
    let stats = request(addr, "GET", "/v1/stats", &[("Authorization", &operator)], "").await.json();
    assert_eq!(stats["store"]["refused_for_room"], 2, "{stats}");
    assert!(stats["store"]["free_bytes"].as_u64().unwrap() < 3 << 20, "{stats}");
    server.make_room();
    assert_eq!(request(addr, "POST", "/v1/guests", &[JSON], "{}").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_restarts_twenty_times_loses_nothing_and_the_server_goes_on_by_itself() {
    let Some(postgres) = Postgres::start() else { return };
    let postgres = Arc::new(postgres);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("database_url={}", postgres.url());
    let mut serving = Serving::start_with(folder.path(), &["--set", &url]);
    let addr = serving.addr();
    let all = Arc::new(Round::default());
    let mut tasks = Vec::new();
    for _ in 0..WRITERS {
        let mut writer = Writer::arrive(addr).await.unwrap().unwrap();
        let all = Arc::clone(&all);
        tasks.push(tokio::spawn(async move {
            writer.write(addr, &all).await;
            writer
        }));
    }
    for round in 0..20 {
        let postgres = Arc::clone(&postgres);
        let mode = if round % 2 == 0 { "immediate" } else { "fast" };
        let written = all.written.load(Ordering::SeqCst);
        tokio::task::spawn_blocking(move || postgres.restart(mode)).await.unwrap();
        all.until_written(written + WRITES / 2).await;
    }
    // It works again, without a word from anybody.
    let healed = async {
        while request(addr, "POST", "/v1/guests", &[JSON], "{}").await.status != 201 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, healed).await.expect("it did not heal");
    all.is_over.store(true, Ordering::SeqCst);
    let mut written = 0;
    for task in tasks {
        let writer = task.await.unwrap();
        writer.check(addr).await;
        written += writer.written;
    }
    println!("20 restarts of PostgreSQL: {written} writes were acknowledged, none was lost");
    assert!(written >= 20 * WRITES / 2, "{written}");
    assert!(serving.terminate().success());
}
