//! The address of an account: it is the user's once they have opened the link that was sent to it.
//!
//! For a guest that is how an account begins. Whether an address is somebody's is told by mail alone.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use callbox_protocol::account::{LoginKind, Redeem, SetEmail, SignedIn};
use callbox_store::{NewMailToken, Purpose, Redeemed, Store, hash_token, new_token};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use super::passwords::tell;
use super::token::Entrance;
use crate::access::{self, Me};
use crate::app::App;
use crate::caller::Caller;
use crate::clock;
use crate::mail::{AddressError, EmailAddress, Mail, Mails, VERIFY_MS};
use crate::password::{NewPassword, Passwords};

const TOO_MANY: ApiError = ApiError::RateLimited {
    what: "You have asked for several mails already. Please look into your mailbox, or try again in an hour.",
    retry_after_ms: 60 * 60 * 1_000,
};

/// Sends a link to an address; it is the caller's once the link is opened.
#[utoipa::path(put, path = "/v1/me/email", request_body = SetEmail, responses(
    (status = 202, description = "A mail is on its way, whether the address is free or not.")))]
pub(super) async fn set(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    State(passwords): State<Arc<Passwords>>,
    Me(me): Me,
    Body(SetEmail { email, password }): Body<SetEmail>,
) -> Result<StatusCode, ApiError> {
    let bad = |error: AddressError| ApiError::BadRequest(error.to_string());
    let email: EmailAddress = email.parse().map_err(bad)?;
    let password_hash = match password {
        Some(password) => Some(passwords.hash(NewPassword::parse(&password, &[email.as_str()])?).await?),
        None => None,
    };
    let (token, now) = (new_token(), clock::now());
    let link = NewMailToken {
        token_hash: hash_token(&token),
        purpose: Purpose::Verify,
        user: me.user.id,
        login: Some(me.login),
        email: email.key().to_owned(),
        password_hash,
        expires_at: now.plus(VERIFY_MS),
    };
    // It counts also where the address is somebody's, and the link is then never told.
    if !store.create_mail_token(link, now).await? {
        return Err(TOO_MANY);
    }
    let owner = store.credentials(email.key()).await?;
    let is_others = owner.is_some_and(|owner| owner.user.id != me.user.id);
    mails.send(&email, &if is_others { Mail::AlreadyThere } else { Mail::Verify { token } })?;
    Ok(StatusCode::ACCEPTED)
}

/// Opens the link of a mail: the address is the user's from now on.
///
/// In the browser that asked, the login stays, and the password that came with the wish is set. Elsewhere that
/// browser is signed in, and all other logins of the user end.
#[utoipa::path(post, path = "/v1/verifications", request_body = Redeem, responses(
    (status = 200, description = "The user; with a token where another browser asked for the link.", body = SignedIn),
    (status = 404, description = "The link was used, has ended, or never was."),
    (status = 409, description = "The address is somebody else's in the meantime.")))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    entrance: Entrance,
    Body(Redeem { token, device }): Body<Redeem>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let asking = access::login(&app, &caller, &method, &headers).await?.map(|login| login.login);
    let (new_token, login) = entrance.login(LoginKind::Mail, device.as_deref(), now).await?;
    match app.store.redeem_verification(hash_token(&token), asking, login, now).await? {
        Redeemed::Done { user, ended, old_email, is_new_login } => {
            app.hub.end_logins(user.id, &ended);
            if let Some(old) = old_email {
                tell(&app.mails, &old, &Mail::AddressChanged);
            }
            if !is_new_login {
                return Ok(Json(SignedIn { user, token: None }).into_response());
            }
            entrance.check_user(user.id, now).await?;
            Ok(entrance.signed_in(StatusCode::OK, user, new_token))
        }
        Redeemed::Invalid => Err(ApiError::TokenInvalid),
        Redeemed::Taken => Err(ApiError::Conflict("This address belongs to another account by now.")),
    }
}
