//! A fresh store of either engine, and the people and calls of the tests.

use callbox_protocol::account::LoginKind;
use callbox_protocol::call::{CallKind, CallRecord, CandidateKind, EndCause, Outcome, Path, Side};
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use callbox_store::{NewGuest, NewLogin, Options, Proven, Shown, Store, UserEvent};
use std::sync::{Arc, Mutex};

use crate::audit::Audit;

pub(crate) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A store, empty at first.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: Option<String>,
    prepares: bool,
    events: Arc<Mutex<Vec<UserEvent>>>,
    /// With SQLite.
    audit: Option<Audit>,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::of(Store::open(folder.path()).unwrap(), folder, None, true)
    }

    /// `None` if nobody started a server for the tests.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = new_database().await?;
        Some(Self::connect(url, true).await)
    }

    /// The same through a pool that gives a connection away after each transaction, and forgets statements.
    pub(crate) async fn pgbouncer() -> Option<Self> {
        let Ok(place) = std::env::var("CALLBOX_TEST_PGBOUNCER") else {
            eprintln!("skipped: no pgbouncer in CALLBOX_TEST_PGBOUNCER; `cargo xtask test` starts one");
            return None;
        };
        let url = new_database().await?;
        let (_, name) = url.rsplit_once('/').unwrap();
        Some(Self::connect(format!("postgres://postgres@{place}/{name}"), false).await)
    }

    async fn connect(url: String, prepares: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::connect(&options(&folder, Some(&url), prepares)).await.unwrap();
        Self::of(store, folder, Some(url), prepares)
    }

    /// The same data in another process, as it were.
    pub(crate) async fn reopen(self) -> Self {
        let Self { store, folder, url, prepares, audit, .. } = self;
        store.close().await;
        drop((store, audit));
        let store = Store::connect(&options(&folder, url.as_deref(), prepares)).await.unwrap();
        Self::of(store, folder, url, prepares)
    }

    fn of(store: Store, folder: tempfile::TempDir, url: Option<String>, prepares: bool) -> Self {
        let events = Arc::<Mutex<Vec<UserEvent>>>::default();
        store.listen({
            let events = Arc::clone(&events);
            move |new| events.lock().unwrap().extend_from_slice(new)
        });
        let audit = url.is_none().then(|| Audit::start(&store, folder.path()));
        Self { store, folder, url, prepares, events, audit }
    }

    /// The events that the store sent since the last call.
    pub(crate) fn events(&self) -> Vec<UserEvent> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// Somebody who may ban and give roles.
    pub(crate) async fn make_admin(&self, number: u8) {
        let email = format!("{number}@example.org");
        self.store.create_admin(user(number), email, "hash".to_owned(), None, NOW).await.unwrap();
    }
}

/// The end of logins of one user.
pub(crate) fn ended(number: u8, logins: &[u8]) -> UserEvent {
    let logins = logins.iter().map(|login| LoginId::from_bytes([*login; 16])).collect();
    UserEvent::LoginsEnded(user(number), logins)
}

/// The password of this hash was given, and was right.
pub(crate) fn proven(hash: &str) -> Proven {
    Proven { hash: hash.to_owned(), rehashed: None }
}

fn options(folder: &tempfile::TempDir, url: Option<&str>, prepares: bool) -> Options {
    Options { url: url.map(str::to_owned), prepares, ..Options::embedded(folder.path()) }
}

/// An empty database on the tests' server; returns its URL.
async fn new_database() -> Option<String> {
    let Ok(server) = std::env::var("CALLBOX_TEST_POSTGRES") else {
        eprintln!("skipped: no PostgreSQL in CALLBOX_TEST_POSTGRES; `cargo xtask test` starts one");
        return None;
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("story_{:016x}", u64::from_be_bytes(random));
    on_server(vec![format!("CREATE DATABASE {name}")]).await;
    let (server, _) = server.rsplit_once('/').unwrap();
    Some(format!("{server}/{name}"))
}

/// Statements for the tests' server itself, over a connection of their own.
pub(crate) async fn on_server(statements: Vec<String>) {
    let server = std::env::var("CALLBOX_TEST_POSTGRES").unwrap();
    let (client, driver) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(driver);
    for statement in statements {
        client.simple_query(&statement).await.unwrap();
    }
    drop(client);
    driver.await.unwrap().unwrap();
}

pub(crate) fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

pub(crate) fn login(number: u8) -> NewLogin {
    NewLogin {
        id: LoginId::from_bytes([number; 16]),
        token_hash: [number; 32],
        kind: LoginKind::Guest,
        label: "Firefox on Linux".to_owned(),
        device: Some([number; 32]),
        address: None,
    }
}

/// The evidence of this login for a change: the hash whose password it gave, if any.
pub(crate) fn shown(number: u8, password_hash: Option<&str>) -> Shown {
    let password_hash = password_hash.map(str::to_owned);
    Shown { login: LoginId::from_bytes([number; 16]), password_hash, has_mail: true }
}

pub(crate) fn guest(number: u8, age: Option<AgeClass>) -> NewGuest {
    NewGuest { user: user(number), age, login: login(number), now: NOW }
}

pub(crate) fn call_id(number: u8) -> CallId {
    CallId::from_bytes([number; 16])
}

pub(crate) fn call(number: u8, outcome: Outcome) -> CallRecord {
    CallRecord {
        call: call_id(number),
        kind: CallKind::Random,
        caller: user(1),
        callee: user(2),
        matched_at: NOW,
        confirmed_ms: Some(12),
        offer_ms: Some(13),
        answer_ms: None,
        caller_connected_ms: None,
        callee_connected_ms: None,
        caller_dtls_ms: Some(20),
        callee_dtls_ms: None,
        caller_first_frame_ms: None,
        callee_first_frame_ms: None,
        caller_path: Some(Path { local: CandidateKind::Host, remote: CandidateKind::Prflx }),
        callee_path: None,
        restarts_ms: Vec::new(),
        is_restored: false,
        ended_ms: 5_000,
        cause: EndCause::PeerLost,
        ended_by: Some(Side::Callee),
        outcome,
    }
}
