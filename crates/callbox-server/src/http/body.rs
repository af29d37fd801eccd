//! A JSON body, with our own errors.
//!
//! An empty body is read as `{}`, so that `POST /v1/guests` works with nothing at all.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use callbox_protocol::text::well_formed;
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// The body of a request, read as JSON.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        });
        let bytes = Bytes::from_request(request, state).await.map_err(|error| rejected(&error))?;
        if bytes.is_empty() {
            return serde_json::from_str("{}").map(Self).map_err(|error| bad_json(&error));
        }
        // A form of another site can send text/plain without asking first, but not this media type.
        if !is_json {
            return Err(ApiError::UnsupportedMediaType);
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => serde_json::from_str(&well_formed(text)),
            Err(_) => serde_json::from_slice(&bytes),
        }
        .map(Self)
        .map_err(|error| bad_json(&error))
    }
}

fn rejected(error: &BytesRejection) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge
    } else {
        tracing::debug!(error = %error.body_text(), "a body did not arrive");
        ApiError::BadRequest("The body did not arrive whole.".to_owned())
    }
}

fn bad_json(error: &serde_json::Error) -> ApiError {
    ApiError::BadRequest(format!("The body is not what this address takes: {error}."))
}
