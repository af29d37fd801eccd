//! Users as admins and an app's own backend see them; the first admin; the user of a token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callbox_core::cache::Dependent;
use callbox_core::fair::Rank;
use callbox_identity::attributes::{self, Owner, Parts};
use callbox_identity::email::{AddressError, EmailAddress};
use callbox_identity::mail_text::Mail;
use callbox_identity::password::NewPassword;
use callbox_protocol::account::{Attributes, LoginKind, Page, SetAttributes, SetUp, SignedIn};
use callbox_protocol::id::UserId;
use callbox_protocol::moderation::{Introspect, Introspected, PLAN_CHARS_MAX, SetPlan, SetRole, UserItem};
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewAttributes, SetRoleOutcome, Store, hash_token, sha256};
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, PoisonError};
use utoipa::IntoParams;

use super::body::Body;
use super::cached::{Answered, Ask};
use super::error::ApiError;
use super::notices::tell;
use super::page::{Filter, PageQuery, Paging};
use super::part::Part;
use super::room::HasRoom;
use super::token::Entrance;
use crate::access::Me;
use crate::app::App;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::security_log::{Event, SecurityLog};
use crate::setup_link;

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Only the user with this verified address.
    email: Option<String>,
}

/// Users, the newest first, or the user with an address.
#[utoipa::path(get, path = "/v1/users", params(UsersQuery, PageQuery), responses(
    (status = 200, description = "One page.", body = Page<UserItem>)))]
pub(super) async fn list(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Filter(UsersQuery { email }): Filter<UsersQuery>,
    paging: Paging<UserId>,
) -> Result<Answered, ApiError> {
    let (question, now) = (ask.question().with(&paging.name()), clock.now());
    let Some(email) = email else {
        let read = async || {
            let items = store.tagged().people(paging.before, paging.fetch(), now).await?;
            Ok(items.map(|items| paging.page(items, |user| *user.id.as_bytes())))
        };
        return ask.answer(question, read).await;
    };
    let email = email.parse::<EmailAddress>();
    // Addresses are not kept beside the answers.
    let name = email.as_ref().map_or([0; 32], |email| sha256(email.key().as_bytes()));
    ask.answer(question.with(&name), async || read_by_email(&store, email.ok(), now).await).await
}

/// A page with the user who has this address, or with nobody.
async fn read_by_email(
    store: &Store,
    email: Option<EmailAddress>,
    now: UnixMillis,
) -> Result<Dependent<Page<UserItem>>, ApiError> {
    let page = |items| Page { items, next: None };
    let Some(email) = email else {
        let as_of = store.stamp().commit;
        return Ok(Dependent { value: page(Vec::new()), tags: Vec::new(), deadline: None, as_of, reads: 0 });
    };
    let found = store.tagged().user_by_email(email.key()).await?;
    let Some(user) = found.value else { return Ok(found.map(|_| page(Vec::new()))) };
    let person = store.tagged().person(user, now).await?;
    Ok(found.and(person, |_, person| page(person.into_iter().collect())))
}

/// One user.
#[utoipa::path(get, path = "/v1/users/{user}",
    params(("user" = inline(UserId), Path, description = "A user.")),
    responses((status = 200, description = "The user.", body = UserItem)))]
pub(super) async fn read(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Part(user): Part<UserId>,
) -> Result<Answered, ApiError> {
    let question = ask.question().with(user.as_bytes());
    ask.answer(question, async || {
        store.tagged().person(user, clock.now()).await?.transpose().ok_or(ApiError::NotFound)
    })
    .await
}

/// Gives a user another role.
#[utoipa::path(put, path = "/v1/users/{user}/role", request_body = SetRole,
    params(("user" = inline(UserId), Path, description = "A user.")),
    responses((status = 204, description = "It is set."), (status = 409, description = "The only admin.")))]
pub(super) async fn set_role(
    State(store): State<Arc<Store>>,
    Me(me): Me,
    log: SecurityLog,
    Part(user): Part<UserId>,
    Body(SetRole { role }): Body<SetRole>,
) -> Result<StatusCode, ApiError> {
    match store.set_role(user, role, me.user.id).await? {
        SetRoleOutcome::Set => {
            log.write_by(me.user.id, Event::RoleChanged(role), user);
            Ok(StatusCode::NO_CONTENT)
        }
        SetRoleOutcome::NotPermitted => Err(ApiError::NotPermitted),
        SetRoleOutcome::NoSuchUser => Err(ApiError::NotFound),
        SetRoleOutcome::LastAdmin => Err(ApiError::Conflict("Nobody would be left to give roles.")),
    }
}

/// Gives a user a plan, in the app's own words.
#[utoipa::path(put, path = "/v1/users/{user}/plan", request_body = SetPlan,
    params(("user" = inline(UserId), Path, description = "A user.")),
    responses((status = 204, description = "It is set.")))]
