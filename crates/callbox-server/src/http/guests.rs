//! `POST /v1/guests`: a user and a login with one click and no form.
//!
//! The token goes into an `HttpOnly` cookie for the page that we serve, and into the body for all other callers:
//! other origins, programs, and tabs on loopback, where each tab is a guest of its own.

use axum::extract::State;
use axum::response::Response;
use callbox_monitor::Counter;
use callbox_protocol::account::LoginKind;
use callbox_protocol::http::{CreateGuest, GuestCreated};
use callbox_protocol::id::UserId;
use callbox_protocol::user::User;
use callbox_store::{NewGuest, Store};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use super::room::HasRoom;
use super::token::Entrance;
use crate::counters;
use crate::environment::Environment;

/// Makes a user and a login, with one click.
///
/// The token is in the body, or in an `HttpOnly` cookie for the page that the server itself serves.
#[utoipa::path(post, path = "/v1/guests", request_body = CreateGuest,
    responses((status = 201, description = "The user, and the login's token.", body = GuestCreated)))]
pub(super) async fn create(
    _: HasRoom,
    State(store): State<Arc<Store>>,
    State(environment): State<Environment>,
    entrance: Entrance,
    Body(CreateGuest { age, device }): Body<CreateGuest>,
) -> Result<Response, ApiError> {
    let now = environment.now();
    let user = User { id: UserId::new(now, environment.random()), age };
    let (token, login) = entrance.login(LoginKind::Guest, device.as_deref(), now).await?;
    let guest = NewGuest { user: user.id, age, login, now };
    store.create_guest(guest).await?;
    // No line of the security log: a guest proves nothing.
    counters::add(Counter::of_sign_in(LoginKind::Guest, true));
    tracing::debug!(user = %user.id, "guest created");
    Ok(entrance.answer(token, |token| GuestCreated { user, token }))
}
