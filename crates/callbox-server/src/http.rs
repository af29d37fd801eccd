//! HTTP: the table of routes with who may call each, and the steps around every request.
//!
//! Around: a request id, the caller's facts, the rest of a rate limit, cross-origin headers, security headers, errors
//! as RFC 9457. Around each route: a limit of time and one of its body. Handlers are in `http/`, one file per
//! resource.

mod alerts;
mod approvals;
mod beacons;
mod body;
pub(crate) mod cached;
mod calls;
pub(crate) mod commit;
mod emails;
pub mod error;
mod figures;
mod guests;
mod health;
mod history;
mod invites;
mod keys;
mod logins;
mod me;
mod metrics;
mod moderation;
mod monitoring;
mod notices;
mod oidc;
pub mod openapi;
pub mod page;
mod pages;
mod part;
mod passwords;
mod people;
mod profiles;
mod proof;
mod room;
mod route;
mod scorecard;
mod stats;
mod stories;
mod token;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use callbox_core::address::PeerAddr;
use callbox_core::rates::{Class, Quota};
use callbox_identity::host::Host;
use callbox_monitor::Counter;
use std::sync::Arc;
use std::time::Duration;

use crate::access::{Access, Gate, check, enforce};
use crate::app::App;
use crate::caller::{Caller, Page};
use crate::counters;
use crate::limits::write_quota;
use crate::security_log::RequestId;
use crate::socket;
use crate::watching::Resolver;
use error::ApiError;
pub use route::Route;
use route::{Bounds, Routes, handler};

/// The paths that answer with any host in a request, or none.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
const DOUBTFUL_HOST: &str = "A request names its host once, in one valid `Host` header.";

fn routes() -> Routes {
    with_pages(interface())
}

