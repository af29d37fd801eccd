//! Alerts: looks at the rules each ten seconds, keeps their state, and tells the targets of the settings.
//!
//! All decisions are `callbox_monitor::alert`'s. A change and what is to be told of it are kept together, so that a process that
//! ends tells all of it once more at most, and forgets nothing. Without figures (`monitor = false`) no rule is looked at.
//! Bounds: those of the core; 256 KiB of rules; a delivery and a ping take 10 s at most, and one of each is under way.

mod deliver;
mod targets;

use callbox_monitor::alert::{
    Alerts, Interval, KeptAlerts, Notice, Parts, Replay, Rules, Silence, SilenceError, Spool,
};
use callbox_monitor::{Counter, Snapshot, Split, Step, Totals, minute_of};
use callbox_protocol::alert as words;
use callbox_protocol::time::UnixMillis;
use callbox_settings::alerts::AlertSettings;
use callbox_store::{Monitoring, RowName, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::counters;
use crate::monitor::Monitor;
use crate::observed::Observed;
pub use targets::{TargetError, Targets};

/// How often rules are looked at.
const TICK: Duration = Duration::from_secs(10);
/// Ticks from one ping to the next, and between two writes without news: a minute.
const TICKS: u64 = 6;
/// How often what failed is looked at again.
const RETRY_TICK: Duration = Duration::from_secs(5);
/// What a new process remembers: as long as the longest stretch of a rule.
const REMEMBERED_MINUTES: u32 = 3 * 24 * 60;
/// Rows of one read: 48 hours of minutes.
const ROWS_MAX: u32 = 3_000;

/// Why rules cannot be used.
#[derive(Debug, Error)]
pub enum RulesError {
    /// The file is not there, or not ours to read.
    #[error("`alert_rules`: cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// A rule in it is wrong.
    #[error("`alert_rules`: {path}, {source}")]
    Rule {
        /// The file.
        path: String,
        /// The line and the reason.
        source: callbox_monitor::alert::RuleError,
    },
}

/// The rules of a running server, and who is told.
#[derive(Debug)]
pub struct Alerting {
    is_on: bool,
    settings: AlertSettings,
    targets: Targets,
    data: Monitoring,
    clock: Clock,
    /// Figures that only the database knows.
    pub observed: Observed,
    state: Mutex<State>,
    /// Something is to be delivered.
    news: Notify,
    /// Held while something is: nobody is told twice at once.
    delivering: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    alerts: Alerts,
    spool: Spool,
    before: Option<(Snapshot, Totals)>,
    rules_error: Option<String>,
    file: Option<Stamp>,
    /// Something is not kept yet.
    is_new: bool,
}

/// What of a file says that it was changed.
type Stamp = (SystemTime, u64);

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    alerts: KeptAlerts,
    spool: Spool,
}

/// The shipped rules, as this file changes them.
pub fn load(path: Option<&Path>) -> Result<Rules, RulesError> {
    let Some(path) = path else { return Ok(Rules::shipped()) };
    let name = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| RulesError::Read { path: name(), source })?;
    Rules::parse(&text).map_err(|source| RulesError::Rule { path: name(), source })
}

fn stamp(path: Option<&Path>) -> Option<Stamp> {
    let found = path?.metadata().ok()?;
    Some((found.modified().ok()?, found.len()))
}

impl Alerting {
    /// Reads the rules. Looks at nothing yet.
    pub fn new(
        is_on: bool,
        settings: &AlertSettings,
        targets: Targets,
        parts: Parts,
        data: Monitoring,
        clock: Clock,
    ) -> Result<Self, RulesError> {
        let file = stamp(settings.rules.as_deref());
        let rules = load(settings.rules.as_deref())?;
        let alerts = Alerts::new(&rules, parts, None);
        let state =
            State { alerts, spool: Spool::default(), before: None, rules_error: None, file, is_new: false };
        Ok(Self {
            is_on,
            settings: settings.clone(),
            targets,
            data,
            clock,
            observed: Observed::default(),
            state: Mutex::new(state),
            news: Notify::new(),
            delivering: tokio::sync::Mutex::default(),
        })
    }

