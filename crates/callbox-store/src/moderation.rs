//! The moderators' queue: reports with the people in them, and their outcomes.

use callbox_core::cache::{Dependent, earlier};
use callbox_protocol::account::Role;
use callbox_protocol::call::Side;
use callbox_protocol::http::{ReportLine, ReportReason};
use callbox_protocol::id::{CallId, ReportId, UserId};
use callbox_protocol::moderation::{Act, Party, PersonItem, ReportItem, ReportStatus};
use callbox_protocol::time::UnixMillis;

use crate::acts::{By, write_down};
use crate::db::WriteDb;
use crate::holds::release;
use crate::sql::{Json, Word, rows, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError, Tagged};

/// People that one search finds.
const FOUND_MAX: i64 = 50;

/// The search terms for a person.
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
    hot REPORTS reads [reports, bans, calls, users] tags [Reports(any), Call(row call), User(row reporter),
        User(row reported), Bans(row reporter), Bans(row reported)] -> ReportRow =
        "SELECT reports.id, reports.call, reports.created_at, reports.status, reports.reason, reports.note, \
        reports.lines, \
        reports.reporter, one.name AS reporter_name, one.role AS reporter_role, one.created_at AS reporter_since, \
        one.held_at IS NOT NULL AS reporter_is_held, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reporter) AS reporter_reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reporter AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)) AS reporter_is_banned, \
        reports.reported, other.name AS reported_name, other.role AS reported_role, \
        other.created_at AS reported_since, other.held_at IS NOT NULL AS reported_is_held, \
        (SELECT count(*) FROM reports r WHERE r.reported = reports.reported) AS reported_reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = reports.reported AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND (bans.expires_at IS NULL OR bans.expires_at > $3)) AS reported_is_banned, \
        (SELECT min(expires_at) FROM bans WHERE bans.\"user\" = reports.reporter AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND bans.expires_at > $3) AS reporter_ban_ends_at, \
        (SELECT min(expires_at) FROM bans WHERE bans.\"user\" = reports.reported AND bans.scope = 'user' \
            AND bans.lifted_at IS NULL AND bans.expires_at > $3) AS reported_ban_ends_at, \
        CASE reports.reporter WHEN calls.caller THEN 'caller' WHEN calls.callee THEN 'callee' END AS reporter_side \
        FROM reports LEFT JOIN calls ON calls.id = reports.call LEFT JOIN users one ON one.id = reports.reporter \
        LEFT JOIN users other ON other.id = reports.reported \
        WHERE reports.status = $1 AND reports.id < $2 ORDER BY reports.id DESC LIMIT $4";
    hot RESOLVE touches [update reports (status, resolved_by, resolved_at)] tags [Reports(row)] -> UserId =
        "UPDATE reports SET status = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1 \
        AND status = 'open' RETURNING reported";
    hot REOPEN touches [update reports (status, resolved_by, resolved_at)] tags [Reports(row)] -> UserId =
        "UPDATE reports SET status = 'open', resolved_by = NULL, resolved_at = NULL WHERE id = $1 \
        AND status <> 'open' RETURNING reported";
    some SEARCH reads [reports, bans, users] -> PersonRow =
        "SELECT id, name, role, created_at, email, held_at IS NOT NULL AS is_held, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id) AS reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned \
        FROM users WHERE deleted_at IS NULL AND name <> '' AND (instr(lower(name), lower($1)) > 0 OR instr(name, $1) > 0) \
        ORDER BY id DESC LIMIT $3",
        "SELECT id, name, role, created_at, email, held_at IS NOT NULL AS is_held, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id) AS reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned \
        FROM users WHERE deleted_at IS NULL AND name <> '' AND (strpos(lower(name), lower($1)) > 0 OR strpos(name, $1) > 0) \
        ORDER BY id DESC LIMIT $3";
    hot ONE reads [reports, bans, users] -> PersonRow =
        "SELECT id, name, role, created_at, email, held_at IS NOT NULL AS is_held, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id) AS reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned \
        FROM users WHERE deleted_at IS NULL AND id = $1";
    hot ONE_BY_EMAIL reads [reports, bans, users] -> PersonRow =
        "SELECT id, name, role, created_at, email, held_at IS NOT NULL AS is_held, \
        (SELECT count(*) FROM reports WHERE reports.reported = users.id) AS reports, \
        EXISTS (SELECT 1 FROM bans WHERE bans.\"user\" = users.id AND bans.scope = 'user' AND bans.lifted_at IS NULL \
            AND (bans.expires_at IS NULL OR bans.expires_at > $2)) AS is_banned \
        FROM users WHERE deleted_at IS NULL AND email = $1";
    hot REPORTED reads [reports] -> UserId = "SELECT reported FROM reports WHERE id = $1";
}