#[rustfmt::skip]
fn interface() -> Routes {
    with_figures(Routes::default())
        .add(handler!(guests::create), Access::Anyone, Class::Guest)
        .cached(handler!(me::read), Access::Login, Class::Read)
        .add(handler!(me::delete), Access::Login, Class::Costly)
        .add(handler!(me::export), Access::Login, Class::Costly)
        .add(handler!(me::set_age), Access::Login, Class::Write)
        .add(handler!(emails::set), Access::Login, Class::Costly)
        .add(handler!(approvals::ask), Access::Login, Class::Costly)
        .add(handler!(approvals::approve), Access::Anyone, Class::Costly)
        .add(handler!(emails::verify), Access::Anyone, Class::Costly)
        .add(handler!(logins::create), Access::Anyone, Class::Costly)
        .add(handler!(logins::send), Access::Anyone, Class::Costly)
        .add(handler!(logins::redeem), Access::Anyone, Class::Costly)
        .cached(handler!(logins::list), Access::Login, Class::Read)
        .add(handler!(logins::end), Access::Login, Class::Write)
        .cached(handler!(oidc::list), Access::Public, Class::Read)
        .add(handler!(oidc::start), Access::Anyone, Class::Costly)
        .add(handler!(oidc::finish), Access::Anyone, Class::Costly)
        .add(handler!(oidc::confirm), Access::Login, Class::Costly)
        .add(handler!(oidc::redeem), Access::Anyone, Class::Costly)
        .cached(handler!(oidc::identities), Access::Login, Class::Read)
        .add(handler!(oidc::unlink), Access::Login, Class::Costly)
        .add(handler!(passwords::change), Access::Login, Class::Costly)
        .add(handler!(passwords::send), Access::Anyone, Class::Costly)
        .add(handler!(passwords::reset), Access::Anyone, Class::Costly)
        .add(handler!(profiles::set), Access::Login, Class::Write)
        .add_bounded(handler!(profiles::set_attributes), Access::Login, Class::Write, Bounds::ATTRIBUTES)
        .cached(handler!(calls::attributes), Access::LoginOrKey, Class::Read)
        .add_bounded(handler!(calls::set_attributes), Access::LoginOrKey, Class::Write, Bounds::ATTRIBUTES)
        .cached(handler!(profiles::partner), Access::Login, Class::Read)
        .cached(handler!(history::calls), Access::Login, Class::Read)
        .cached(handler!(history::blocks), Access::Login, Class::Read)
        .add(handler!(history::unblock), Access::Login, Class::Write)
        .add(handler!(invites::create), Access::Login, Class::Write)
        .add(handler!(stories::read), Access::ModeratorOrOperator, Class::Read)
        .add(handler!(calls::block), Access::Login, Class::Write)
        .add(handler!(calls::report), Access::Login, Class::Write)
        .add(handler!(calls::rate), Access::Login, Class::Write)
        .cached(handler!(moderation::reports), Access::Moderator, Class::Read)
        .add(handler!(moderation::dismiss), Access::Moderator, Class::Write)
        .add(handler!(moderation::reopen), Access::Moderator, Class::Write)
        .add(handler!(moderation::people), Access::Moderator, Class::Costly)
        .cached(handler!(moderation::acts), Access::Moderator, Class::Read)
        .add(handler!(moderation::ban_reported), Access::Moderator, Class::Write)
        .cached(handler!(moderation::bans), Access::Moderator, Class::Read)
        .add(handler!(moderation::lift), Access::Moderator, Class::Write)
        .add(handler!(moderation::ban_user), Access::Moderator, Class::Write)
        .cached(handler!(people::list), Access::AdminOrKey, Class::Backend)
        .cached(handler!(people::read), Access::AdminOrKey, Class::Backend)
        .add(handler!(people::set_role), Access::Admin, Class::Write)
        .add(handler!(people::set_plan), Access::AdminOrKey, Class::Backend)
        .add_bounded(handler!(people::set_attributes), Access::AdminOrKey, Class::Backend, Bounds::ATTRIBUTES)
        .cached(handler!(people::introspect), Access::Key, Class::Backend)
        .add(handler!(people::set_up), Access::Anyone, Class::Costly)
        .cached(handler!(keys::list), Access::Admin, Class::Read)
        .add(handler!(keys::create), Access::Admin, Class::Write)
        .add(handler!(keys::delete), Access::Admin, Class::Write)
        .add(handler!(socket::upgrade), Access::Hello, Class::Free)
        .add(handler!(openapi::read), Access::Public, Class::Read)
}

#[rustfmt::skip]
fn with_figures(routes: Routes) -> Routes {
    routes
        .add(handler!(stats::read), Access::Operator, Class::Read)
        .add(handler!(beacons::take), Access::Page, Class::Beacon)
        .add(handler!(monitoring::errors), Access::Operator, Class::Read)
        .add(handler!(monitoring::visit), Access::Operator, Class::Read)
        .add(handler!(monitoring::erase), Access::Operator, Class::Write)
        .add(handler!(metrics::text), Access::Operator, Class::Read)
        .add(handler!(metrics::live), Access::Operator, Class::Read)
        .add(handler!(metrics::statements), Access::Operator, Class::Read)
        .add(handler!(figures::query), Access::Operator, Class::Read)
        .add(handler!(scorecard::read), Access::Operator, Class::Costly)
        .add(handler!(alerts::read), Access::Operator, Class::Read)
        .add(handler!(alerts::silence), Access::Admin, Class::Write)
        .add(handler!(alerts::end_silence), Access::Admin, Class::Write)
        .add(handler!(alerts::deploy), Access::Operator, Class::Write)
}

