//! A user's own description, and an app's own attributes of them.

use axum::Json;
use axum::extract::State;
use callbox_identity::{attributes, profile};
use callbox_protocol::account::{Attributes, Profile, PublicProfile, SetAttributes};
use callbox_protocol::id::CallId;
use callbox_store::Store;
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::calls::other;
use super::error::ApiError;
use super::part::Part;
use super::people::keep_attributes;
use super::room::HasRoom;
use crate::access::Me;
use crate::hub::Hub;

/// Sets the caller's own description.
#[utoipa::path(put, path = "/v1/me/profile", request_body = Profile, responses(
    (status = 200, description = "The profile as it is kept.", body = Profile)))]
pub(super) async fn set(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    Body(new): Body<Profile>,
) -> Result<Json<Profile>, ApiError> {
    let profile = profile::check(new).map_err(|reason| ApiError::BadRequest(reason.to_owned()))?;
    store.set_profile(me.user.id, profile.clone()).await?;
    Ok(Json(profile))
}

/// Sets the app's own data of the caller; a part that is not there stays.
#[utoipa::path(put, path = "/v1/me/attributes", request_body = SetAttributes, responses(
    (status = 200, description = "Both parts as they are kept.", body = Attributes)))]
pub(super) async fn set_attributes(
    _: HasRoom,
    State(store): State<Arc<Store>>,
    State(rules): State<Arc<attributes::Attributes>>,
    Me(me): Me,
    Body(new): Body<SetAttributes>,
) -> Result<Json<Attributes>, ApiError> {
    keep_attributes(&store, &rules, me.user.id, new).await?.map(Json).ok_or(ApiError::Unauthenticated)
}

/// The other person's description, in this call.
#[utoipa::path(get, path = "/v1/calls/{call}/partner",
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses((status = 200, description = "Members are empty if the person has not set them.", body = PublicProfile)))]
pub(super) async fn partner(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    Me(me): Me,
    Part(call): Part<CallId>,
) -> Result<Answered, ApiError> {
    let profile = async |other| Ok::<_, ApiError>(store.tagged().public_profile(other).await?);
    if let Some(parties) = hub.parties(call) {
        let other = other(parties, me.user.id)?;
        // Whoever is in a call with them reads the same. Where the call itself is no part of the answer, it need not end
        // with it.
        let question = ask.question().with(other.as_bytes());
        return ask.answer(question, async || Ok(profile(other).await?.map(Option::unwrap_or_default))).await;
    }
    let question = ask.question().with(me.user.id.as_bytes()).with(call.as_bytes());
    ask.answer(question, async || {
        let parties = store.tagged().call_parties(call).await?;
        let other = other(parties.value.ok_or(ApiError::NotFound)?, me.user.id)?;
        Ok(parties.and(profile(other).await?, |_, profile| profile.unwrap_or_default()))
    })
    .await
}
