//! `POST /cb/v`: a beacon of a page, of our own or of an allowed origin.
//!
//! Answered at once: nobody waits for a database while a browser waits. The body is JSON under whichever media type a
//! browser can send without asking first, since a page that is being left has no time for that.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use callbox_monitor::Counter;
use callbox_protocol::beacon::Beacon;
use std::sync::Arc;

use super::error::ApiError;
use crate::beacons::Beacons;
use crate::clock::Clock;
use crate::counters;

/// Takes what a browser tells about one view of a page.
#[utoipa::path(post, path = "/cb/v", request_body(content = Beacon, content_type = "text/plain"), responses(
    (status = 204, description = "It is counted, or was before. What is out of bounds in it is left out.")))]
pub(super) async fn take(
    State(beacons): State<Arc<Beacons>>,
    State(clock): State<Clock>,
    BeaconText(bytes): BeaconText,
) -> Result<StatusCode, ApiError> {
    // A page need not know whether anybody listens.
    if !beacons.is_on() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("A beacon is UTF-8.".to_owned()))?;
    let beacon = Beacon::parse(text).map_err(|error| malformed(format!("This is no beacon: {error}.")))?;
    beacons.take(beacon, clock.now()).map_err(|error| malformed(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body, if its media type may be that of a beacon.
pub(super) struct BeaconText(Bytes);

impl<S: Send + Sync> FromRequest<S> for BeaconText {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("?"));
        let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        if !matches!(essence.as_deref(), None | Some("text/plain" | "application/json")) {
            counters::add(Counter::BeaconsMalformed);
            return Err(ApiError::UnsupportedMediaType);
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|error| rejected(&error))
    }
}

fn rejected(error: &BytesRejection) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        counters::add(Counter::BeaconsTooLarge);
        return ApiError::TooLarge;
    }
    malformed("The body did not arrive whole.".to_owned())
}

fn malformed(reason: String) -> ApiError {
    counters::add(Counter::BeaconsMalformed);
    ApiError::BadRequest(reason)
}
