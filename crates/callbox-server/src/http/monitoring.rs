//! What browsers reported, for operators: errors by their groups, single visits, and the end of what is kept of a user.
//!
//! Texts in it are strangers': they leave as JSON alone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_protocol::account::Page;
use callbox_protocol::beacon::{OPAQUE_USER_CHARS_MAX, RELEASE_CHARS_MAX};
use callbox_protocol::id::VisitId;
use callbox_protocol::monitoring::{EraseVisits, ErrorGroup, VisitStory};
use callbox_protocol::time::UnixMillis;
use callbox_store::{ErrorFilter, Store};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::body::Body;
use super::error::ApiError;
use super::page::{Filter, PageQuery, Paging};
use super::part::Part;
use crate::clock::Clock;

/// Which errors.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ErrorsQuery {
    /// Those that this release has; of all releases without it.
    #[param(max_length = 40)]
    release: Option<String>,
    /// Groups that came up since then alone, in milliseconds since 1970.
    new_since: Option<u64>,
}

/// The errors of browsers by their groups, those first that happened last.
#[utoipa::path(get, path = "/v1/errors", params(ErrorsQuery, PageQuery), responses(
    (status = 200, description = "One page.", body = Page<ErrorGroup>)))]
pub(super) async fn errors(
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Filter(query): Filter<ErrorsQuery>,
    paging: Paging<[u8; 16]>,
) -> Result<Json<Page<ErrorGroup>>, ApiError> {
    let release = query.release.unwrap_or_default();
    if release.chars().count() > RELEASE_CHARS_MAX {
        return Err(ApiError::BadRequest("A release has at most 40 characters.".to_owned()));
    }
    let new_since = UnixMillis(query.new_since.unwrap_or_default());
    let filter = ErrorFilter { release, new_since, before: paging.before };
    let groups = store.monitoring().error_groups(&filter, paging.fetch(), clock.now()).await?;
    Ok(Json(paging.page(groups, |group| bytes_of(&group.fingerprint))))
}

/// One visit: its pages, vitals, errors and calls in the order of time.
#[utoipa::path(get, path = "/v1/visits/{visit}",
    params(("visit" = inline(VisitId), Path, description = "A visit of the last seven days that is kept.")),
    responses((status = 200, description = "At most 100 views.", body = VisitStory)))]
pub(super) async fn visit(
    State(store): State<Arc<Store>>,
    Part(visit): Part<VisitId>,
) -> Result<Json<VisitStory>, ApiError> {
    let found = store.monitoring().visit(visit).await?;
    let (started_at, last_at, views) = found.ok_or(ApiError::NotFound)?;
    Ok(Json(VisitStory { visit, started_at, last_at, views }))
}

/// Deletes the visits and the days of a user whom an app named by `monitor.setUser`.
///
/// A beacon that came in the last second may still be written after this, and whoever goes on is known again by their
/// next one.
#[utoipa::path(post, path = "/v1/visits/erase", request_body = EraseVisits, responses(
    (status = 204, description = "Nothing is kept of this user, whether there was something or not.")))]
pub(super) async fn erase(
    State(store): State<Arc<Store>>,
    State(hashes): State<Arc<KeyedHashes>>,
    State(clock): State<Clock>,
    Body(EraseVisits { user }): Body<EraseVisits>,
) -> Result<StatusCode, ApiError> {
    if !(1..=OPAQUE_USER_CHARS_MAX).contains(&user.chars().count()) {
        return Err(ApiError::BadRequest("A user has 1 to 128 characters.".to_owned()));
    }
    store.monitoring().erase_user(hashes.visitor(&user), clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bytes of 32 hexadecimal digits, which the store has written.
fn bytes_of(fingerprint: &str) -> [u8; 16] {
    u128::from_str_radix(fingerprint, 16).unwrap_or_default().to_be_bytes()
}
