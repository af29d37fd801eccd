//! The routes about a call and the other person in it: block, report, rate; and an app's own data of it.
//!
//! People are named by the call they were in, so nobody learns another's user id. It works during the call and after.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_identity::attributes::{Owner, Parts};
use callbox_monitor::{Counter, Dimensions, Distribution, When};
use callbox_protocol::account::{Attributes, Members, SetAttributes};
use callbox_protocol::http::{REPORT_NOTE_CHARS_MAX, RateCall, ReportCall};
use callbox_protocol::id::{BlockId, CallId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{BlockOutcome, NewAttributes, NewReport, ReportOutcome, Store, UserEvent};
use serde_json::Value;
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::part::Part;
use super::room::HasRoom;
use crate::access::{Asker, Me};
use crate::app::{App, AppParts};
use crate::clock::Clock;
use crate::counters;
use crate::environment::Environment;
use crate::hub::Hub;
use crate::moderation::Moderation;
use crate::monitor::Monitor;

/// Never meet the other person of this call again.
#[utoipa::path(post, path = "/v1/calls/{call}/block",
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses(
        (status = 204, description = "The two never meet again."),
        (status = 409, description = "The caller has blocked 1,000 people, the most there can be.")))]
pub(super) async fn block(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(environment): State<Environment>,
    Me(login): Me,
    Part(call): Part<CallId>,
) -> Result<StatusCode, ApiError> {
    let me = login.user.id;
    let (_, other) = find(&store, &hub, me, call).await?;
    let now = environment.now();
    match store.block(block_id(now, &environment), me, other, now).await? {
        BlockOutcome::Blocked => {}
        BlockOutcome::TooMany => {
            return Err(ApiError::Conflict("You have blocked 1,000 people, the most there can be."));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Reports the other person of this call.
///
/// The reported person is blocked too: nobody wants to meet them again. 20 a day.
#[utoipa::path(post, path = "/v1/calls/{call}/report", request_body = ReportCall,
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses((status = 204, description = "A moderator will see it. The two never meet again.")))]
pub(super) async fn report(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(moderation): State<Arc<Moderation>>,
    State(environment): State<Environment>,
    Me(login): Me,
    Part(call): Part<CallId>,
    Body(report): Body<ReportCall>,
) -> Result<StatusCode, ApiError> {
    if report.note.chars().count() > REPORT_NOTE_CHARS_MAX {
        return Err(ApiError::BadRequest("A report has a note of at most 1,000 characters.".to_owned()));
    }
    let me = login.user.id;
    let (call, other) = find(&store, &hub, me, call).await?;
    let now = environment.now();
    let ReportCall { reason, note, with_lines } = report;
    // The lines that were relayed, not the reporter's version of them.
    let lines = if with_lines { hub.said(call) } else { Vec::new() };
    let id = ReportId::new(now, environment.random());
    let new = NewReport { id, call, reporter: me, reported: other, reason, note, lines };
    match moderation.report(new, now).await? {
        ReportOutcome::Reported | ReportOutcome::Held => counters::add(Counter::Reports),
        ReportOutcome::TooMany => {
            return Err(ApiError::RateLimited {
                what: "You have reported 20 people today. Please block whom you do not want to meet.",
                retry_after_ms: 60 * 60 * 1_000,
            });
        }
    }
    // A report by somebody who blocked a thousand people counts all the same; the two do not meet while they are
    // connected.
    if store.block(block_id(now, &environment), me, other, now).await? == BlockOutcome::TooMany {
        hub.apply(&[UserEvent::Blocked(me, other)]);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Tell how good the call was; the last word counts.
#[utoipa::path(put, path = "/v1/calls/{call}/rating", request_body = RateCall,
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses((status = 204, description = "It is on record.")))]
pub(super) async fn rate(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(monitor): State<Arc<Monitor>>,
    State(clock): State<Clock>,
    Me(login): Me,
    Part(call): Part<CallId>,
    Body(RateCall { stars }): Body<RateCall>,
) -> Result<StatusCode, ApiError> {
    if !(1..=5).contains(&stars) {
        return Err(ApiError::BadRequest("A rating has 1 to 5 stars.".to_owned()));
    }
    let me = login.user.id;
    let (call, _) = find(&store, &hub, me, call).await?;
    let now = clock.now();
    if store.rate_call(call, me, stars, now).await? {
        let when = When::now(now);
        monitor.observe(Distribution::CallStars, &Dimensions::default(), stars.into(), 1, when);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// An app's own data of a call: the public part for its two sides, both for the app's own backend.
#[utoipa::path(get, path = "/v1/calls/{call}/attributes",
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses((status = 200, description = "Empty parts where nothing is kept.", body = Attributes)))]
pub(super) async fn attributes(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    asker: Asker,
    Part(call): Part<CallId>,
) -> Result<Answered, ApiError> {
    let may_speak_of = |parties| match &asker {
        Asker::Login(login) => other(parties, login.user.id).map(|_| ()),
        Asker::Key(_) | Asker::Operator => Ok(()),
    };
    let read = async || -> Result<_, ApiError> {
        Ok(store.tagged().call_attributes(call).await?.map(|attributes| shown_to(&asker, attributes)))
    };
    let is_user = [u8::from(matches!(asker, Asker::Login(_)))];
    let question = ask.question().with(&is_user).with(call.as_bytes());
    if let Some(parties) = hub.parties(call) {
        may_speak_of(parties)?;
        return ask.answer(question, read).await;
    }
    // The record says who may read them, so it is a part of the answer, as who asks is.
    let who = if let Asker::Login(login) = &asker { *login.user.id.as_bytes() } else { [0; 16] };
    ask.answer(question.with(&who), async || {
        let parties = store.tagged().call_parties(call).await?;
        may_speak_of(parties.value.ok_or(ApiError::NotFound)?)?;
        Ok(parties.and(read().await?, |_, attributes| attributes))
    })
    .await
}

/// Sets parts of an app's own data of a call; a part that is not there stays. The private one is the backend's.
#[utoipa::path(put, path = "/v1/calls/{call}/attributes", request_body = SetAttributes,
    params(("call" = inline(CallId), Path, description = "A call that the caller is or was in.")),
    responses((status = 200, description = "What the caller may read of them.", body = Attributes)))]
