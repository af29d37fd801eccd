//! Reports: complaints about the other person of a call, with what their reporter says.
//!
//! A report is durable before it is answered. A user has 20 a day: more is not a complaint but a flood.

use callbox_protocol::http::ReportCall;
use callbox_protocol::id::{CallId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::db::{statements, values};
use crate::words::{json, word};
use crate::{Durability, Store, StoreError};

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

statements! {
    /// One that a moderator has looked at is open again when its reporter says more.
    some INSERT_REPORT = "INSERT INTO reports (id, call, reporter, reported, reason, note, lines, created_at) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT count(*) FROM reports \
        WHERE reporter = $3 AND created_at > $9 AND call <> $2) < $10 \
        ON CONFLICT (call, reporter) DO UPDATE SET reason = excluded.reason, note = excluded.note, \
        lines = excluded.lines, status = 'open'";
}

impl Store {
    /// `reporter` complains about `reported`, whom they met in `call`; `id` names the report, where it is new.
    pub async fn report(
        &self,
        id: ReportId,
        call: CallId,
        [reporter, reported]: [UserId; 2],
        report: ReportCall,
        now: UnixMillis,
    ) -> Result<ReportOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let (reason, lines) = (word(&report.reason), json(&report.lines));
                let since = now.minus(DAY_MS);
                let values = values![
                    id,
                    call,
                    reporter,
                    reported,
                    &reason,
                    &report.note,
                    &lines,
                    now,
                    since,
                    REPORTS_A_DAY_MAX,
                ];
                let inserted = db.execute(&INSERT_REPORT, values).await?;
                Ok(if inserted == 1 { ReportOutcome::Reported } else { ReportOutcome::TooMany })
            })
        })
        .await
    }
}
