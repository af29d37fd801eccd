//! The highest rate that a server bears: by doubling until it does not, then by bisection.
//!
//! Two runs of three decide on a rate: a machine's hiccup can fail one, and a collector's pause can fall between two.

/// One search, step by step, so that several can take turns.
#[derive(Debug)]
pub(super) struct Search {
    /// The highest rate that was borne.
    passed: f64,
    /// The lowest that was not.
    failed: Option<f64>,
    /// Nothing is tried above this.
    highest: f64,
    next: f64,
    /// The votes of runs at that rate: how many bore it, and how many did not.
    votes: [u32; 2],
}

/// The majority of three runs at one rate.
const MAJORITY: u32 = 2;
/// If the two ends are this close, the search has ended.
const CLOSE: f64 = 1.12;

impl Search {
    pub(super) fn new(first: f64, highest: f64) -> Self {
        Self { passed: 0.0, failed: None, highest, next: first, votes: [0, 0] }
    }

    /// The rate to try next; `None`: it is found.
    pub(super) fn next_rate(&self) -> Option<f64> {
        let is_close = self.failed.is_some_and(|failed| self.passed > 0.0 && failed / self.passed <= CLOSE);
        let is_hopeless = self.failed.is_some_and(|failed| failed <= 1.0);
        (!is_close && !is_hopeless && self.passed < self.highest).then_some(self.next)
    }

    pub(super) fn handle_result(&mut self, is_borne: bool) {
        self.votes[usize::from(!is_borne)] += 1;
        let [borne, not_borne] = self.votes;
        if borne >= MAJORITY {
            self.passed = self.next;
        } else if not_borne >= MAJORITY {
            self.failed = Some(self.next);
        } else {
            return;
        }
        self.votes = [0, 0];
        self.next = match self.failed {
            None => (self.passed * 2.0).min(self.highest),
            Some(failed) if self.passed == 0.0 => failed / 2.0,
            // The middle by ratio, in whole set-ups a second.
            Some(failed) => (self.passed * failed).sqrt().round(),
        };
    }

    /// The highest rate that was borne so far.
    pub(super) fn best(&self) -> f64 {
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches for what a server bears that fails at each `flaw`th run by chance; how many runs it took.
    fn search(limit: f64, flaw: usize) -> (f64, usize) {
        let mut search = Search::new(250.0, 8_000.0);
        let mut runs = 0_usize;
        while let Some(rate) = search.next_rate() {
            runs += 1;
            search.handle_result(rate <= limit && !runs.is_multiple_of(flaw));
        }
        (search.best(), runs)
    }

    #[test]
    fn the_limit_is_found_within_an_eighth() {
        for limit in [20.0, 240.0, 300.0, 777.0, 1_500.0, 2_300.0, 7_000.0] {
            let (found, runs) = search(limit, usize::MAX);
            assert!(found <= limit && limit / found <= CLOSE + 0.01, "{limit}: {found}");
            assert!(runs <= 32, "{limit}: {runs} runs");
        }
    }

    #[test]
    fn a_hiccup_does_not_lower_what_is_found() {
        assert!((search(1_500.0, usize::MAX).0 - search(1_500.0, 3).0).abs() < 0.1);
    }

    #[test]
    fn nothing_is_tried_above_the_highest_and_nothing_at_all_ends_it() {
        assert!((search(1e9, usize::MAX).0 - 8_000.0).abs() < 0.1);
        assert!(search(0.0, usize::MAX).0.abs() < 0.1);
    }
}
