//! HTTP: the table of routes with who may call each, and what happens around every request.
//!
//! Around: a request id, the caller's facts, a time limit, cross-origin headers, security headers, errors as
//! RFC 9457. Handlers are in `http/`, one file per resource. Bodies are 16 KB at most.

mod body;
mod calls;
pub mod error;
mod guests;
mod health;
mod invites;
mod me;
mod pages;
mod stats;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;
use std::time::Duration;

use crate::access::{Access, enforce};
use crate::address::PeerAddr;
use crate::app::App;
use crate::caller::{Caller, Page};
use crate::clock;
use crate::config::Config;
use crate::socket;
use error::ApiError;

const BODY_BYTES_MAX: usize = 16 * 1024;
/// The longest that a request may take to arrive and to be answered; a socket's upgrade counts only until 101.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// One line of the table of routes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{name}` for its parts.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

/// Collects routes, each with its access rule.
struct Routes {
    app: App,
    table: Vec<Route>,
    router: Router<App>,
}

impl Routes {
    fn add<H, T>(mut self, method: &'static str, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = match method {
            "GET" => MethodFilter::GET,
            "POST" => MethodFilter::POST,
            "PUT" => MethodFilter::PUT,
            _ => unreachable!("the table below uses these three"),
        };
        let rule = middleware::from_fn_with_state((self.app.clone(), access), enforce);
        let route: MethodRouter<App> = on(filter, handler).layer(rule);
        self.router = self.router.route(path, route);
        self.table.push(Route { method, path, access });
        self
    }
}

fn routes(app: &App) -> Routes {
    let routes = Routes { app: app.clone(), table: Vec::new(), router: Router::new() };
    routes
        .add("GET", "/healthz", Access::Public, health::healthz)
        .add("GET", "/readyz", Access::Public, health::readyz)
        .add("POST", "/v1/guests", Access::Anyone, guests::create)
        .add("GET", "/v1/me", Access::Login, me::read)
        .add("PUT", "/v1/me/age", Access::Login, me::set_age)
        .add("POST", "/v1/invites", Access::Login, invites::create)
        .add("POST", "/v1/calls/{call}/block", Access::Login, calls::block)
        .add("POST", "/v1/calls/{call}/report", Access::Login, calls::report)
        .add("PUT", "/v1/calls/{call}/rating", Access::Login, calls::rate)
        .add("GET", "/v1/stats", Access::Operator, stats::read)
        .add("GET", "/v1/socket", Access::Hello, socket::upgrade)
        .add("GET", "/sdk.tgz", Access::Public, pages::sdk)
        .add("GET", "/assets/{hash}/{*path}", Access::Public, pages::asset)
        .add("GET", "/", Access::Public, pages::landing)
        .add("GET", "/call", Access::Public, pages::call)
        .add("GET", "/i/{code}", Access::Public, pages::call)
        .add("GET", "/safety", Access::Public, pages::safety)
        .add("GET", "/terms", Access::Public, pages::terms)
        .add("GET", "/favicon.ico", Access::Public, pages::favicon)
        .add("GET", "/robots.txt", Access::Public, pages::robots)
}

/// The table of routes, for the test that walks them.
pub fn table(app: &App) -> Vec<Route> {
    routes(app).table
}

/// The whole HTTP interface.
pub fn router(app: App) -> Router {
    routes(&app)
        .router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app.config), around))
        .with_state(app)
}

/// What happens around every request.
async fn around(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    let request_id = request_id();
    let peer =
        *request.extensions().get::<PeerAddr>().expect("the listener puts the peer into every request");
    let caller = Caller::new(&config, peer, request.headers());
    request.extensions_mut().insert(caller.clone());
    let method = request.method().clone();
    // The path of an invite is a secret of its two people, so paths are for DEBUG only.
    tracing::debug!(request_id, %method, path = request.uri().path(), "request");
    let mut response = if is_preflight(&request) {
        preflight(&caller)
    } else {
        match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::Timeout.into_response(),
        }
    };
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.render(&request_id);
    }
    tracing::debug!(request_id, status = response.status().as_u16(), "response");
    add_headers(&mut response, &caller, &request_id);
    response
}

fn request_id() -> String {
    let number = u64::from_be_bytes(clock::luck());
    format!("{number:016x}")
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
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page may load only what we serve, in no frame; `style-src` has no 'unsafe-inline' since no style is inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn add_headers(response: &mut Response, caller: &Caller, request_id: &str) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), geolocation=()",
    );
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    if caller.is_tls {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Page::Allowed(origin) = &caller.page {
        let origin = HeaderValue::from_str(&origin.to_string()).expect("an origin is ASCII");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after, x-request-id"),
        );
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let id = HeaderValue::from_str(request_id).expect("the id is hexadecimal");
    headers.insert(HeaderName::from_static("x-request-id"), id);
}
