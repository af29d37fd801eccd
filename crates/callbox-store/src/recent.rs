//! How calls went lately, for the operator: the last 1,000 of the last 24 hours, read and counted when asked.
//!
//! Ids begin with their time, so the newest are a range of the primary key. Exact: a thousand rows are sorted in less
//! than a millisecond, and nothing has to be kept for it.

use callbox_protocol::call::{CandidateKind, EndCause};
use callbox_protocol::http::{Percentiles, RecentCalls, RecentQuality, Setup};
use callbox_protocol::id::CallId;
use callbox_protocol::time::UnixMillis;

use crate::db::ReadDb;
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
        outcome: String,
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
    /// How calls went lately, those included that ended just now.
    pub async fn recent_calls(&self, now: UnixMillis) -> Result<RecentCalls, StoreError> {
        self.settle().await?;
        let mut db = self.reader().await?;
        let mut count = Count::default();
        let since = CallId::new(now.minus(DAY_MS), [0; 10]);
        let calls = db.all(&RECENT_CALLS, values![since, CALLS_MAX]).await?;
        let oldest = calls.last().map_or(since, |call| call.id);
        for call in calls {
            count.add(&call);
        }
        let quality = quality(&mut db, oldest).await?;
        Ok(count.into_recent(quality))
    }
}

/// What is counted while the rows go by.
#[derive(Default)]
struct Count {
    recent: RecentCalls,
    successes: u32,
    failures: u32,
    confirmed: Vec<u32>,
    offer: Vec<u32>,
    answer: Vec<u32>,
    ice: Vec<u32>,
    dtls: Vec<u32>,
    first_frame: Vec<u32>,
}

impl Count {
    fn add(&mut self, call: &CallRow) {
        self.confirmed.extend(call.confirmed_ms);
        self.offer.extend(call.offer_ms);
        self.answer.extend(call.answer_ms);
        for (connected, dtls, first_frame) in [
            (call.caller_connected_ms, call.caller_dtls_ms, call.caller_first_frame_ms),
            (call.callee_connected_ms, call.callee_dtls_ms, call.callee_first_frame_ms),
        ] {
            if let (Some(connected), Some(dtls), Some(answer)) = (connected, dtls, call.answer_ms) {
                self.ice.push(connected.saturating_sub(dtls).saturating_sub(answer));
            }
            self.dtls.extend(dtls);
            self.first_frame.extend(first_frame);
        }
        let (is_success, is_failure) = (call.outcome == "success", call.outcome == "failure");
        self.recent.calls += 1;
        self.successes += u32::from(is_success);
        self.failures += u32::from(is_failure);
        if let Some(cause) = call.cause.0 {
            *self.recent.causes.entry(cause).or_default() += 1;
            self.recent.dropped += u32::from(is_success && is_drop(cause));
        }
        let paths = [&call.caller_path, &call.callee_path];
        let ends = paths.into_iter().flatten().flat_map(|path| path.split('/'));
        if let Some(kind) = ends.filter_map(parse::<CandidateKind>).max() {
            *self.recent.paths.entry(kind).or_default() += 1;
        }
    }

    fn into_recent(self, quality: RecentQuality) -> RecentCalls {
        let judged = self.successes + self.failures;
        RecentCalls {
            success_percent: (judged > 0).then(|| 100.0 * f64::from(self.successes) / f64::from(judged)),
            setup: Setup {
                confirmed: percentiles(self.confirmed),
                offer: percentiles(self.offer),
                answer: percentiles(self.answer),
                ice: percentiles(self.ice),
                dtls: percentiles(self.dtls),
                first_frame: percentiles(self.first_frame),
            },
            quality,
            ..self.recent
        }
    }
}

/// Whether a call that ended so broke. Whoever closes the page leaves, and breaks nothing; but from here that looks like a
/// crash or a network that is gone for good, and a figure that hid those would flatter.
fn is_drop(cause: EndCause) -> bool {
    matches!(cause, EndCause::PeerLost | EndCause::Left | EndCause::MediaLost)
}

async fn quality(db: &mut ReadDb<'_>, oldest: CallId) -> Result<RecentQuality, StoreError> {
    let mut seconds = [0.0; 5];
    let (mut scores, mut round_trips): (Vec<f64>, _) = (Vec::new(), Vec::new());
    // Two sides a call.
    let bounds = values![oldest, 2 * CALLS_MAX];
    for row in db.all(&RECENT_QUALITY, bounds).await? {
        let levels = [row.excellent_s, row.good_s, row.poor_s, row.frozen_s, row.disconnected_s];
        for (sum, level) in seconds.iter_mut().zip(levels) {
            *sum += f64::from(level);
        }
        scores.push(row.score.into());
        round_trips.push(row.rtt_ms);
    }
    let stars: Vec<f64> = db.all(&RECENT_STARS, bounds).await?.into_iter().map(f64::from).collect();
    let all: f64 = seconds.iter().sum();
    let [excellent_percent, good_percent, poor_percent, frozen_percent, disconnected_percent] =
        seconds.map(|s| if all > 0.0 { 100.0 * s / all } else { 0.0 });
    Ok(RecentQuality {
        summaries: count(scores.len()),
        score: mean(&scores),
        excellent_percent,
        good_percent,
        poor_percent,
        frozen_percent,
        disconnected_percent,
        round_trip: percentiles(round_trips),
        ratings: count(stars.len()),
        stars: mean(&stars),
    })
}

/// The smallest time that so many percent do not exceed.
fn percentiles(mut times: Vec<u32>) -> Percentiles {
    times.sort_unstable();
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    Percentiles { count: count(times.len()), p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / f64::from(count(values.len())))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_there() {
        assert_eq!(percentiles(Vec::new()), Percentiles::default());
        assert_eq!(percentiles(vec![7]), Percentiles { count: 1, p50_ms: 7, p95_ms: 7, p99_ms: 7 });
        let hundred = percentiles((1..=100).rev().collect());
        assert_eq!(hundred, Percentiles { count: 100, p50_ms: 50, p95_ms: 95, p99_ms: 99 });
    }
}
