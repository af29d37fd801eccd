//! `/metrics` and its neighbours, for operators: the text for Prometheus, the live feed, the cost of statements.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use callbox_protocol::http::{LiveSample, Statements};
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use crate::app::App;
use crate::caller::Caller;
use crate::metrics;

/// Returns all figures as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", responses(
    (status = 200, description = "Prometheus's text format, version 0.0.4.", content_type = "text/plain", body = String)))]
pub(super) async fn text(State(app): State<App>) -> Response {
    metrics::text(&app)
}

/// Sends the present figures every two seconds, as events of a stream.
///
/// It ends with the login that opened it. 16 feeds are the most at once.
#[utoipa::path(get, path = "/v1/metrics/live", responses(
    (status = 200, description = "Server-sent events; the data of each is one sample.", content_type = "text/event-stream",
        body = LiveSample)))]
pub(super) async fn live(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    metrics::feed(app, caller, headers).ok_or(ApiError::Unavailable)
}

/// Returns what each statement of the database has cost since the start of the process.
#[utoipa::path(get, path = "/v1/metrics/statements", responses(
    (status = 200, description = "The one with the most time first.", body = Statements)))]
pub(super) async fn statements(State(store): State<Arc<Store>>) -> Json<Statements> {
    Json(Statements { statements: callbox_monitor::statements(&store.statements()) })
}
