//! `GET /v1/stats`, for the operator.

use axum::Json;
use axum::extract::State;
use callbox_protocol::http::Stats;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::hub::Hub;

pub(super) async fn read(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
) -> Result<Json<Stats>, ApiError> {
    Ok(Json(Stats { outcomes: store.outcomes()?, ..hub.stats() }))
}
