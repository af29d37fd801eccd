//! The parts of a running server, and how a handler gets the two or three that it needs.
//!
//! Only references: each part has one owner and its own rules. Nothing here decides anything.

use anyhow::Context as _;
use axum::extract::FromRef;
use callbox_core::exchange::Settings;
use callbox_core::grant::Grants;
use callbox_identity::attributes::Attributes;
use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_media::Relays;
use callbox_store::{Store, hash_token};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

use crate::admission::Admission;
use crate::alert_command;
use crate::alerts::{Alerting, Targets};
use crate::answers::Answers;
use crate::assets::Assets;
use crate::attributes;
use crate::backups::Backups;
use crate::beacons::Beacons;
use crate::caller::Callers;
use crate::clock::Clock;
use crate::config::Config;
use crate::disk::Disk;
use crate::environment::Environment;
use crate::feeds::Feeds;
use crate::guessing::Guessing;
use crate::hub::Hub;
use crate::ice::Ice;
use crate::limits::Limits;
use crate::mail::Mails;
use crate::mail_requests::MailRequests;
use crate::mailboxes::Mailboxes;
use crate::moderation::Moderation;
use crate::monitor::Monitor;
use crate::newcomers::Newcomers;
use crate::oidc::Oidc;
use crate::password::Passwords;
use crate::randomness::Randomness;
use crate::readiness::Readiness;
use crate::source_maps::SourceMaps;
use crate::tls::Tls;
use callbox_settings::relay::RelayPolicies;

/// All parts of a running server. A clone is a reference: each step around a request has one.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

impl Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

/// The parts of a running server.
pub struct AppParts {
    /// Time, for all parts.
    pub clock: Clock,
    /// Randomness, for all parts.
    pub randomness: Randomness,
    /// The folder of the operator's files.
    pub data_dir: Arc<Path>,
    /// Data at rest.
    pub store: Arc<Store>,
    /// The answers that are kept.
    pub answers: Arc<Answers>,
    /// The room on the disk.
    pub disk: Arc<Disk>,
    /// Whether the database takes writes.
    pub readiness: Arc<Readiness>,
    /// The users who are connected, waiting and calling.
    pub hub: Arc<Hub>,
    /// The state of the backups.
    pub backups: Arc<Backups>,
    /// The relay, if there is one.
    pub relays: Option<Arc<Relays>>,
    /// The rules for who must use a relay.
    pub relay_policies: Arc<RelayPolicies>,
    /// The STUN and TURN servers that browsers get.
    pub ice: Arc<Ice>,
    /// TLS, if we speak it ourselves.
    pub tls: Option<Arc<Tls>>,
    /// The embedded web files.
    pub assets: Arc<Assets>,
    /// The caller of a request, as far as its connection shows.
    pub callers: Arc<Callers>,
    /// The limits on opening sockets.
    pub admission: Arc<Admission>,
    /// How often one may still ask.
    pub limits: Arc<Limits>,
    /// The threads that hash passwords.
    pub passwords: Arc<Passwords>,
    /// The sender of mails.
    pub mails: Arc<Mails>,
    /// Mails that somebody asked for.
    pub mail_requests: Arc<MailRequests>,
    /// How often a mailbox may still get one.
    pub mailboxes: Arc<Mailboxes>,
    /// The guesses at passwords.
    pub guessing: Arc<Guessing>,
    /// Sign-ins at issuers of OpenID Connect.
    pub oidc: Arc<Oidc>,
    /// The operator's choices on bans and reports.
    pub moderation: Arc<Moderation>,
    /// Figures over time.
    pub monitor: Arc<Monitor>,
    /// Rules over the figures, and who is told.
    pub alerts: Arc<Alerting>,
    /// The hashes by which bans of browsers and addresses are compared.
    pub keyed_hashes: Arc<KeyedHashes>,
    /// The limit of guests at an address where somebody was banned recently.
    pub newcomers: Arc<Newcomers>,
    /// What browsers tell about pages.
    pub beacons: Arc<Beacons>,
    /// SHA-256 of the token that makes the first admin, until it is used.
    pub setup_token_hash: Arc<Mutex<Option<[u8; 32]>>>,
    /// The rules for apps' data on users and calls.
    pub attributes: Arc<Attributes>,
    /// The live feeds of the figures.
    pub feeds: Arc<Feeds>,
    /// Each open socket holds a receiver, so that `closed()` waits for the last of them.
    pub sockets: Arc<watch::Sender<()>>,
    /// SHA-256 of the operator token.
    pub operator_token_hash: [u8; 32],
}

/// The secrets of a server.
pub struct Secrets {
    /// The holder of this token runs the server.
    pub operator_token: String,
    /// The key that seals call grants.
    pub call_grant_key: [u8; 32],
    /// The key of the hashes of devices and addresses.
    pub mark_key: [u8; 32],
    /// The holder of this token makes the first admin; `None` if there is one.
    pub setup_token: Option<String>,
}

