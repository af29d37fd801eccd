//! `GET /v1/stats`, for the operator.

use axum::Json;
use axum::extract::State;
use callbox_protocol::http::Stats;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::clock;
use crate::hub::Hub;

pub(super) async fn read(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
) -> Result<Json<Stats>, ApiError> {
    // First, since it waits for the records of calls that ended just now.
    let recent = store.recent_calls(clock::now()).await?;
    Ok(Json(Stats { outcomes: store.outcomes()?, recent, ..hub.stats() }))
}
