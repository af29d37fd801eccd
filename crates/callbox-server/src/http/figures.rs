//! Figures over time, for operators.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use callbox_monitor::QueryParams;
use callbox_protocol::figures::Figures;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::error::ApiError;
use crate::clock::Clock;
use crate::monitor::Monitor;

/// A question.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// A distribution (`lcp`), a gauge (`sockets`), a counter (`calls_success`), a family of counters (`calls`), or a
    /// ratio (`availability`, `call_success`). docs/MONITORING.md lists them.
    metric: String,
    /// The start: milliseconds since 1970, or so long ago, as in `90m`, `6h` or `30d`. A day ago without it.
    from: Option<String>,
    /// The end, written alike. Now without it.
    to: Option<String>,
    /// The length of each stretch of time, as in `5m`, `1h` or `1d`. So many as fit a chart without it; at most 1,500.
    step: Option<String>,
    /// Of values `count`, `sum`, `mean`, `min`, `max`, a percentile (`p75`), or the share that is `good`, `needs` or
    /// `poor`; of counters `sum` or `rate` (by the second).
    agg: Option<String>,
    /// One series for each `route`, `device`, `release` or `nav` of a distribution, or each `name` of a family or of a feature.
    by: Option<String>,
}

/// Returns one metric over time, by the minute, the hour or the day. Percentiles are within 1 %.
#[utoipa::path(get, path = "/v1/metrics/query", params(Question), responses(
    (status = 200, description = "The series, with the number of values behind each.", body = Figures)))]
pub(super) async fn query(
    State(monitor): State<Arc<Monitor>>,
    State(clock): State<Clock>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Json<Figures>, ApiError> {
    let Query(question) = question.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let Question { metric, from, to, step, agg, by } = &question;
    let params = QueryParams {
        metric,
        from: from.as_deref(),
        to: to.as_deref(),
        step: step.as_deref(),
        agg: agg.as_deref(),
        by: by.as_deref(),
    };
    let query = callbox_monitor::Query::new(&params, clock.now());
    let query = query.map_err(|error| ApiError::BadRequest(error.to_string()))?;
    Ok(Json(monitor.query(query).await?))
}
