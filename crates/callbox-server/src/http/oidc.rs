//! Sign-in by OpenID Connect: to the issuer and back, and the identities that open an account.
//!
//! A known identity signs in. An unknown one makes an account of an address that its issuer has verified and nobody
//! has, of the guest who asks if there is one. To an existing account it is linked only by the owner's approval: in a
//! mail, or signed in and with a proof. An address that the issuer has not verified is compared with nothing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callbox_core::cache::Dependent;
use callbox_core::fair::Rank;
use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::{Mail, VERIFY_MS};
use callbox_protocol::account::{
    ConfirmOidc, FinishOidc, Identities, IdentityItem, LoginKind, OidcFinished, OidcStarted, Providers,
    Redeem, SignedIn, StartOidc,
};
use callbox_protocol::id::UserId;
use callbox_protocol::proof::Unlink;
use callbox_store::{
    Arrival, Arrived, Identity, LinkOutcome, Linked, LoginFound, NewIdentityLink, Redeemed, Store,
    UnlinkOutcome, hash_token, new_token, sha256,
};
use std::sync::Arc;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::notices::tell;
use super::part::Part;
use super::proof::Prover;
use super::token::{Entrance, refuse_link};
use crate::access::Me;
use crate::app::{App, AppParts};
use crate::caller::Caller;
use crate::oidc::{Offer, Oidc, Person};
use crate::security_log::{Event, Link, SecurityLog};
use callbox_settings::oidc::PAGE;

const TAKEN: ApiError = ApiError::Conflict("This sign-in opens another account here.");
const TOO_MANY: ApiError = ApiError::Conflict("Your account has as many other sign-ins as it may.");

/// The providers that a user may sign in with.
#[utoipa::path(get, path = "/v1/oidc", responses(
    (status = 200, description = "In the order of the settings; 8 at most.", body = Providers)))]
pub(super) async fn list(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(oidc): State<Arc<Oidc>>,
) -> Result<Answered, ApiError> {
    let question = ask.question();
    // They are settings, and change with the process.
    let value = Providers { items: oidc.providers() };
    let as_of = store.stamp().commit;
    let answer = Dependent { value, tags: Vec::new(), deadline: None, as_of, reads: 0 };
    ask.answer(question, async || Ok(answer)).await
}

/// Begins a sign-in: returns the URL that the browser goes to.
///
/// The browser returns to `/oidc` of the origin that asked, with `state` and `code` in the query; that page then
/// finishes. An app of another origin has such a page of its own, and the issuer must know its address.
#[utoipa::path(post, path = "/v1/oidc/{provider}/start", request_body = StartOidc,
    params(("provider" = String, Path, description = "The id of one of the providers.")),
    responses(
        (status = 200, description = "The issuer's page, and what proves later that it is the same browser.", body = OidcStarted),
        (status = 401, description = "It is to be linked, and nobody is signed in."),
        (status = 502, description = "The issuer cannot be reached, or its documents cannot be used.")))]
pub(super) async fn start(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Part(provider): Part<String>,
    Body(StartOidc { link }): Body<StartOidc>,
) -> Result<Json<OidcStarted>, ApiError> {
    if link && me.is_none() {
        return Err(ApiError::Unauthenticated);
    }
    let is_account = match &me {
        Some(Me(login)) => app.store.password(login.user.id).await?.0.is_some(),
        None => false,
    };
    let standing = caller.client.standing(if is_account { Rank::Known } else { Rank::Guest });
    let Some(origin) = caller.origin().or(caller.own_origin.as_ref()) else {
        return Err(ApiError::BadRequest("The request does not say by which address it came.".to_owned()));
    };
    let redirect = format!("{origin}{PAGE}");
    let started =
        app.oidc.start(&provider, redirect, me.map(|Me(login)| login.login), link, standing).await?;
    started.map(Json).ok_or(ApiError::NotFound)
}

/// Finishes a sign-in, in the browser that began it: once, and within ten minutes.
#[utoipa::path(post, path = "/v1/oidc/finish", request_body = FinishOidc, responses(
    (status = 200, description = "The guest became an account; or there is something to confirm; or a mail is on its way.", body = OidcFinished),
    (status = 201, description = "The user, and the new login's token.", body = OidcFinished),
    (status = 403, description = "The issuer has not verified the person's address, or they are banned."),
    (status = 404, description = "It was begun in another browser, was finished, or has ended."),
    (status = 409, description = "It opens another account than the one that it was to be linked to."),
    (status = 502, description = "The issuer cannot be reached, or does not say who it is.")))]
