//! Alerts, for operators: the state of each rule, silences, and deploys.
//!
//! Who is told is in the settings alone: nothing here sends anything anywhere.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_core::text::{has_control, is_invisible};
use callbox_monitor::alert::SilenceError;
use callbox_protocol::alert::{AlertSilence, Alerts, NameDeploy, SilenceAlert};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use super::part::Part;
use crate::access::Me;
use crate::alerts::Alerting;
use crate::security_log::{Event, SecurityLog};

/// 30 days.
const SILENCE_MINUTES_MAX: u32 = 30 * 24 * 60;
const WHY_CHARS_MAX: usize = 200;
const DEPLOY_CHARS_MAX: usize = 60;

/// All rules: what fires, what is pending, what has no data, what is silenced.
#[utoipa::path(get, path = "/v1/alerts", responses(
    (status = 200, description = "What fires first.", body = Alerts)))]
pub(super) async fn read(State(alerts): State<Arc<Alerting>>) -> Json<Alerts> {
    Json(alerts.answer())
}

/// Tells nobody of a rule, or of any, for a while.
#[utoipa::path(post, path = "/v1/alerts/silences", request_body = SilenceAlert, responses(
    (status = 201, description = "It holds.", body = AlertSilence),
    (status = 409, description = "There are 100, the most there can be.")))]
pub(super) async fn silence(
    State(alerts): State<Arc<Alerting>>,
    Me(me): Me,
    log: SecurityLog,
    Body(SilenceAlert { rule, minutes, why }): Body<SilenceAlert>,
) -> Result<(StatusCode, Json<AlertSilence>), ApiError> {
    let why = text(&why, WHY_CHARS_MAX).ok_or_else(|| bad("`why` has 1 to 200 characters."))?;
    if !(1..=SILENCE_MINUTES_MAX).contains(&minutes) {
        return Err(bad("`minutes` is from 1 to 43,200 (30 days)."));
    }
    let made = alerts.silence(&rule, &why, u64::from(minutes) * 60_000).await;
    let made = made.map_err(|error| match error {
        SilenceError::Full => ApiError::Conflict("There are 100 silences, the most there can be."),
        error @ SilenceError::Rule(_) => bad(&error.to_string()),
    })?;
    log.write_by(me.user.id, Event::AlertSilenced, None);
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends a silence.
#[utoipa::path(delete, path = "/v1/alerts/silences/{silence}",
    params(("silence" = u32, Path, description = "A silence.")),
    responses((status = 204, description = "It holds no more.")))]
pub(super) async fn end_silence(
    State(alerts): State<Arc<Alerting>>,
    Me(me): Me,
    log: SecurityLog,
    Part(silence): Part<u32>,
) -> Result<StatusCode, ApiError> {
    if !alerts.end_silence(silence).await {
        return Err(ApiError::NotFound);
    }
    log.write_by(me.user.id, Event::SilenceEnded, None);
    Ok(StatusCode::NO_CONTENT)
}

/// Names a deploy that happens now: for your pipeline, with the operator token. Rules may be quiet for a while after it.
#[utoipa::path(post, path = "/v1/deploys", request_body = NameDeploy, responses(
    (status = 204, description = "It is marked.")))]
pub(super) async fn deploy(
    State(alerts): State<Arc<Alerting>>,
    Body(NameDeploy { name }): Body<NameDeploy>,
) -> Result<StatusCode, ApiError> {
    let name =
        text(&name, DEPLOY_CHARS_MAX).ok_or_else(|| bad("A deploy has a name of 1 to 60 characters."))?;
    alerts.deploy(&name).await;
    Ok(StatusCode::NO_CONTENT)
}

fn text(text: &str, chars_max: usize) -> Option<String> {
    let text = text.trim();
    let is_good = !is_invisible(text) && !has_control(text) && text.chars().count() <= chars_max;
    is_good.then(|| text.to_owned())
}

fn bad(why: &str) -> ApiError {
    ApiError::BadRequest(why.to_owned())
}
