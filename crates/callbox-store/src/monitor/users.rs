//! The days on which users came, for how many come back.
//!
//! A user is a keyed hash, and only where the app gives an id. 32 days of a user are one row of some 40 bytes, whatever they
//! did, and go after 13 months; the end of an account takes all of it away. Bound: 250,000 users in 32 days, some 150 MB in
//! 13 months; a user beyond is in no figure of those who came.

use callbox_protocol::time::UnixMillis;
use std::ops::Range;

use super::Monitoring;
use crate::StoreError;
use crate::db::WriteDb;
use crate::sql::{statements, values};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// 13 months.
const DAYS_KEPT: u64 = 396;
/// The days of a row. Both engines have whole numbers of 64 bits with a sign, and their shifts take 32.
const SPAN: i64 = 32;
/// Users of one span.
const USERS_MAX: i64 = 250_000;

statements! {
    hot DAYS reads [user_spans] -> i64 =
        "SELECT days FROM callbox_monitor.user_spans WHERE span = $1 AND user_hash = $2";
    some USERS reads [user_spans] -> i64 = "SELECT count(*) FROM callbox_monitor.user_spans WHERE span = $1";
    hot ADD touches [insert user_spans, update user_spans (days)] =
        "INSERT INTO callbox_monitor.user_spans (span, user_hash, days) VALUES ($1, $2, $3) \
        ON CONFLICT (span, user_hash) DO UPDATE SET days = user_spans.days | excluded.days";
    some ACTIVE reads [user_spans] -> i64 =
        "SELECT count(*) FROM callbox_monitor.user_spans WHERE span = $1 AND (days & $2) <> 0";
    /// Of the first and of the last span some days are asked for, of those between all.
    some ACTIVE_IN_SPANS reads [user_spans] -> i64 =
        "SELECT count(DISTINCT user_hash) FROM callbox_monitor.user_spans WHERE span >= $1 AND span <= $2 \
        AND (span > $1 OR (days & $3) <> 0) AND (span < $2 OR (days & $4) <> 0)";
    hot ERASE touches [delete user_spans] =
        "DELETE FROM callbox_monitor.user_spans WHERE span = $1 AND user_hash = $2";
    hot SWEEP_SPANS touches [delete user_spans] = "DELETE FROM callbox_monitor.user_spans WHERE span < $1";
    hot SWEEP_DAYS touches [update user_spans (days)] =
        "UPDATE callbox_monitor.user_spans SET days = days & $2 WHERE span = $1 AND (days & $2) <> days";
    hot SWEEP_EMPTY touches [delete user_spans] =
        "DELETE FROM callbox_monitor.user_spans WHERE span = $1 AND days = 0";
}

/// A user who was there.
#[derive(Clone, Copy, Debug)]
pub struct SeenUser {
    /// The keyed hash.
    pub user: [u8; 32],
    /// When.
    pub at: UnixMillis,
}

impl Monitoring {
    /// How many users came in these days, from the first on and before the last. Only those count whose app gives an id.
    pub async fn active_users(&self, days: Range<u32>) -> Result<u64, StoreError> {
        let Some(last) = days.end.checked_sub(1).filter(|last| *last >= days.start) else { return Ok(0) };
        let (first, last) = (i64::from(days.start), i64::from(last));
        let (from, to) = (bits_from(first), bits_to(last));
        let mut db = self.reader().await?;
        let users: Option<i64> = if first / SPAN == last / SPAN {
            db.first(&ACTIVE, values![first / SPAN, from & to]).await?
        } else {
            db.first(&ACTIVE_IN_SPANS, values![first / SPAN, last / SPAN, from, to]).await?
        };
        Ok(users.unwrap_or_default().unsigned_abs())
    }

    /// Deletes users' days after 13 months. It looks at all users of a span: once a day is enough.
    pub async fn sweep_users(&self, now: UnixMillis) -> Result<(), StoreError> {
        let first = day_of(now.minus(DAYS_KEPT * DAY_MS));
        self.write(move |db| {
            Box::pin(async move {
                db.execute(&SWEEP_SPANS, values![first / SPAN]).await?;
                db.execute(&SWEEP_DAYS, values![first / SPAN, bits_from(first)]).await?;
                db.execute(&SWEEP_EMPTY, values![first / SPAN]).await.map(|_| ())
            })
        })
        .await
    }
}

/// Notes that a user was there on this day.
pub(super) async fn add(db: &mut WriteDb<'_>, seen: SeenUser) -> Result<(), StoreError> {
    let (user, day) = (short(&seen.user), day_of(seen.at));
    let (span, bit) = (day / SPAN, 1_i64 << (day % SPAN));
    let known: Option<i64> = db.first(&DAYS, values![span, user]).await?;
    match known {
        Some(days) if days & bit != 0 => return Ok(()),
        Some(_) => {}
        None => {
            let users: Option<i64> = db.first(&USERS, values![span]).await?;
            if users.unwrap_or_default() >= USERS_MAX {
                return Ok(());
            }
        }
    }
    db.execute(&ADD, values![span, user, bit]).await.map(|_| ())
}

/// Deletes all days of a user.
pub(super) async fn erase(db: &mut WriteDb<'_>, user: [u8; 32], now: UnixMillis) -> Result<(), StoreError> {
    let today = day_of(now);
    let first = today.saturating_sub(i64::try_from(DAYS_KEPT).unwrap_or(i64::MAX));
    // A clock that was set back may have left days that are still to come.
    for span in first / SPAN..=today / SPAN + 1 {
        db.execute(&ERASE, values![span, short(&user)]).await?;
    }
    Ok(())
}

/// 128 bits of a keyed hash tell all users apart.
fn short(user: &[u8; 32]) -> &[u8] {
    &user[..16]
}

/// This day of its span, and those after it.
fn bits_from(day: i64) -> i64 {
    (-1_i64 << (day % SPAN)) & ((1 << SPAN) - 1)
}

/// This day of its span, and those before it.
fn bits_to(day: i64) -> i64 {
    (2_i64 << (day % SPAN)) - 1
}

fn day_of(at: UnixMillis) -> i64 {
    i64::try_from(at.0 / DAY_MS).unwrap_or(i64::MAX)
}
