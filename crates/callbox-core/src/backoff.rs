//! Pauses between tries that fail: each twice as long as the one before, up to a longest.
//!
//! Keeps no count: whoever tries knows how often it failed in a row. Where each pause has a reason of its own it is a table beside its
//! owner instead (`retries.rs`, and the certificates' `renewal.rs`). The load tester has its own, since a judge shares only words.

/// Pauses that double.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first_ms: u64,
    longest_ms: u64,
}

impl Backoff {
    /// From the first pause to the longest.
    pub const fn new(first_ms: u64, longest_ms: u64) -> Self {
        Self { first_ms, longest_ms }
    }

    /// The pause after a try that failed, in milliseconds; `before`: how many failed in a row before it.
    pub fn pause_ms(self, before: u32) -> u64 {
        let factor = 1_u64.checked_shl(before).unwrap_or(u64::MAX);
        self.first_ms.saturating_mul(factor).min(self.longest_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_stay_there() {
        let backoff = Backoff::new(100, 5_000);
        let pauses = [0, 1, 2, 5, 6, 63, 64, u32::MAX].map(|before| backoff.pause_ms(before));
        assert_eq!(pauses, [100, 200, 400, 3_200, 5_000, 5_000, 5_000, 5_000]);
    }
}
