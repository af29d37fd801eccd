//! The events of a world, and whether they were enough to mean something.

/// The events of a world, so that a world in which nothing happens is found out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Report {
    pub(crate) calls: u64,
    pub(crate) lines: u64,
    pub(crate) cuts: u64,
    pub(crate) recovered: u64,
    pub(crate) not_recovered: u64,
    pub(crate) restarts: u64,
    pub(crate) crashes: u64,
    pub(crate) restored: u64,
    pub(crate) slow: u64,
    pub(crate) superseded: u64,
    pub(crate) gaps: u64,
    pub(crate) full: u64,
    pub(crate) offered: u64,
    pub(crate) left: u64,
    pub(crate) reloaded: u64,
    /// Over all that happened, in order.
    pub(crate) trace: u64,
}

impl Report {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.lines += other.lines;
        self.cuts += other.cuts;
        self.recovered += other.recovered;
        self.not_recovered += other.not_recovered;
        self.restarts += other.restarts;
        self.crashes += other.crashes;
        self.restored += other.restored;
        self.slow += other.slow;
        self.superseded += other.superseded;
        self.gaps += other.gaps;
        self.full += other.full;
        self.offered += other.offered;
        self.left += other.left;
        self.reloaded += other.reloaded;
    }

    /// Each kind of event was met often enough to mean something.
    pub(crate) fn assert_eventful(&self, seeds: u64) {
        println!("{seeds} worlds: {self:?}");
        assert!(self.calls > 3 * seeds && self.lines > 5 * seeds && self.cuts > 5 * seeds, "{self:?}");
        assert!(self.recovered > 3 * seeds && self.not_recovered > seeds / 4, "{self:?}");
        assert!(
            self.restarts > seeds / 3 && self.crashes > seeds / 3 && self.restored > seeds / 20,
            "{self:?}"
        );
        assert!(self.offered > seeds && self.left > seeds / 20 && self.reloaded > seeds / 20, "{self:?}");
        assert!(self.slow > 0 && self.superseded > 0 && self.gaps > seeds / 20 && self.full > 0, "{self:?}");
    }
}
