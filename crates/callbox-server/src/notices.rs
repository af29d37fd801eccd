//! What somebody who is banned reads: why, until when, and how to object.
//!
//! The words are a moderator's, for this person, and stand in no log. Whoever merely shares an address with somebody who was
//! banned learns nothing of that one.

use callbox_protocol::notice::BanNotice;
use callbox_protocol::time::UnixMillis;
use callbox_store::{Standing, Store, StoreError, Suspect};

use crate::config::Config;

/// What somebody who is banned is told; `None` where they are not.
pub(crate) async fn notice(
    store: &Store,
    config: &Config,
    suspect: Suspect<'_>,
    now: UnixMillis,
) -> Result<Option<BanNotice>, StoreError> {
    let standing = store.standing_ban(suspect, now).await?;
    Ok(standing.map(|Standing { told, expires_at }| BanNotice {
        reason: told,
        until: expires_at,
        contact: config.ban_contact.clone(),
    }))
}
