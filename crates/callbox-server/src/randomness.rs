//! Randomness as a value: the operating system's, or a test's that comes from a seed.
//!
//! The only file of the server that reads the operating system's randomness. Each part that needs some is given a
//! [`Randomness`] when it is made. Tokens and keys are the store's, and always the operating system's.

use callbox_core::random::Random;
use std::sync::{Arc, Mutex, PoisonError};

/// A source of random bytes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Randomness(Option<Arc<Mutex<Random>>>);

impl Randomness {
    /// The operating system's: nobody can guess it. Made by the command line, once, and by tests.
    pub fn system() -> Self {
        Self(None)
    }

    /// For tests: the same seed gives the same bytes, in the order in which they are asked for.
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(Random::new(seed)))))
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        if let Some(seeded) = &self.0 {
            return seeded.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        }
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system has a random source");
        bytes
    }

    /// The next number, of all that there are.
    pub fn number(&self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_the_operating_system_does_not() {
        let three = |randomness: Randomness| [(); 3].map(|()| randomness.number());
        assert_eq!(three(Randomness::seeded(7)), three(Randomness::seeded(7)));
        assert_ne!(three(Randomness::seeded(7)), three(Randomness::seeded(8)));
        assert_ne!(three(Randomness::system()), three(Randomness::system()));
    }
}
