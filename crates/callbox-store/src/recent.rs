//! Readings of the last 1,000 calls of the last 24 hours, for code that counts them.
//!
//! Ids begin with their time, so the newest are a range of the primary key. Nothing is counted here, and nothing is kept
//! for it: a thousand rows are read in about a millisecond.

use callbox_protocol::call::{CandidateKind, EndCause, Outcome};
use callbox_protocol::id::CallId;
use callbox_protocol::reading::{CallReading, QualityReading, Readings, SideReading};
use callbox_protocol::time::UnixMillis;

use crate::sql::{Word, rows, statements, values};
use crate::words::parse;
use crate::{Store, StoreError};

const CALLS_MAX: i64 = 1_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

statements! {
    hot RECENT_CALLS reads [calls] -> CallRow =
        "SELECT id, confirmed_ms, offer_ms, answer_ms, caller_connected_ms, caller_dtls_ms, \
        caller_first_frame_ms, callee_connected_ms, callee_dtls_ms, callee_first_frame_ms, caller_path, callee_path, \
        cause, outcome FROM calls WHERE id >= $1 AND outcome <> 'unconfirmed' ORDER BY id DESC LIMIT $2";
    hot RECENT_QUALITY reads [call_quality] -> QualityRow =
        "SELECT excellent_s, good_s, poor_s, frozen_s, disconnected_s, score, rtt_ms \
        FROM call_quality WHERE call >= $1 ORDER BY call DESC LIMIT $2";
    hot RECENT_STARS reads [ratings] -> u32 = "SELECT stars FROM ratings WHERE call >= $1 ORDER BY call DESC LIMIT $2";
}

rows! {
    struct CallRow {
        id: CallId,
        confirmed_ms: Option<u32>,
        offer_ms: Option<u32>,
        answer_ms: Option<u32>,
        caller_connected_ms: Option<u32>,
        caller_dtls_ms: Option<u32>,
        caller_first_frame_ms: Option<u32>,
        callee_connected_ms: Option<u32>,
        callee_dtls_ms: Option<u32>,
        callee_first_frame_ms: Option<u32>,
        caller_path: Option<String>,
        callee_path: Option<String>,
        cause: Word<EndCause>,
        outcome: Word<Outcome>,
    }
    struct QualityRow {
        excellent_s: u32,
        good_s: u32,
        poor_s: u32,
        frozen_s: u32,
        disconnected_s: u32,
        score: u32,
        rtt_ms: u32,
    }
}

impl Store {
    /// The readings of the calls that ended recently, those included that ended just now.
    pub async fn recent_readings(&self, now: UnixMillis) -> Result<Readings, StoreError> {
        self.settle().await?;
        let mut db = self.reader().await?;
        let since = CallId::new(now.minus(DAY_MS), [0; 10]);
        let calls = db.all(&RECENT_CALLS, values![since, CALLS_MAX]).await?;
        let oldest = calls.last().map_or(since, |call| call.id);
        // Two sides a call.
        let bounds = values![oldest, 2 * CALLS_MAX];
        let quality = db.all(&RECENT_QUALITY, bounds).await?;
        let stars = db.all(&RECENT_STARS, bounds).await?;
        Ok(Readings {
            calls: calls.into_iter().map(CallReading::from).collect(),
            quality: quality.into_iter().map(QualityReading::from).collect(),
            stars,
        })
    }
}

impl From<CallRow> for CallReading {
    fn from(row: CallRow) -> Self {
        let caller = SideReading {
            connected_ms: row.caller_connected_ms,
            dtls_ms: row.caller_dtls_ms,
            first_frame_ms: row.caller_first_frame_ms,
            path: ends(row.caller_path.as_deref()),
        };
        let callee = SideReading {
            connected_ms: row.callee_connected_ms,
            dtls_ms: row.callee_dtls_ms,
            first_frame_ms: row.callee_first_frame_ms,
            path: ends(row.callee_path.as_deref()),
        };
        Self {
            confirmed_ms: row.confirmed_ms,
            offer_ms: row.offer_ms,
            answer_ms: row.answer_ms,
            sides: [caller, callee],
            cause: row.cause.0,
            outcome: row.outcome.0,
        }
    }
}

impl From<QualityRow> for QualityReading {
    fn from(row: QualityRow) -> Self {
        Self {
            excellent_s: row.excellent_s,
            good_s: row.good_s,
            poor_s: row.poor_s,
            frozen_s: row.frozen_s,
            disconnected_s: row.disconnected_s,
            score: row.score,
            rtt_ms: row.rtt_ms,
        }
    }
}

/// A way is kept as `local/remote`.
fn ends(path: Option<&str>) -> [Option<CandidateKind>; 2] {
    let (local, remote) = path.and_then(|path| path.split_once('/')).unwrap_or_default();
    [parse(local), parse(remote)]
}
