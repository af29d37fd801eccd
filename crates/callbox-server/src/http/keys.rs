//! Keys of an app's own backend: made and ended by admins, shown once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_core::text::{has_control, is_invisible};
use callbox_protocol::id::ApiKeyId;
use callbox_protocol::moderation::{ApiKeyCreated, ApiKeyItem, ApiKeys, CreateApiKey, KEY_NAME_CHARS_MAX};
use callbox_store::{CreateKeyOutcome, Store, hash_token, new_token};
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::part::Part;
use crate::access::{API_KEY_PREFIX, Me};
use crate::environment::Environment;
use crate::security_log::{Event, SecurityLog};

/// All keys.
#[utoipa::path(get, path = "/v1/api-keys", responses(
    (status = 200, description = "The newest first.", body = ApiKeys)))]
pub(super) async fn list(ask: Ask, State(store): State<Arc<Store>>) -> Result<Answered, ApiError> {
    let question = ask.question();
    ask.answer(question, async || Ok(store.tagged().api_keys().await?.map(|items| ApiKeys { items }))).await
}

/// Makes a key.
#[utoipa::path(post, path = "/v1/api-keys", request_body = CreateApiKey, responses(
    (status = 201, description = "The key itself, this once.", body = ApiKeyCreated),
    (status = 409, description = "There are 100 keys, the most there can be.")))]
pub(super) async fn create(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    log: SecurityLog,
    Body(CreateApiKey { name }): Body<CreateApiKey>,
) -> Result<(StatusCode, Json<ApiKeyCreated>), ApiError> {
    let name = name.trim().to_owned();
    if is_invisible(&name) || has_control(&name) || name.chars().count() > KEY_NAME_CHARS_MAX {
        return Err(ApiError::BadRequest("A key has a name of 1 to 64 characters.".to_owned()));
    }
    let now = environment.now();
    let key = format!("{API_KEY_PREFIX}{}", new_token());
    let id = ApiKeyId::new(now, environment.random());
    let item = ApiKeyItem { id, name, created_at: now, last_used_at: None };
    match store.create_api_key(item.clone(), hash_token(&key), me.user.id).await? {
        CreateKeyOutcome::Created => {}
        CreateKeyOutcome::TooMany => {
            return Err(ApiError::Conflict("There are 100 keys, the most there can be."));
        }
        CreateKeyOutcome::NotPermitted => return Err(ApiError::NotPermitted),
    }
    log.write_by(me.user.id, Event::ApiKeyMade(id), None);
    Ok((StatusCode::CREATED, Json(ApiKeyCreated { item, key })))
}

/// Ends a key.
#[utoipa::path(delete, path = "/v1/api-keys/{key}",
    params(("key" = inline(ApiKeyId), Path, description = "A key.")),
    responses((status = 204, description = "It is no longer valid.")))]
pub(super) async fn delete(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    log: SecurityLog,
    Part(key): Part<ApiKeyId>,
) -> Result<StatusCode, ApiError> {
    if !store.delete_api_key(key).await? {
        return Err(ApiError::NotFound);
    }
    log.write_by(me.user.id, Event::ApiKeyEnded(key), None);
    Ok(StatusCode::NO_CONTENT)
}