rows! {
    struct ReportRow {
        id: ReportId,
        call: CallId,
        created_at: UnixMillis,
        status: Word<ReportStatus>,
        reason: Word<ReportReason>,
        note: String,
        lines: Json<Vec<ReportLine>>,
        reporter: UserId,
        reporter_name: Option<String>,
        reporter_role: Word<Role>,
        reporter_since: Option<UnixMillis>,
        reporter_is_held: bool,
        reporter_reports: u32,
        reporter_is_banned: bool,
        reported: UserId,
        reported_name: Option<String>,
        reported_role: Word<Role>,
        reported_since: Option<UnixMillis>,
        reported_is_held: bool,
        reported_reports: u32,
        reported_is_banned: bool,
        reporter_ban_ends_at: Option<UnixMillis>,
        reported_ban_ends_at: Option<UnixMillis>,
        reporter_side: Word<Side>,
    }
    struct PersonRow {
        id: UserId,
        name: String,
        role: Word<Role>,
        created_at: UnixMillis,
        email: Option<String>,
        is_held: bool,
        reports: u32,
        is_banned: bool,
    }
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
        Ok(self.tagged().reports(status, before, count, now).await?.value)
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
                let user = db.first(&REOPEN, values![report]).await?;
                if user.is_some() {
                    write_down(db, by, Act::Reopened, user, "", now).await?;
                }
                Ok(user.is_some())
            })
        })
        .await
    }

    /// People who match what a moderator knows of them, the newest first; 50 at most. A name is found by any part of
    /// it.
    pub async fn search_people(&self, known: &Known, now: UnixMillis) -> Result<Vec<PersonItem>, StoreError> {
        let mut reader = self.reader().await?;
        let found = match known {
            Known::Id(id) => reader.all(&ONE, values![*id, now]).await?,
            Known::Email(email) => reader.all(&ONE_BY_EMAIL, values![email, now]).await?,
            Known::Name(name) => reader.all(&SEARCH, values![name, now, FOUND_MAX]).await?,
        };
        Ok(found.into_iter().map(PersonItem::from).collect())
    }

    /// The user that a report is about.
    pub async fn reported(&self, report: ReportId) -> Result<Option<UserId>, StoreError> {
        self.reader().await?.first(&REPORTED, values![report]).await
    }
}

impl Tagged<'_> {
    /// As [`Store::reports`].
    pub async fn reports(
        &self,
        status: ReportStatus,
        before: Option<ReportId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Dependent<Vec<ReportItem>>, StoreError> {
        let status = word(&status);
        let before = before.unwrap_or(ReportId::from_bytes([0xFF; 16]));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut db = self.reader().await?;
        let found = db.all(&REPORTS, values![&status, before, now, limit]).await?;
        for row in &found {
            db.until(earlier(row.reporter_ban_ends_at, row.reported_ban_ends_at));
        }
        Ok(db.dependent(found.into_iter().map(ReportItem::from).collect()))
    }
}

/// Decides on a report in this transaction; returns the user that it is about, if it was open.
pub(crate) async fn resolve(
    db: &mut WriteDb<'_>,
    report: ReportId,
    status: ReportStatus,
    by: By,
    now: UnixMillis,
) -> Result<Option<UserId>, StoreError> {
    let status = word(&status);
    let user = db.first(&RESOLVE, values![report, &status, by.moderator, now]).await?;
    if let Some(user) = user {
        release(db, user).await?;
    }
    Ok(user)
}

impl From<PersonRow> for PersonItem {
    fn from(row: PersonRow) -> Self {
        Self {
            user: row.id,
            name: row.name,
            role: row.role.0.unwrap_or_default(),
            created_at: row.created_at,
            email: row.email,
            is_held: row.is_held,
            reports: row.reports,
            is_banned: row.is_banned,
        }
    }
}

impl From<ReportRow> for ReportItem {
    fn from(row: ReportRow) -> Self {
        Self {
            id: row.id,
            call: row.call,
            at: row.created_at,
            status: row.status.0.unwrap_or_default(),
            reason: row.reason.0.unwrap_or(ReportReason::Other),
            note: row.note,
            lines: row.lines.0,
            reporter: Party {
                user: row.reporter,
                name: row.reporter_name.unwrap_or_default(),
                role: row.reporter_role.0,
                created_at: row.reporter_since,
                is_held: row.reporter_is_held,
                reports: row.reporter_reports,
                is_banned: row.reporter_is_banned,
            },
            reported: Party {
                user: row.reported,
                name: row.reported_name.unwrap_or_default(),
                role: row.reported_role.0,
                created_at: row.reported_since,
                is_held: row.reported_is_held,
                reports: row.reported_reports,
                is_banned: row.reported_is_banned,
            },
            reporter_side: row.reporter_side.0,
        }
    }
}
