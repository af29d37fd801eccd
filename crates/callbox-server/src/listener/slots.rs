//! Slots for connections: so many in all, and of these so many for one address and one block.
//!
//! A connection holds its slot to its end, as a WebSocket too, so that all kinds are counted together; one of the relay
//! holds it until it has an allocation, since quotas of allocations bound it from then on. Trusted
//! proxies and callers on this machine carry many users and have no share of their own. If all slots are taken the
//! operating system's queue holds new clients; if a share is used up a connection is closed at once.

use callbox_core::address::ClientAddr;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::files;
use crate::limits::{LimitSettings, RateLimits};
use crate::shares::{Share, Shares};

/// Beside the sockets of all sessions: pages, requests, sockets without a hello.
const SLOTS_BESIDE_SESSIONS: usize = 5_000;
/// Beside its sockets an address has a quarter as many, and a household's browsers have their six each.
const BESIDE_SOCKETS_MIN: usize = 64;

/// The slots, and the shares in them.
#[derive(Debug)]
pub struct Slots {
    all: Arc<Semaphore>,
    shares: Arc<Shares>,
    proxies: Vec<IpNet>,
    counts_loopback: bool,
    has_warned: AtomicBool,
}

/// One connection's slot; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _of_all: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl Slots {
    /// As the settings have it, and never more than there are files.
    pub fn new(limits: &LimitSettings, proxies: Vec<IpNet>) -> Self {
        let sockets = limits.sockets_per_address_max;
        let all = limits.sessions_max.saturating_add(SLOTS_BESIDE_SESSIONS).min(files::for_connections());
        Self {
            all: Arc::new(Semaphore::new(all)),
            shares: Arc::new(Shares::new(sockets + (sockets / 4).max(BESIDE_SOCKETS_MIN))),
            proxies,
            counts_loopback: limits.rates == RateLimits::Everyone,
            has_warned: AtomicBool::new(false),
        }
    }

    /// Waits for one of all.
    pub(super) async fn wait(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.all).acquire_owned().await.expect("the semaphore is never closed")
    }

    /// Gives it to a connection, if its address and block have not used up their share.
    pub(super) fn assign(&self, one: OwnedSemaphorePermit, peer: SocketAddr) -> Option<Slot> {
        let client = ClientAddr(peer.ip().to_canonical());
        let is_proxy = self.proxies.iter().any(|network| network.contains(&client.0));
        if is_proxy || client.is_loopback() && !self.counts_loopback {
            return Some(Slot { _of_all: one, _share: None });
        }
        let share = self.shares.take(client);
        if share.is_none() {
            tracing::debug!(%peer, "its address or block has its share of connections");
            if !self.has_warned.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "an address or block of addresses has all the connections that it may have: if that is a proxy of yours, name \
                     it in `trusted_proxies`; else see `sockets_per_address_max`"
                );
            }
        }
        Some(Slot { _of_all: one, _share: Some(share?) })
    }
}
