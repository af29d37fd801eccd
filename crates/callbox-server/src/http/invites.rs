//! `POST /v1/invites`: a link for a person you know.
//!
//! The code is a secret of two people, so only its hash is kept. Only the hub knows who is in it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_protocol::http::Invite;
use callbox_store::{CreateInviteOutcome, Store, hash_token, new_code};
use std::sync::Arc;

use super::error::ApiError;
use crate::access::Me;
use crate::caller::Caller;
use crate::clock::Clock;

/// A day: long enough for "call me tonight", short enough that a forgotten link opens nothing.
const INVITE_MS: u64 = 24 * 60 * 60 * 1_000;

/// Makes a link for a person whom the caller knows.
///
/// It opens for a day; a user has 20 open ones at most.
#[utoipa::path(post, path = "/v1/invites", responses(
    (status = 201, description = "The link.", body = Invite),
    (status = 400, description = "The request has no usable `Host`.")))]
pub(super) async fn create(
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Me(login): Me,
    caller: Caller,
) -> Result<(StatusCode, Json<Invite>), ApiError> {
    let no_host = || ApiError::BadRequest("The request has no usable Host header.".to_owned());
    let origin = caller.own_origin.ok_or_else(no_host)?;
    let now = clock.now();
    let expires_at = now.plus(INVITE_MS);
    let code = new_code();
    match store.create_invite(hash_token(&code), login.user.id, expires_at, now).await? {
        CreateInviteOutcome::Created => {
            let url = format!("{origin}/i/{code}");
            Ok((StatusCode::CREATED, Json(Invite { code, url, expires_at })))
        }
        CreateInviteOutcome::TooMany { retry_after_ms } => Err(ApiError::RateLimited {
            what: "You have 20 open invites already. The oldest ends within a day.",
            retry_after_ms,
        }),
    }
}
