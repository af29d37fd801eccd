//! Who may call a route. Every route states one [`Access`]; there is no way to add one without.
//!
//! A login is proved by a Bearer token, or by the page's own cookie. The cookie counts only for requests that
//! are known to come from the page that we serve: other sites can make a browser send it too.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use callbox_store::LoginFound;
use cookie::Cookie;
use std::convert::Infallible;

use crate::app::App;
use crate::caller::{Caller, Page};
use crate::clock;
use crate::http::error::ApiError;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, from every page: nothing personal is read or written.
    Public,
    /// Everybody, but not through a foreign page.
    Anyone,
    /// Everybody, but not through a foreign page; the socket's first frame proves the login.
    Hello,
    /// Whoever has a login.
    Login,
    /// Whoever has the operator token.
    Operator,
}

/// The middleware of one route: lets the request through or answers with the reason.
pub async fn enforce(
    State((app, access)): State<(App, Access)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = caller_of(request.extensions());
    if access != Access::Public && caller.page == Page::Foreign {
        return Err(ApiError::ForeignOrigin);
    }
    match access {
        Access::Public | Access::Anyone | Access::Hello => {}
        Access::Operator => {
            let token = bearer(request.headers()).ok_or(ApiError::Unauthenticated)?;
            // Hashes are compared, so how long it takes tells nothing about the token.
            if callbox_store::hash_token(token) != app.operator_token_hash {
                return Err(ApiError::Unauthenticated);
            }
        }
        Access::Login => {
            let login = login(&app, caller, request.method(), request.headers()).await?;
            request.extensions_mut().insert(login.ok_or(ApiError::Unauthenticated)?);
        }
    }
    Ok(next.run(request).await)
}

/// The login that a request proves, if any.
pub async fn login(
    app: &App,
    caller: &Caller,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<LoginFound>, ApiError> {
    let from_cookie = || may_use_cookie(caller, method, headers).then(|| cookie(caller, headers)).flatten();
    let Some(token) = bearer(headers).map(str::to_owned).or_else(from_cookie) else { return Ok(None) };
    Ok(app.store.login_by_token_hash(&callbox_store::hash_token(&token), clock::now()).await?)
}

/// The token in the page's own cookie.
pub fn cookie(caller: &Caller, headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == caller.cookie_name()).map(|cookie| cookie.value().to_owned())
}

/// Whether the page that we serve is known to be behind the request. Browsers name the page (`Origin`) on
/// everything but plain GETs; for those they say `Sec-Fetch-Site`, and no other site can read the answer.
fn may_use_cookie(caller: &Caller, method: &Method, headers: &HeaderMap) -> bool {
    let is_same_site = || headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    match caller.page {
        Page::Own => true,
        Page::Unnamed => *method == Method::GET && is_same_site(),
        Page::Allowed(_) | Page::Foreign => false,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn caller_of(extensions: &axum::http::Extensions) -> &Caller {
    extensions.get::<Caller>().expect("http.rs puts the caller into every request")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(caller_of(&parts.extensions).clone())
    }
}

/// The login of a route with [`Access::Login`]; on any other route it is refused.
#[derive(Clone, Debug)]
pub struct Me(pub LoginFound);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<LoginFound>().cloned().map(Self).ok_or(ApiError::Unauthenticated)
    }
}