pub(super) async fn finish(
    State(app): State<App>,
    me: Option<Me>,
    entrance: Entrance,
    Body(wish): Body<FinishOidc>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let (token, login) = entrance.login(LoginKind::Oidc, wish.device.as_deref(), now).await?;
    let flow = app.oidc.take_back(&wish.flow, &wish.state)?;
    // A user who signed in or out meanwhile is not the one who began it.
    let me = me.map(|Me(login)| login).filter(|me| Some(me.login) == flow.login);
    if flow.is_link && me.is_none() {
        return Err(ApiError::OidcEnded);
    }
    let person = app.oidc.person(&flow, &wish.code, wish.iss.as_deref()).await;
    let person = person.inspect_err(|_| entrance.log.write(Event::SignInFailed(LoginKind::Oidc), None))?;
    if flow.is_link
        && let Some(me) = &me
        && app.store.password(me.user.id).await?.0.is_some()
    {
        return link(&app, &wish.flow, me, person).await;
    }
    let arrival = Arrival {
        identity: person.identity.clone(),
        email: person.verified.as_ref().map(|email| email.key().to_owned()),
        was: me.as_ref().map(|me| (me.user.id, me.login)),
        new_user: UserId::new(now, app.randomness.bytes()),
        login,
    };
    match app.store.arrive(arrival, now).await? {
        Arrived::SignedIn(user) => {
            entrance.let_in(LoginKind::Oidc, user.id, now).await?;
            Ok(entrance.answer(token, |token| OidcFinished::SignedIn { user, token }))
        }
        Arrived::Upgraded(user) => {
            entrance.log.write(Event::IdentityLinked, user.id);
            Ok(Json(OidcFinished::SignedIn { user, token: None }).into_response())
        }
        Arrived::NoAddress => {
            entrance.log.write(Event::SignInFailed(LoginKind::Oidc), None);
            Err(ApiError::OidcUnverified)
        }
        Arrived::AddressTaken(owner) => match me.filter(|me| me.user.id == owner) {
            Some(me) => offer(&app, &wish.flow, &me, person),
            None => mail(&app, &entrance.log, owner, person).await,
        },
    }
}

/// Links the identity that `finish` asked about to the account that asks, in the browser and by the login that began
/// it.
#[utoipa::path(post, path = "/v1/oidc/confirm", request_body = ConfirmOidc, responses(
    (status = 204, description = "It opens the account from now on."),
    (status = 403, description = "The proof is missing that the account is the caller's (`password_needed`, `proof_required`)."),
    (status = 404, description = "There is nothing to confirm, or not any more."),
    (status = 409, description = "It opens another account by now, or there are 16 already.")))]
pub(super) async fn confirm(
    State(app): State<App>,
    prover: Prover,
    Me(me): Me,
    log: SecurityLog,
    Body(ConfirmOidc { flow, password }): Body<ConfirmOidc>,
) -> Result<StatusCode, ApiError> {
    let AppParts { store, oidc, mails, clock, .. } = &*app;
    // It still waits if the proof is missing.
    let Offer { identity, email, user, .. } = oidc.offered(&flow, me.user.id, me.login)?;
    let shown = prover.shown(&me, password.as_deref()).await?;
    let provider = oidc.name_of(&identity.issuer).to_owned();
    let linked = store.link_identity(identity, email, user, shown, clock.now()).await??;
    oidc.take_offer(&flow, me.user.id, me.login)?;
    match linked {
        LinkOutcome::Taken => return Err(TAKEN),
        LinkOutcome::TooMany => return Err(TOO_MANY),
        LinkOutcome::Already => return Ok(StatusCode::NO_CONTENT),
        LinkOutcome::Linked => log.write(Event::IdentityLinked, user),
    }
    if let (Some(email), _) = store.password(user).await? {
        tell(mails, &email, &Mail::Linked { provider });
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Opens the link of a mail that confirms: the identity opens the account from now on, and this browser is signed in.
#[utoipa::path(post, path = "/v1/oidc/redeem", request_body = Redeem, responses(
    (status = 200, description = "The user; with a token, unless this browser was signed in as them.", body = SignedIn),
    (status = 404, description = "The link was used, has ended, or never was."),
    (status = 409, description = "It opens another account by now.")))]
pub(super) async fn redeem(
    State(app): State<App>,
    me: Option<Me>,
    entrance: Entrance,
    Body(Redeem { token, device }): Body<Redeem>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let asking = me.map(|Me(login)| login.user.id);
    let (new_token, login) = entrance.login(LoginKind::Mail, device.as_deref(), now).await?;
    match app.store.redeem_identity_link(hash_token(&token), asking, login, now).await? {
        Redeemed::Done { user, is_new_login } => {
            entrance.log.write(Event::LinkUsed(Link::Identity), user.id);
            entrance.log.write(Event::IdentityLinked, user.id);
            if !is_new_login {
                return Ok(Json(SignedIn { user, token: None }).into_response());
            }
            entrance.let_in_by_link(StatusCode::OK, user, new_token, now).await
        }
        Redeemed::Invalid => Err(refuse_link(&entrance.log, Link::Identity)),
        Redeemed::Taken => Err(TAKEN),
    }
}

