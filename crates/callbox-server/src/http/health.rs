//! `/healthz`: the process lives. `/readyz`: it can serve, and the database takes writes.
//!
//! No details for the public: what is wrong is in the log and, for the operator, in `/v1/stats`.

use axum::extract::State;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::hub::Hub;
use crate::readiness::Readiness;

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(readiness): State<Arc<Readiness>>,
) -> Result<&'static str, ApiError> {
    if hub.is_going_down() || !readiness.check(&store).await {
        return Err(ApiError::Unavailable);
    }
    Ok("ready\n")
}
