//! The limits on opening sockets: `callbox_core::admission` behind a lock, and a slot that is released when it is
//! dropped.
//!
//! A browser cannot read why a WebSocket was refused, so none is: a client that must wait gets a `leave` that says
//! how long. Decides nothing. Bounds are the core's.

use callbox_core::address::ClientAddr;
use callbox_core::admission;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;

/// Wait this long, and a little more, by random spread.
pub use callbox_core::limit::RetryAfterMs;

/// The limits on opening sockets, and their counts.
pub struct Admission {
    state: Mutex<admission::Admission>,
    clock: Clock,
}

/// A slot for one socket; released when it is dropped.
pub struct Admitted {
    admission: Arc<Admission>,
    /// Present until the drop.
    socket: Option<admission::Admitted>,
}

impl Admission {
    /// Nobody is here yet.
    pub fn new(sockets_per_address_max: usize, clock: Clock) -> Self {
        Self { state: Mutex::new(admission::Admission::new(sockets_per_address_max)), clock }
    }

    /// A new socket from this address.
    pub fn admit(self: &Arc<Self>, client: ClientAddr) -> Result<Admitted, RetryAfterMs> {
        // The clock is read under the lock, so that the core's time never goes back.
        let mut state = self.lock();
        let socket = state.handle_socket(client, self.clock.now())?;
        Ok(Admitted { admission: Arc::clone(self), socket: Some(socket) })
    }

    fn lock(&self) -> MutexGuard<'_, admission::Admission> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The socket has sent its hello.
    pub fn greet(&mut self) {
        if let Some(socket) = &mut self.socket {
            self.admission.lock().handle_hello(socket);
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.admission.lock().handle_close(socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::time::UnixMillis;

    #[test]
    fn a_place_is_given_back_when_it_is_dropped() {
        let admission = Arc::new(Admission::new(1, Clock::manual(UnixMillis(1_790_000_000_000))));
        let admit = || admission.admit(ClientAddr("192.0.2.1".parse().unwrap()));
        let mut held = admit().ok().unwrap();
        held.greet();
        let full = admit().err().unwrap();
        drop(held);
        // There is room again, but not so often.
        assert!(admit().err().is_none_or(|wait| wait.0 < full.0));
    }
}