pub(super) async fn set_attributes(
    _: HasRoom,
    State(app): State<App>,
    asker: Asker,
    Part(call): Part<CallId>,
    Body(new): Body<SetAttributes>,
) -> Result<Json<Attributes>, ApiError> {
    let AppParts { store, hub, attributes: rules, clock, .. } = &*app;
    let call = may_speak_of(store, hub, &asker, call).await?;
    if new.private.is_some() && matches!(asker, Asker::Login(_)) {
        return Err(ApiError::NotPermitted);
    }
    let parts = Parts { public: new.public.map(Value::Object), private: new.private.map(Value::Object) };
    let checked = rules.check(Owner::Call, parts)?;
    let new = NewAttributes { public: checked.public, private: checked.private };
    Ok(Json(shown_to(&asker, store.set_call_attributes(call, new, clock.now()).await?)))
}

/// A backend may speak of every call that there is, a user of their own.
async fn may_speak_of(store: &Store, hub: &Hub, asker: &Asker, call: CallId) -> Result<CallId, ApiError> {
    if let Asker::Login(login) = asker {
        return find(store, hub, login.user.id, call).await.map(|(call, _)| call);
    }
    if hub.parties(call).is_none() && store.call_parties(call).await?.is_none() {
        return Err(ApiError::NotFound);
    }
    Ok(call)
}

fn shown_to(asker: &Asker, attributes: Attributes) -> Attributes {
    match asker {
        Asker::Login(_) => Attributes { public: attributes.public, private: Members::new() },
        Asker::Key(_) | Asker::Operator => attributes,
    }
}

fn block_id(now: UnixMillis, environment: &Environment) -> BlockId {
    BlockId::new(now, environment.random())
}

/// The call, running or over, and the other person in it.
pub(super) async fn find(
    store: &Store,
    hub: &Hub,
    me: UserId,
    call: CallId,
) -> Result<(CallId, UserId), ApiError> {
    let parties = match hub.parties(call) {
        Some(parties) => parties,
        None => store.call_parties(call).await?.ok_or(ApiError::NotFound)?,
    };
    other(parties, me).map(|other| (call, other))
}

/// The other one of the two.
pub(super) fn other((caller, callee): (UserId, UserId), me: UserId) -> Result<UserId, ApiError> {
    match (me == caller, me == callee) {
        (true, false) => Ok(callee),
        (false, true) => Ok(caller),
        // A user who was not in it must not learn that it exists.
        _ => Err(ApiError::NotFound),
    }
}