pub(super) async fn set_plan(
    State(store): State<Arc<Store>>,
    Part(user): Part<UserId>,
    Body(SetPlan { plan }): Body<SetPlan>,
) -> Result<StatusCode, ApiError> {
    if plan.as_ref().is_some_and(|plan| plan.chars().count() > PLAN_CHARS_MAX) {
        return Err(ApiError::BadRequest("A plan has 64 characters at most.".to_owned()));
    }
    let is_set = store.set_plan(user, plan).await?;
    if is_set { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}

/// Sets the app's own data of a user; a part that is not there stays.
#[utoipa::path(put, path = "/v1/users/{user}/attributes", request_body = SetAttributes,
    params(("user" = inline(UserId), Path, description = "A user.")),
    responses((status = 200, description = "Both parts as they are kept.", body = Attributes)))]
pub(super) async fn set_attributes(
    _: HasRoom,
    State(store): State<Arc<Store>>,
    State(rules): State<Arc<attributes::Attributes>>,
    Part(user): Part<UserId>,
    Body(new): Body<SetAttributes>,
) -> Result<Json<Attributes>, ApiError> {
    keep_attributes(&store, &rules, user, new).await?.map(Json).ok_or(ApiError::NotFound)
}

/// Checks and keeps attributes of a user; `None` if there is no such user.
pub(super) async fn keep_attributes(
    store: &Store,
    rules: &attributes::Attributes,
    user: UserId,
    new: SetAttributes,
) -> Result<Option<Attributes>, ApiError> {
    let parts = Parts { public: new.public.map(Value::Object), private: new.private.map(Value::Object) };
    let checked = rules.check(Owner::User, parts)?;
    let new = NewAttributes { public: checked.public, private: checked.private };
    Ok(store.set_attributes(user, new).await?)
}

/// The user of a login's token, for an app's own backend that got it from a browser.
#[utoipa::path(post, path = "/v1/introspect", request_body = Introspect, responses(
    (status = 200, description = "`active` is false for a token that is nobody's.", body = Introspected)))]
pub(super) async fn introspect(
    ask: Ask,
    State(store): State<Arc<Store>>,
    State(clock): State<Clock>,
    Body(Introspect { token }): Body<Introspect>,
) -> Result<Answered, ApiError> {
    let hash = hash_token(&token);
    let question = ask.question().with(&hash);
    ask.answer(question, async || {
        let found = store.tagged().introspected(&hash, clock.now()).await?;
        Ok(found.map(|found| match found {
            Some((user, login)) => Introspected { active: true, user: Some(user), login: Some(login) },
            None => Introspected::default(),
        }))
    })
    .await
}

/// Makes the first admin, by the link that a server without one prints at its start.
#[utoipa::path(post, path = "/v1/setup", request_body = SetUp, responses(
    (status = 201, description = "The admin, and a login's token.", body = SignedIn),
    (status = 404, description = "There is an admin, or the server was started again since.")))]
pub(super) async fn set_up(
    State(app): State<App>,
    caller: Caller,
    entrance: Entrance,
    Body(SetUp { token, email, password }): Body<SetUp>,
) -> Result<Response, ApiError> {
    let email: EmailAddress =
        email.parse().map_err(|error: AddressError| ApiError::BadRequest(error.to_string()))?;
    let password = NewPassword::parse(&password, &[email.as_str()])?;
    let link = hash_token(&token);
    let expected = || app.setup_token_hash.lock().unwrap_or_else(PoisonError::into_inner);
    if *expected() != Some(link) {
        entrance.log.write(Event::SignInFailed(LoginKind::Setup), None);
        return Err(ApiError::TokenInvalid);
    }
    let hash = app.passwords.hash(password, caller.client.standing(Rank::Known)).await?;
    let now = app.clock.now();
    let (token, login) = entrance.login(LoginKind::Setup, None, now).await?;
    // Used up as late as possible, and by one caller alone: a failure before or after this leaves the link as it was.
    if expected().take_if(|expected| *expected == link).is_none() {
        return Err(ApiError::TokenInvalid);
    }
    let id = UserId::new(now, app.randomness.bytes());
    let user = app.store.create_admin(id, email.key().to_owned(), hash, Some(login), now).await;
    let user = user.inspect_err(|_| *expected() = Some(link))?;
    setup_link::remove(&app.data_dir);
    entrance.log.write(Event::AdminMade, user.id);
    entrance.log.write(Event::SignInDone(LoginKind::Setup), user.id);
    if user.id != id {
        tell(&app.mails, email.key(), &Mail::PasswordChanged);
    }
    Ok(entrance.signed_in(StatusCode::CREATED, user, token))
}