    /// Takes over what the last process left. Before anybody asks.
    pub(crate) async fn restore(&self, parts: Parts) {
        let kept = match self.data.alert_state().await {
            Ok(Some(text)) => serde_json::from_str::<Kept>(&text).map_err(|error| error.to_string()),
            Ok(None) => return,
            Err(error) => Err(error.to_string()),
        };
        let checked = kept.and_then(|Kept { alerts, spool }| {
            alerts.checked().map(|alerts| (alerts, spool)).map_err(|error| error.to_string())
        });
        let (alerts, mut spool) = match checked {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(error, "the state of alerts could not be read: what fires is told anew");
                return;
            }
        };
        spool.keep_targets(|name| self.targets.has(name));
        match load(self.settings.rules.as_deref()) {
            Ok(rules) => {
                let mut state = self.lock();
                state.alerts = Alerts::new(&rules, parts, Some(alerts));
                state.spool = spool;
            }
            Err(error) => tracing::warn!(%error, "the rules were changed while the server started"),
        }
    }

    /// Looks at the rules until it is dropped. `read` gives the figures of the moment.
    pub(crate) async fn run(
        self: Arc<Self>,
        store: Arc<Store>,
        monitor: Arc<Monitor>,
        read: impl Fn() -> Snapshot + Send,
    ) {
        if !self.is_on {
            return;
        }
        self.remember().await;
        self.mark_version();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        for number in 0_u64.. {
            ticks.tick().await;
            self.look(&store, &monitor, &read).await;
            if number.is_multiple_of(TICKS) {
                self.keep(true).await;
                tokio::spawn(Arc::clone(&self).speak());
            }
        }
    }

    /// Looks once, and keeps what came of it.
    pub(crate) async fn look(&self, store: &Store, monitor: &Monitor, read: &impl Fn() -> Snapshot) {
        self.observed.ask(store, self.clock.now()).await;
        self.read_changed_rules();
        let (snapshot, totals, now) = (read(), monitor.totals(), self.clock.now());
        {
            let mut state = self.lock();
            let (before, totals_before) =
                state.before.as_ref().map(|(one, other)| (Some(one), Some(other))).unwrap_or_default();
            let mut interval = Interval::between(before, &snapshot);
            for (of, values) in totals.since(totals_before) {
                interval.add_values(of, &values);
            }
            state.before = Some((snapshot, totals));
            state.alerts.handle_interval(&interval, now);
            self.put(&mut state, now);
        }
        self.keep(false).await;
    }

    /// Puts what is to be told before each target.
    fn put(&self, state: &mut State, now: UnixMillis) {
        let notices = state.alerts.next_notices();
        if notices.is_empty() {
            return;
        }
        for Notice { rule, is_firing, is_flapping, .. } in &notices {
            tracing::warn!(rule, is_firing, is_flapping, "an alert changed");
            counters::add(if *is_firing { Counter::AlertsFired } else { Counter::AlertsCleared });
        }
        for name in self.targets.names() {
            state.spool.put(name, notices.clone(), now);
        }
        state.is_new = true;
    }

    /// Writes the state if there is news, or anyway. What is to be delivered goes only then: it is known to the next
    /// process too.
    async fn keep(&self, is_due: bool) {
        let (text, has_news) = {
            let mut state = self.lock();
            if !state.is_new && !is_due {
                return;
            }
            let kept = Kept { alerts: state.alerts.kept(), spool: state.spool.clone() };
            let text = serde_json::to_string(&kept).expect("names and numbers are JSON");
            (text, std::mem::take(&mut state.is_new))
        };
        if let Err(error) = self.data.keep_alert_state(text, self.clock.now()).await {
            tracing::warn!(%error, "the state of alerts could not be kept; this is tried again");
            self.lock().is_new |= has_news;
        }
        // Also where it could not be kept: that may be what is to be told.
        if has_news {
            self.news.notify_one();
        }
    }

    /// Keeps the state a last time.
    pub(crate) async fn shut_down(&self) {
        if self.is_on {
            self.keep(true).await;
        }
    }

    /// Fills the memory of rules with what was counted before this process.
    async fn remember(&self) {
        let now = minute_of(self.clock.now());
        let wanted = [(callbox_monitor::COUNTERS, Split::Name)];
        match read(&self.data, &wanted, now.saturating_sub(REMEMBERED_MINUTES), now).await {
            Ok(replay) => replay.remember(&mut self.lock().alerts),
            Err(error) => tracing::warn!(%error, "what was counted before is not known to the rules"),
        }
    }

    /// Another version of this program is a deploy.
    fn mark_version(&self) {
        let name = concat!("callbox ", env!("CARGO_PKG_VERSION"));
        let mut state = self.lock();
        if !state.alerts.deploys().iter().any(|deploy| deploy.name == name) {
            state.alerts.handle_deploy(name, self.clock.now());
            state.is_new = true;
        }
    }

    fn read_changed_rules(&self) {
        let path = self.settings.rules.as_deref();
        let found = stamp(path);
        if found.is_none() || self.lock().file == found {
            return;
        }
        let rules = load(path);
        let mut state = self.lock();
        state.file = found;
        match rules {
            Ok(rules) => {
                state.alerts.handle_rules(&rules, self.clock.now());
                state.rules_error = None;
                tracing::info!("the rules of alerts were read anew");
            }
            Err(error) => {
                tracing::error!(%error, "the rules of alerts are wrong; those before stay");
                state.rules_error = Some(error.to_string());
            }
        }
    }

    /// All rules and what is about them, for operators.
    pub(crate) fn answer(&self) -> words::Alerts {
        let (state, now) = (self.lock(), self.clock.now());
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        words::Alerts {
            at: state.alerts.looked_at(),
            alerts: state.alerts.views(now),
            silences: state
                .alerts
                .silences()
                .iter()
                .filter(|silence| silence.until > now)
                .map(silence)
                .collect(),
            deploys: state
                .alerts
                .deploys()
                .iter()
                .rev()
                .map(|deploy| words::Deploy { at: deploy.at, name: deploy.name.clone() })
                .collect(),
            targets: count(self.targets.names().count()),
            waiting: count(state.spool.waiting()),
            lost: state.spool.lost(),
            rules_error: state.rules_error.clone(),
        }
    }

    /// Nobody is told of a rule for so long.
    pub(crate) async fn silence(
        &self,
        rule: &str,
        why: &str,
        length_ms: u64,
    ) -> Result<words::AlertSilence, SilenceError> {
        let now = self.clock.now();
        let made = self.change(|alerts| alerts.handle_silence(rule, why, now.plus(length_ms), now))?;
        self.keep(false).await;
        Ok(silence(&made))
    }

    /// Ends a silence; whether there was one.
    pub(crate) async fn end_silence(&self, id: u32) -> bool {
        let was_there = self.change(|alerts| alerts.end_silence(id));
        self.keep(false).await;
        was_there
    }

    /// There is a deploy now.
    pub(crate) async fn deploy(&self, name: &str) {
        self.change(|alerts| alerts.handle_deploy(name, self.clock.now()));
        self.keep(false).await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut Alerts) -> T) -> T {
        let mut state = self.lock();
        state.is_new = true;
        change(&mut state.alerts)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn silence(silence: &Silence) -> words::AlertSilence {
    let Silence { id, rule, until, why } = silence.clone();
    words::AlertSilence { id, rule, until, why }
}

/// What these rules would have told in so many days; a minute in between each look.
pub async fn replay(
    data: &Monitoring,
    rules: Rules,
    parts: Parts,
    days: u32,
    now: UnixMillis,
) -> Result<Vec<Notice>, StoreError> {
    let now = minute_of(now);
    let replay = read(data, &rules.wanted(), now.saturating_sub(days * 24 * 60), now).await?;
    // A month is some hundred thousand looks at each rule.
    let ran = tokio::task::spawn_blocking(move || replay.run(&rules, parts)).await;
    Ok(ran.unwrap_or_default())
}

/// Minutes as far as they are kept, hours before.
async fn read(
    data: &Monitoring,
    wanted: &[(&'static str, Split)],
    from: u32,
    to: u32,
) -> Result<Replay, StoreError> {
    let mut replay = Replay::default();
    for step in [Step::Minute, Step::Hour] {
        for (metric, split) in wanted {
            let (at, _) = step.row_of(from.max(step.kept_from(*split, to)));
            let first = RowName { metric, step: step.minutes(), split: split.number(), at };
            for row in data.rollups(first, to + 1, ROWS_MAX).await? {
                if let Err(error) = replay.take(metric, step, row.at, &row.cells) {
                    tracing::warn!(%error, "a row of figures could not be read");
                }
            }
        }
    }
    Ok(replay)
}
