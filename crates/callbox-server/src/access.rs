//! The callers that a route admits. Every route states one [`Access`]; there is no way to add one without.
//!
//! A login is proved by a Bearer token, or by the page's own cookie. The cookie counts only for requests that
//! are known to come from the page that we serve: other sites can make a browser send it too.

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use callbox_core::rates::{Class, Quota};
use callbox_monitor::{Callers, Counter};
use callbox_protocol::account::Role;
use callbox_protocol::id::ApiKeyId;
use callbox_store::LoginFound;
use cookie::Cookie;
use std::convert::Infallible;
use std::sync::Arc;

use crate::app::App;
use crate::caller::{Caller, Page};
use crate::counters;
use crate::http::cached::CachedRoute;
use crate::http::commit::{COMMIT, commit};
use crate::http::error::ApiError;
use crate::security_log::{Event, RequestId, SecurityLog};

/// The prefix of API keys, so that people recognise them, in logs of others too.
pub const API_KEY_PREFIX: &str = "cbk_";

/// The callers that a route admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, from every page: nothing personal is read or written.
    Public,
    /// Everybody, through our own page or one of an allowed origin: what is no page is refused too.
    Page,
    /// Everybody, but not through a foreign page.
    Anyone,
    /// Everybody, but not through a foreign page; the socket's first frame proves the login.
    Hello,
    /// A user with a login.
    Login,
    /// A user with a login, or an app's own backend.
    LoginOrKey,
    /// A user with a login of a moderator or an admin.
    Moderator,
    /// The same, or the holder of the operator token.
    ModeratorOrOperator,
    /// A user with a login of an admin.
    Admin,
    /// An app's own backend, by its API key.
    Key,
    /// Either of the two.
    AdminOrKey,
    /// The holder of the operator token, or a user with a login of an admin.
    Operator,
}

impl Access {
    /// The callers by which its requests are counted.
    pub fn callers(self) -> Callers {
        match self {
            Self::Public => Callers::Public,
            Self::Page | Self::Anyone | Self::Hello => Callers::Anyone,
            Self::Login | Self::LoginOrKey => Callers::Login,
            Self::Moderator | Self::ModeratorOrOperator | Self::Admin | Self::Operator => Callers::Staff,
            Self::Key | Self::AdminOrKey => Callers::Backend,
        }
    }

    /// Whether this caller is one of those.
    pub(crate) fn lets_in(self, asker: &Asker) -> bool {
        let (role, is_key, is_operator) = match asker {
            Asker::Login(login) => (Some(login.role), false, false),
            Asker::Key(_) => (None, true, false),
            Asker::Operator => (None, false, true),
        };
        match self {
            Self::Public | Self::Page | Self::Anyone | Self::Hello => true,
            Self::Login => role.is_some(),
            Self::LoginOrKey => role.is_some() || is_key,
            Self::Moderator => role >= Some(Role::Moderator),
            Self::ModeratorOrOperator => is_operator || role >= Some(Role::Moderator),
            Self::Admin => role == Some(Role::Admin),
            Self::Key => is_key,
            Self::AdminOrKey => is_key || role == Some(Role::Admin),
            Self::Operator => is_operator || role == Some(Role::Admin),
        }
    }
}

/// The caller, as the request proves.
#[derive(Clone, Debug)]
pub enum Asker {
    /// A user, with their rights.
    Login(LoginFound),
    /// An app's own backend.
    Key(ApiKeyId),
    /// A process that can read the data folder.
    Operator,
}

/// The parts that the middleware of one route needs.
pub(crate) struct Gate {
    /// The server.
    pub(crate) app: App,
    /// The callers that may pass.
    pub(crate) access: Access,
    /// How often.
    pub(crate) class: Class,
    /// Its place among those whose answers are kept; its handler finds it in the request.
    pub(crate) kept: Option<CachedRoute>,
}

impl Gate {
    fn name_kept(&self, request: &mut Request) {
        if let Some(kept) = self.kept {
            request.extensions_mut().insert(kept);
        }
    }
}

/// The rule of one route: lets the request through or answers with the reason.
///
/// The address is counted before anything is looked up, the user once it is known who that is.
pub(crate) async fn enforce(gate: &Gate, mut request: Request, next: Next) -> Response {
    gate.name_kept(&mut request);
    let mut quota = None;
    // A page that reads later can tell whether what it is given contains this write.
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = match admit(gate, &mut request, &mut quota).await {
        Ok(()) if is_write => {
            let mut response = next.run(request).await;
            let now = || commit(gate.app.store.stamp());
            response.headers_mut().entry(COMMIT).or_insert_with(now);
            response
        }
        Ok(()) => next.run(request).await,
        Err(error) => {
            count_refused(gate.class, &error);
            error.into_response()
        }
    };
    if let Some(quota) = quota {
        response.extensions_mut().insert(quota);
    }
    response
}

/// The same rule for a request of ours, on behalf of a session that watches the answer. Its asker was looked up for it; it is
/// no request of a page, and was counted as it was asked for.
pub(crate) async fn check(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    gate.name_kept(&mut request);
    let asker = request.extensions().get::<Asker>().expect("`watching.rs` names the asker");
    if gate.access.lets_in(asker) {
        return next.run(request).await;
    }
    if let Asker::Login(login) = asker {
        log_of(&gate.app, &request).write(Event::AccessRefused, login.user.id);
    }
    ApiError::NotPermitted.into_response()
}

/// Beacons that were refused before they were read.
fn count_refused(class: Class, error: &ApiError) {
    match (class, error) {
        (Class::Beacon, ApiError::ForeignOrigin) => counters::add(Counter::BeaconsForeign),
        (Class::Beacon, ApiError::RateLimited { .. }) => counters::add(Counter::BeaconsLimited),
        _ => {}
    }
}

