//! Reports: complaints about the other person of a call, with what their reporter says.
//!
//! A report is durable before it is answered. A user has 20 a day: more is not a complaint but a flood.

use callbox_protocol::http::ReportCall;
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::time::UnixMillis;
use rusqlite::params;

use crate::calls::word;
use crate::users::sql_time;
use crate::{Store, StoreError};

const REPORTS_A_DAY_MAX: i64 = 20;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It is there, in the place of an earlier one of the same call.
    Reported,
    /// The user has made as many today as there may be.
    TooMany,
}

impl Store {
    /// `reporter` complains about `reported`, whom they met in `call`.
    pub async fn report(
        &self,
        call: CallId,
        [reporter, reported]: [UserId; 2],
        report: ReportCall,
        now: UnixMillis,
    ) -> Result<ReportOutcome, StoreError> {
        let lines = serde_json::to_string(&report.lines).expect("lines have no maps and no failing parts");
        self.writer
            .write(move |connection| {
                let since = sql_time(now.minus(DAY_MS));
                let inserted = connection
                    .prepare_cached(
                        "INSERT INTO reports (call, reporter, reported, reason, note, lines, created_at) \
                         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT count(*) FROM reports \
                         WHERE reporter = ?2 AND created_at > ?8 AND call <> ?1) < ?9 \
                         ON CONFLICT DO UPDATE SET reason = excluded.reason, note = excluded.note, \
                         lines = excluded.lines",
                    )?
                    .execute(params![
                        call.as_bytes(),
                        reporter.as_bytes(),
                        reported.as_bytes(),
                        word(&report.reason),
                        report.note,
                        lines,
                        sql_time(now),
                        since,
                        REPORTS_A_DAY_MAX,
                    ])?;
                Ok(if inserted == 1 { ReportOutcome::Reported } else { ReportOutcome::TooMany })
            })
            .await
    }
}
