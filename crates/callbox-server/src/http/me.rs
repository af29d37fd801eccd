//! `/v1/me`: the caller's own user, and the age question.
//!
//! The age is answered once. Changing it would open the other partition to whoever likes.

use axum::Json;
use axum::extract::State;
use callbox_protocol::account::Account;
use callbox_protocol::http::{SetAge, User};
use callbox_store::{SetAgeOutcome, Store};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use crate::access::Me;
use crate::hub::Hub;

/// Who the caller is, and all that they keep with us.
#[utoipa::path(get, path = "/v1/me", responses(
    (status = 200, description = "The caller's own user, whole.", body = Account)))]
pub(super) async fn read(State(store): State<Arc<Store>>, Me(me): Me) -> Result<Json<Account>, ApiError> {
    store.account(me.user.id, me.login).await?.map(Json).ok_or(ApiError::Unauthenticated)
}

/// Answers the age question, once.
#[utoipa::path(put, path = "/v1/me/age", request_body = SetAge, responses(
    (status = 200, description = "The caller's own user.", body = User),
    (status = 409, description = "It was answered differently before.")))]
pub(super) async fn set_age(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    Me(login): Me,
    Body(SetAge { age }): Body<SetAge>,
) -> Result<Json<User>, ApiError> {
    let id = login.user.id;
    match store.set_age(id, age).await? {
        SetAgeOutcome::Set | SetAgeOutcome::Same => {}
        SetAgeOutcome::AlreadyOther => {
            return Err(ApiError::Conflict("The age question was answered before, differently."));
        }
        SetAgeOutcome::NoSuchUser => return Err(ApiError::Unauthenticated),
    }
    hub.set_age(id, age);
    Ok(Json(User { id, age: Some(age) }))
}
