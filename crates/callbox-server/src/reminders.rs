//! Reminds moderators, by mail, of a report that nobody has decided on for an hour.
//!
//! It looks every few minutes. A report is mentioned once, a mail comes every six hours at most, and 50 people get
//! it: a queue that nobody looks at must not become a flood of mails. Without a mail server the mails are written to
//! files, as all are.

use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::Mail;
use callbox_protocol::time::UnixMillis;
use callbox_store::{Reminder, Store, StoreError};
use std::time::Duration;

use crate::app::{App, AppParts};
use crate::mail::Mails;

const PAUSE: Duration = Duration::from_mins(5);
/// How long a report may wait for somebody.
const OPEN_MS: u64 = 60 * 60 * 1_000;
/// How long after a mail the next may follow, whatever waits.
const APART_MS: u64 = 6 * 60 * 60 * 1_000;

/// Runs until it is dropped.
pub(crate) async fn run(app: App) {
    let AppParts { store, mails, clock, .. } = &*app;
    loop {
        if let Err(error) = remind(store, mails, clock.now()).await {
            tracing::warn!(%error, "the open reports could not be read; this is tried again");
        }
        clock.sleep(PAUSE).await;
    }
}

/// Sends the mails that are due now; returns how many.
pub async fn remind(store: &Store, mails: &Mails, now: UnixMillis) -> Result<usize, StoreError> {
    let Some(Reminder { report, open, to }) = store.due_reminder(OPEN_MS, APART_MS, now).await? else {
        return Ok(0);
    };
    store.reminded(report, now).await?;
    let mut sent = 0;
    for address in to.iter().filter_map(|address| address.parse::<EmailAddress>().ok()) {
        match mails.send(&address, &Mail::ReportsWait { open }) {
            Ok(()) => sent += 1,
            Err(error) => tracing::warn!(%error, "a moderator was not reminded"),
        }
    }
    tracing::info!(open, sent, "a report waits for over an hour: moderators were reminded");
    Ok(sent)
}