/// The identities that open the caller's account beside password and mail.
#[utoipa::path(get, path = "/v1/me/identities", responses(
    (status = 200, description = "The oldest first; 16 at most.", body = Identities)))]
pub(super) async fn identities(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(oidc): State<Arc<Oidc>>,
    Me(me): Me,
) -> Result<Answered, ApiError> {
    let item = |linked: Linked| IdentityItem {
        id: name(&linked.identity),
        name: oidc.name_of(&linked.identity.issuer).to_owned(),
        at: linked.at,
    };
    let question = ask.question().with(me.user.id.as_bytes());
    ask.answer(question, async || {
        let linked = store.tagged().identities(me.user.id).await?;
        Ok(linked.map(|linked| Identities { items: linked.into_iter().map(item).collect() }))
    })
    .await
}

/// Unlinks an identity: it does not open the account any more.
#[utoipa::path(delete, path = "/v1/me/identities/{identity}", request_body = Unlink,
    params(("identity" = String, Path, description = "One of the caller's identities.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 403, description = "The proof is missing that the account is the caller's (`password_needed`, `proof_required`)."),
        (status = 409, description = "There would be no way left into the account.")))]
pub(super) async fn unlink(
    State(app): State<App>,
    prover: Prover,
    Me(me): Me,
    log: SecurityLog,
    Part(identity): Part<String>,
    Body(Unlink { password }): Body<Unlink>,
) -> Result<StatusCode, ApiError> {
    let store = &app.store;
    let all = store.identities(me.user.id).await?;
    let found = all.into_iter().find(|linked| name(&linked.identity) == identity);
    let linked = found.ok_or(ApiError::NotFound)?;
    let provider = app.oidc.name_of(&linked.identity.issuer).to_owned();
    let shown = prover.shown(&me, password.as_deref()).await?;
    match store.unlink_identity(linked.identity, me.user.id, shown, app.clock.now()).await?? {
        UnlinkOutcome::Unlinked => {
            log.write(Event::IdentityUnlinked, me.user.id);
            if let (Some(email), _) = store.password(me.user.id).await? {
                tell(&app.mails, &email, &Mail::Unlinked { provider });
            }
            Ok(StatusCode::NO_CONTENT)
        }
        UnlinkOutcome::NoSuchIdentity => Err(ApiError::NotFound),
        UnlinkOutcome::LastWayIn => Err(ApiError::Conflict(
            "This is the only way into your account: please set a password, or link another sign-in, first.",
        )),
    }
}

/// For somebody who is signed in and wants the identity to open their account.
async fn link(app: &App, flow: &str, me: &LoginFound, person: Person) -> Result<Response, ApiError> {
    match app.store.user_of_identity(&person.identity).await? {
        None => offer(app, flow, me, person),
        Some(owner) if owner == me.user.id => {
            Ok(Json(OidcFinished::SignedIn { user: me.user.clone(), token: None }).into_response())
        }
        Some(_) => Err(TAKEN),
    }
}

/// Nothing is linked before they say so on a page: coming back from an issuer is no word of theirs.
fn offer(app: &App, flow: &str, me: &LoginFound, person: Person) -> Result<Response, ApiError> {
    let provider = app.oidc.name_of(&person.identity.issuer).to_owned();
    let Person { identity, verified, said } = person;
    let email = verified.map(|email| email.key().to_owned());
    app.oidc.offer(flow, Offer { identity, email, user: me.user.id, login: me.login })?;
    Ok(Json(OidcFinished::Confirm { provider, email: said }).into_response())
}

/// Asks the owner of the address. The answer is the same if they were asked too often already.
async fn mail(app: &App, log: &SecurityLog, owner: UserId, person: Person) -> Result<Response, ApiError> {
    let provider = app.oidc.name_of(&person.identity.issuer).to_owned();
    let (token, now) = (new_token(), app.clock.now());
    let email = person.verified.as_ref().map_or("", EmailAddress::key).to_owned();
    // As the account has it, whatever capitals the issuer writes.
    let to: EmailAddress = email.parse().map_err(|_| ApiError::OidcUnverified)?;
    let link = NewIdentityLink {
        token_hash: hash_token(&token),
        identity: person.identity,
        user: owner,
        email,
        expires_at: now.plus(VERIFY_MS),
    };
    if app.store.create_identity_link(link, now).await? {
        app.mails.send(&to, &Mail::ConfirmLink { token, provider })?;
        log.write(Event::LinkSent(Link::Identity), owner);
    }
    Ok(Json(OidcFinished::Mailed).into_response())
}

/// An identity's name in paths: it reveals neither the issuer nor the issuer's name for the person.
fn name(Identity { issuer, subject }: &Identity) -> String {
    let hash = sha256(format!("{issuer}\n{subject}").as_bytes());
    URL_SAFE_NO_PAD.encode(&hash[..16])
}
