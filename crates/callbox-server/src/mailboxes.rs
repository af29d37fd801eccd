//! Limits of the mails that anybody may ask for: `callbox_identity::mailboxes`, shared by requests.

use callbox_core::limit::RetryAfterMs;
use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_identity::mailboxes::{self, Asker, Wish};
use callbox_protocol::time::UnixMillis;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::error::ApiError;

/// All mailboxes that were asked for lately.
#[derive(Debug)]
pub struct Mailboxes(Mutex<mailboxes::Mailboxes>);

impl Mailboxes {
    /// Nobody has asked.
    pub fn new(keyed_hashes: Arc<KeyedHashes>) -> Self {
        Self(Mutex::new(mailboxes::Mailboxes::new(keyed_hashes)))
    }

    /// Counts a mail to this address, by its key.
    pub fn count(&self, wish: Wish, asker: Asker, mailbox: &str, now: UnixMillis) -> Result<(), ApiError> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner).count(wish, asker, mailbox, now);
        counted.map_err(|RetryAfterMs(retry_after_ms)| ApiError::RateLimited {
            what: "This mailbox has got several mails already. Please look into it, or try again later.",
            retry_after_ms,
        })
    }
}
