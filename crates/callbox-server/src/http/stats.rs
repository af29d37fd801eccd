//! `GET /v1/stats`, for the operator.

use axum::Json;
use axum::extract::State;
use callbox_protocol::http::{Stats, StoreStats};

use super::error::ApiError;
use crate::app::{App, AppParts};
use crate::relay;

/// Returns the present state, and the figures of the last calls.
#[utoipa::path(get, path = "/v1/stats", responses((status = 200, description = "Since the start, and of the last day.", body = Stats)))]
pub(super) async fn read(State(app): State<App>) -> Result<Json<Stats>, ApiError> {
    let AppParts { store, answers, hub, backups, disk, relays, ice, tls, clock, .. } = &*app;
    // First, since it waits for the records of calls that ended just now.
    let recent = callbox_monitor::recent_calls(&store.recent_readings(clock.now()).await?);
    let data = StoreStats {
        free_bytes: disk.free_bytes(),
        refused_for_room: disk.refused(),
        backup: backups.stats(),
        ..store.stats()
    };
    let relay = relays.as_deref().map(relay::stats);
    let certificate_days = tls.as_ref().and_then(|tls| tls.days_left(clock.wall()));
    let ice_services = ice.stats(clock.now());
    let outcomes = store.outcomes().await?;
    let cache = answers.stats();
    Ok(Json(Stats {
        outcomes,
        recent,
        relay,
        ice_services,
        certificate_days,
        store: data,
        cache,
        ..hub.stats()
    }))
}
