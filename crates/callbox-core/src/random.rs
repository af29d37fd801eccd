//! Randomness from a seed: `SplitMix64`, for ids that are names and for spread, which need not be secret.
//!
//! One generator for the exchange and for the seeded tests of all crates. Not `fastrand`, which the relay uses: a later version of
//! that may give other numbers, and a seed that once found a fault must find it again.

/// The same seed gives the same numbers, in every version.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of this seed, from the first.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, of all that there are.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes()[..part.len()]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_that_the_algorithm_names() {
        // The test vector of the reference implementation (Vigna, splitmix64.c), for the seed 1234567.
        let mut random = Random::new(1_234_567);
        let first = [(); 3].map(|()| random.next());
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn bytes_are_the_numbers_and_the_last_one_is_cut() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        let bytes: [u8; 10] = one.bytes();
        assert_eq!(bytes[..8], other.next().to_be_bytes());
        assert_eq!(bytes[8..], other.next().to_be_bytes()[..2]);
        assert_eq!(one.below(10), other.below(10));
    }
}
