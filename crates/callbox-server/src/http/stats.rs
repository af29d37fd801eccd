//! `GET /v1/stats`, for the operator.

use axum::Json;
use axum::extract::State;
use callbox_media::Relays;
use callbox_protocol::http::{Stats, StoreStats};
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::backups::Backups;
use crate::clock;
use crate::disk::Disk;
use crate::hub::Hub;
use crate::ice::Ice;
use crate::relay;
use crate::tls::Tls;

/// Returns the present state, and the figures of the last calls.
#[utoipa::path(get, path = "/v1/stats", responses((status = 200, description = "Since the start, and of the last day.", body = Stats)))]
pub(super) async fn read(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(backups): State<Arc<Backups>>,
    State(disk): State<Arc<Disk>>,
    State(relays): State<Option<Arc<Relays>>>,
    State(ice): State<Arc<Ice>>,
    State(tls): State<Option<Arc<Tls>>>,
) -> Result<Json<Stats>, ApiError> {
    // First, since it waits for the records of calls that ended just now.
    let recent = callbox_monitor::recent_calls(&store.recent_readings(clock::now()).await?);
    let data = StoreStats {
        free_bytes: disk.free_bytes(),
        refused_for_room: disk.refused(),
        backup: backups.stats(),
        ..store.stats()
    };
    let relay = relays.map(|relays| relay::stats(&relays));
    let certificate_days = tls.and_then(|tls| tls.days_left(clock::wall()));
    let ice_services = ice.stats(clock::now());
    let outcomes = store.outcomes().await?;
    Ok(Json(Stats { outcomes, recent, relay, ice_services, certificate_days, store: data, ..hub.stats() }))
}
