//! `POST /v1/calls/{call}/block`: never meet the other person of this call again.
//!
//! People are named by the call they were in, so nobody learns another's user id.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use callbox_protocol::id::CallId;
use callbox_store::{BlockOutcome, Store};
use std::sync::Arc;

use super::error::ApiError;
use crate::access::Me;
use crate::clock;
use crate::hub::Hub;

pub(super) async fn create(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    Me(login): Me,
    Path(call): Path<String>,
) -> Result<StatusCode, ApiError> {
    let call: CallId = call.parse().map_err(|_| ApiError::NotFound)?;
    let me = login.user.id;
    let (caller, callee) = match hub.parties(call) {
        Some(parties) => parties,
        None => store.call_parties(call).await?.ok_or(ApiError::NotFound)?,
    };
    let other = match (me == caller, me == callee) {
        (true, false) => callee,
        (false, true) => caller,
        // Whoever was not in it must not learn that it exists.
        _ => return Err(ApiError::NotFound),
    };
    match store.block(me, other, clock::now()).await? {
        BlockOutcome::Blocked => {}
        BlockOutcome::TooMany => {
            return Err(ApiError::Conflict("You have blocked 1,000 people, the most there can be."));
        }
    }
    hub.block(me, other);
    Ok(StatusCode::NO_CONTENT)
}