impl App {
    /// Puts the parts together, and starts those that work by themselves. `cached_paths`: of the routes whose answers are kept.
    pub fn new(
        config: &Config,
        store: Arc<Store>,
        relays: Option<Arc<Relays>>,
        tls: Option<Arc<Tls>>,
        secrets: &Secrets,
        cached_paths: Vec<String>,
        environment: Environment,
    ) -> anyhow::Result<Self> {
        let Environment { clock, randomness } = environment;
        let passwords =
            Passwords::start(&clock, &randomness).context("cannot start the threads that hash passwords")?;
        let mails = Mails::start(&config.mail, &config.site, clock.clone(), randomness.clone())?;
        let oidc = Oidc::new(&config.oidc, &config.site, clock.clone())?;
        let attributes = attributes::load(&config.attributes)?;
        let mails = Arc::new(mails);
        let targets = Targets::new(&config.alerts.targets, config.site.origin(), Arc::clone(&mails))?;
        let (is_on, parts) = (config.monitor.is_on, alert_command::parts(config));
        let alerts = Alerting::new(is_on, &config.alerts, targets, parts, store.monitoring(), clock.clone())?;
        let keyed_hashes = Arc::new(KeyedHashes::new(secrets.mark_key));
        let mailboxes = Arc::new(Mailboxes::new(Arc::clone(&keyed_hashes)));
        let settings = exchange_settings(config, relays.is_some(), secrets, &randomness);
        let monitor = Arc::new(Monitor::new(config.monitor, &store, clock.clone()));
        let hub = start_hub(&store, relays.clone(), &monitor, settings, clock.clone());
        let maps = SourceMaps::new(&config.database.folder);
        let beacons = Beacons::start(
            store.monitoring(),
            maps,
            Arc::clone(&keyed_hashes),
            Arc::clone(&monitor),
            clock.clone(),
        );
        let parts = AppParts {
            hub,
            beacons,
            alerts: Arc::new(alerts),
            answers: Arc::new(Answers::new(&store, cached_paths)),
            disk: Arc::new(Disk::new(&config.database)),
            readiness: Arc::new(Readiness::new(clock.clone())),
            backups: Arc::new(Backups::new(clock.clone())),
            relays,
            relay_policies: Arc::new(config.relay.policies.clone()),
            ice: Arc::new(Ice::new(&config.ice, &clock)),
            tls,
            callers: Arc::new(Callers::new(config.callers.clone(), config.site.clone())),
            admission: Arc::new(Admission::new(config.limits.sockets_per_address_max, clock.clone())),
            assets: Arc::new(Assets::load(&config.database.folder)),
            limits: Arc::new(Limits::new(config.limits.rates)),
            feeds: Arc::default(),
            sockets: Arc::new(watch::Sender::new(())),
            passwords: Arc::new(passwords),
            mail_requests: MailRequests::start(
                Arc::clone(&store),
                Arc::clone(&mails),
                Arc::clone(&mailboxes),
                clock.clone(),
            ),
            mailboxes,
            guessing: Arc::new(Guessing::new(config.limits.rates, Arc::clone(&keyed_hashes), clock.clone())),
            mails,
            oidc: Arc::new(oidc),
            attributes: Arc::new(attributes),
            moderation: Arc::new(Moderation::new(Arc::clone(&store), config.moderation.clone())),
            monitor,
            keyed_hashes,
            newcomers: Arc::default(),
            setup_token_hash: Arc::new(Mutex::new(secrets.setup_token.as_deref().map(hash_token))),
            operator_token_hash: hash_token(&secrets.operator_token),
            data_dir: config.database.folder.as_path().into(),
            store,
            clock,
            randomness,
        };
        Ok(Self(Arc::new(parts)))
    }
}

/// The hub, which hears of the store's events.
fn start_hub(
    store: &Arc<Store>,
    relays: Option<Arc<Relays>>,
    monitor: &Arc<Monitor>,
    settings: Settings,
    clock: Clock,
) -> Arc<Hub> {
    let hub = Arc::new(Hub::new(Arc::clone(store), relays, Arc::clone(monitor), settings, clock));
    // Weak, since the hub has the store.
    let listener = Arc::downgrade(&hub);
    store.listen(move |events| {
        if let Some(hub) = listener.upgrade() {
            hub.apply(events);
        }
    });
    let watcher = Arc::downgrade(hub.pushes());
    store.watch(move |commit, tags| {
        if let Some(pushes) = watcher.upgrade() {
            pushes.handle_touch(tags, commit);
        }
    });
    hub
}

/// Of the machine that matches and relays.
fn exchange_settings(
    config: &Config,
    has_own_relay: bool,
    secrets: &Secrets,
    randomness: &Randomness,
) -> Settings {
    Settings {
        sessions_max: config.limits.sessions_max,
        duplicate_login: config.duplicate_login,
        has_relay: has_own_relay || config.ice.names_turn(),
        announces: config.relay.is_strict && has_own_relay,
        grants: Grants::new(&secrets.call_grant_key),
        epoch: randomness.number(),
        seed: randomness.number(),
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

impl FromRef<App> for Environment {
    fn from_ref(app: &App) -> Self {
        Self { clock: app.clock.clone(), randomness: app.randomness.clone() }
    }
}

part!(clock: Clock, store: Arc<Store>, answers: Arc<Answers>, hub: Arc<Hub>, relays: Option<Arc<Relays>>, assets: Arc<Assets>);
part!(alerts: Arc<Alerting>, disk: Arc<Disk>, readiness: Arc<Readiness>, beacons: Arc<Beacons>, monitor: Arc<Monitor>);
part!(ice: Arc<Ice>, moderation: Arc<Moderation>, tls: Option<Arc<Tls>>, backups: Arc<Backups>);
part!(passwords: Arc<Passwords>, mails: Arc<Mails>, oidc: Arc<Oidc>, attributes: Arc<Attributes>);
part!(mail_requests: Arc<MailRequests>, mailboxes: Arc<Mailboxes>, guessing: Arc<Guessing>, keyed_hashes: Arc<KeyedHashes>);
