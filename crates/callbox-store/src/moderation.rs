//! The moderators' queue: reports with who is in them, and what became of them.

use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ReportId, UserId};
use callbox_protocol::moderation::{Act, Party, PersonItem, ReportItem, ReportStatus};
use callbox_protocol::time::UnixMillis;

use crate::acts::{By, write_down};
use crate::db::WriteDb;
use crate::holds::release;
use crate::sql::{Row, statements, values};
use crate::words::{from_json, word};
use crate::{Durability, Store, StoreError};

/// People that one search finds.
const FOUND_MAX: i64 = 50;

/// What is known of somebody who is searched.
#[derive(Clone, Debug)]
pub enum Known {
    /// Their id.
    Id(UserId),
    /// Their verified address, as it is compared.
    Email(String),
    /// A part of their name.
    Name(String),
}

statements! {
    hot read REPORTS = "SELECT reports.id, reports.call, reports.created_at, reports.status, reports.reason, reports.note, \
        reports.lines, \
        reports.reporter, one.name, one.role, one.created_at, one.held_at IS NOT NULL, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reporter), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reporter AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)), \
        reports.reported, other.name, other.role, other.created_at, other.held_at IS NOT NULL, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reported), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reported AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)), \
        CASE reports.reporter WHEN calls.caller THEN 'caller' WHEN calls.callee THEN 'callee' END \
        FROM reports LEFT JOIN calls ON calls.id = reports.call LEFT JOIN users one ON one.id = reports.reporter \
        LEFT JOIN users other ON other.id = reports.reported \
        WHERE reports.status = $1 AND reports.id < $2 ORDER BY reports.id DESC LIMIT $4";
    hot write RESOLVE = "UPDATE reports SET status = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1 \
        AND status = 'open' RETURNING reported";
    hot write REOPEN = "UPDATE reports SET status = 'open', resolved_by = NULL, resolved_at = NULL WHERE id = $1 \
        AND status <> 'open' RETURNING reported";
    some read SEARCH = "SELECT id, name, role, created_at, email, held_at IS NOT NULL, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) \
        FROM users WHERE deleted_at IS NULL AND name <> '' AND (instr(lower(name), lower($1)) > 0 OR instr(name, $1) > 0) \
        ORDER BY id DESC LIMIT $3",
        "SELECT id, name, role, created_at, email, held_at IS NOT NULL, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) \
        FROM users WHERE deleted_at IS NULL AND name <> '' AND (strpos(lower(name), lower($1)) > 0 OR strpos(name, $1) > 0) \
        ORDER BY id DESC LIMIT $3";
    hot read ONE = "SELECT id, name, role, created_at, email, held_at IS NOT NULL, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) \
        FROM users WHERE deleted_at IS NULL AND id = $1";
    hot read ONE_BY_EMAIL = "SELECT id, name, role, created_at, email, held_at IS NOT NULL, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id), \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) \
        FROM users WHERE deleted_at IS NULL AND email = $1";
    hot read REPORTED = "SELECT reported FROM reports WHERE id = $1";
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

    /// Finds nothing in an open report; whether it was open.
    pub async fn dismiss_report(
        &self,
        report: ReportId,
        by: By,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let user = resolve(db, report, ReportStatus::Dismissed, by, now).await?;
                if user.is_some() {
                    write_down(db, by, Act::Dismissed, user, "", now).await?;
                }
                Ok(user.is_some())
            })
        })
        .await
    }

    /// Puts a report that was decided on back into the queue; whether it was decided on.
    pub async fn reopen_report(&self, report: ReportId, by: By, now: UnixMillis) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let user = db.first(&REOPEN, values![report], |row| row.id(0)).await?;
                if user.is_some() {
                    write_down(db, by, Act::Reopened, user, "", now).await?;
                }
                Ok(user.is_some())
            })
        })
        .await
    }

    /// People by what a moderator knows of them, the newest first; 50 at most. A name is found by any part of it.
    pub async fn search_people(&self, known: &Known, now: UnixMillis) -> Result<Vec<PersonItem>, StoreError> {
        let mut reader = self.reader().await?;
        match known {
            Known::Id(id) => reader.all(&ONE, values![*id, now], person).await,
            Known::Email(email) => reader.all(&ONE_BY_EMAIL, values![email, now], person).await,
            Known::Name(name) => reader.all(&SEARCH, values![name, now, FOUND_MAX], person).await,
        }
    }

    /// Whom a report is about.
    pub async fn reported(&self, report: ReportId) -> Result<Option<UserId>, StoreError> {
        self.reader().await?.first(&REPORTED, values![report], |row| row.id(0)).await
    }
}

/// Decides on a report in this transaction; whom it is about, where it was open.
pub(crate) async fn resolve(
    db: &mut WriteDb<'_>,
    report: ReportId,
    status: ReportStatus,
    by: By,
    now: UnixMillis,
) -> Result<Option<UserId>, StoreError> {
    let status = word(&status);
    let user = db.first(&RESOLVE, values![report, &status, by.moderator, now], |row| row.id(0)).await?;
    if let Some(user) = user {
        release(db, user).await?;
    }
    Ok(user)
}

fn person(row: &Row<'_>) -> Result<PersonItem, StoreError> {
    Ok(PersonItem {
        user: row.id(0)?,
        name: row.get(1)?,
        role: row.word(2)?.unwrap_or_default(),
        created_at: row.time(3)?,
        email: row.get(4)?,
        is_held: row.get(5)?,
        reports: row.number(6)?,
        is_banned: row.get(7)?,
    })
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
        reported: party(row, 14)?,
        reporter_side: row.word(21)?,
    })
}

/// Seven columns from this one on.
fn party(row: &Row<'_>, first: usize) -> Result<Party, StoreError> {
    Ok(Party {
        user: row.id(first)?,
        name: row.get::<Option<String>>(first + 1)?.unwrap_or_default(),
        role: row.word(first + 2)?,
        created_at: row.time_or_none(first + 3)?,
        is_held: row.get(first + 4)?,
        reports: row.number(first + 5)?,
        is_banned: row.get(first + 6)?,
    })
}
