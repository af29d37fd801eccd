//! `POST /v1/guests`: one click, no form: a user and a login.
//!
//! The token goes into an `HttpOnly` cookie for the page that we serve, and into the body for everybody else:
//! other origins, programs, and tabs on loopback, where each tab is a guest of its own.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use callbox_protocol::account::LoginKind;
use callbox_protocol::http::{CreateGuest, GuestCreated, User};
use callbox_protocol::id::{LoginId, UserId};
use callbox_store::{NewGuest, NewLogin, Store, hash_token, new_token};
use cookie::{Cookie, SameSite};
use std::sync::Arc;

use super::body::Body;
use super::error::ApiError;
use crate::caller::{Caller, Page};
use crate::clock;

/// A login ends after 30 days without use; browsers keep a cookie for 400 days at most. We renew neither here:
/// the store counts from the last use.
const COOKIE_DAYS: i64 = 365;

/// Makes a user and a login, with one click.
///
/// The token is in the body, or in an `HttpOnly` cookie for the page that the server itself serves.
#[utoipa::path(post, path = "/v1/guests", request_body = CreateGuest,
    responses((status = 201, description = "The user, and the login's token.", body = GuestCreated)))]
pub(super) async fn create(
    State(store): State<Arc<Store>>,
    caller: Caller,
    Body(CreateGuest { age }): Body<CreateGuest>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let user = User { id: UserId::new(now, clock::luck()), age };
    let token = new_token();
    let guest = NewGuest {
        user: user.id,
        age,
        login: NewLogin {
            id: LoginId::new(now, clock::luck()),
            token_hash: hash_token(&token),
            kind: LoginKind::Guest,
            label: String::new(),
            device: None,
            address: None,
        },
        now,
    };
    store.create_guest(guest).await?;
    tracing::debug!(user = %user.id, "guest created");
    Ok(if caller.page == Page::Own && !caller.is_local {
        let cookie = AppendHeaders([(header::SET_COOKIE, cookie(&caller, token))]);
        (StatusCode::CREATED, cookie, Json(GuestCreated { user, token: None })).into_response()
    } else {
        (StatusCode::CREATED, Json(GuestCreated { user, token: Some(token) })).into_response()
    })
}

fn cookie(caller: &Caller, token: String) -> String {
    Cookie::build((caller.cookie_name(), token))
        .path("/")
        .http_only(true)
        .secure(caller.is_tls)
        // Strict: no other site's link or form carries it. The page's own requests do, even after such a link.
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::days(COOKIE_DAYS))
        .build()
        .to_string()
}
