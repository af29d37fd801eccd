//! `/v1/me`: the caller's own user, the age question, the export of their data, and the end of the account.
//!
//! The age is answered once. Changing it would open the other partition to anybody.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use callbox_identity::mail_text::Mail;
use callbox_protocol::account::{Account, DeleteMe, Export};
use callbox_protocol::http::SetAge;
use callbox_protocol::user::User;
use callbox_store::{DeleteOutcome, SetAgeOutcome, Store};
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::notices::tell;
use super::proof::Prover;
use crate::access::Me;
use crate::clock::Clock;
use crate::mail::Mails;
use crate::security_log::{Event, SecurityLog};

/// The caller's own user, and all their data.
#[utoipa::path(get, path = "/v1/me", responses(
    (status = 200, description = "The caller's own user, whole.", body = Account)))]
pub(super) async fn read(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    Me(me): Me,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(me.user.id.as_bytes()).with(me.login.as_bytes());
    ask.answer(question, async || {
        let account = store.tagged().account(me.user.id, me.login, mails.reach_people()).await?;
        account.transpose().ok_or(ApiError::Unauthenticated)
    })
    .await
}

/// Answers the age question, once.
#[utoipa::path(put, path = "/v1/me/age", request_body = SetAge, responses(
    (status = 200, description = "The caller's own user.", body = User),
    (status = 409, description = "It was answered differently before.")))]
pub(super) async fn set_age(
    State(store): State<Arc<Store>>,
    Me(login): Me,
    Body(SetAge { age }): Body<SetAge>,
) -> Result<Json<User>, ApiError> {
    let id = login.user.id;
    match store.set_age(id, age).await? {
        SetAgeOutcome::Set | SetAgeOutcome::Same => {}
        SetAgeOutcome::AlreadyOther => {
            return Err(ApiError::Conflict("The age question was answered before, differently."));
        }
        SetAgeOutcome::NoSuchUser => return Err(ApiError::Unauthenticated),
    }
    Ok(Json(User { id, age: Some(age) }))
}

/// All that is kept of the caller, as a file.
#[utoipa::path(get, path = "/v1/me/export", responses(
    (status = 200, description = "10,000 calls, blocks and reports at most.", body = Export)))]
pub(super) async fn export(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    State(clock): State<Clock>,
    Me(me): Me,
) -> Result<impl IntoResponse, ApiError> {
    let export = store.export(me.user.id, me.login, mails.reach_people(), clock.now()).await?;
    let name = "attachment; filename=\"callbox-export.json\"";
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(export.ok_or(ApiError::Unauthenticated)?)))
}

/// Deletes the caller's account: its logins end at once, the rest goes within minutes.
#[utoipa::path(delete, path = "/v1/me", request_body = DeleteMe, responses(
    (status = 202, description = "The account is no more; what hangs on it is being deleted."),
    (status = 403, description = "The proof is missing that the account is the caller's (`password_needed`, `proof_required`)."),
    (status = 409, description = "The only admin.")))]
pub(super) async fn delete(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    State(clock): State<Clock>,
    prover: Prover,
    Me(me): Me,
    log: SecurityLog,
    Body(DeleteMe { password }): Body<DeleteMe>,
) -> Result<StatusCode, ApiError> {
    let (email, _) = store.password(me.user.id).await?;
    let shown = prover.shown(&me, password.as_deref()).await?;
    match store.delete_account(me.user.id, shown, clock.now()).await?? {
        DeleteOutcome::Deleted => {}
        DeleteOutcome::LastAdmin => {
            return Err(ApiError::Conflict("You are the only admin: please make another one first."));
        }
    }
    log.write(Event::AccountDeleted, me.user.id);
    if let Some(email) = email {
        tell(&mails, &email, &Mail::Deleted);
    }
    Ok(StatusCode::ACCEPTED)
}
