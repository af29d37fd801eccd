//! Users who are kept from strangers because several people complained, until a moderator has looked; and the
//! reminder that some complaint waits.
//!
//! A hold begins with a report and ends when no report about that user is open any more. Only reports of people with
//! a verified address begin one: guests cost nothing to make.

use callbox_protocol::id::{ReportId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::db::WriteDb;
use crate::effects::UserEvent;
use crate::sql::{rows, statements, values};
use crate::{Durability, Store, StoreError};

/// Within this time they complain.
const HOLD_WITHIN_MS: u64 = 24 * 60 * 60 * 1_000;
/// Moderators and admins who are reminded.
const REMINDED_MAX: i64 = 50;

/// A reminder that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The oldest open report.
    pub report: ReportId,
    /// How many are open.
    pub open: u32,
    /// Addresses of moderators and admins, as they were verified.
    pub to: Vec<String>,
}

statements! {
    hot VERIFIED_REPORTERS reads [reports, users] -> u32 =
        "SELECT count(DISTINCT reports.reporter) FROM reports JOIN users ON users.id = reports.reporter \
        WHERE reports.reported = $1 AND reports.created_at > $2 AND reports.status = 'open' AND users.email IS NOT NULL";
    hot HOLD touches [update users (held_at)] tags [User($1)] =
        "UPDATE users SET held_at = $2 WHERE id = $1 AND held_at IS NULL AND role NOT IN ('moderator', 'admin') \
        AND deleted_at IS NULL";
    hot RELEASE touches [update users (held_at)] tags [User($1)] =
        "UPDATE users SET held_at = NULL WHERE id = $1 AND held_at IS NOT NULL AND NOT EXISTS \
        (SELECT 1 FROM reports WHERE reported = $1 AND status = 'open')";
    hot IS_HELD reads [users] = "SELECT 1 FROM users WHERE id = $1 AND held_at IS NOT NULL";
    hot OLDEST reads [reports] -> OldestRow =
        "SELECT id, created_at, reminded_at FROM reports WHERE status = 'open' ORDER BY created_at, id \
        LIMIT 1";
    hot LAST_REMINDER reads [reports] -> UnixMillis =
        "SELECT reminded_at FROM reports WHERE reminded_at IS NOT NULL ORDER BY reminded_at DESC LIMIT 1";
    hot OPEN reads [reports] -> u32 = "SELECT count(*) FROM reports WHERE status = 'open'";
    hot MODERATORS reads [users] -> String =
        "SELECT email FROM users WHERE role <> 'user' AND email IS NOT NULL AND deleted_at IS NULL LIMIT $1";
    hot REMIND touches [update reports (reminded_at)] = "UPDATE reports SET reminded_at = $2 WHERE id = $1";
}

rows! {
    struct OldestRow { id: ReportId, created_at: UnixMillis, reminded_at: Option<UnixMillis> }
}

impl Store {
    /// Whether the user is kept from strangers.
    pub async fn is_held(&self, user: UserId) -> Result<bool, StoreError> {
        self.reader().await?.exists(&IS_HELD, values![user]).await
    }

    /// The reminder that moderators are due: for a report that is open for longer than `open_ms`, once, and never
    /// twice within `apart_ms`.
    pub async fn due_reminder(
        &self,
        open_ms: u64,
        apart_ms: u64,
        now: UnixMillis,
    ) -> Result<Option<Reminder>, StoreError> {
        let mut reader = self.reader().await?;
        let oldest = reader.first(&OLDEST, &[]).await?;
        let Some(OldestRow { id: report, created_at, reminded_at: None }) = oldest else { return Ok(None) };
        let last = reader.first(&LAST_REMINDER, &[]).await?;
        if now.since(created_at) < open_ms || last.is_some_and(|last| now.since(last) < apart_ms) {
            return Ok(None);
        }
        let open = reader.first(&OPEN, &[]).await?.unwrap_or_default();
        let to = reader.all(&MODERATORS, values![REMINDED_MAX]).await?;
        Ok(Some(Reminder { report, open, to }))
    }

    /// When the oldest report came that nobody has decided on; `None` without one.
    pub async fn oldest_open_report(&self) -> Result<Option<UnixMillis>, StoreError> {
        let oldest: Option<OldestRow> = self.reader().await?.first(&OLDEST, &[]).await?;
        Ok(oldest.map(|oldest| oldest.created_at))
    }

    /// Moderators were reminded of this report.
    pub async fn reminded(&self, report: ReportId, now: UnixMillis) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move { db.execute(&REMIND, values![report, now]).await.map(|_| ()) })
        })
        .await
    }
}

/// Keeps a user from strangers if `reporters` verified people have complained within a day and no moderator looked at
/// any of it; returns whether that is new. 0 is never.
pub(crate) async fn hold(
    db: &mut WriteDb<'_>,
    user: UserId,
    reporters: u32,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    if reporters == 0 {
        return Ok(false);
    }
    let since = now.minus(HOLD_WITHIN_MS);
    let count = db.first(&VERIFIED_REPORTERS, values![user, since]).await?;
    if count.unwrap_or_default() < reporters {
        return Ok(false);
    }
    let is_new = db.execute(&HOLD, values![user, now]).await? == 1;
    if is_new {
        db.send(UserEvent::Held(user, true));
    }
    Ok(is_new)
}

/// Lets a user meet strangers again once no report about them is open.
pub(crate) async fn release(db: &mut WriteDb<'_>, user: UserId) -> Result<(), StoreError> {
    if db.execute(&RELEASE, values![user]).await? == 1 {
        db.send(UserEvent::Held(user, false));
    }
    Ok(())
}
