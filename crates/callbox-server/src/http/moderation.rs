//! The routes of moderators: read reports with their context, decide on them, search people, ban, undo, and list all
//! acts.
//!
//! Here people are named by their ids. A ban takes effect at once: the sessions that it hits end before it is
//! answered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_identity::email::{ADDRESS_BYTES_MAX, EmailAddress};
use callbox_protocol::account::{Page, Role};
use callbox_protocol::id::{ActId, BanId, ReportId, UserId};
use callbox_protocol::moderation::{
    ActItem, BAN_DAYS_MAX, BAN_REASON_CHARS_MAX, BanItem, Bans, CreateBan, People, ReportItem, ReportStatus,
};
use callbox_protocol::time::UnixMillis;
use callbox_store::{BanOutcome, By, Known, LoginFound, NewBan, Store};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::page::{Filter, PageQuery, Paging};
use super::part::Part;
use crate::access::Me;
use crate::clock::Clock;
use crate::environment::Environment;
use crate::security_log::{Event, SecurityLog};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Which reports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportsQuery {
    /// Open ones without it.
    #[serde(default)]
    #[param(inline)]
    status: ReportStatus,
}

/// The queue: reports with who is in them, the newest first.
#[utoipa::path(get, path = "/v1/moderation/reports", params(ReportsQuery, PageQuery), responses(
    (status = 200, description = "One page.", body = Page<ReportItem>)))]
pub(super) async fn reports(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Filter(ReportsQuery { status }): Filter<ReportsQuery>,
    paging: Paging<ReportId>,
) -> Result<Answered, ApiError> {
    // All moderators read the same.
    let question = ask.question().with(&[status as u8]).with(&paging.name());
    ask.answer(question, async || {
        let items = store.tagged().reports(status, paging.before, paging.fetch(), clock.now()).await?;
        Ok(items.map(|items| paging.page(items, |report| *report.id.as_bytes())))
    })
    .await
}

/// Finds nothing in a report.
#[utoipa::path(post, path = "/v1/moderation/reports/{report}/dismiss",
    params(("report" = inline(ReportId), Path, description = "An open report.")),
    responses((status = 204, description = "It is out of the queue.")))]
pub(super) async fn dismiss(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    Part(report): Part<ReportId>,
) -> Result<StatusCode, ApiError> {
    let (by, now) = by(&me, &environment);
    let was_open = store.dismiss_report(report, by, now).await?;
    if was_open { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}

/// Puts a report that was decided on back into the queue.
#[utoipa::path(post, path = "/v1/moderation/reports/{report}/reopen",
    params(("report" = inline(ReportId), Path, description = "A report that is not open.")),
    responses((status = 204, description = "It is in the queue. A ban that it led to stands until it is lifted.")))]
pub(super) async fn reopen(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    Part(report): Part<ReportId>,
) -> Result<StatusCode, ApiError> {
    let (by, now) = by(&me, &environment);
    let is_open = store.reopen_report(report, by, now).await?;
    if is_open { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}

/// Bans the user that a report is about.
#[utoipa::path(post, path = "/v1/moderation/reports/{report}/ban", request_body = CreateBan,
    params(("report" = inline(ReportId), Path, description = "A report, open or not.")),
    responses((status = 201, description = "One ban for the user, each device and each address.", body = Bans)))]
pub(super) async fn ban_reported(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    log: SecurityLog,
    Part(report): Part<ReportId>,
    Body(ban): Body<CreateBan>,
) -> Result<(StatusCode, Json<Bans>), ApiError> {
    let reported = store.reported(report).await?.ok_or(ApiError::NotFound)?;
    let bans = carry_out(&store, &environment, &log, &me, (reported, Some(report)), ban).await?;
    Ok((StatusCode::CREATED, Json(bans)))
}

/// Bans a user.
#[utoipa::path(post, path = "/v1/users/{user}/ban", request_body = CreateBan,
    params(("user" = inline(UserId), Path, description = "A user.")),
    responses((status = 201, description = "One ban for the user, each device and each address.", body = Bans)))]
pub(super) async fn ban_user(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    log: SecurityLog,
    Part(user): Part<UserId>,
    Body(ban): Body<CreateBan>,
) -> Result<(StatusCode, Json<Bans>), ApiError> {
    let bans = carry_out(&store, &environment, &log, &me, (user, None), ban).await?;
    Ok((StatusCode::CREATED, Json(bans)))
}

