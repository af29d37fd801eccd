//! Groups of errors that browsers reported: how many there were, when, and in which releases.
//!
//! Bounds: 300 groups and 50 releases of one; what comes beyond counts for the group `other`, which the caller
//! gives. Hours are kept 35 days, and a group goes when none of its errors came for so long.

use callbox_protocol::monitoring::{ErrorGroup, ErrorHour, ErrorRelease, ErrorSample};
use callbox_protocol::time::UnixMillis;

use super::Monitoring;
use crate::StoreError;
use crate::db::{ReadDb, WriteDb};
use crate::sql::{Json, rows, statements, values};

const GROUPS_MAX: i64 = 300;
const RELEASES_MAX: i64 = 50;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// How long hours are kept, and groups after their last error.
const KEPT_MS: u64 = 35 * 24 * HOUR_MS;
/// The hours of a group that an answer has.
const HOURS_SHOWN: u64 = 48;
/// Rows of one step of a sweep.
const SWEEP_MAX: i64 = 500;

statements! {
    hot IS_GROUP reads [error_groups] = "SELECT fingerprint FROM callbox_monitor.error_groups WHERE fingerprint = $1";
    some GROUPS reads [error_groups] -> i64 = "SELECT count(*) FROM callbox_monitor.error_groups";
    hot ADD_GROUP touches [insert error_groups, update error_groups (last_at, count, weighted)] =
        "INSERT INTO callbox_monitor.error_groups \
        (fingerprint, version, kind, name, message, why, first_at, last_at, count, weighted, sample) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10) \
        ON CONFLICT (fingerprint) DO UPDATE SET \
        last_at = CASE WHEN excluded.last_at > error_groups.last_at THEN excluded.last_at ELSE error_groups.last_at END, \
        count = error_groups.count + excluded.count, weighted = error_groups.weighted + excluded.weighted";
    some ADD_RELEASE touches [insert error_releases, update error_releases (last_at, count)] =
        "INSERT INTO callbox_monitor.error_releases (fingerprint, release, first_at, last_at, count) \
        SELECT $1, $2, $3, $3, $4 \
        WHERE (SELECT count(*) FROM callbox_monitor.error_releases WHERE fingerprint = $1) < $5 \
        OR EXISTS (SELECT 1 FROM callbox_monitor.error_releases WHERE fingerprint = $1 AND release = $2) \
        ON CONFLICT (fingerprint, release) DO UPDATE SET \
        last_at = CASE WHEN excluded.last_at > error_releases.last_at THEN excluded.last_at ELSE error_releases.last_at END, \
        count = error_releases.count + excluded.count";
    hot ADD_HOUR touches [insert error_hours, update error_hours (count, weighted)] =
        "INSERT INTO callbox_monitor.error_hours (fingerprint, hour, count, weighted) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (fingerprint, hour) DO UPDATE SET \
        count = error_hours.count + excluded.count, weighted = error_hours.weighted + excluded.weighted";
    some LIST reads [error_groups, error_releases] -> GroupRow =
        "SELECT fingerprint, version, kind, name, message, why, first_at, last_at, count, weighted, sample \
        FROM callbox_monitor.error_groups WHERE (last_at < $1 OR (last_at = $1 AND fingerprint < $2)) AND first_at >= $3 \
        AND ($4 = '' OR EXISTS (SELECT 1 FROM callbox_monitor.error_releases \
        WHERE error_releases.fingerprint = error_groups.fingerprint AND release = $4)) \
        ORDER BY last_at DESC, fingerprint DESC LIMIT $5";
    hot LAST_OF reads [error_groups] -> UnixMillis =
        "SELECT last_at FROM callbox_monitor.error_groups WHERE fingerprint = $1";
    hot RELEASES reads [error_releases] -> ReleaseRow =
        "SELECT release, first_at, last_at, count FROM callbox_monitor.error_releases WHERE fingerprint = $1 \
        ORDER BY release LIMIT $2";
    hot HOURS reads [error_hours] -> HourRow =
        "SELECT hour, count, weighted FROM callbox_monitor.error_hours WHERE fingerprint = $1 AND hour >= $2 \
        ORDER BY hour LIMIT $3";
    hot SWEEP_HOURS touches [delete error_hours] = "DELETE FROM callbox_monitor.error_hours WHERE hour < $1";
    some SWEEP_RELEASES touches [delete error_releases] = "DELETE FROM callbox_monitor.error_releases WHERE fingerprint IN \
        (SELECT fingerprint FROM callbox_monitor.error_groups WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
    some SWEEP_GROUPS touches [delete error_groups] = "DELETE FROM callbox_monitor.error_groups WHERE fingerprint IN \
        (SELECT fingerprint FROM callbox_monitor.error_groups WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
}

rows! {
    struct GroupRow {
        fingerprint: Vec<u8>,
        version: u32,
        kind: String,
        name: String,
        message: String,
        why: String,
        first_at: UnixMillis,
        last_at: UnixMillis,
        count: u32,
        weighted: u32,
        sample: Json<Option<ErrorSample>>,
    }
    struct ReleaseRow {
        release: String,
        first_at: UnixMillis,
        last_at: UnixMillis,
        count: u32,
    }
    struct HourRow {
        hour: u32,
        count: u32,
        weighted: u32,
    }
}

