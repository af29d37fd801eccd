//! Who may open a socket now: so many from one address and its block, so often, and so many that have not said who they are.
//!
//! A browser cannot read why a WebSocket was refused, so nobody is: whoever must wait gets a `leave` that says
//! how long. Callers on this machine are limited in all alone, as for guests. Bounds: 50,000 addresses and blocks.

use callbox_core::address::{AddrKey, BlockKey, ClientAddr};
use callbox_core::limit::Buckets;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock;
use crate::shares::{ADDRESSES_PER_BLOCK, Share, Shares};

/// Sockets without a hello. Each costs a buffer; a crowd that comes back after a restart fits twice over.
const STRANGERS_MAX: usize = 8_192;
/// Of these for one address: all of one with the default settings come back at once.
const STRANGERS_PER_ADDRESS_MAX: usize = STRANGERS_MAX / 8;
/// After its first crowd an address may open 20 sockets a second.
const SOCKET_REFILL_MS: u64 = 50;
const KEYS_MAX: usize = 50_000;
/// A stranger has 5 s for its hello, so by then there is room.
const STRANGERS_RETRY_MS: u64 = 5_000;
/// Sockets end when people leave; nobody knows when.
const SOCKETS_RETRY_MS: u64 = 15_000;

/// Who may open a socket now.
pub struct Admission {
    state: Mutex<State>,
    sockets: Arc<Shares>,
    without_hello: Arc<Shares>,
}

struct State {
    strangers: usize,
    by_addr: Buckets<AddrKey>,
    by_block: Buckets<BlockKey>,
}

/// Wait this long, and a little by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfterMs(pub u64);

/// A place for one socket; given back when it is dropped.
pub struct Admitted {
    admission: Arc<Admission>,
    is_stranger: bool,
    /// Of whoever is counted.
    without_hello: Option<Share>,
    _socket: Option<Share>,
}

impl Admission {
    /// Nobody is here yet. All of an address may come at once, as after a restart.
    pub fn new(sockets_per_address_max: usize) -> Self {
        let burst =
            |addrs: usize| u32::try_from(sockets_per_address_max.saturating_mul(addrs)).unwrap_or(u32::MAX);
        let block_refill_ms = SOCKET_REFILL_MS / ADDRESSES_PER_BLOCK as u64;
        let state = State {
            strangers: 0,
            by_addr: Buckets::new(burst(1), SOCKET_REFILL_MS, KEYS_MAX),
            by_block: Buckets::new(burst(ADDRESSES_PER_BLOCK), block_refill_ms, KEYS_MAX),
        };
        Self {
            state: Mutex::new(state),
            sockets: Arc::new(Shares::new(sockets_per_address_max)),
            without_hello: Arc::new(Shares::new(STRANGERS_PER_ADDRESS_MAX)),
        }
    }

    /// A new socket from this address.
    pub fn admit(self: &Arc<Self>, client: ClientAddr) -> Result<Admitted, RetryAfterMs> {
        let mut state = self.lock();
        if state.strangers >= STRANGERS_MAX {
            return Err(RetryAfterMs(STRANGERS_RETRY_MS));
        }
        let (mut socket, mut without_hello) = (None, None);
        if !client.is_loopback() {
            socket = Some(self.sockets.take(client).ok_or(RetryAfterMs(SOCKETS_RETRY_MS))?);
            without_hello = Some(self.without_hello.take(client).ok_or(RetryAfterMs(STRANGERS_RETRY_MS))?);
            let now = clock::now();
            state.by_addr.try_take(client.key(), 1, now).map_err(|wait| RetryAfterMs(wait.0))?;
            state.by_block.try_take(client.block(), 1, now).map_err(|wait| RetryAfterMs(wait.0))?;
        }
        state.strangers += 1;
        Ok(Admitted { admission: Arc::clone(self), is_stranger: true, without_hello, _socket: socket })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The socket has said who it is.
    pub fn greet(&mut self) {
        self.without_hello = None;
        if std::mem::take(&mut self.is_stranger) {
            self.admission.lock().strangers -= 1;
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.greet();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddr {
        ClientAddr(text.parse().unwrap())
    }

    fn crowd(admission: &Arc<Admission>, from: &str, count: usize) -> Vec<Admitted> {
        (0..count).map(|_| admission.admit(client(from)).ok().unwrap()).collect()
    }

    #[test]
    fn an_address_has_so_many_sockets_and_gets_them_back_one_by_one() {
        let admission = Arc::new(Admission::new(3));
        let mut held = crowd(&admission, "192.0.2.1", 3);
        assert_eq!(admission.admit(client("192.0.2.1")).err(), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
        assert!(admission.admit(client("192.0.2.2")).is_ok(), "others are not touched");
        held.pop();
        let wait = admission.admit(client("192.0.2.1")).err().unwrap();
        assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
    }

    #[test]
    fn a_block_has_so_many_sockets_whatever_its_addresses() {
        let admission = Arc::new(Admission::new(3));
        let own = ["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"];
        let held: Vec<_> = own.into_iter().map(|from| crowd(&admission, from, 3)).collect();
        let more = |from: &str| admission.admit(client(from)).err();
        assert_eq!(more("2001:db8:0:4::1"), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
        assert_eq!(more("2001:db8:1::1"), None, "others are not touched");
        drop(held);
        let wait = more("2001:db8:0:4::1").unwrap();
        assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
    }

    #[test]
    fn strangers_are_bounded_wherever_they_come_from() {
        let admission = Arc::new(Admission::new(1));
        let mut held = crowd(&admission, "127.0.0.1", STRANGERS_MAX);
        assert_eq!(admission.admit(client("192.0.2.1")).err(), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
        held[0].greet();
        assert!(admission.admit(client("192.0.2.1")).is_ok());
        drop(held);
        assert_eq!(admission.lock().strangers, 0);
    }

    #[test]
    fn one_address_and_one_block_are_not_all_strangers() {
        let admission = Arc::new(Admission::new(STRANGERS_MAX));
        let mut held = crowd(&admission, "192.0.2.1", STRANGERS_PER_ADDRESS_MAX);
        let full = Some(RetryAfterMs(STRANGERS_RETRY_MS));
        assert_eq!(admission.admit(client("192.0.2.1")).err(), full);
        held.extend(crowd(&admission, "192.0.2.2", STRANGERS_PER_ADDRESS_MAX));
        held.extend(crowd(&admission, "192.0.2.3", STRANGERS_PER_ADDRESS_MAX));
        assert_eq!(admission.admit(client("192.0.2.4")).err(), full);
        assert!(admission.admit(client("192.0.3.1")).is_ok());
        held[0].greet();
        assert!(admission.admit(client("192.0.2.1")).is_ok(), "it has said who it is");
    }
}
