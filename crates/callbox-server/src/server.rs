//! A whole server: started from settings, stopped on demand.
//!
//! The order of the end: notify everybody, leave the sessions to the next process, admit nobody, wait for the
//! connections, then send the mails and write the records that still wait.

use anyhow::{Context, bail};
use callbox_media::Relays;
use callbox_protocol::signal::RelayPolicy;
use callbox_store::{NamedKey, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::{App, Secrets};
use crate::config::Config;
use crate::database::DatabaseSettings;
use crate::listener::{Services, Slots, listen};
use crate::outbound::Outbound;
use crate::relay;
use crate::tls::Tls;
use crate::{backups, clock, database, handover, http, listener, redirect, reminders, setup_link, sweep};

/// How long clients may take to read that the server goes down.
const SOCKETS_END_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    /// The address it listens on, with the port that it got.
    pub addr: SocketAddr,
    /// The address whose plain HTTP is redirected to HTTPS, if there is one.
    pub plain_addr: Option<SocketAddr>,
    /// HTTPS, if it speaks that.
    pub tls: Option<Arc<Tls>>,
    /// The settings that it was started with, and the port that it got.
    pub config: Config,
    /// Its parts.
    pub app: App,
    /// The operator's token.
    pub operator_token: String,
    /// Makes the first admin; `None` if there is one.
    pub setup_token: Option<String>,
    /// Whether the operator's token was made just now, so that nobody has seen it yet.
    pub is_token_new: bool,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    /// They have no end of their own.
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the data folder, listens, and serves in the background, on the runtime that it is called in.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let store = Arc::new(database::open(&config.database).await?);
        let started = Self::start_over(config, Arc::clone(&store)).await;
        if started.is_err() {
            // Another try need not wait until this one's hold on the data has ended.
            store.close().await;
        }
        started
    }

    async fn start_over(mut config: Config, store: Arc<Store>) -> anyhow::Result<Self> {
        let folder = config.database.folder.clone();
        let (secrets, is_token_new) = secrets(&folder, &store).await?;
        // The link of a process before this one is not valid any more.
        setup_link::remove(&folder);
        let listener =
            listen(config.site.listen).map_err(|error| cannot_listen(error, config.site.listen, "listen"))?;
        let addr = listener.local_addr()?;
        config.site.listen = addr;
        let tls = Tls::start(&config.tls, &folder, config.site.public_url.as_ref());
        let tls = tls.context("cannot speak HTTPS")?.map(Arc::new);
        let plain = match config.plain_listen {
            Some(addr) if tls.is_some() => {
                Some(listen(addr).map_err(|error| cannot_listen(error, addr, "plain_listen"))?)
            }
            _ => None,
        };
        let (relays, relay_tcp) = start_relay(&config)?;
        let app = App::new(&config, store, relays, tls.clone(), &secrets)?;
        // Not before the port is ours: the process that still has it has not left anything yet.
        if let Some(handover) = handover::take(&folder) {
            let is_in_time = app.hub.take_over(handover);
            let sessions = app.hub.stats().sessions;
            tracing::info!(sessions, is_in_time, "sessions of the last process were found");
        }
        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Slots::new(&config.limits, config.callers.trusted_proxies.clone()));
        let plain_addr = plain.as_ref().map(TcpListener::local_addr).transpose()?;
        if let Some(plain) = plain {
            let router = Some(redirect::router(Arc::new(config.site.clone()), tls.clone()));
            let services = Services { tls: None, router, relays: None };
            tokio::spawn(listener::serve(plain, services, Arc::clone(&slots), stopped.clone()));
        }
        let relay_services = Services {
            tls: tls.as_ref().map(|tls| tls.acceptor()),
            router: None,
            relays: app.relays.clone(),
        };
        let services = Services { router: Some(http::router(app.clone())), ..relay_services.clone() };
        if let Some(tcp) = relay_tcp {
            tokio::spawn(listener::serve(tcp, relay_services, Arc::clone(&slots), stopped.clone()));
        }
        let serving = tokio::spawn(listener::serve(listener, services, slots, stopped));
        let hub = Arc::clone(&app.hub);
        let timeouts = tokio::spawn(async move { hub.run_timeouts().await });
        let sweeping = tokio::spawn(sweep::run(Arc::clone(&app.store)));
        let Secrets { operator_token, setup_token, .. } = secrets;
        let ice = Arc::clone(&app.ice);
        let asking = tokio::spawn(async move { ice.run(&Outbound::default()).await });
        let reminding = tokio::spawn(reminders::run(Arc::clone(&app.store), Arc::clone(&app.mails)));
        let mut tasks = vec![timeouts, sweeping, asking, reminding];
        if let Some(tls) = tls.clone() {
            tasks.push(tokio::spawn(async move { tls.run().await }));
        }
        if let Some(plan) = backups::Plan::of(&config.backups, &config.database) {
            tasks.push(tokio::spawn(Arc::clone(&app.backups).run(plan)));
        }
        Ok(Self {
            addr,
            plain_addr,
            tls,
            config,
            app,
            operator_token,
            setup_token,
            is_token_new,
            stop,
            serving,
            tasks,
        })
    }

    /// Stops in order; returns when everything is written.
    pub async fn stop(self) {
        let mut handover = self.app.hub.shut_down();
        // The next process starts with the machine's clock as it is now, not as it was when this one started.
        handover.set_made_at(clock::wall());
        // Before the port is free for the next process, which looks for it.
        if let Err(error) = handover::write(&self.config.database.folder, &handover) {
            tracing::error!(%error, "sessions could not be left to the next process: they begin anew");
        }
        self.stop.send_replace(true);
        // hyper lets go of a connection when it becomes a socket, so sockets are waited for on their own.
        if timeout(SOCKETS_END_TIMEOUT, self.app.sockets.closed()).await.is_err() {
            tracing::warn!("some sockets did not close in time and are cut");
        }
        if self.serving.await.is_err() {
            tracing::error!("the listener's task panicked");
        }
        for task in &self.tasks {
            task.abort();
        }
        if let Some(relays) = &self.app.relays {
            relays.stop();
        }
        self.app.mails.close().await;
        self.app.store.close().await;
    }
}

