//! The scorecard, for operators.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use callbox_monitor::scorecard::{Baseline, Inputs, ScorecardError, Span};
use callbox_protocol::scorecard::Scorecard;
use callbox_store::Store;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::error::ApiError;
use crate::clock::Clock;
use crate::monitor::Monitor;
use crate::scorecard::measure;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// The days of now, in UTC and both included: `2026-11-01..2026-11-30`, or `30d..1d` ago, which it is without it.
    current: Option<String>,
    /// The days to compare with, written alike. Without it changes have no verdict.
    baseline: Option<String>,
    /// Prices and shares, as in `server:40,relay_gb_price:0.01`.
    inputs: Option<String>,
}

impl From<ScorecardError> for ApiError {
    fn from(error: ScorecardError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

/// Returns each promise of a launch with its target, what was before and is now, its interval and its verdict; and costs.
#[utoipa::path(get, path = "/v1/scorecard", params(Question), responses(
    (status = 200, description = "The scorecard.", body = Scorecard)))]
pub(super) async fn read(
    State(monitor): State<Arc<Monitor>>,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Json<Scorecard>, ApiError> {
    let Query(question) = question.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let now = clock.now();
    let current = Span::parse(question.current.as_deref().unwrap_or("30d..1d"), now)?;
    let before = question.baseline.as_deref().map(|text| Span::parse(text, now)).transpose()?;
    // The embedded one is a file with a size.
    let is_postgres = store.monitoring().bytes().is_none();
    let inputs = Inputs::parse(question.inputs.as_deref().unwrap_or_default())?;
    let found = measure(&monitor, current).await?;
    let baseline = match before {
        Some(before) => measure(&monitor, before).await?.into_baseline(),
        None => Baseline::default(),
    };
    Ok(Json(found.card(&baseline, &inputs, is_postgres)))
}
