//! Randomness as a value: the operating system's, or a test's that comes from a seed.
//!
//! The only file of the server that reads the operating system's randomness. Each part that needs some is given a
//! [`Randomness`] when it is made. Tokens and keys are the store's, and always the operating system's.

use callbox_core::random::Random;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A source of random bytes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Randomness(Source);

#[derive(Clone, Debug)]
enum Source {
    /// With the seed of names, and how many of them were given.
    System(Arc<(u64, AtomicU64)>),
    Seeded(Arc<Mutex<Random>>),
}

impl Randomness {
    /// The operating system's: nobody can guess it. Made by the command line, once, and by tests.
    pub fn system() -> Self {
        let seed = u64::from_be_bytes(system_bytes());
        Self(Source::System(Arc::new((seed, AtomicU64::new(0)))))
    }

    /// For tests: the same seed gives the same bytes, in the order in which they are asked for.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(Random::new(seed)))))
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        match &self.0 {
            Source::System(_) => system_bytes(),
            Source::Seeded(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).bytes(),
        }
    }

    /// The next number, of all that there are.
    pub fn number(&self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }

    /// A number for something that has only to be told from others, such as a request: whoever knows some of these can
    /// compute the next. It costs no system call.
    pub fn name(&self) -> u64 {
        match &self.0 {
            Source::System(names) => {
                let (seed, count) = &**names;
                // SplitMix64 gives each of its numbers once, and its state only adds: this is its next one.
                Random::new(seed.wrapping_add(count.fetch_add(STEP, Ordering::Relaxed))).next()
            }
            Source::Seeded(_) => self.number(),
        }
    }
}

/// By which the state of `SplitMix64` grows.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn system_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_seed_repeats_itself_and_the_operating_system_does_not() {
        let three = |randomness: Randomness| [(); 3].map(|()| randomness.number());
        assert_eq!(three(Randomness::seeded(7)), three(Randomness::seeded(7)));
        assert_ne!(three(Randomness::seeded(7)), three(Randomness::seeded(8)));
        assert_ne!(three(Randomness::system()), three(Randomness::system()));
    }

    #[test]
    fn names_differ_within_a_process_and_between_two() {
        let (one, other) = (Randomness::system(), Randomness::system());
        let names: HashSet<u64> =
            (0..1_000).flat_map(|_| [one.name(), other.name(), one.clone().name()]).collect();
        assert_eq!(names.len(), 3_000);
    }
}
