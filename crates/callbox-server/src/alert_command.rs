//! `callbox alerts`: the rules, a test of every target, and what the rules would have told.
//!
//! `list` and `test` need no server and no data. `replay` opens the data itself, so the server must not run.

use anyhow::{Context as _, bail};
use callbox_monitor::alert::{Notice, Parts, Severity, rules_text, time_text};
use callbox_settings::listen::TlsMode;
use callbox_store::StoreError;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use crate::alerts::{Targets, load, replay};
use crate::clock::Clock;
use crate::config::Config;
use crate::database;
use crate::environment::Environment;
use crate::mail::Mails;

/// More than there are hours of.
pub const DAYS_MAX: u32 = 35;

/// Which parts a server with these settings has, as far as rules ask.
pub fn parts(config: &Config) -> Parts {
    Parts {
        postgres: config.database.url.is_some(),
        relay: config.relay.listen.is_some(),
        certificate: config.tls.mode != TlsMode::Off,
        backups: config.database.is_embedded() && config.backups.hours > 0,
    }
}

/// Writes all rules.
pub fn list(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let rules = load(config.alerts.rules.as_deref())?;
    write!(out, "{}", rules_text(&rules))?;
    Ok(())
}

/// Tells every target of a test, and writes what came of it; whether all took it.
pub async fn test(config: &Config, environment: Environment, out: &mut impl Write) -> anyhow::Result<bool> {
    if config.alerts.targets.is_empty() {
        bail!("`alert_targets` is empty: nobody is told");
    }
    let Environment { clock, randomness } = environment;
    let mails = Mails::start(&config.mail, &config.site, clock.clone(), randomness.clone())?;
    let mails = Arc::new(mails);
    let targets = Targets::new(&config.alerts.targets, config.site.origin(), Arc::clone(&mails))?;
    let now = clock.now();
    let mut notices = vec![Notice {
        rule: "test".to_owned(),
        about: "This is a test of `callbox alerts test`: nothing is wrong.".to_owned(),
        severity: Severity::Warning,
        is_firing: true,
        is_flapping: false,
        since: now,
        at: now,
        value: None,
        count: None,
        fires: "never".to_owned(),
        labels: BTreeMap::new(),
        runbook: String::new(),
    }];
    let id = format!("msg_test_{:016x}", randomness.number());
    let mut is_well = true;
    for (name, word) in targets.list() {
        // What fires is over at once, so that nobody is left with a test that fires.
        notices[0].is_firing = true;
        let mut told = targets.tell(name, &id, &notices, now).await;
        notices[0].is_firing = false;
        if told.is_ok() {
            told = targets.tell(name, &format!("{id}_end"), &notices, clock.now()).await;
        }
        let result = match (&told, word) {
            (Ok(()), "mail") if !mails.reach_people() => {
                "written to the folder of mails: there is no `smtp_url`".to_owned()
            }
            (Ok(()), "mail") => "in the queue for the mail server; a refusal is in the log".to_owned(),
            (Ok(()), _) => "told".to_owned(),
            (Err(error), _) => format!("FAILED: {error}"),
        };
        is_well &= told.is_ok();
        writeln!(out, "{name} ({word}): {result}")?;
    }
    mails.close().await;
    Ok(is_well)
}

/// Writes what the rules would have told in the last days.
pub async fn replay_days(
    config: &Config,
    days: u32,
    clock: &Clock,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let rules = load(config.alerts.rules.as_deref())?;
    let names: Vec<_> = rules.iter().map(|rule| rule.name.clone()).collect();
    let store = match database::open(&config.database).await {
        Ok(store) => store,
        Err(error)
            if matches!(error.downcast_ref(), Some(StoreError::InUse(_) | StoreError::DatabaseInUse)) =>
        {
            bail!(
                "a server uses these data: stop it for a moment, or copy them by `callbox backup` and replay with `--data-dir` of the copy"
            )
        }
        Err(error) => return Err(error),
    };
    let told = replay(&store.monitoring(), rules, parts(config), days, clock.now())
        .await
        .context("the figures cannot be read");
    store.close().await;
    let told = told?;
    for notice in &told {
        let value = notice.value.as_deref().unwrap_or("-");
        let state = if notice.is_flapping {
            "flaps"
        } else if notice.is_firing {
            "fires"
        } else {
            "clears"
        };
        writeln!(out, "{} {state:6} {} ({value})", time_text(notice.at), notice.rule)?;
    }
    writeln!(out, "{days} days: {} notices of {} rules", told.len(), names.len())?;
    for name in names {
        let count = told.iter().filter(|notice| notice.rule == name && notice.is_firing).count();
        writeln!(out, "  {name}: {count}")?;
    }
    Ok(())
}
