//! Time and randomness together, as a whole server is given them, and as a handler takes them that makes an id.

use callbox_protocol::time::UnixMillis;

use crate::clock::Clock;
use crate::randomness::Randomness;

/// The two sources that nothing here reads on its own; cheap to clone.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub randomness: Randomness,
}

impl Environment {
    /// The machine's. Made by the command line, once, and by tests.
    pub fn system() -> Self {
        Self { clock: Clock::system(), randomness: Randomness::system() }
    }

    /// The current time.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// The next random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.randomness.bytes()
    }
}
