//! A fresh store of either engine, and the people and calls that stories are about.

use callbox_protocol::account::LoginKind;
use callbox_protocol::http::AgeClass;
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::signal::{CallKind, CandidateKind, EndCause, Path, Side};
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewCall, NewGuest, NewLogin, Options, Outcome, Store};

pub(crate) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A store, empty at first.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: Option<String>,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: Store::open(folder.path()).unwrap(), folder, url: None }
    }

    /// `None` where nobody started a server for the tests.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("CALLBOX_TEST_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL in CALLBOX_TEST_POSTGRES; `cargo xtask test` starts one");
            return None;
        };
        let mut luck = [0; 8];
        getrandom::fill(&mut luck).unwrap();
        let name = format!("story_{:016x}", u64::from_be_bytes(luck));
        let (client, driver) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(driver);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        let (server, _) = server.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        let folder = tempfile::tempdir().unwrap();
        let options = options(&folder, Some(&url));
        Some(Self { store: Store::connect(&options).await.unwrap(), folder, url: Some(url) })
    }

    /// The same data in another process, as it were.
    pub(crate) async fn reopen(self) -> Self {
        let Self { store, folder, url } = self;
        store.close().await;
        drop(store);
        let store = Store::connect(&options(&folder, url.as_deref())).await.unwrap();
        Self { store, folder, url }
    }
}

fn options(folder: &tempfile::TempDir, url: Option<&str>) -> Options {
    Options { url: url.map(str::to_owned), ..Options::embedded(folder.path()) }
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

pub(crate) fn guest(number: u8, age: Option<AgeClass>) -> NewGuest {
    NewGuest { user: user(number), age, login: login(number), now: NOW }
}

pub(crate) fn call_id(number: u8) -> CallId {
    CallId::from_bytes([number; 16])
}

pub(crate) fn call(number: u8, outcome: Outcome) -> NewCall {
    NewCall {
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
        ended_ms: 5_000,
        cause: EndCause::PeerLost,
        ended_by: Some(Side::Callee),
        outcome,
    }
}