fn with_pages(routes: Routes) -> Routes {
    routes
        .page("/healthz", health::healthz)
        .page("/readyz", health::readyz)
        .page("/sdk.tgz", pages::sdk)
        .page("/monitor.js", pages::monitor)
        .page("/assets/{hash}/{*path}", pages::asset)
        .page("/", pages::landing)
        .page("/call", pages::call)
        .page("/i/{code}", pages::call)
        .page("/docs", pages::docs)
        .page("/account", pages::account)
        .page("/sign-in", pages::sign_in)
        .page("/oidc", pages::oidc)
        .page("/verify", pages::verify)
        .page("/approve", pages::approve)
        .page("/reset", pages::reset)
        .page("/setup", pages::set_up)
        .page("/moderation", pages::moderation)
        .page("/dashboard", pages::dashboard)
        .page("/safety", pages::safety)
        .page("/terms", pages::terms)
        .page("/favicon.ico", pages::favicon)
        .page("/robots.txt", pages::robots)
}

/// The table of routes, for code that goes through them.
pub fn table() -> Vec<Route> {
    routes().lines.into_iter().map(|(route, _)| route).collect()
}

/// The paths of those routes whose answers are kept, in their order.
pub fn cached_paths() -> Vec<String> {
    let lines = interface().lines.into_iter();
    lines.filter(|(route, _)| route.is_cached()).map(|(route, _)| route.path).collect()
}

/// The reads whose answers are kept, for sessions that watch them: by the same handlers, behind the same rules.
fn resolver(app: App) -> Resolver {
    let (store, hub, clock) = (Arc::clone(&app.store), Arc::clone(&app.hub), app.clock.clone());
    let mut router = Router::new();
    let kept = interface().lines.into_iter().filter(|(route, _)| route.is_cached() && route.method == "GET");
    for (Route { path, access, class, kept, .. }, handler) in kept {
        let gate = Arc::new(Gate { app: app.clone(), access, class, kept });
        router = router.route(&path, handler.layer(middleware::from_fn_with_state(gate, check)));
    }
    let unknown = async || ApiError::BadRequest("No such path can be watched.".to_owned());
    Resolver::new(router.fallback(unknown).with_state(app), store, hub, clock)
}

/// The whole HTTP interface.
pub fn router(app: App) -> Router {
    let resolver = Arc::new(resolver(app.clone()));
    let mut router = Router::new();
    for (Route { method, path, access, class, bounds, kept, .. }, mut handler) in routes().lines {
        // A layer costs each request a box or two, so a route has those alone that it needs.
        if access == Access::Hello {
            handler = handler.layer(Extension(Arc::clone(&resolver)));
        }
        if method != "GET" {
            handler = handler.layer(DefaultBodyLimit::max(bounds.body_bytes));
        }
        let gate = Gate { app: app.clone(), access, class, kept };
        let line = Arc::new(Line { gate, time: bounds.time });
        router = router.route(&path, handler.layer(middleware::from_fn_with_state(line, within)));
    }
    router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// The rule and the time of one route.
struct Line {
    gate: Gate,
    time: Duration,
}

/// The steps around every request.
async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let request_id = RequestId::new(app.randomness.name());
    request.extensions_mut().insert(request_id.clone());
    let request_id = &*request_id.0;
    let peer =
        *request.extensions().get::<PeerAddr>().expect("the listener puts the peer into every request");
    let host = request.extensions().get::<Host>().expect("the listener puts the host into every request");
    // A load balancer that asks for a machine's health may know no name for it.
    let is_doubtful = *host == Host::Doubtful && !PROBES.contains(&request.uri().path());
    let caller = match app.callers.read(peer, host, request.headers()) {
        Ok(caller) if !is_doubtful => Arc::new(caller),
        caller => {
            let error = caller.err().map_or_else(|| DOUBTFUL_HOST.to_owned(), |error| error.to_string());
            return refuse(&ApiError::BadRequest(error), request_id);
        }
    };
    request.extensions_mut().insert(Arc::clone(&caller));
    let method = request.method().clone();
    // The path of an invite is a secret of its two people, so paths are for DEBUG only.
    tracing::debug!(request_id, %method, path = request.uri().path(), "request");
    let mut response = if is_preflight(&request) { preflight(&caller) } else { next.run(request).await };
    let quota = response.extensions_mut().remove::<Quota>();
    // A page that is not there, and a request that comes to no route, are everybody's.
    let access = response.extensions_mut().remove::<Access>().unwrap_or(Access::Public);
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.render(request_id);
    }
    if let Some(quota) = quota {
        write_quota(quota, response.headers_mut());
    }
    count(access, response.status());
    tracing::debug!(request_id, status = response.status().as_u16(), "response");
    add_headers(&mut response, Some(&caller), request_id);
    response
}

