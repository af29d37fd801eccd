//! `/healthz`: the process lives. `/readyz`: it can serve, the database included.
//!
//! No details for the public: what is wrong is in the log and, for the operator, in `/v1/stats`.

use axum::extract::State;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::hub::Hub;

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
) -> Result<&'static str, ApiError> {
    if hub.is_going_down() {
        return Err(ApiError::Unavailable);
    }
    store.ping().await.map_err(|error| {
        tracing::error!(error = %error, "the store is not ready");
        ApiError::Unavailable
    })?;
    Ok("ready\n")
}
