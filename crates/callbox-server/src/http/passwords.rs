//! Passwords: changed by whoever knows the one in force, or set anew by a link in a mail.

use axum::extract::State;
use axum::http::StatusCode;
use callbox_protocol::account::{ChangePassword, ResetPassword, SendMail};
use callbox_store::{Purpose, Redeemed, Store, hash_token};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use super::logins::send_link;
use crate::access::Me;
use crate::clock;
use crate::hub::Hub;
use crate::mail::{EmailAddress, Mail, Mails, RESET_MS};
use crate::password::{NewPassword, Passwords, Verdict};

/// Sets or changes the password; the caller's other logins end.
#[utoipa::path(put, path = "/v1/me/password", request_body = ChangePassword, responses(
    (status = 204, description = "It is in force."),
    (status = 409, description = "A guest has no address yet that a password would belong to.")))]
pub(super) async fn change(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(passwords): State<Arc<Passwords>>,
    State(mails): State<Arc<Mails>>,
    Me(me): Me,
    Body(ChangePassword { current, new }): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let (email, hash) = store.password(me.user.id).await?;
    let Some(email) = email else {
        return Err(ApiError::Conflict("A password belongs to an address: please give one first."));
    };
    let new = NewPassword::parse(&new, &[&email])?;
    prove(&passwords, current.as_deref(), hash.as_deref()).await?;
    let hash = passwords.hash(new).await?;
    let ended = store.set_password(me.user.id, hash, me.login).await?;
    hub.end_logins(me.user.id, &ended);
    tell(&mails, &email, &Mail::PasswordChanged);
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a link that sets a new password, if there is such an account.
#[utoipa::path(post, path = "/v1/passwords/mail", request_body = SendMail, responses(
    (status = 202, description = "A mail is on its way, if there is such an account.")))]
pub(super) async fn send(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    Body(SendMail { email }): Body<SendMail>,
) -> Result<StatusCode, ApiError> {
    let mail = |token| Mail::Reset { token };
    send_link(&store, &mails, &email, Purpose::Reset, RESET_MS, mail).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by the link of a mail; all logins of the user end.
#[utoipa::path(post, path = "/v1/passwords/reset", request_body = ResetPassword, responses(
    (status = 204, description = "It is in force."),
    (status = 404, description = "The link was used, has ended, or never was.")))]
pub(super) async fn reset(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    State(passwords): State<Arc<Passwords>>,
    Body(ResetPassword { token, password }): Body<ResetPassword>,
) -> Result<StatusCode, ApiError> {
    let hash = passwords.hash(NewPassword::parse(&password, &[])?).await?;
    match store.redeem_reset(hash_token(&token), hash, clock::now()).await? {
        Redeemed::Done { user, ended, .. } => hub.end_logins(user.id, &ended),
        Redeemed::Invalid | Redeemed::Taken => return Err(ApiError::TokenInvalid),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The password in force, where there is one.
pub(super) async fn prove(
    passwords: &Passwords,
    given: Option<&str>,
    hash: Option<&str>,
) -> Result<(), ApiError> {
    let Some(hash) = hash else { return Ok(()) };
    let given = given.ok_or(ApiError::PasswordNeeded)?;
    match passwords.verify(given, hash).await? {
        Verdict::Wrong => Err(ApiError::PasswordNeeded),
        Verdict::Right | Verdict::RightButOld => Ok(()),
    }
}

/// Tells whoever has the address what happened; that mail is no reason to undo it.
pub(super) fn tell(mails: &Mails, email: &str, mail: &Mail) {
    let sent = email.parse::<EmailAddress>().ok().map(|email| mails.send(&email, mail));
    if !matches!(sent, Some(Ok(()))) {
        tracing::warn!(mail = mail.kind(), "a notice could not be sent");
    }
}
