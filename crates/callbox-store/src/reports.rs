//! Reports: complaints about the other person of a call, with the reporter's words and the chat of the call.
//!
//! A report is durable before it is answered. A user has 20 a day: more is not a complaint but a flood.

use callbox_protocol::http::{ReportLine, ReportReason};
use callbox_protocol::id::{CallId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::holds::hold;
use crate::locks::lock_user;
use crate::sql::{statements, values};
use crate::words::{json, word};
use crate::{Durability, Store, StoreError};

const REPORTS_A_DAY_MAX: i64 = 20;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A report to be made.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Its name, if it is the first of this call by this user.
    pub id: ReportId,
    /// The call where the two met.
    pub call: CallId,
    /// The user who complains.
    pub reporter: UserId,
    /// The user that it is about.
    pub reported: UserId,
    /// The reason of the complaint.
    pub reason: ReportReason,
    /// In the reporter's own words.
    pub note: String,
    /// The chat's last lines, as they were relayed. Without any, those of an earlier report of the call stay.
    pub lines: Vec<ReportLine>,
}

/// The result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It is there, instead of an earlier one of the same call.
    Reported,
    /// The same, and the reported user is kept from strangers from now on.
    Held,
    /// The user has made as many today as there may be.
    TooMany,
}

statements! {
    /// One that a moderator has looked at is open again when its reporter says more.
    some INSERT_REPORT touches [insert reports, update reports (reason, note, lines, status)]
        tags [Reports(row)] -> UserId =
        "INSERT INTO reports (id, call, reporter, reported, reason, note, lines, created_at) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT count(*) FROM reports \
        WHERE reporter = $3 AND created_at > $9 AND call <> $2) < $10 \
        ON CONFLICT (call, reporter) DO UPDATE SET reason = excluded.reason, note = excluded.note, \
        lines = CASE excluded.lines WHEN '[]' THEN reports.lines ELSE excluded.lines END, status = 'open' \
        RETURNING reported";
}

impl Store {
    /// Somebody complains. So many verified people within a day keep the reported user from strangers; 0 is never.
    pub async fn report(
        &self,
        new: NewReport,
        hold_after: u32,
        now: UnixMillis,
    ) -> Result<ReportOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock_user(db, new.reporter).await?;
                let (reason, lines) = (word(&new.reason), json(&new.lines));
                let since = now.minus(DAY_MS);
                let values = values![
                    new.id,
                    new.call,
                    new.reporter,
                    new.reported,
                    &reason,
                    &new.note,
                    &lines,
                    now,
                    since,
                    REPORTS_A_DAY_MAX,
                ];
                // Whom an earlier report of the call was about, it stays about.
                if db.first(&INSERT_REPORT, values).await?.is_none() {
                    return Ok(ReportOutcome::TooMany);
                }
                let is_held = hold(db, new.reported, hold_after, now).await?;
                Ok(if is_held { ReportOutcome::Held } else { ReportOutcome::Reported })
            })
        })
        .await
    }
}