fn count(access: Access, status: StatusCode) {
    counters::add(Counter::of_request(access.callers(), status.as_u16()));
}

/// For a request whose caller or host is not known.
fn refuse(error: &ApiError, request_id: &str) -> Response {
    let mut response = error.render(request_id);
    count(Access::Public, response.status());
    add_headers(&mut response, None, request_id);
    response
}

/// Answers in this time, with an error if the handler does not.
async fn within(State(line): State<Arc<Line>>, request: Request, next: Next) -> Response {
    let (access, time) = (line.gate.access, line.time);
    let answered = if matches!(*request.method(), Method::GET | Method::HEAD) {
        tokio::time::timeout(time, enforce(&line.gate, request, next)).await
    } else {
        tokio::time::timeout(time, run(line, request, next)).await
    };
    let mut response = answered.unwrap_or_else(|_| ApiError::Timeout.into_response());
    // For the count.
    response.extensions_mut().insert(access);
    response
}

/// A request that changes something runs to its end also if its caller is gone: a login that ended ends its sockets
/// after the commit, and nobody may stop that by going away in between.
fn run(line: Arc<Line>, request: Request, next: Next) -> impl Future<Output = Response> {
    let task = tokio::spawn(async move { enforce(&line.gate, request, next).await });
    async {
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a handler failed");
            ApiError::Internal.into_response()
        })
    }
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser that asks whether a page may ask. No cookie ever crosses origins, so there is no
/// `Access-Control-Allow-Credentials`.
fn preflight(caller: &Caller) -> Response {
    if !matches!(caller.page, Page::Allowed(_) | Page::Own) {
        return ApiError::ForeignOrigin.into_response();
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, callbox-commit, content-type, if-none-match"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page may load only our own files, in no frame; `style-src` has no 'unsafe-inline' since no style is inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every response has that does not say otherwise.
static HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
/// What JSON has beside: no browser makes a page of it, and if one did then that could do nothing. What only pages go by
/// would be half of a small answer.
static JSON_HEADERS: [(HeaderName, HeaderValue); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
)];
/// What all others have beside.
static PAGE_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), geolocation=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static VARY: HeaderValue = HeaderValue::from_static("origin");
/// Of an answer that is somebody's own. One line: a second one of the same name costs an allocation.
pub(crate) static VARY_BY_LOGIN: HeaderValue = HeaderValue::from_static("authorization, cookie, origin");

/// JSON, or the 304 that stands for it.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    matches!(kind, Some(b"application/json" | b"application/problem+json"))
        || headers.get(header::VARY) == Some(&VARY_BY_LOGIN)
}

fn add_headers(response: &mut Response, caller: Option<&Caller>, request_id: &str) {
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len() + PAGE_HEADERS.len() + 2);
    let others: &[(HeaderName, HeaderValue)] = if is_json(headers) { &JSON_HEADERS } else { &PAGE_HEADERS };
    for (name, value) in HEADERS.iter().chain(others) {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if caller.is_some_and(|caller| caller.is_tls) {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    if let Some(Page::Allowed(origin)) = caller.map(|caller| &caller.page) {
        let origin = HeaderValue::from_str(&origin.to_string()).expect("an origin is ASCII");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "callbox-commit, etag, ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, \
                retry-after, x-request-id",
            ),
        );
    }
    if headers.get(header::VARY) != Some(&VARY_BY_LOGIN) {
        headers.append(header::VARY, VARY.clone());
    }
    let id = HeaderValue::from_str(request_id).expect("the id is hexadecimal");
    headers.insert(&REQUEST_ID, id);
}
