//! A whole server: started from settings, stopped on demand.
//!
//! The order of the end: notify everybody, leave the sessions to the next process, admit nobody, wait for the
//! connections, send the mails and write the records that still wait, and end the relay.

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

use crate::app::{App, AppParts, Secrets};
use crate::config::Config;
use crate::doctor::nearest;
use crate::environment::Environment;
use crate::listener::{Services, Slots, listen};
use crate::outbound::Outbound;
use crate::relay::{self, Tcp};
use crate::tls::Tls;
use crate::{
    alert_command, backups, database, gauges, handover, http, listener, metrics, redirect, reminders,
    setup_link, sweep,
};
use callbox_settings::data::DatabaseSettings;

/// How long clients may take to read that the server goes down.
const SOCKETS_END_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    /// The address it listens on, with the port that it got.
    pub addr: SocketAddr,
    /// The address whose plain HTTP is redirected to HTTPS, if there is one.
    pub plain_addr: Option<SocketAddr>,
    /// The address that gives the figures to everybody who reaches it, if there is one.
    pub metrics_addr: Option<SocketAddr>,
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
    pub async fn start(config: Config, environment: Environment) -> anyhow::Result<Self> {
        let store = Arc::new(database::open(&config.database).await?);
        let started = Self::start_over(config, Arc::clone(&store), environment).await;
        if started.is_err() {
            // Another try need not wait until this one's hold on the data has ended.
            store.close().await;
        }
        started
    }

    async fn start_over(
        mut config: Config,
        store: Arc<Store>,
        environment: Environment,
    ) -> anyhow::Result<Self> {
        let folder = config.database.folder.clone();
        let (secrets, is_token_new) = secrets(&folder, &store).await?;
        // The link of a process before this one is not valid any more.
        setup_link::remove(&folder);
        let listener =
            listen(config.site.listen).map_err(|error| cannot_listen(error, config.site.listen, "listen"))?;
        let addr = listener.local_addr()?;
        config.site.listen = addr;
        let tls = Tls::start(&config.tls, &folder, config.site.public_url.as_ref(), &environment);
        let tls = tls.context("cannot speak HTTPS")?.map(Arc::new);
        let plain = listen_beside(config.plain_listen.filter(|_| tls.is_some()), "plain_listen")?;
        let figures = listen_beside(config.metrics.listen, "metrics_listen")?;
        let metrics_addr = figures.as_ref().map(TcpListener::local_addr).transpose()?;
        let (relays, relay_tcp) = start_relay(&config, &environment)?;
        let app = App::new(&config, store, relays, tls.clone(), &secrets, http::cached_paths(), environment)?;
        app.passwords.expect_bcrypt(app.store.highest_bcrypt_cost().await?);
        // Not before the port is ours: the process that still has it has not left anything yet.
        take_over(&app, &folder);
        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Slots::new(&config.limits, config.callers.trusted_proxies.clone()));
        let plain_addr = plain.as_ref().map(TcpListener::local_addr).transpose()?;
        let redirect = || redirect::router(Arc::new(config.site.clone()), tls.clone(), app.clock.clone());
        let plain = plain.map(|listener| (listener, redirect()));
        let figures = figures.map(|listener| (listener, metrics::router(app.clone())));
        for (listener, router) in plain.into_iter().chain(figures) {
            let services = Services::plain(router, app.clock.clone());
            tokio::spawn(listener::serve(listener, services, Arc::clone(&slots), stopped.clone()));
        }
        let relay_services = Services {
            tls: tls.as_ref().map(|tls| tls.acceptor()),
            router: None,
            relays: app.relays.clone(),
            clock: app.clock.clone(),
        };
        let services = Services { router: Some(http::router(app.clone())), ..relay_services.clone() };
        serve_relay(relay_tcp, relay_services, Arc::clone(&slots), stopped.clone());
        let serving = tokio::spawn(listener::serve(listener, services, slots, stopped));
        let hub = Arc::clone(&app.hub);
        let timeouts = tokio::spawn(async move { _ = tokio::join!(hub.run_timeouts(), hub.pushes().run()) });
        let sweeping = tokio::spawn(sweep::run(app.clone()));
        let Secrets { operator_token, setup_token, .. } = secrets;
        let ice = Arc::clone(&app.ice);
        let asking = tokio::spawn(async move { ice.run(&Outbound::default()).await });
        let reminding = tokio::spawn(reminders::run(app.clone()));
        let judging = tokio::spawn(Arc::clone(app.hub.judging()).run());
        let mut tasks = vec![timeouts, sweeping, asking, reminding, judging, start_monitor(&app, addr)];
        tasks.extend(start_alerts(&app, &config).await);
        if let Some(tls) = tls.clone() {
            tasks.push(tokio::spawn(async move { tls.run().await }));
        }
        if let Some(plan) = backups::Plan::of(&config.backups, &config.database) {
            tasks.push(tokio::spawn(Arc::clone(&app.backups).run(plan)));
        }
        Ok(Self {
            addr,
            plain_addr,
            metrics_addr,
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

    /// Looks at the rules of alerts and tells what is to be told, now and not only each ten seconds: for tests.
    pub async fn look_at_rules(&self) {
        let AppParts { alerts, store, monitor, .. } = &*self.app;
        alerts.look(store, monitor, &|| gauges::snapshot(&self.app)).await;
        alerts.deliver_due().await;
    }

    /// Stops in order; returns when everything is written.
    pub async fn stop(self) {
        let mut handover = self.app.hub.shut_down();
        // The next process starts with the machine's clock as it is now, not as it was when this one started.
        handover.set_made_at(self.app.clock.wall());
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
        self.app.hub.judging().shut_down();
        // Nobody is served any more: this is all that browsers reported, and all that was counted.
        self.app.beacons.shut_down().await;
        self.app.monitor.shut_down(&gauges::snapshot(&self.app)).await;
        self.app.alerts.shut_down().await;
        self.app.mails.close().await;
        self.app.store.close().await;
        // Media flow to the last moment. Then connections close, by which browsers learn at once that they need another
        // allocation; before, there would be no process that gives them one.
        if let Some(relays) = &self.app.relays {
            relays.stop();
        }
    }
}

/// Continues with the sessions that the last process left, if it did.
fn take_over(app: &App, folder: &Path) {
    if let Some(handover) = handover::take(folder) {
        let is_in_time = app.hub.take_over(handover);
        let sessions = app.hub.stats().sessions;
        tracing::info!(sessions, is_in_time, "sessions of the last process were found");
    }
}

/// Serves the relay's clients by TCP at its own port, if it has one, now or as soon as that is free.
fn serve_relay(tcp: Tcp, services: Services, slots: Arc<Slots>, stop: watch::Receiver<bool>) {
    match (tcp, services.relays.clone()) {
        (Tcp::Own(tcp), _) => drop(tokio::spawn(listener::serve(tcp, services, slots, stop))),
        (Tcp::Taken, Some(relays)) => drop(tokio::spawn(serve_later(relays, services, slots, stop))),
        _ => {}
    }
}

/// Serves the relay's clients by TCP once the port is free, unless the server stops before.
async fn serve_later(
    relays: Arc<Relays>,
    services: Services,
    slots: Arc<Slots>,
    mut stop: watch::Receiver<bool>,
) {
    let stopped = async { stop.wait_for(|stop| *stop).await.map(|_| ()) };
    let tcp = tokio::select! {
        tcp = relay::listen_later(&relays) => tcp,
        _ = stopped => return,
    };
    listener::serve(tcp, services, slots, stop).await;
}

/// A listener beside the one of the page, if the settings want one.
fn listen_beside(addr: Option<SocketAddr>, setting: &str) -> anyhow::Result<Option<TcpListener>> {
    let Some(addr) = addr else { return Ok(None) };
    listen(addr).map(Some).map_err(|error| cannot_listen(error, addr, setting))
}

/// Reads, probes and writes figures until it is aborted.
fn start_monitor(app: &App, addr: SocketAddr) -> JoinHandle<()> {
    let (monitor, read) = (Arc::clone(&app.monitor), app.clone());
    tokio::spawn(monitor.run(nearest(addr), app.tls.is_some(), move || gauges::snapshot(&read)))
}

/// Takes over what was told before; looks at rules and delivers until it is aborted.
async fn start_alerts(app: &App, config: &Config) -> [JoinHandle<()>; 2] {
    app.alerts.restore(alert_command::parts(config)).await;
    let (looking, delivering) = (Arc::clone(&app.alerts), Arc::clone(&app.alerts));
    let (store, monitor, read) = (Arc::clone(&app.store), Arc::clone(&app.monitor), app.clone());
    let read = move || gauges::snapshot(&read);
    [tokio::spawn(looking.run(store, monitor, read)), tokio::spawn(delivering.deliver())]
}

/// The relay, if the settings want one, and the listener for its clients by TCP.
fn start_relay(config: &Config, environment: &Environment) -> anyhow::Result<(Option<Arc<Relays>>, Tcp)> {
    let started = relay::start_with_tcp(&config.relay, &config.site, config.limits.sessions_max, environment);
    let (relays, relay_tcp) = match started.with_context(|| {
        "cannot listen for the relay (STUN and TURN); choose another address by --set relay_listen=ADDR:PORT, or `off`"
    })? {
        Some(relay::Started { relays, tcp }) => (Some(Arc::new(relays)), tcp),
        None => (None, Tcp::Page),
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
    let flag = match setting {
        "listen" => "--listen ADDR:PORT".to_owned(),
        other => format!("--set {other}=ADDR:PORT"),
    };
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
