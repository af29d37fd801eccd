//! Who may open a socket now: so many from one address, so often, and so many that have not said who they are.
//!
//! A browser cannot read why a WebSocket was refused, so nobody is: whoever must wait gets a `leave` that says
//! how long. Callers on this machine are limited in all alone, as for guests. Bounds: 50,000 addresses.

use callbox_core::limit::Buckets;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::{AddrKey, ClientAddr};
use crate::clock;

/// Sockets without a hello. Each costs a buffer; a crowd that comes back after a restart fits twice over.
const STRANGERS_MAX: usize = 8_192;
/// After its first crowd an address may open 20 sockets a second.
const SOCKET_REFILL_MS: u64 = 50;
const ADDRS_MAX: usize = 50_000;
/// A stranger has 5 s for its hello, so by then there is room.
const STRANGERS_RETRY_MS: u64 = 5_000;
/// Sockets end when people leave; nobody knows when.
const SOCKETS_RETRY_MS: u64 = 15_000;

/// Who may open a socket now.
pub struct Admission {
    state: Mutex<State>,
    sockets_per_address_max: usize,
}

struct State {
    strangers: usize,
    sockets_by_addr: HashMap<AddrKey, usize>,
    buckets: Buckets<AddrKey>,
}

/// Wait this long, and a little by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfterMs(pub u64);

/// A place for one socket; given back when it is dropped.
pub struct Admitted {
    admission: Arc<Admission>,
    addr: Option<AddrKey>,
    is_stranger: bool,
}

impl Admission {
    /// Nobody is here yet. All of an address may come at once, as after a restart.
    pub fn new(sockets_per_address_max: usize) -> Self {
        let burst = u32::try_from(sockets_per_address_max).unwrap_or(u32::MAX);
        let buckets = Buckets::new(burst, SOCKET_REFILL_MS, ADDRS_MAX);
        let state = State { strangers: 0, sockets_by_addr: HashMap::new(), buckets };
        Self { state: Mutex::new(state), sockets_per_address_max }
    }

    /// A new socket from this address.
    pub fn admit(self: &Arc<Self>, client: ClientAddr) -> Result<Admitted, RetryAfterMs> {
        let mut state = self.lock();
        if state.strangers >= STRANGERS_MAX {
            return Err(RetryAfterMs(STRANGERS_RETRY_MS));
        }
        let addr = (!client.is_loopback()).then(|| client.key());
        if let Some(addr) = addr {
            let there = state.sockets_by_addr.get(&addr).copied().unwrap_or_default();
            if there >= self.sockets_per_address_max {
                return Err(RetryAfterMs(SOCKETS_RETRY_MS));
            }
            let paid = state.buckets.try_take(addr, 1, clock::now());
            paid.map_err(|wait| RetryAfterMs(wait.0))?;
            // Bounded by the sockets, which are bounded by the listener.
            state.sockets_by_addr.insert(addr, there + 1);
        }
        state.strangers += 1;
        Ok(Admitted { admission: Arc::clone(self), addr, is_stranger: true })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The socket has said who it is.
    pub fn greet(&mut self) {
        if std::mem::take(&mut self.is_stranger) {
            self.admission.lock().strangers -= 1;
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.greet();
        if let Some(addr) = self.addr {
            let mut state = self.admission.lock();
            if let Some(there) = state.sockets_by_addr.get_mut(&addr) {
                *there -= 1;
                if *there == 0 {
                    state.sockets_by_addr.remove(&addr);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddr {
        ClientAddr(text.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_sockets_and_gets_them_back_one_by_one() {
        let admission = Arc::new(Admission::new(3));
        let mut held: Vec<Admitted> =
            (0..3).map(|_| admission.admit(client("192.0.2.1")).ok().unwrap()).collect();
        assert_eq!(admission.admit(client("192.0.2.1")).err(), Some(RetryAfterMs(SOCKETS_RETRY_MS)));
        assert!(admission.admit(client("192.0.2.2")).is_ok(), "others are not touched");
        held.pop();
        let wait = admission.admit(client("192.0.2.1")).err().unwrap();
        assert!(wait.0 <= SOCKET_REFILL_MS, "there is room, but not so often: {wait:?}");
        drop(held);
        assert!(admission.lock().sockets_by_addr.is_empty());
    }

    #[test]
    fn strangers_are_bounded_wherever_they_come_from() {
        let admission = Arc::new(Admission::new(1));
        let mut held: Vec<Admitted> =
            (0..STRANGERS_MAX).map(|_| admission.admit(client("127.0.0.1")).ok().unwrap()).collect();
        assert_eq!(admission.admit(client("192.0.2.1")).err(), Some(RetryAfterMs(STRANGERS_RETRY_MS)));
        held[0].greet();
        assert!(admission.admit(client("192.0.2.1")).is_ok());
        drop(held);
        assert_eq!(admission.lock().strangers, 0);
    }
}
