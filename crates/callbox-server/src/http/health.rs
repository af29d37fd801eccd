//! `/healthz`: the process lives. `/readyz`: it can serve, the database takes writes, and the certificate is valid.
//!
//! No details for the public: the fault is in the log and, for the operator, in `/v1/stats`.

use axum::extract::State;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::clock::Clock;
use crate::hub::Hub;
use crate::readiness::Readiness;
use crate::tls::Tls;

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(readiness): State<Arc<Readiness>>,
    State(tls): State<Option<Arc<Tls>>>,
    State(clock): State<Clock>,
) -> Result<&'static str, ApiError> {
    let has_expired = tls.is_some_and(|tls| !tls.is_usable(clock.wall()));
    if has_expired || hub.is_going_down() || !readiness.check(&store).await {
        return Err(ApiError::Unavailable);
    }
    Ok("ready\n")
}
