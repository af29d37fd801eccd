//! Slots for connections: so many in all, and of these so many for one address and one block.
//!
//! A connection holds its slot to its end, as a WebSocket too, so that all kinds are counted together; one of the relay
//! holds it until it has an allocation, since quotas of allocations bound it from then on. Trusted
//! proxies and callers on this machine carry many users and have no share of their own; whoever a proxy names has one. If all slots are taken the
//! operating system's queue holds new clients; if a share is used up a connection is closed at once.

use callbox_core::address::ClientAddr;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::files;
use crate::shares::{Share, Shares};
use callbox_settings::limits::{LimitSettings, RateLimits};

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
    share: Option<Share>,
}

/// An address or block has all the connections that it may have.
struct UsedUp;

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
        Some(Slot { _of_all: one, share: self.share(peer).ok()? })
    }

    /// Counts a proxy's connection for its client from now on, if that one's share is not used up.
    pub(super) fn assign_behind(&self, slot: &mut Slot, client: SocketAddr) -> bool {
        let share = self.share(client);
        let is_within = share.is_ok();
        slot.share = share.unwrap_or_default();
        is_within
    }

    /// Whether it is a proxy that says whose a connection is.
    pub(super) fn trusts(&self, peer: SocketAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&peer.ip().to_canonical()))
    }

    /// A share, or none where none is needed.
    fn share(&self, peer: SocketAddr) -> Result<Option<Share>, UsedUp> {
        let client = ClientAddr(peer.ip().to_canonical());
        if self.trusts(peer) || client.is_loopback() && !self.counts_loopback {
            return Ok(None);
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
        share.map(Some).ok_or(UsedUp)
    }
}
