//! The address of an account: it is the user's once they have opened the link that was sent to it.
//!
//! For a guest that is how an account begins; an account changes its address with a proof, and the address before is
//! notified. Only a mail says whether an address is somebody's.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use callbox_core::fair::Rank;
use callbox_identity::email::{AddressError, EmailAddress};
use callbox_identity::mail_text::{Mail, VERIFY_MS};
use callbox_identity::mailboxes::{Asker, Wish};
use callbox_identity::password::NewPassword;
use callbox_protocol::account::{LoginKind, Redeem, SetEmail, Verified};
use callbox_store::{NewMailToken, Purpose, Verification, hash_token, new_token};

use super::body::Body;
use super::error::ApiError;
use super::notices::{tell, tell_unlinked};
use super::proof::Prover;
use super::token::{Entrance, refuse_link};
use crate::access::Me;
use crate::app::App;
use crate::caller::Caller;
use crate::security_log::{Event, Link, SecurityLog};

pub(super) const TOO_MANY: ApiError = ApiError::RateLimited {
    what: "You have asked for several mails already. Please look into your mailbox, or try again in an hour.",
    retry_after_ms: 60 * 60 * 1_000,
};

/// Sends a link to an address; it is the caller's once the link is opened.
///
/// A guest needs no proof. A user who has an address already needs the password, or the mailbox's approval.
#[utoipa::path(put, path = "/v1/me/email", request_body = SetEmail, responses(
    (status = 202, description = "A mail is on its way, whether the address is free or not."),
    (status = 403, description = "The proof is missing that the account is the caller's (`password_needed`, `proof_required`).")))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    prover: Prover,
    Me(me): Me,
    log: SecurityLog,
    Body(SetEmail { email, password }): Body<SetEmail>,
) -> Result<StatusCode, ApiError> {
    let bad = |error: AddressError| ApiError::BadRequest(error.to_string());
    let email: EmailAddress = email.parse().map_err(bad)?;
    // A guest chooses a password, an account shows its own.
    let is_guest = app.store.password(me.user.id).await? == (None, None);
    let (given, chosen) = if is_guest { (None, password) } else { (password, None) };
    let chosen = chosen.map(|password| NewPassword::parse(&password, &[email.as_str()])).transpose()?;
    let standing = caller.client.standing(if is_guest { Rank::Guest } else { Rank::Known });
    let asker = if is_guest { Asker::Guest(standing.networks[0]) } else { Asker::Account };
    let shown = prover.shown(&me, given.as_deref()).await?;
    let (token, now) = (new_token(), app.clock.now());
    app.mailboxes.count(Wish::Verify, asker, email.key(), now)?;
    let password_hash = match chosen {
        Some(password) => Some(app.passwords.hash(password, standing).await?),
        None => None,
    };
    let link = NewMailToken {
        token_hash: hash_token(&token),
        purpose: Purpose::Verify,
        user: me.user.id,
        login: Some(me.login),
        email: email.key().to_owned(),
        password_hash,
        change: None,
        expires_at: now.plus(VERIFY_MS),
    };
    // It counts also if the address is somebody's, and the link is then never sent.
    if !app.store.create_verification(link, shown, now).await?? {
        return Err(TOO_MANY);
    }
    let owner = app.store.credentials(email.key()).await?;
    let is_others = owner.is_some_and(|owner| owner.user.id != me.user.id);
    app.mails.send(&email, &if is_others { Mail::AlreadyThere } else { Mail::Verify { token } })?;
    if !is_others {
        log.write(Event::LinkSent(Link::Verify), me.user.id);
    }
    Ok(StatusCode::ACCEPTED)
}

/// Opens the link of a mail: the address is the user's from now on.
///
/// A guest's first address: in the browser that asked, the login stays, and the password that came with the request
/// is set; elsewhere that browser is signed in, and all that was set before ends. An account's other address: it is
/// verified, and nothing else, and nobody is signed in.
#[utoipa::path(post, path = "/v1/verifications", request_body = Redeem, responses(
    (status = 200, description = "Who this browser is signed in as, if anybody.", body = Verified),
    (status = 404, description = "The link was used, has ended, or never was."),
    (status = 409, description = "The address is somebody else's in the meantime.")))]
pub(super) async fn verify(
    State(app): State<App>,
    me: Option<Me>,
    entrance: Entrance,
    Body(Redeem { token, device }): Body<Redeem>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let asking = me.map(|Me(login)| (login.user.id, login.login));
    let (new_token, login) = entrance.login(LoginKind::Mail, device.as_deref(), now).await?;
    let stays = |user| Json(Verified { user, token: None }).into_response();
    match app.store.redeem_verification(hash_token(&token), asking, login, now).await? {
        Verification::Upgraded(user) => {
            entrance.log.write(Event::LinkUsed(Link::Verify), user.id);
            entrance.log.write(Event::AddressChanged, user.id);
            Ok(stays(Some(user)))
        }
        Verification::Changed { user, old_email } => {
            let whose = user.as_ref().map(|user| user.id);
            entrance.log.write(Event::LinkUsed(Link::Verify), whose);
            entrance.log.write(Event::AddressChanged, whose);
            if let Some(old) = old_email {
                tell(&app.mails, &old, &Mail::AddressChanged);
            }
            Ok(stays(user))
        }
        Verification::TakenOver { user, unlinked } => {
            entrance.log.write(Event::LinkUsed(Link::Verify), user.id);
            entrance.log.write(Event::AddressChanged, user.id);
            tell_unlinked(&app, &unlinked, None);
            entrance.let_in_by_link(StatusCode::OK, user, new_token, now).await
        }
        Verification::Invalid => Err(refuse_link(&entrance.log, Link::Verify)),
        Verification::Taken => Err(ApiError::Conflict("This address belongs to another account by now.")),
    }
}
