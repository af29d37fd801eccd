//! Visits that are kept whole.
//!
//! A visit goes after 7 days. Its user is a keyed hash, and only where the app gives an id: the end of an account takes it
//! away. Bounds: 100 views of a visit; the caller bounds the visits of a day.

use callbox_protocol::id::{ViewId, VisitId};
use callbox_protocol::monitoring::VisitView;
use callbox_protocol::time::UnixMillis;

use super::Monitoring;
use super::errors::{self, SeenError};
use super::packed::{pack, unpack};
use super::users::{self, SeenUser};
use crate::StoreError;
use crate::db::WriteDb;
use crate::sql::{rows, statements, values};

const VIEWS_MAX: i64 = 100;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const VISITS_KEPT_MS: u64 = 7 * DAY_MS;
/// Visits of one step of a sweep.
const SWEEP_MAX: i64 = 200;

statements! {
    hot VISIT reads [visits] -> VisitRow =
        "SELECT started_at, last_at FROM callbox_monitor.visits WHERE visit = $1";
    hot ADD_VISIT touches [insert visits, update visits (last_at, started_at, user_hash)] =
        "INSERT INTO callbox_monitor.visits (visit, user_hash, started_at, last_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (visit) DO UPDATE SET \
        last_at = CASE WHEN excluded.last_at > visits.last_at THEN excluded.last_at ELSE visits.last_at END, \
        started_at = CASE WHEN excluded.started_at < visits.started_at THEN excluded.started_at ELSE visits.started_at END, \
        user_hash = coalesce(visits.user_hash, excluded.user_hash)";
    some ADD_VIEW touches [insert visit_views, update visit_views (sequence, body)] =
        "INSERT INTO callbox_monitor.visit_views (visit, view, sequence, started_at, body) \
        SELECT $1, $2, $3, $4, $5 \
        WHERE (SELECT count(*) FROM callbox_monitor.visit_views WHERE visit = $1) < $6 \
        OR EXISTS (SELECT 1 FROM callbox_monitor.visit_views WHERE visit = $1 AND view = $2) \
        ON CONFLICT (visit, view) DO UPDATE SET sequence = excluded.sequence, body = excluded.body \
        WHERE excluded.sequence > visit_views.sequence";
    hot VIEWS reads [visit_views] -> ViewRow =
        "SELECT view, started_at, body FROM callbox_monitor.visit_views WHERE visit = $1 ORDER BY started_at, view LIMIT $2";
    some ERASE_VIEWS touches [delete visit_views] = "DELETE FROM callbox_monitor.visit_views WHERE visit IN \
        (SELECT visit FROM callbox_monitor.visits WHERE user_hash = $1)";
    hot ERASE_VISITS touches [delete visits] = "DELETE FROM callbox_monitor.visits WHERE user_hash = $1";
    some SWEEP_VIEWS touches [delete visit_views] = "DELETE FROM callbox_monitor.visit_views WHERE visit IN \
        (SELECT visit FROM callbox_monitor.visits WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
    some SWEEP_VISITS touches [delete visits] = "DELETE FROM callbox_monitor.visits WHERE visit IN \
        (SELECT visit FROM callbox_monitor.visits WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
}

rows! {
    struct VisitRow {
        started_at: UnixMillis,
        last_at: UnixMillis,
    }
    struct ViewRow {
        view: Vec<u8>,
        started_at: UnixMillis,
        body: Vec<u8>,
    }
}

/// A view of a visit that is kept.
#[derive(Clone, Debug)]
pub struct SeenView {
    /// The visit.
    pub visit: VisitId,
    /// The view.
    pub view: ViewId,
    /// The keyed hash of the user, if the app gives one.
    pub user: Option<[u8; 32]>,
    /// Which beacon of the view this is.
    pub sequence: u32,
    /// When the beacon came.
    pub at: UnixMillis,
    /// All that it said.
    pub body: VisitView,
}

/// What beacons brought.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Errors, each with the group that counts them if theirs finds no place.
    pub errors: Vec<(SeenError, SeenError)>,
    /// Views of visits that are kept.
    pub views: Vec<SeenView>,
    /// Users.
    pub users: Vec<SeenUser>,
}

/// A visit: when its first view began, when its last beacon came, and its views in the order of time.
pub type VisitFound = (UnixMillis, UnixMillis, Vec<VisitView>);

impl Monitoring {
    /// Keeps what beacons brought, in one transaction; how many errors had no place of their own.
    pub async fn add_seen(&self, seen: std::sync::Arc<Seen>) -> Result<u32, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let mut capped = 0;
                for (error, other) in &seen.errors {
                    if !errors::add(db, error).await? {
                        capped += 1;
                        errors::count(db, other).await?;
                    }
                }
                for view in &seen.views {
                    add_view(db, view).await?;
                }
                for user in &seen.users {
                    users::add(db, *user).await?;
                }
                Ok(capped)
            })
        })
        .await
    }

    /// One visit, if it is kept.
    pub async fn visit(&self, visit: VisitId) -> Result<Option<VisitFound>, StoreError> {
        let mut db = self.reader().await?;
        let Some(VisitRow { started_at, last_at }) = db.first(&VISIT, values![visit.as_bytes()]).await?
        else {
            return Ok(None);
        };
        let rows: Vec<ViewRow> = db.all(&VIEWS, values![visit.as_bytes(), VIEWS_MAX]).await?;
        // What a later version wrote is left out.
        let views = rows.into_iter().filter_map(|ViewRow { view, started_at, body }| {
            unpack(&body, ViewId::from_bytes(view.try_into().ok()?), started_at)
        });
        Ok(Some((started_at, last_at, views.collect())))
    }

    /// Deletes the visits and the days of a user.
    pub async fn erase_user(&self, user: [u8; 32], now: UnixMillis) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                for statement in [&ERASE_VIEWS, &ERASE_VISITS] {
                    db.execute(statement, values![&user]).await?;
                }
                users::erase(db, user, now).await
            })
        })
        .await
    }

    /// Deletes visits after 7 days; how many there were.
    pub async fn sweep_visits(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let before = now.minus(VISITS_KEPT_MS);
        self.write(move |db| {
            Box::pin(async move {
                db.execute(&SWEEP_VIEWS, values![before, SWEEP_MAX]).await?;
                db.execute(&SWEEP_VISITS, values![before, SWEEP_MAX]).await
            })
        })
        .await
    }
}

async fn add_view(db: &mut WriteDb<'_>, seen: &SeenView) -> Result<(), StoreError> {
    let SeenView { visit, view, user, sequence, at, body } = seen;
    let started_at = body.started_at;
    db.execute(&ADD_VISIT, values![visit.as_bytes(), user, started_at, *at]).await?;
    let packed = pack(body);
    let row = values![visit.as_bytes(), view.as_bytes(), *sequence, started_at, &packed[..], VIEWS_MAX];
    db.execute(&ADD_VIEW, row).await.map(|_| ())
}
