//! Readings: the records of calls that ended, for figures over many of them.
//!
//! The store reads them and the monitor counts them; they cross no wire, and name nobody. Times in ms count from the
//! match. `None` is a value that nobody reported, or a word of another version that this one does not know.

use crate::call::{CandidateKind, EndCause, Outcome};

/// Calls of a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Those that began.
    pub calls: Vec<CallReading>,
    /// The sides that reported the quality.
    pub quality: Vec<QualityReading>,
    /// Of people who rated their call, 1 to 5.
    pub stars: Vec<u32>,
}

/// One call that began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallReading {
    /// Both confirmed.
    pub confirmed_ms: Option<u32>,
    /// The first offer passed.
    pub offer_ms: Option<u32>,
    /// The first answer passed.
    pub answer_ms: Option<u32>,
    /// Caller and callee.
    pub sides: [SideReading; 2],
    /// Why it ended.
    pub cause: Option<EndCause>,
    /// The outcome.
    pub outcome: Option<Outcome>,
}

/// One side of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideReading {
    /// Its media connection was made.
    pub connected_ms: Option<u32>,
    /// How long DTLS took after ICE.
    pub dtls_ms: Option<u32>,
    /// It decoded a frame of the other.
    pub first_frame_ms: Option<u32>,
    /// The two ends of the way, as this side sees it: its own and the other's.
    pub path: [Option<CandidateKind>; 2],
}

/// How a call was for one side: seconds at each level, and two means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QualityReading {
    /// Seconds at this level.
    pub excellent_s: u32,
    /// Seconds at this level.
    pub good_s: u32,
    /// Seconds at this level.
    pub poor_s: u32,
    /// Seconds in which the picture did not move.
    pub frozen_s: u32,
    /// Seconds without a path.
    pub disconnected_s: u32,
    /// The mean score, 0 to 95.
    pub score: u32,
    /// The mean round trip.
    pub rtt_ms: u32,
}

/// What one statement of the database has cost since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementReading {
    /// Its name: the family of use cases, and its own.
    pub name: &'static str,
    /// How often it ran.
    pub count: u64,
    /// The rows that it read or changed, all together.
    pub rows: u64,
    /// How long those runs took that were timed, all together.
    pub timed_ns: u64,
    /// How many of these took so long: see [`Self::bucket`].
    pub buckets: Vec<u64>,
}

impl StatementReading {
    /// Buckets from one doubling of the time to the next.
    pub const BUCKETS_PER_DOUBLING: u32 = 4;
    /// The first bucket ends a quarter of a doubling above this: no statement is faster than half a microsecond.
    pub const FIRST_NS: u32 = 512;
    /// From half a microsecond to half a minute, which is longer than any statement may run.
    pub const BUCKETS: usize = 104;

    /// The bucket of a time.
    pub fn bucket(ns: u64) -> usize {
        let ns = ns.max(Self::FIRST_NS.into());
        let doubling = ns.ilog2() - Self::FIRST_NS.ilog2();
        // The bounds between two powers of two, in 1/1,024 of the lower one: 2^(1/4), 2^(2/4), 2^(3/4).
        let fraction = (ns >> (ns.ilog2() - 9)) * 2;
        let quarter = [1_218, 1_448, 1_722].iter().filter(|bound| fraction >= **bound).count();
        let bucket = (doubling * Self::BUCKETS_PER_DOUBLING) as usize + quarter;
        bucket.min(Self::BUCKETS - 1)
    }
}