/// Errors of one group that a beacon brought.
#[derive(Clone, Debug)]
pub struct SeenError {
    /// The group's.
    pub fingerprint: [u8; 16],
    /// The version of the rule.
    pub version: u8,
    /// The word of its kind.
    pub kind: &'static str,
    /// The error's type.
    pub name: String,
    /// The message without what differs.
    pub message: String,
    /// Why these errors are one.
    pub why: String,
    /// When the first of these happened.
    pub at: UnixMillis,
    /// How many there were.
    pub count: u32,
    /// How many they stand for.
    pub weighted: u32,
    /// The release; empty if it is not known.
    pub release: String,
    /// The first one of the group is kept.
    pub sample: ErrorSample,
}

/// Which groups are asked for.
#[derive(Clone, Debug, Default)]
pub struct ErrorFilter {
    /// Of this release alone; of all if it is empty.
    pub release: String,
    /// That came up since then.
    pub new_since: UnixMillis,
    /// Behind this one, which was the last of the page before.
    pub before: Option<[u8; 16]>,
}

impl Monitoring {
    /// Groups of errors, those first whose last error is the newest.
    pub async fn error_groups(
        &self,
        filter: &ErrorFilter,
        groups_max: usize,
        now: UnixMillis,
    ) -> Result<Vec<ErrorGroup>, StoreError> {
        let mut db = self.reader().await?;
        let (last_at, fingerprint) = match filter.before {
            None => (UnixMillis(i64::MAX.unsigned_abs()), [0; 16]),
            Some(before) => match db.first(&LAST_OF, values![&before]).await? {
                Some(last_at) => (last_at, before),
                None => return Ok(Vec::new()),
            },
        };
        let limit = i64::try_from(groups_max).unwrap_or(i64::MAX);
        let listed = values![last_at, &fingerprint, filter.new_since, &filter.release, limit];
        let groups: Vec<GroupRow> = db.all(&LIST, listed).await?;
        let mut found = Vec::with_capacity(groups.len());
        for group in groups {
            found.push(whole(&mut db, group, now).await?);
        }
        Ok(found)
    }

    /// Deletes what is older than 35 days.
    pub async fn sweep_errors(&self, now: UnixMillis) -> Result<(), StoreError> {
        let before = now.minus(KEPT_MS);
        self.write(move |db| {
            Box::pin(async move {
                db.execute(&SWEEP_HOURS, values![hour_of(before)]).await?;
                db.execute(&SWEEP_RELEASES, values![before, SWEEP_MAX]).await?;
                db.execute(&SWEEP_GROUPS, values![before, SWEEP_MAX]).await.map(|_| ())
            })
        })
        .await
    }
}

/// Adds errors to their group; returns false if there was no place for a new one.
pub(super) async fn add(db: &mut WriteDb<'_>, seen: &SeenError) -> Result<bool, StoreError> {
    let fingerprint = &seen.fingerprint;
    if !db.exists(&IS_GROUP, values![fingerprint]).await? {
        let groups: Option<i64> = db.first(&GROUPS, &[]).await?;
        if groups.unwrap_or_default() >= GROUPS_MAX {
            return Ok(false);
        }
    }
    count(db, seen).await?;
    Ok(true)
}

/// Adds errors to their group, also if that makes it one more than 300: the group of all others has its place.
pub(super) async fn count(db: &mut WriteDb<'_>, seen: &SeenError) -> Result<(), StoreError> {
    let fingerprint = &seen.fingerprint;
    let SeenError { version, kind, name, message, why, at, count, weighted, release, .. } = seen;
    let sample = crate::words::json(&seen.sample);
    let group = values![fingerprint, *version, *kind, name, message, why, *at, *count, *weighted, &sample];
    db.execute(&ADD_GROUP, group).await?;
    if !release.is_empty() {
        db.execute(&ADD_RELEASE, values![fingerprint, release, *at, *count, RELEASES_MAX]).await?;
    }
    db.execute(&ADD_HOUR, values![fingerprint, hour_of(*at), *count, *weighted]).await.map(|_| ())
}

async fn whole(db: &mut ReadDb<'_>, group: GroupRow, now: UnixMillis) -> Result<ErrorGroup, StoreError> {
    let releases: Vec<ReleaseRow> = db.all(&RELEASES, values![&group.fingerprint[..], RELEASES_MAX]).await?;
    let from = hour_of(now.minus(HOURS_SHOWN * HOUR_MS)) + 1;
    let limit = i64::try_from(HOURS_SHOWN).unwrap_or(i64::MAX) + 24;
    let hours: Vec<HourRow> = db.all(&HOURS, values![&group.fingerprint[..], from, limit]).await?;
    let release = |row: ReleaseRow| {
        let ReleaseRow { release, first_at, last_at, count } = row;
        ErrorRelease { release, first_at, last_at, count }
    };
    let hour = |HourRow { hour, count, weighted }: HourRow| ErrorHour {
        at: UnixMillis(u64::from(hour) * HOUR_MS),
        count,
        weighted,
    };
    Ok(ErrorGroup {
        fingerprint: group.fingerprint.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
        version: group.version,
        kind: group.kind,
        name: group.name,
        message: group.message,
        why: group.why,
        first_at: group.first_at,
        last_at: group.last_at,
        count: group.count,
        weighted: group.weighted,
        releases: releases.into_iter().map(release).collect(),
        hours: hours.into_iter().map(hour).collect(),
        sample: group.sample.0,
    })
}

fn hour_of(at: UnixMillis) -> i64 {
    i64::try_from(at.0 / HOUR_MS).unwrap_or(i64::MAX)
}
