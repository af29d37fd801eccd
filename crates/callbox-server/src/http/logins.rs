//! Logins: by password, by a link in a mail; listed and ended by their user.
//!
//! Nobody learns whether there is an account of an address: the answer, and the time that it takes, are the same.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callbox_core::address::Network;
use callbox_core::fair::{Rank, Standing};
use callbox_identity::email::{AddressError, EmailAddress};
use callbox_identity::password::NewPassword;
use callbox_protocol::account::{LoginKind, Logins, Redeem, SendMail, SignIn, SignedIn};
use callbox_protocol::id::LoginId;
use callbox_store::{Credentials, Proven, Redeemed, Store, hash_token};
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::part::Part;
use super::token::{Entrance, refuse_link};
use crate::access::Me;
use crate::app::App;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::guessing::Begun;
use crate::mail_requests::{Kind, MailRequest};
use crate::password::Verdict;
use crate::security_log::{Event, Link, SecurityLog};

/// Signs in by address and password.
///
/// A caller who tries many passwords for one address has to wait longer and longer, whether there is such an account
/// or not: 429. A browser that the account was signed in with before, by the name in `device`, waits for its own
/// attempts alone.
#[utoipa::path(post, path = "/v1/logins", request_body = SignIn, responses(
    (status = 201, description = "The user, and the login's token.", body = SignedIn)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    entrance: Entrance,
    Body(SignIn { email, password, device }): Body<SignIn>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let stranger = caller.client.standing(Rank::Stranger);
    let Ok(email) = email.parse::<EmailAddress>() else {
        app.passwords.verify_nobody(&password, stranger).await?;
        entrance.log.write(Event::SignInFailed(LoginKind::Password), None);
        return Err(ApiError::WrongCredentials);
    };
    let hash = device.as_deref().and_then(|name| app.keyed_hashes.device(name));
    let found = app.store.credentials_in(email.key(), hash.as_ref()).await?;
    let known = hash.filter(|_| matches!(found, Some((_, true))));
    let standing = if known.is_some() { caller.client.standing(Rank::Known) } else { stranger };
    let Begun { attempt, is_notice_due } = app.guessing.begin(email.key(), known.as_ref(), now);
    if is_notice_due {
        let tried = found.as_ref().map(|(credentials, _)| credentials.user.id);
        entrance.log.write(Event::GuessesSlowed, tried);
        tell_owner(&app, email, stranger);
    }
    let attempt = attempt?;
    let verdict = match &found {
        Some((Credentials { password_hash: Some(hash), .. }, _)) => {
            app.passwords.verify(&password, hash, standing).await
        }
        _ => app.passwords.verify_nobody(&password, standing).await.map(|()| Verdict::Wrong),
    };
    if !matches!(verdict, Ok(Verdict::Wrong)) {
        app.guessing.forgive(&attempt);
    }
    let tried = found.as_ref().map(|(credentials, _)| credentials.user.id);
    let (Some((Credentials { user, password_hash: Some(hash) }, _)), Verdict::Right | Verdict::RightButOld) =
        (found, verdict?)
    else {
        entrance.log.write(Event::SignInFailed(LoginKind::Password), tried);
        return Err(ApiError::WrongCredentials);
    };
    let mut proven = Proven { hash, rehashed: None };
    if verdict == Ok(Verdict::RightButOld)
        && let Some(same) = NewPassword::proven(&password)
    {
        proven.rehashed = Some(app.passwords.hash(same, standing).await?);
    }
    entrance.check_user(user.id, now).await?;
    let (token, login) = entrance.login(LoginKind::Password, device.as_deref(), now).await?;
    if !app.store.sign_in(user.id, proven, login, now).await? {
        entrance.log.write(Event::SignInFailed(LoginKind::Password), user.id);
        return Err(ApiError::WrongCredentials);
    }
    entrance.log.write(Event::SignInDone(LoginKind::Password), user.id);
    Ok(entrance.signed_in(StatusCode::CREATED, user, token))
}

