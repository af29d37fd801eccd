//! The operator's choices on bans and reports: the words for a banned person, and the number of reports that hold
//! somebody.
//!
//! The words of a ban are a moderator's, for this person, and are in no log. A user who merely shares an address with
//! a banned one learns nothing of that one.

use callbox_protocol::notice::BanNotice;
use callbox_protocol::time::UnixMillis;
use callbox_settings::moderation::ModerationSettings;
use callbox_store::{NewReport, ReportOutcome, Standing, Store, StoreError, Suspect};
use std::sync::Arc;

/// Bans and reports, as the operator chose.
pub struct Moderation {
    store: Arc<Store>,
    settings: ModerationSettings,
}

impl Moderation {
    /// The data are the store's.
    pub fn new(store: Arc<Store>, settings: ModerationSettings) -> Self {
        Self { store, settings }
    }

    /// The notice for a banned person; `None` if they are not banned.
    pub(crate) async fn notice(
        &self,
        suspect: Suspect<'_>,
        now: UnixMillis,
    ) -> Result<Option<BanNotice>, StoreError> {
        let standing = self.store.standing_ban(suspect, now).await?;
        Ok(standing.map(|Standing { told, expires_at }| BanNotice {
            reason: told,
            until: expires_at,
            contact: self.settings.ban_contact.clone(),
        }))
    }

    /// Keeps a report; if it is one of too many within a day, the reported user meets no strangers.
    pub(crate) async fn report(
        &self,
        report: NewReport,
        now: UnixMillis,
    ) -> Result<ReportOutcome, StoreError> {
        self.store.report(report, self.settings.hold_after_reports, now).await
    }
}
