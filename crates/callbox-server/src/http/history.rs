//! The caller's own calls, and the people whom they blocked.
//!
//! People are named by their own description, and a block by a name of its own: nobody learns a user's id.

use axum::extract::State;
use axum::http::StatusCode;
use callbox_protocol::account::{BlockItem, HistoryCall, Page};
use callbox_protocol::id::{BlockId, CallId};
use callbox_store::Store;
use std::sync::Arc;

use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::page::{PageQuery, Paging};
use super::part::Part;
use crate::access::Me;

/// The caller's calls, the newest first.
#[utoipa::path(get, path = "/v1/me/calls", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<HistoryCall>)))]
pub(super) async fn calls(
    ask: Ask,
    State(store): State<Arc<Store>>,
    Me(me): Me,
    paging: Paging<CallId>,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(me.user.id.as_bytes()).with(&paging.name());
    ask.answer(question, async || {
        let items = store.tagged().calls_of(me.user.id, paging.before, paging.fetch()).await?;
        Ok(items.map(|items| paging.page(items, |call| *call.id.as_bytes())))
    })
    .await
}

/// The people whom the caller blocked, the newest first.
#[utoipa::path(get, path = "/v1/me/blocks", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<BlockItem>)))]
pub(super) async fn blocks(
    ask: Ask,
    State(store): State<Arc<Store>>,
    Me(me): Me,
    paging: Paging<BlockId>,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(me.user.id.as_bytes()).with(&paging.name());
    ask.answer(question, async || {
        let items = store.tagged().blocks_of(me.user.id, paging.before, paging.fetch()).await?;
        Ok(items.map(|items| paging.page(items, |block| *block.id.as_bytes())))
    })
    .await
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
