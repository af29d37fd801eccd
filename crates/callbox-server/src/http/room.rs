//! For routes that are the first to stop when the disk gets full: 507 before anything is read or written.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::app::App;

/// Proof that there is room on the disk.
pub(super) struct HasRoom;

impl FromRequestParts<App> for HasRoom {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, ApiError> {
        app.disk.admit().map(|()| Self)
    }
}
