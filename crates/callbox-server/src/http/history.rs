//! The caller's own calls, and the people whom they blocked.
//!
//! People are named by their own description, and a block by a name of its own: nobody learns a user's id.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_protocol::account::{BlockItem, HistoryCall, Page};
use callbox_protocol::id::{BlockId, CallId};
use callbox_store::Store;
use std::sync::Arc;

use super::error::ApiError;
use super::page::{PageQuery, Paging};
use super::part::Part;
use crate::access::Me;

/// The caller's calls, the newest first.
#[utoipa::path(get, path = "/v1/me/calls", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<HistoryCall>)))]
pub(super) async fn calls(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    paging: Paging<CallId>,
) -> Result<Json<Page<HistoryCall>>, ApiError> {
    let items = store.calls_of(me.user.id, paging.before, paging.fetch()).await?;
    Ok(Json(paging.page(items, |call| *call.id.as_bytes())))
}

/// The people whom the caller blocked, the newest first.
#[utoipa::path(get, path = "/v1/me/blocks", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<BlockItem>)))]
pub(super) async fn blocks(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    paging: Paging<BlockId>,
) -> Result<Json<Page<BlockItem>>, ApiError> {
    let items = store.blocks_of(me.user.id, paging.before, paging.fetch()).await?;
    Ok(Json(paging.page(items, |block| *block.id.as_bytes())))
}

/// Lifts a block: the two may meet again.
#[utoipa::path(delete, path = "/v1/me/blocks/{block}",
    params(("block" = inline(BlockId), Path, description = "One of the caller's blocks.")),
    responses((status = 204, description = "It is lifted.")))]
pub(super) async fn unblock(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    Part(block): Part<BlockId>,
) -> Result<StatusCode, ApiError> {
    if !store.unblock(me.user.id, block).await? {
        return Err(ApiError::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}
