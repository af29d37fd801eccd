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
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

use crate::admission::Admission;
use crate::assets::Assets;
use crate::attributes;
use crate::backups::Backups;
use crate::caller::Callers;
use crate::clock;
use crate::config::Config;
use crate::disk::Disk;
use crate::guessing::Guessing;
use crate::hub::Hub;
use crate::ice::Ice;
use crate::limits::Limits;
use crate::mail::Mails;
use crate::mail_requests::MailRequests;
use crate::mailboxes::Mailboxes;
use crate::moderation::Moderation;
use crate::newcomers::Newcomers;
use crate::oidc::Oidc;
use crate::password::Passwords;
use crate::readiness::Readiness;
use crate::relay::RelayPolicies;
use crate::tls::Tls;

/// All parts of a running server; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The folder of the operator's files.
    pub data_dir: Arc<Path>,
    /// Data at rest.
    pub store: Arc<Store>,
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
    /// The hashes by which bans of browsers and addresses are compared.
    pub keyed_hashes: Arc<KeyedHashes>,
    /// The limit of guests at an address where somebody was banned recently.
    pub newcomers: Arc<Newcomers>,
    /// SHA-256 of the token that makes the first admin, until it is used.
    pub setup_token_hash: Arc<Mutex<Option<[u8; 32]>>>,
    /// The rules for apps' data on users and calls.
    pub attributes: Arc<Attributes>,
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
    /// Puts the parts together, and starts those that work by themselves.
    pub fn new(
        config: &Config,
        store: Arc<Store>,
        relays: Option<Arc<Relays>>,
        tls: Option<Arc<Tls>>,
        secrets: &Secrets,
    ) -> anyhow::Result<Self> {
        let passwords = Passwords::start().context("cannot start the threads that hash passwords")?;
        let mails = Mails::start(&config.mail, &config.site)?;
        let oidc = Oidc::new(&config.oidc, &config.site)?;
        let attributes = attributes::load(&config.attributes)?;
        let mails = Arc::new(mails);
        let keyed_hashes = Arc::new(KeyedHashes::new(secrets.mark_key));
        let mailboxes = Arc::new(Mailboxes::new(Arc::clone(&keyed_hashes)));
        let settings = Settings {
            sessions_max: config.limits.sessions_max,
            duplicate_login: config.duplicate_login,
            has_relay: relays.is_some() || config.ice.names_turn(),
            announces: config.relay.is_strict && relays.is_some(),
            grants: Grants::new(&secrets.call_grant_key),
            epoch: u64::from_be_bytes(clock::random()),
            seed: u64::from_be_bytes(clock::random()),
        };
        let hub = Arc::new(Hub::new(Arc::clone(&store), relays.clone(), settings));
        // Weak, since the hub has the store.
        let listener = Arc::downgrade(&hub);
        store.listen(move |events| {
            if let Some(hub) = listener.upgrade() {
                hub.apply(events);
            }
        });
        Ok(Self {
            hub,
            disk: Arc::new(Disk::new(&config.database)),
            readiness: Arc::default(),
            backups: Arc::default(),
            relays,
            relay_policies: Arc::new(config.relay.policies.clone()),
            ice: Arc::new(Ice::new(&config.ice)),
            tls,
            callers: Arc::new(Callers::new(config.callers.clone(), config.site.clone())),
            admission: Arc::new(Admission::new(config.limits.sockets_per_address_max)),
            assets: Arc::new(Assets::load(&config.database.folder)),
            limits: Arc::new(Limits::new(config.limits.rates)),
            sockets: Arc::new(watch::Sender::new(())),
            passwords: Arc::new(passwords),
            mail_requests: MailRequests::start(
                Arc::clone(&store),
                Arc::clone(&mails),
                Arc::clone(&mailboxes),
            ),
            mailboxes,
            guessing: Arc::new(Guessing::new(config.limits.rates, Arc::clone(&keyed_hashes))),
            mails,
            oidc: Arc::new(oidc),
            attributes: Arc::new(attributes),
            moderation: Arc::new(Moderation::new(Arc::clone(&store), config.moderation.clone())),
            keyed_hashes,
            newcomers: Arc::default(),
            setup_token_hash: Arc::new(Mutex::new(secrets.setup_token.as_deref().map(hash_token))),
            operator_token_hash: hash_token(&secrets.operator_token),
            data_dir: config.database.folder.as_path().into(),
            store,
        })
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

part!(store: Arc<Store>, hub: Arc<Hub>, relays: Option<Arc<Relays>>, assets: Arc<Assets>);
part!(disk: Arc<Disk>, readiness: Arc<Readiness>);
part!(ice: Arc<Ice>, moderation: Arc<Moderation>, tls: Option<Arc<Tls>>, backups: Arc<Backups>);
part!(passwords: Arc<Passwords>, mails: Arc<Mails>, oidc: Arc<Oidc>, attributes: Arc<Attributes>);
part!(mail_requests: Arc<MailRequests>, mailboxes: Arc<Mailboxes>, guessing: Arc<Guessing>, keyed_hashes: Arc<KeyedHashes>);
