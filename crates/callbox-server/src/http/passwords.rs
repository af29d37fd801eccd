//! Passwords: changed by a user who knows the current one, or set anew by a link in a mail.

use axum::extract::State;
use axum::http::StatusCode;
use callbox_core::fair::Rank;
use callbox_identity::mail_text::Mail;
use callbox_identity::password::NewPassword;
use callbox_protocol::account::{ChangePassword, ResetPassword, SendMail};
use callbox_store::{Linked, Purpose, Reset, hash_token};

use super::body::Body;
use super::error::ApiError;
use super::logins::request_mail;
use super::notices::{tell, tell_unlinked};
use super::proof::Prover;
use super::token::refuse_link;
use crate::access::Me;
use crate::app::App;
use crate::caller::Caller;
use crate::mail_requests::Kind;
use crate::security_log::{Event, Link, SecurityLog};

/// Sets or changes the password; the caller's other logins end.
#[utoipa::path(put, path = "/v1/me/password", request_body = ChangePassword, responses(
    (status = 204, description = "It is set."),
    (status = 403, description = "The proof is missing that the account is the caller's (`password_needed`, `proof_required`)."),
    (status = 409, description = "A guest has no address yet that a password would belong to.")))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    prover: Prover,
    Me(me): Me,
    log: SecurityLog,
    Body(ChangePassword { current, new }): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let (email, _) = app.store.password(me.user.id).await?;
    let Some(email) = email else {
        return Err(ApiError::Conflict("A password belongs to an address: please give one first."));
    };
    let new = NewPassword::parse(&new, &[&email])?;
    let shown = prover.shown(&me, current.as_deref()).await?;
    let hash = app.passwords.hash(new, caller.client.standing(Rank::Known)).await?;
    app.store.set_password(me.user.id, hash, shown, app.clock.now()).await??;
    log.write(Event::PasswordChanged, me.user.id);
    tell(&app.mails, &email, &Mail::PasswordChanged);
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a link that sets a new password, if there is such an account.
///
/// The answer comes before any look-up. A mailbox gets three at once and then one in half an hour, for all callers
/// together; a browser that the account was signed in with has as many of its own.
#[utoipa::path(post, path = "/v1/passwords/mail", request_body = SendMail, responses(
    (status = 202, description = "A mail is on its way, if there is such an account.")))]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    log: SecurityLog,
    Body(wish): Body<SendMail>,
) -> Result<StatusCode, ApiError> {
    request_mail(&app, &caller, log, Kind::Reset, wish)
}

/// Sets a new password by the link of a mail; all logins of the user end.
///
/// Identities that were linked since the owner last signed in do not open the account any more. The mail that follows
/// names them.
#[utoipa::path(post, path = "/v1/passwords/reset", request_body = ResetPassword, responses(
    (status = 204, description = "It is set."),
    (status = 404, description = "The link was used, has ended, or never was.")))]
pub(super) async fn reset(
    State(app): State<App>,
    caller: Caller,
    log: SecurityLog,
    Body(ResetPassword { token, password }): Body<ResetPassword>,
) -> Result<StatusCode, ApiError> {
    let (link, now) = (hash_token(&token), app.clock.now());
    let refused = || refuse_link(&log, Link::Reset);
    let mailbox = app.store.mailbox_of_link(&link, Purpose::Reset, now).await?.ok_or_else(refused)?;
    let password = NewPassword::parse(&password, &[&mailbox])?;
    let hash = app.passwords.hash(password, caller.client.standing(Rank::Known)).await?;
    let reset = app.store.redeem_reset(link, hash, now).await?;
    let Reset { user, email, unlinked, kept } = reset.ok_or_else(refused)?;
    log.write(Event::LinkUsed(Link::Reset), user.id);
    log.write(Event::PasswordChanged, user.id);
    let names = |all: &[Linked]| {
        let name = |one: &Linked| app.oidc.name_of(&one.identity.issuer).to_owned();
        all.iter().map(name).collect()
    };
    tell(&app.mails, &email, &Mail::PasswordReset { unlinked: names(&unlinked), kept: names(&kept) });
    tell_unlinked(&app, &unlinked, Some(&email));
    Ok(StatusCode::NO_CONTENT)
}
