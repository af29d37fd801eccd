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
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    fn client(text: &str) -> ClientAddr {
        ClientAddr(text.parse().unwrap())
    }

    fn crowd(admission: &mut Admission, from: &str, count: usize) -> Vec<Admitted> {
        (0..count).map(|_| admission.handle_socket(client(from), NOW).unwrap()).collect()
    }

    fn close(admission: &mut Admission, sockets: impl IntoIterator<Item = Admitted>) {
        for socket in sockets {
            admission.handle_close(socket);
        }
    }

    /// How long one more would have to wait; it goes again at once.
    fn wait(admission: &mut Admission, from: &str) -> Option<RetryAfterMs> {
        match admission.handle_socket(client(from), NOW) {
            Ok(admitted) => {
                admission.handle_close(admitted);
                None
            }
            Err(wait) => Some(wait),
        }
    }

    #[test]
    fn an_address_has_so_many_sockets_and_gets_them_back_one_by_one() {
        let mut admission = Admission::new(3);
        let mut held = crowd(&mut admission, "192.0.2.1", 3);
        assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
        assert_eq!(wait(&mut admission, "192.0.2.2"), None, "others are not touched");
        close(&mut admission, held.pop());
        let wait = wait(&mut admission, "192.0.2.1").unwrap();
        assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
    }

    #[test]
    fn a_block_has_so_many_sockets_whatever_its_addresses() {
        let mut admission = Admission::new(3);
        let own = ["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"];
        let held: Vec<_> = own.into_iter().flat_map(|from| crowd(&mut admission, from, 3)).collect();
        assert_eq!(wait(&mut admission, "2001:db8:0:4::1"), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
        assert_eq!(wait(&mut admission, "2001:db8:1::1"), None, "others are not touched");
        close(&mut admission, held);
        let wait = wait(&mut admission, "2001:db8:0:4::1").unwrap();
        assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
    }

    #[test]
    fn strangers_are_bounded_wherever_they_come_from() {
        let mut admission = Admission::new(1);
        let mut held = crowd(&mut admission, "127.0.0.1", STRANGERS_MAX);
        assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
        admission.handle_hello(&mut held[0]);
        assert_eq!(wait(&mut admission, "192.0.2.1"), None);
        close(&mut admission, held);
        assert_eq!(admission.strangers, 0);
    }

    #[test]
    fn one_address_and_one_block_are_not_all_strangers() {
        let mut admission = Admission::new(STRANGERS_MAX);
        let mut held = crowd(&mut admission, "192.0.2.1", STRANGERS_PER_ADDRESS_MAX);
        let full = Some(RetryAfterMs(STRANGERS_RETRY_MS));
        assert_eq!(wait(&mut admission, "192.0.2.1"), full);
        held.extend(crowd(&mut admission, "192.0.2.2", STRANGERS_PER_ADDRESS_MAX));
        held.extend(crowd(&mut admission, "192.0.2.3", STRANGERS_PER_ADDRESS_MAX));
        assert_eq!(wait(&mut admission, "192.0.2.4"), full);
        assert_eq!(wait(&mut admission, "192.0.3.1"), None);
        admission.handle_hello(&mut held[0]);
        assert_eq!(wait(&mut admission, "192.0.2.1"), None, "it has said who it is");
    }

    #[test]
    fn a_socket_that_is_refused_holds_nothing() {
        let mut admission = Admission::new(STRANGERS_PER_ADDRESS_MAX + 1);
        let held = crowd(&mut admission, "192.0.2.1", STRANGERS_PER_ADDRESS_MAX);
        for _ in 0..3 {
            assert_eq!(wait(&mut admission, "192.0.2.1"), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
        }
        close(&mut admission, held);
        assert_eq!(admission.strangers, 0);
    }
}