async fn admit(gate: &Gate, request: &mut Request, quota: &mut Option<Quota>) -> Result<(), ApiError> {
    let Gate { app, access, class, .. } = gate;
    let caller = caller_of(request.extensions());
    let (client, now) = (caller.client, app.clock.now());
    app.limits.count_addr(*class, client, request.headers(), now, quota)?;
    if *access == Access::Public {
        return Ok(());
    }
    if caller.page == Page::Foreign || (*access == Access::Page && caller.page == Page::Unnamed) {
        return Err(ApiError::ForeignOrigin);
    }
    if matches!(access, Access::Page | Access::Anyone | Access::Hello) {
        return Ok(());
    }
    let asker = asker(app, caller, request.method(), request.headers()).await?;
    let asker = asker.ok_or(ApiError::Unauthenticated)?;
    if let Asker::Login(login) = &asker {
        app.limits.count_user(*class, client, login.user.id, now, quota)?;
    }
    if !access.lets_in(&asker) {
        let user = if let Asker::Login(login) = &asker { Some(login.user.id) } else { None };
        log_of(app, request).write(Event::AccessRefused, user);
        return Err(ApiError::NotPermitted);
    }
    request.extensions_mut().insert(asker);
    Ok(())
}

/// The caller of a request: the one place that turns a token or a cookie into an [`Asker`].
pub async fn asker(
    app: &App,
    caller: &Caller,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Asker>, ApiError> {
    let Some(token) = bearer(headers) else {
        return Ok(login(app, caller, method, headers).await?.map(Asker::Login));
    };
    let hash = callbox_store::hash_token(token);
    // Hashes are compared, so how long it takes reveals nothing about the token.
    if hash == app.operator_token_hash {
        return Ok(Some(Asker::Operator));
    }
    let now = app.clock.now();
    if token.starts_with(API_KEY_PREFIX) {
        return Ok(app.store.api_key_by_hash(&hash, now).await?.map(Asker::Key));
    }
    Ok(app.store.login_by_token_hash(&hash, now).await?.map(Asker::Login))
}

/// The login that a request proves, if any.
async fn login(
    app: &App,
    caller: &Caller,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<LoginFound>, ApiError> {
    let Some(token) = token(caller, method, headers) else { return Ok(None) };
    Ok(app.store.login_by_token_hash(&callbox_store::hash_token(&token), app.clock.now()).await?)
}

/// The token that a request shows, by its header or by the page's own cookie.
pub fn token(caller: &Caller, method: &Method, headers: &HeaderMap) -> Option<String> {
    let from_cookie = || may_use_cookie(caller, method, headers).then(|| cookie(caller, headers)).flatten();
    bearer(headers).map(str::to_owned).or_else(from_cookie)
}

/// The token in the page's own cookie.
pub fn cookie(caller: &Caller, headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookies: Vec<_> = lines.flat_map(Cookie::split_parse).filter_map(Result::ok).collect();
    let named = |name: &&str| cookies.iter().find(|cookie| cookie.name() == *name);
    caller.cookie_names().iter().find_map(named).map(|cookie| cookie.value().to_owned())
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

fn log_of(app: &App, request: &Request) -> SecurityLog {
    let id = request.extensions().get::<RequestId>().expect("http.rs names every request");
    SecurityLog::new(Arc::clone(&app.keyed_hashes), id.clone())
}

fn caller_of(extensions: &axum::http::Extensions) -> &Caller {
    extensions.get::<Arc<Caller>>().expect("http.rs puts the caller into every request")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(caller_of(&parts.extensions).clone())
    }
}

impl FromRequestParts<App> for SecurityLog {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let id = parts.extensions.get::<RequestId>().expect("http.rs names every request");
        Ok(Self::new(Arc::clone(&app.keyed_hashes), id.clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unauthenticated)
    }
}

/// The login of a route that asks for one; if a route admits other callers too, [`Asker`] is to be taken.
#[derive(Clone, Debug)]
pub struct Me(pub LoginFound);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Asker>() {
            Some(Asker::Login(login)) => Ok(Self(login.clone())),
            _ => Err(ApiError::Unauthenticated),
        }
    }
}

/// The login of a route that anybody may ask, if the request shows one.
impl OptionalFromRequestParts<App> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, ApiError> {
        let found = login(app, caller_of(&parts.extensions), &parts.method, &parts.headers).await?;
        Ok(found.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::id::{LoginId, UserId};
    use callbox_protocol::user::User;

    #[test]
    fn each_rule_lets_in_whom_it_names_and_nobody_else() {
        let login = |role| {
            let user = User { id: UserId::from_bytes([1; 16]), age: None };
            Asker::Login(LoginFound { user, role, login: LoginId::from_bytes([2; 16]) })
        };
        let askers = [
            login(Role::User),
            login(Role::Moderator),
            login(Role::Admin),
            Asker::Key(ApiKeyId::from_bytes([3; 16])),
            Asker::Operator,
        ];
        for (access, expected) in [
            (Access::Login, [true, true, true, false, false]),
            (Access::LoginOrKey, [true, true, true, true, false]),
            (Access::Moderator, [false, true, true, false, false]),
            (Access::ModeratorOrOperator, [false, true, true, false, true]),
            (Access::Admin, [false, false, true, false, false]),
            (Access::Key, [false, false, false, true, false]),
            (Access::AdminOrKey, [false, false, true, true, false]),
            (Access::Operator, [false, false, true, false, true]),
        ] {
            assert_eq!(askers.each_ref().map(|asker| access.lets_in(asker)), expected, "{access:?}");
        }
    }
}
