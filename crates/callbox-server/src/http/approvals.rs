//! The mailbox's approval of one change of an account, for users who have no password, or do not know it any more.
//!
//! The login that asked may make the change once, within ten minutes. To open the link signs nobody in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::{APPROVE_MS, Mail};
use callbox_protocol::proof::{Approve, Approved, AskApproval};
use callbox_store::{NewMailToken, Purpose, Store, hash_token, new_token};
use std::sync::Arc;

use super::body::Body;
use super::emails::TOO_MANY;
use super::error::ApiError;
use super::token::refuse_link;
use crate::access::Me;
use crate::clock::Clock;
use crate::mail::Mails;
use crate::security_log::{Event, Link, SecurityLog};

/// Asks the mailbox of the account for a yes to one change.
#[utoipa::path(post, path = "/v1/me/approvals", request_body = AskApproval, responses(
    (status = 202, description = "A mail is on its way to the current address."),
    (status = 409, description = "A guest has no address, and needs no yes.")))]
pub(super) async fn ask(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    State(clock): State<Clock>,
    Me(me): Me,
    log: SecurityLog,
    Body(AskApproval { change }): Body<AskApproval>,
) -> Result<StatusCode, ApiError> {
    let (Some(email), _) = store.password(me.user.id).await? else {
        return Err(ApiError::Conflict("There is no address that could be asked."));
    };
    let to: EmailAddress = email.parse().map_err(|_| ApiError::Conflict("Your address takes no mails."))?;
    let (token, now) = (new_token(), clock.now());
    let link = NewMailToken {
        token_hash: hash_token(&token),
        purpose: Purpose::Approve,
        user: me.user.id,
        login: Some(me.login),
        email,
        password_hash: None,
        change: Some(change),
        expires_at: now.plus(APPROVE_MS),
    };
    if !store.create_mail_token(link, now).await? {
        return Err(TOO_MANY);
    }
    mails.send(&to, &Mail::Approve { token, change })?;
    log.write(Event::LinkSent(Link::Approve), me.user.id);
    Ok(StatusCode::ACCEPTED)
}

/// Says yes, by the link of the mail: the login that asked may make the change once, within ten minutes.
#[utoipa::path(post, path = "/v1/approvals", request_body = Approve, responses(
    (status = 200, description = "What may be changed now.", body = Approved),
    (status = 404, description = "The link was used, has ended, or never was; or the login that asked has ended.")))]
pub(super) async fn approve(
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    log: SecurityLog,
    Body(Approve { token }): Body<Approve>,
) -> Result<Json<Approved>, ApiError> {
    let change = store.redeem_approval(hash_token(&token), clock.now()).await?;
    let change = change.ok_or_else(|| refuse_link(&log, Link::Approve))?;
    log.write(Event::LinkUsed(Link::Approve), None);
    Ok(Json(Approved { change }))
}
