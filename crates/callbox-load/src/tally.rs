//! The counts and durations of a run so far.
//!
//! Set-ups of the warm-up are played and checked like the others, and only their durations are left out.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::latencies::Latencies;

/// Counts and durations of one run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// From when a message was due to its arrival, in set-ups that no cut touched.
    pub(crate) messages: Latencies,
    /// The same in set-ups that a cut touched.
    pub(crate) messages_touched: Latencies,
    /// From a set-up's planned start to the answer at the caller; those that a cut touched are left out.
    pub(crate) setups: Latencies,
    /// From a candidate's making to its frame's sending.
    pub(crate) batching: Latencies,
    /// How much later than planned the generator itself was.
    pub(crate) lateness: Latencies,
    /// From the loss of a socket to the answer of the hello on the next.
    pub(crate) returns: Latencies,
    /// Refusals by code.
    pub(crate) refused: BTreeMap<String, u64>,
}

/// The counters of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Set-ups that were due.
    pub(crate) setups: u64,
    /// All messages of both sides sent, all of the callee's at the caller.
    pub(crate) done: u64,
    /// Not started, since one of the two was still busy with an earlier one.
    pub(crate) not_started: u64,
    /// Started, and not done in time.
    pub(crate) unfinished: u64,
    /// The server ended a call that nobody had left.
    pub(crate) ended_early: u64,
    /// A call that had begun was not there any more when its client reconnected.
    pub(crate) calls_gone: u64,
    /// Set-ups that were begun again after the server had forgotten them.
    pub(crate) begun_again: u64,
    /// A message came to somebody whom it was not for.
    pub(crate) misdelivered: u64,
    /// Sockets that the generator cut.
    pub(crate) cuts: u64,
    /// Sockets that were lost otherwise.
    pub(crate) closed: u64,
    /// Clients that the server told to stay away.
    pub(crate) sent_away: u64,
    /// Clients that the server told to reconnect.
    pub(crate) asked_back: u64,
    /// Attempts to connect that failed.
    pub(crate) connects_failed: u64,
    /// Returns with everything.
    pub(crate) recovered: u64,
    /// Returns to a server that had forgotten the session, and restored the call.
    pub(crate) restored: u64,
    /// Returns to a server that had forgotten the session; no call was lost by it.
    pub(crate) forgotten: u64,
    /// Returns on a wire that knows no sessions.
    pub(crate) anew: u64,
    /// Holes in the server's numbers.
    pub(crate) gaps: u64,
}
