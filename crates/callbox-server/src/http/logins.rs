//! Logins: by password, by a link in a mail; listed and ended by their user.
//!
//! Whether there is an account of an address is told to nobody: what is answered, and how long it takes, is the same.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callbox_protocol::account::{LoginKind, Logins, Redeem, SendMail, SignIn, SignedIn};
use callbox_protocol::id::LoginId;
use callbox_store::{Credentials, NewMailToken, Purpose, Redeemed, Store, hash_token, new_token};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use super::part::Part;
use super::token::Entrance;
use crate::access::Me;
use crate::clock;
use crate::hub::Hub;
use crate::mail::{EmailAddress, Mail, Mails, SIGN_IN_MS};
use crate::password::{NewPassword, Passwords, Verdict};

/// Signs in by address and password.
#[utoipa::path(post, path = "/v1/logins", request_body = SignIn, responses(
    (status = 201, description = "The user, and the login's token.", body = SignedIn)))]
pub(super) async fn create(
    State(store): State<Arc<Store>>,
    State(passwords): State<Arc<Passwords>>,
    entrance: Entrance,
    Body(SignIn { email, password, device }): Body<SignIn>,
) -> Result<Response, ApiError> {
    let found = match email.parse::<EmailAddress>() {
        Ok(email) => store.credentials(email.key()).await?,
        Err(_) => None,
    };
    let Some(Credentials { user, password_hash: Some(hash) }) = found else {
        passwords.verify_nobody(&password).await?;
        return Err(ApiError::WrongCredentials);
    };
    match passwords.verify(&password, &hash).await? {
        Verdict::Wrong => return Err(ApiError::WrongCredentials),
        Verdict::Right => {}
        Verdict::RightButOld => {
            // One that may no longer be chosen stays as it is.
            if let Ok(same) = NewPassword::parse(&password, &[]) {
                store.rehash_password(user.id, hash, passwords.hash(same).await?);
            }
        }
    }
    let now = clock::now();
    entrance.check_user(user.id, now).await?;
    let (token, login) = entrance.login(LoginKind::Password, device.as_deref(), now).await?;
    store.sign_in(user.id, login, now).await?;
    Ok(entrance.signed_in(StatusCode::CREATED, user, token))
}

/// Sends a link that signs in, if there is such an account.
#[utoipa::path(post, path = "/v1/logins/mail", request_body = SendMail, responses(
    (status = 202, description = "A mail is on its way, if there is such an account.")))]
pub(super) async fn send(
    State(store): State<Arc<Store>>,
    State(mails): State<Arc<Mails>>,
    Body(SendMail { email }): Body<SendMail>,
) -> Result<StatusCode, ApiError> {
    let mail = |token| Mail::SignIn { token };
    send_link(&store, &mails, &email, Purpose::SignIn, SIGN_IN_MS, mail).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Signs in by the link of a mail.
#[utoipa::path(post, path = "/v1/logins/redeem", request_body = Redeem, responses(
    (status = 201, description = "The user, and the login's token.", body = SignedIn),
    (status = 404, description = "The link was used, has ended, or never was.")))]
pub(super) async fn redeem(
    State(store): State<Arc<Store>>,
    entrance: Entrance,
    Body(Redeem { token, device }): Body<Redeem>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let (new_token, login) = entrance.login(LoginKind::Mail, device.as_deref(), now).await?;
    match store.redeem_sign_in(hash_token(&token), login, now).await? {
        Redeemed::Done { user, .. } => {
            entrance.check_user(user.id, now).await?;
            Ok(entrance.signed_in(StatusCode::CREATED, user, new_token))
        }
        Redeemed::Invalid | Redeemed::Taken => Err(ApiError::TokenInvalid),
    }
}

/// The caller's logins.
#[utoipa::path(get, path = "/v1/me/logins", responses(
    (status = 200, description = "The 50 that were used last.", body = Logins)))]
pub(super) async fn list(State(store): State<Arc<Store>>, Me(me): Me) -> Result<Json<Logins>, ApiError> {
    let items = store.logins(me.user.id, me.login, clock::now()).await?;
    Ok(Json(Logins { items }))
}

/// Ends a login: its token is worth nothing any more, and its sockets and calls end at once.
#[utoipa::path(delete, path = "/v1/me/logins/{login}",
    params(("login" = inline(LoginId), Path, description = "One of the caller's logins.")),
    responses((status = 204, description = "It has ended.")))]
pub(super) async fn end(
    State(store): State<Arc<Store>>,
    State(hub): State<Arc<Hub>>,
    Me(me): Me,
    Part(login): Part<LoginId>,
) -> Result<StatusCode, ApiError> {
    if !store.end_login(me.user.id, login).await? {
        return Err(ApiError::NotFound);
    }
    hub.end_logins(me.user.id, &[login]);
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a link to whoever has this address; nothing to nobody, and nothing past the limit, without a word of either.
pub(super) async fn send_link(
    store: &Store,
    mails: &Mails,
    email: &str,
    purpose: Purpose,
    life_ms: u64,
    mail: impl FnOnce(String) -> Mail,
) -> Result<(), ApiError> {
    let bad = |error: crate::mail::AddressError| ApiError::BadRequest(error.to_string());
    let email: EmailAddress = email.parse().map_err(bad)?;
    let Some(Credentials { user, .. }) = store.credentials(email.key()).await? else { return Ok(()) };
    let (token, now) = (new_token(), clock::now());
    let link = NewMailToken {
        token_hash: hash_token(&token),
        purpose,
        user: user.id,
        login: None,
        email: email.key().to_owned(),
        password_hash: None,
        change: None,
        expires_at: now.plus(life_ms),
    };
    if store.create_mail_token(link, now).await? {
        mails.send(&email, &mail(token))?;
    }
    Ok(())
}
