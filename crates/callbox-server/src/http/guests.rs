//! `POST /v1/guests`: one click, no form: a user and a login.
//!
//! The token goes into an `HttpOnly` cookie for the page that we serve, and into the body for everybody else:
//! other origins, programs, and tabs on loopback, where each tab is a guest of its own.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use callbox_protocol::account::LoginKind;
use callbox_protocol::http::{CreateGuest, GuestCreated, User};
use callbox_protocol::id::{LoginId, UserId};
use callbox_store::{NewGuest, NewLogin, Store, hash_token, new_token};
use cookie::{Cookie, SameSite};
use std::sync::{Arc, PoisonError};

use super::body::Body;
use super::error::ApiError;
use crate::app::GuestLimit;
use crate::caller::{Caller, Page};
use crate::clock;

/// A login ends after 30 days without use; browsers keep a cookie for 400 days at most. We renew neither here:
/// the store counts from the last use.
const COOKIE_DAYS: i64 = 365;

pub(super) async fn create(
    State(store): State<Arc<Store>>,
    State(limit): State<GuestLimit>,
    caller: Caller,
    headers: HeaderMap,
    Body(CreateGuest { age }): Body<CreateGuest>,
) -> Result<Response, ApiError> {
    let now = clock::now();
    check_limit(&limit, &caller, &headers)?;
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

/// Callers on this machine are not limited: tests and developers make many guests. Should they be strangers
/// behind a proxy that we were not told of, the log says what to do.
fn check_limit(limit: &GuestLimit, caller: &Caller, headers: &HeaderMap) -> Result<(), ApiError> {
    if caller.client.is_loopback() {
        if headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded") {
            tracing::warn!(
                "a proxy on this machine forwards requests: name it in `trusted_proxies`, else nobody is limited"
            );
        }
        return Ok(());
    }
    let mut buckets = limit.lock().unwrap_or_else(PoisonError::into_inner);
    buckets.try_take(caller.client.key(), 1, clock::now()).map_err(|retry_after| ApiError::RateLimited {
        what: "Too many guests were made from this address. Please wait a little.",
        retry_after_ms: retry_after.0,
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