/// Bans that stand, the newest first.
#[utoipa::path(get, path = "/v1/moderation/bans", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<BanItem>)))]
pub(super) async fn bans(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    paging: Paging<BanId>,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(&paging.name());
    ask.answer(question, async || {
        let items = store.tagged().bans(paging.before, paging.fetch(), clock.now()).await?;
        Ok(items.map(|items| paging.page(items, |ban| *ban.id.as_bytes())))
    })
    .await
}

/// Lifts a ban.
#[utoipa::path(delete, path = "/v1/moderation/bans/{ban}",
    params(("ban" = inline(BanId), Path, description = "A ban that stands.")),
    responses((status = 204, description = "It is lifted.")))]
pub(super) async fn lift(
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    Me(me): Me,
    log: SecurityLog,
    Part(ban): Part<BanId>,
) -> Result<StatusCode, ApiError> {
    let (by, now) = by(&me, &environment);
    if !store.lift_ban(ban, by, now).await? {
        return Err(ApiError::NotFound);
    }
    log.write_by(me.user.id, Event::BanLifted(ban), None);
    Ok(StatusCode::NO_CONTENT)
}

/// The search terms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// A user's id, a part of a name, or, for admins, a verified address of mail.
    #[param(max_length = 254)]
    search: String,
}

/// Searches people: by id, by a part of their name, and admins by address of mail.
#[utoipa::path(get, path = "/v1/moderation/people", params(SearchQuery), responses(
    (status = 200, description = "50 at most, the newest first.", body = People)))]
pub(super) async fn people(
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Me(me): Me,
    Filter(SearchQuery { search }): Filter<SearchQuery>,
) -> Result<Json<People>, ApiError> {
    let search = search.trim();
    if search.is_empty() || search.len() > ADDRESS_BYTES_MAX {
        return Err(ApiError::BadRequest("Search for an id, a name, or an address of mail.".to_owned()));
    }
    let is_admin = me.role == Role::Admin;
    let known = match (search.parse::<UserId>(), search.parse::<EmailAddress>()) {
        (Ok(id), _) => Known::Id(id),
        // Nobody but admins learns whose an address is.
        (_, Ok(email)) if is_admin => Known::Email(email.key().to_owned()),
        _ => Known::Name(search.to_owned()),
    };
    let mut items = store.search_people(&known, clock.now()).await?;
    for person in items.iter_mut().filter(|_| !is_admin) {
        person.email = None;
    }
    Ok(Json(People { items }))
}

/// The acts of moderators, the newest first.
#[utoipa::path(get, path = "/v1/moderation/acts", params(PageQuery), responses(
    (status = 200, description = "One page.", body = Page<ActItem>)))]
pub(super) async fn acts(
    ask: Ask,
    State(store): State<Arc<Store>>,
    paging: Paging<ActId>,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(&paging.name());
    ask.answer(question, async || {
        let items = store.tagged().acts(paging.before, paging.fetch()).await?;
        Ok(items.map(|items| paging.page(items, |act| *act.id.as_bytes())))
    })
    .await
}

/// The moderator, and the time.
fn by(me: &LoginFound, environment: &Environment) -> (By, UnixMillis) {
    let now = environment.now();
    (By { moderator: me.user.id, act: ActId::new(now, environment.random()) }, now)
}

async fn carry_out(
    store: &Store,
    environment: &Environment,
    log: &SecurityLog,
    me: &LoginFound,
    (user, report): (UserId, Option<ReportId>),
    CreateBan { scopes, days, reason, told }: CreateBan,
) -> Result<Bans, ApiError> {
    let bad = |what: &str| Err(ApiError::BadRequest(what.to_owned()));
    if scopes.is_empty() || scopes.len() > 3 {
        return bad("A ban hits one of user, device and address at least, each once.");
    }
    if [&reason, &told].iter().any(|text| text.chars().count() > BAN_REASON_CHARS_MAX) {
        return bad("A reason has 500 characters at most.");
    }
    if days.is_some_and(|days| days == 0 || days > BAN_DAYS_MAX) {
        return bad("A ban is for 1 to 3,650 days, or for ever.");
    }
    let (by, now) = by(me, environment);
    let expires_at = days.map(|days| now.plus(u64::from(days) * DAY_MS));
    let new = NewBan { user, scopes, reason, told, by, report, expires_at };
    let environment = environment.clone();
    let id = move || BanId::new(environment.now(), environment.random());
    let items = match store.ban(new, id, now).await? {
        BanOutcome::Banned(items) => items,
        BanOutcome::NoSuchUser => return Err(ApiError::NotFound),
        BanOutcome::NotPermitted => return Err(ApiError::NotPermitted),
    };
    for item in &items {
        log.write_by(me.user.id, Event::BanMade(item.scope, item.id), user);
    }
    Ok(Bans { items })
}
