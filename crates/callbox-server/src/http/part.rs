//! The one part of a path that names something, such as the `{call}` of a call.
//!
//! A text that is no such name names nothing: 404, as for a name that nobody has.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use std::str::FromStr;

use super::error::ApiError;

/// The part, read as `T`.
pub(super) struct Part<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Part<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        text.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}
