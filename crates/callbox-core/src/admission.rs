//! The limits on opening sockets: so many from one address and its block, so often, and so many without a hello.
//!
//! Callers on this machine are limited in all alone, as for guests. Bounds: 50,000 addresses and blocks, and the
//! slots of sockets that are open.

use callbox_protocol::time::UnixMillis;

use crate::address::{AddrKey, BlockKey, ClientAddr};
use crate::limit::{Buckets, RetryAfterMs};
use crate::shares::{ADDRESSES_PER_BLOCK, Share, Shares};

/// Sockets without a hello. Each costs a buffer; a crowd that reconnects after a restart fits twice over.
const STRANGERS_MAX: usize = 8_192;
/// Of these for one address: all of one with the default settings reconnect at once.
const STRANGERS_PER_ADDRESS_MAX: usize = STRANGERS_MAX / 8;
/// After its first crowd an address may open 20 sockets a second.
const SOCKET_REFILL_MS: u64 = 50;
const KEYS_MAX: usize = 50_000;
/// A stranger has 5 s for its hello, so by then there is room.
const STRANGERS_RETRY_MS: u64 = 5_000;
/// Sockets end when people leave; nobody knows when.
const SOCKETS_RETRY_MS: u64 = 15_000;

/// The sockets that are open, as far as the next one depends on them.
pub struct Admission {
    strangers: usize,
    sockets: Shares,
    without_hello: Shares,
    by_addr: Buckets<AddrKey>,
    by_block: Buckets<BlockKey>,
}

/// A place for one socket, from its start to [`Admission::handle_close`].
#[derive(Debug)]
#[must_use]
pub struct Admitted {
    is_stranger: bool,
    /// None on this machine, and after the hello.
    without_hello: Option<Share>,
    /// None on this machine.
    socket: Option<Share>,
}

impl Admission {
    /// Nobody is here yet. All of an address may come at once, as after a restart.
    pub fn new(sockets_per_address_max: usize) -> Self {
        let burst =
            |addrs: usize| u32::try_from(sockets_per_address_max.saturating_mul(addrs)).unwrap_or(u32::MAX);
        let block_refill_ms = SOCKET_REFILL_MS / ADDRESSES_PER_BLOCK as u64;
        Self {
            strangers: 0,
            sockets: Shares::new(sockets_per_address_max),
            without_hello: Shares::new(STRANGERS_PER_ADDRESS_MAX),
            by_addr: Buckets::new(burst(1), SOCKET_REFILL_MS, KEYS_MAX),
            by_block: Buckets::new(burst(ADDRESSES_PER_BLOCK), block_refill_ms, KEYS_MAX),
        }
    }

    /// A new socket from this address.
    pub fn handle_socket(&mut self, client: ClientAddr, now: UnixMillis) -> Result<Admitted, RetryAfterMs> {
        if self.strangers >= STRANGERS_MAX {
            return Err(RetryAfterMs(STRANGERS_RETRY_MS));
        }
        let mut admitted = Admitted { is_stranger: false, without_hello: None, socket: None };
        if !client.is_loopback()
            && let Err(wait) = self.count(client, now, &mut admitted)
        {
            self.handle_close(admitted);
            return Err(wait);
        }
        admitted.is_stranger = true;
        self.strangers += 1;
        Ok(admitted)
    }

    fn count(
        &mut self,
        client: ClientAddr,
        now: UnixMillis,
        admitted: &mut Admitted,
    ) -> Result<(), RetryAfterMs> {
        admitted.socket = self.sockets.take(client);
        admitted.socket.as_ref().ok_or(RetryAfterMs(SOCKETS_RETRY_MS))?;
        admitted.without_hello = self.without_hello.take(client);
        admitted.without_hello.as_ref().ok_or(RetryAfterMs(STRANGERS_RETRY_MS))?;
        self.by_addr.try_take(client.key(), 1, now)?;
        self.by_block.try_take(client.block(), 1, now)?;
        Ok(())
    }

    /// The socket has sent its hello.
    pub fn handle_hello(&mut self, admitted: &mut Admitted) {
        if let Some(share) = admitted.without_hello.take() {
            self.without_hello.give_back(&share);
        }
        if std::mem::take(&mut admitted.is_stranger) {
            self.strangers -= 1;
        }
    }

    /// The socket is closed.
    pub fn handle_close(&mut self, mut admitted: Admitted) {
        self.handle_hello(&mut admitted);
        if let Some(share) = admitted.socket.take() {
            self.sockets.give_back(&share);
        }
    }
}

#[cfg(test)]
mod tests;
