//! Slots that many want, shared by tasks: `callbox_core::shares` behind a lock, and a slot that is released when it
//! is dropped.
//!
//! Decides nothing. Bounds are the core's.

use callbox_core::address::ClientAddr;
use callbox_core::shares;
use std::sync::{Arc, Mutex, PoisonError};

/// The holders, and how many each has.
#[derive(Debug)]
pub struct Shares(Mutex<shares::Shares>);

/// One slot; released when it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    /// Present until the drop.
    share: Option<shares::Share>,
}

impl Shares {
    /// Nobody has any.
    pub fn new(address_max: usize) -> Self {
        Self(Mutex::new(shares::Shares::new(address_max)))
    }

    /// One more for this address, if it and its block have not used up theirs.
    pub fn take(self: &Arc<Self>, client: ClientAddr) -> Option<Share> {
        let share = self.0.lock().unwrap_or_else(PoisonError::into_inner).take(client)?;
        Some(Share { shares: Arc::clone(self), share: Some(share) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(share) = self.share.take() {
            self.shares.0.lock().unwrap_or_else(PoisonError::into_inner).give_back(&share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_when_it_is_dropped() {
        let shares = Arc::new(Shares::new(1));
        let take = || shares.take(ClientAddr("192.0.2.1".parse().unwrap()));
        let held = take().unwrap();
        assert!(take().is_none());
        drop(held);
        assert!(take().is_some());
    }
}
