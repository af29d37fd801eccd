//! The world's randomness: the exchange's own generator, so that one seed is one run.

pub(crate) use callbox_core::random::Random;

/// What a world asks of it.
pub(crate) trait Chances {
    /// A place among so many.
    fn index(&mut self, end: usize) -> usize;
    /// True `percent` times of a hundred.
    fn chance(&mut self, percent: u64) -> bool;
}

impl Chances for Random {
    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
