//! The operator's choices on bans and reports: what somebody who is banned reads, and after how many reports somebody is held.
//!
//! The words of a ban are a moderator's, for this person, and stand in no log. Whoever merely shares an address with somebody who
//! was banned learns nothing of that one.

use callbox_protocol::notice::BanNotice;
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewReport, ReportOutcome, Standing, Store, StoreError, Suspect};
use std::sync::Arc;

/// What an operator may choose.
#[derive(Clone, Debug)]
pub struct ModerationSettings {
    /// How somebody who is banned may object; empty where nothing is said.
    pub ban_contact: String,
    /// After so many reports by verified people within a day somebody is kept from strangers; 0 is never.
    pub hold_after_reports: u32,
}

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

    /// What somebody who is banned is told; `None` where they are not.
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

    /// Keeps a report; where it is one of too many within a day, whom it is about meets no strangers.
    pub(crate) async fn report(
        &self,
        report: NewReport,
        now: UnixMillis,
    ) -> Result<ReportOutcome, StoreError> {
        self.store.report(report, self.settings.hold_after_reports, now).await
    }
}
