//! The parts of a running server, and how a handler gets the two or three that it needs.
//!
//! Only references: each part has one owner and its own rules. Nothing here decides anything.

use axum::extract::FromRef;
use callbox_core::exchange::Settings;
use callbox_core::grant::Grants;
use callbox_core::limit::Buckets;
use callbox_store::Store;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

use crate::address::AddrKey;
use crate::admission::Admission;
use crate::assets::Assets;
use crate::clock;
use crate::config::Config;
use crate::hub::Hub;
use crate::relay::Relays;

/// Guests that one address may make: a classroom behind one address gets in, a script gets 30 a minute.
const GUEST_BURST: u32 = 30;
const GUEST_REFILL_MS: u64 = 2_000;
/// How many addresses are remembered; each costs about 50 bytes.
const GUEST_ADDRS_MAX: usize = 50_000;

/// All parts of a running server; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// Data at rest.
    pub store: Arc<Store>,
    /// Who is connected, waiting and calling.
    pub hub: Arc<Hub>,
    /// The relay, where there is one.
    pub relays: Option<Arc<Relays>>,
    /// The embedded web files.
    pub assets: Arc<Assets>,
    /// Who may open a socket now.
    pub admission: Arc<Admission>,
    /// How many guests an address may still make.
    pub guest_limit: GuestLimit,
    /// Each open socket holds a receiver, so that `closed()` waits for the last of them.
    pub sockets: Arc<watch::Sender<()>>,
    /// SHA-256 of the operator token.
    pub operator_token_hash: [u8; 32],
}

/// Token buckets for making guests, by address.
pub type GuestLimit = Arc<Mutex<Buckets<AddrKey>>>;

impl App {
    /// Puts the parts together.
    pub fn new(
        config: Config,
        store: Store,
        relays: Option<Arc<Relays>>,
        operator_token: &str,
        call_grant_key: &[u8; 32],
    ) -> Self {
        let config = Arc::new(config);
        let store = Arc::new(store);
        let guests = Buckets::new(GUEST_BURST, GUEST_REFILL_MS, GUEST_ADDRS_MAX);
        let settings = Settings {
            sessions_max: config.sessions_max,
            duplicate_login: config.duplicate_login,
            relay_policy: config.relay_policy,
            announces: config.relay_strict && relays.is_some(),
            grants: Grants::new(call_grant_key),
            epoch: u64::from_be_bytes(clock::luck()),
            seed: u64::from_be_bytes(clock::luck()),
        };
        Self {
            hub: Arc::new(Hub::new(Arc::clone(&store), relays.clone(), settings)),
            relays,
            admission: Arc::new(Admission::new(config.sockets_per_address_max)),
            assets: Arc::new(Assets::load(&config.data_dir)),
            guest_limit: Arc::new(Mutex::new(guests)),
            sockets: Arc::new(watch::Sender::new(())),
            operator_token_hash: callbox_store::hash_token(operator_token),
            config,
            store,
        }
    }
}

macro_rules! part {
    ($($field:ident: $kind:ty),* $(,)?) => {$(
        impl FromRef<App> for $kind {
            fn from_ref(app: &App) -> Self {
                app.$field.clone()
            }
        }
    )*};
}

part!(config: Arc<Config>, store: Arc<Store>, hub: Arc<Hub>, relays: Option<Arc<Relays>>, assets: Arc<Assets>, guest_limit: GuestLimit);
