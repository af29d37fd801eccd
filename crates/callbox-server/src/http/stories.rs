//! `GET /v1/calls/{call}`, for operators and moderators: the whole story of one call.

use axum::Json;
use axum::extract::State;
use callbox_protocol::id::CallId;
use callbox_protocol::story::CallStory;
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use super::part::Part;

/// The story of a call that has ended: its steps in the order of time, both sides' quality and evidence, what it used of
/// the relay, and why it failed, if it did.
///
/// It names nobody and has no address. Evidence and the relay's part are complete five seconds after the end.
#[utoipa::path(get, path = "/v1/calls/{call}",
    params(("call" = inline(CallId), Path, description = "A call that has ended.")),
    responses((status = 200, description = "What both browsers, the server and the relay know of it.", body = CallStory)))]
pub(super) async fn read(
    State(store): State<Arc<Store>>,
    Part(call): Part<CallId>,
) -> Result<Json<CallStory>, ApiError> {
    let reading = store.story_reading(call).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(callbox_monitor::story_of(reading)))
}