/// Sends a link that signs in, if there is such an account.
///
/// The answer comes before any look-up. A mailbox gets three at once and then one in twelve minutes, for all callers
/// together; a browser that the account was signed in with has as many of its own.
#[utoipa::path(post, path = "/v1/logins/mail", request_body = SendMail, responses(
    (status = 202, description = "A mail is on its way, if there is such an account.")))]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    log: SecurityLog,
    Body(wish): Body<SendMail>,
) -> Result<StatusCode, ApiError> {
    request_mail(&app, &caller, log, Kind::SignIn, wish)
}

/// Signs in by the link of a mail.
#[utoipa::path(post, path = "/v1/logins/redeem", request_body = Redeem, responses(
    (status = 201, description = "The user, and the login's token.", body = SignedIn),
    (status = 404, description = "The link was used, has ended, or never was.")))]
pub(super) async fn redeem(
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    entrance: Entrance,
    Body(Redeem { token, device }): Body<Redeem>,
) -> Result<Response, ApiError> {
    let now = clock.now();
    let (new_token, login) = entrance.login(LoginKind::Mail, device.as_deref(), now).await?;
    match store.redeem_sign_in(hash_token(&token), login, now).await? {
        Redeemed::Done { user, .. } => {
            entrance.log.write(Event::LinkUsed(Link::SignIn), user.id);
            entrance.let_in_by_link(StatusCode::CREATED, user, new_token, now).await
        }
        Redeemed::Invalid | Redeemed::Taken => Err(refuse_link(&entrance.log, Link::SignIn)),
    }
}

/// The caller's logins.
#[utoipa::path(get, path = "/v1/me/logins", responses(
    (status = 200, description = "The 50 that were used last.", body = Logins)))]
pub(super) async fn list(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Me(me): Me,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(me.user.id.as_bytes()).with(me.login.as_bytes());
    ask.answer(question, async || {
        let items = store.tagged().logins(me.user.id, me.login, clock.now()).await?;
        Ok(items.map(|items| Logins { items }))
    })
    .await
}

/// Ends a login: its token is no longer valid, and its sockets and calls end at once.
#[utoipa::path(delete, path = "/v1/me/logins/{login}",
    params(("login" = inline(LoginId), Path, description = "One of the caller's logins.")),
    responses((status = 204, description = "It has ended.")))]
pub(super) async fn end(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    log: SecurityLog,
    Part(login): Part<LoginId>,
) -> Result<StatusCode, ApiError> {
    if !store.end_login(me.user.id, login).await? {
        return Err(ApiError::NotFound);
    }
    log.write(Event::SignedOut, me.user.id);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a request for a mail. Nothing is looked up before the answer: it is the same in all cases, and takes the same
/// time.
pub(super) fn request_mail(
    app: &App,
    caller: &Caller,
    log: SecurityLog,
    kind: Kind,
    SendMail { email, device }: SendMail,
) -> Result<StatusCode, ApiError> {
    let bad = |error: AddressError| ApiError::BadRequest(error.to_string());
    let email: EmailAddress = email.parse().map_err(bad)?;
    let device = device.and_then(|name| app.keyed_hashes.device(&name));
    let request = MailRequest { kind, email, device, log: Some(log) };
    app.mail_requests.ask(request, caller.client.standing(Rank::Stranger))?;
    Ok(StatusCode::ACCEPTED)
}

/// Somebody guesses at a password. Whose it is, if anybody's, is looked up after the answer.
pub(super) fn tell_owner(app: &App, email: EmailAddress, standing: Standing<Network>) {
    if app
        .mail_requests
        .ask(MailRequest { kind: Kind::Guessed, email, device: None, log: None }, standing)
        .is_err()
    {
        tracing::warn!("the owner could not be notified: too many mails are waiting");
    }
}
