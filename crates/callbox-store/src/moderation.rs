//! The moderators' queue: reports with who is in them, and what became of them.

use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ReportId, UserId};
use callbox_protocol::moderation::{Party, ReportItem, ReportStatus};
use callbox_protocol::time::UnixMillis;

use crate::db::{Row, statements, values};
use crate::words::{from_json, word};
use crate::{Durability, Store, StoreError};

statements! {
    hot REPORTS = "SELECT reports.id, reports.call, reports.created_at, reports.status, reports.reason, reports.note, \
        reports.lines, \
        reports.reporter, one.name, one.role, one.created_at, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reporter), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reporter AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)), \
        reports.reported, other.name, other.role, other.created_at, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reported), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reported AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)), \
        CASE reports.reporter WHEN calls.caller THEN 'caller' WHEN calls.callee THEN 'callee' END \
        FROM reports LEFT JOIN calls ON calls.id = reports.call LEFT JOIN users one ON one.id = reports.reporter \
        LEFT JOIN users other ON other.id = reports.reported \
        WHERE reports.status = $1 AND reports.id < $2 ORDER BY reports.id DESC LIMIT $4";
    hot RESOLVE = "UPDATE reports SET status = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1 \
        AND status = 'open' RETURNING reported";
    hot REPORTED = "SELECT reported FROM reports WHERE id = $1";
}

impl Store {
    /// Reports of this status before this one; `count` of them at most.
    pub async fn reports(
        &self,
        status: ReportStatus,
        before: Option<ReportId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Vec<ReportItem>, StoreError> {
        let status = word(&status);
        let before = before.unwrap_or(ReportId::from_bytes([0xFF; 16]));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let values = values![&status, before, now, limit];
        self.reader().await?.all(&REPORTS, values, report).await
    }

    /// Decides on an open report; whom it is about, or `None` where it is not open.
    pub async fn resolve_report(
        &self,
        report: ReportId,
        status: ReportStatus,
        by: UserId,
        now: UnixMillis,
    ) -> Result<Option<UserId>, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let status = word(&status);
                db.first(&RESOLVE, values![report, &status, by, now], |row| row.id(0)).await
            })
        })
        .await
    }

    /// Whom a report is about.
    pub async fn reported(&self, report: ReportId) -> Result<Option<UserId>, StoreError> {
        self.reader().await?.first(&REPORTED, values![report], |row| row.id(0)).await
    }
}

fn report(row: &Row<'_>) -> Result<ReportItem, StoreError> {
    Ok(ReportItem {
        id: row.id(0)?,
        call: row.id(1)?,
        at: row.time(2)?,
        status: row.word(3)?.unwrap_or_default(),
        reason: row.word(4)?.unwrap_or(ReportReason::Other),
        note: row.get(5)?,
        lines: from_json(&row.get::<String>(6)?),
        reporter: party(row, 7)?,
        reported: party(row, 13)?,
        reporter_side: row.word(19)?,
    })
}

/// Six columns from this one on.
fn party(row: &Row<'_>, first: usize) -> Result<Party, StoreError> {
    Ok(Party {
        user: row.id(first)?,
        name: row.get::<Option<String>>(first + 1)?.unwrap_or_default(),
        role: row.word(first + 2)?,
        created_at: row.time_or_none(first + 3)?,
        reports: row.number(first + 4)?,
        is_banned: row.get(first + 5)?,
    })
}