/// The relay, if the settings want one, and the listener for its clients by TCP.
fn start_relay(config: &Config) -> anyhow::Result<(Option<Arc<Relays>>, Option<TcpListener>)> {
    let started = relay::start_with_tcp(&config.relay, &config.site, config.limits.sessions_max);
    let (relays, relay_tcp) = match started.with_context(|| {
        "cannot listen for the relay (STUN and TURN); choose another address by --set relay_listen=ADDR:PORT, or `off`"
    })? {
        Some(relay::Started { relays, tcp }) => (Some(Arc::new(relays)), tcp),
        None => (None, None),
    };
    let hides = config.relay.policies.all().any(|policy| policy != RelayPolicy::Auto);
    if hides && relays.is_none() && config.relay.is_only {
        bail!(
            "`relay_policy` or `relay_policies` sends media by a relay, and there is none: set `relay_listen`, or a TURN server in `ice_servers`"
        );
    }
    Ok((relays, relay_tcp))
}

/// The secrets of the data folder, and whether the operator's token was made just now.
async fn secrets(folder: &Path, store: &Store) -> anyhow::Result<(Secrets, bool)> {
    let (operator_token, is_token_new) =
        callbox_store::operator_token(folder).context("cannot read or make the operator token")?;
    let call_grant_key =
        callbox_store::call_grant_key(folder).context("cannot read or make the key of call grants")?;
    let mark_key = callbox_store::mark_key(folder).context("cannot read or make the key of bans")?;
    let keys = named_keys(call_grant_key, mark_key);
    store
        .check_keys(keys)
        .await
        .with_context(|| format!("cannot use the data folder {}", folder.display()))?;
    let setup_token = if store.has_admin().await? { None } else { Some(callbox_store::new_token()) };
    Ok((Secrets { operator_token, call_grant_key, mark_key, setup_token }, is_token_new))
}

/// The keys that the data were made with; the operator's token is none of them, and may be made anew.
fn named_keys(call_grant_key: [u8; 32], mark_key: [u8; 32]) -> Vec<NamedKey> {
    vec![("call-grant-key", call_grant_key), ("mark-key", mark_key)]
}

/// `callbox accept-keys`: from now on the data go with the keys that are in the data folder.
pub async fn accept_keys(settings: &DatabaseSettings) -> anyhow::Result<()> {
    let (store, folder) = (database::open(settings).await?, &settings.folder);
    let keys = named_keys(callbox_store::call_grant_key(folder)?, callbox_store::mark_key(folder)?);
    let accepted = store.accept_keys(keys).await;
    store.close().await;
    Ok(accepted?)
}

fn cannot_listen(error: std::io::Error, addr: SocketAddr, setting: &str) -> anyhow::Error {
    let way = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "ports below 1024 need root or CAP_NET_BIND_SERVICE, which the systemd unit deploy/callbox.service grants; or "
        }
        _ => "",
    };
    let flag = if setting == "listen" { "--listen ADDR:PORT" } else { "--set plain_listen=ADDR:PORT" };
    anyhow::Error::new(error)
        .context(format!("cannot listen on {addr}; {way}choose another address by {flag}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn a_port_that_cannot_be_had_is_refused_with_the_ways_to_get_it() {
        let addr = "[::]:443".parse().unwrap();
        let text = |kind: ErrorKind, setting| format!("{:#}", cannot_listen(kind.into(), addr, setting));
        let denied = text(ErrorKind::PermissionDenied, "listen");
        for words in ["[::]:443", "CAP_NET_BIND_SERVICE", "deploy/callbox.service", "--listen ADDR:PORT"] {
            assert!(denied.contains(words), "{denied}");
        }
        let taken = text(ErrorKind::AddrInUse, "plain_listen");
        assert!(taken.contains("--set plain_listen=ADDR:PORT") && !taken.contains("CAP_NET"), "{taken}");
    }
}
