//! Guests at an address where somebody was banned recently: made slowly.
//!
//! The store knows those addresses, for a day. Sign-ins are not slowed down.

use callbox_core::limit::{Buckets, RetryAfterMs};
use callbox_protocol::time::UnixMillis;
use std::sync::{Mutex, PoisonError};

use crate::http::error::ApiError;

/// How fast guests are made at an address where somebody was banned recently: other people who live there may come,
/// and a person who returns under another name gets tired of it. The map is bounded; if it is full, new ones wait.
#[derive(Debug)]
pub struct Newcomers(Mutex<Buckets<[u8; 32]>>);

/// In a row, and then one in a quarter of an hour.
const NEWCOMERS_BURST: u32 = 2;
const NEWCOMERS_REFILL_MS: u64 = 15 * 60 * 1_000;
const ADDRESSES_MAX: usize = 10_000;

impl Default for Newcomers {
    fn default() -> Self {
        Self(Mutex::new(Buckets::new(NEWCOMERS_BURST, NEWCOMERS_REFILL_MS, ADDRESSES_MAX)))
    }
}

impl Newcomers {
    /// Makes room for one more guest, or says when to come again.
    pub(crate) fn admit(&self, address: [u8; 32], now: UnixMillis) -> Result<(), ApiError> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.try_take(address, 1, now).map_err(|RetryAfterMs(retry_after_ms)| ApiError::RateLimited {
            what: "Somebody was banned at your address today, so new guests wait here. Please try again later, or sign in.",
            retry_after_ms,
        })
    }
}
