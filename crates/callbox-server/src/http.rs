//! HTTP: the table of routes with who may call each, and what happens around every request.
//!
//! Around: a request id, the caller's facts, a time limit, what is left of a rate limit, cross-origin headers,
//! security headers, errors as RFC 9457. Handlers are in `http/`, one file per resource. Bodies are 48 KB at most.

mod approvals;
mod body;
mod calls;
mod emails;
pub mod error;
mod guests;
mod health;
mod history;
mod invites;
mod keys;
mod logins;
mod me;
mod moderation;
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
mod stats;
mod token;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

use crate::access::{Access, Gate, enforce};
use crate::address::PeerAddr;
use crate::app::App;
use crate::caller::{Caller, Page};
use crate::clock;
use crate::config::Config;
use crate::host::Host;
use crate::limits::{Class, Quota};
use crate::security_log::RequestId;
use crate::socket;
use error::ApiError;
pub use route::Route;
use route::Routes;

/// Two parts of attributes of 16 KB each, with their escapes.
const BODY_BYTES_MAX: usize = 48 * 1024;
/// The longest that a request may take to arrive and to be answered; a socket's upgrade counts only until 101.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What answers whatever host a request names, or none.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
const DOUBTFUL_HOST: &str = "A request names its host once, in one valid `Host` header.";

fn routes() -> Routes {
    with_pages(interface())
}

#[rustfmt::skip]
fn interface() -> Routes {
    Routes::default()
        .add(("POST", "/v1/guests"), Access::Anyone, Class::Guest, guests::create, guests::__path_create)
        .add(("GET", "/v1/me"), Access::Login, Class::Read, me::read, me::__path_read)
        .add(("DELETE", "/v1/me"), Access::Login, Class::Costly, me::delete, me::__path_delete)
        .add(("GET", "/v1/me/export"), Access::Login, Class::Costly, me::export, me::__path_export)
        .add(("PUT", "/v1/me/age"), Access::Login, Class::Write, me::set_age, me::__path_set_age)
        .add(("PUT", "/v1/me/email"), Access::Login, Class::Costly, emails::set, emails::__path_set)
        .add(("POST", "/v1/me/approvals"), Access::Login, Class::Costly, approvals::ask, approvals::__path_ask)
        .add(("POST", "/v1/approvals"), Access::Anyone, Class::Costly, approvals::approve, approvals::__path_approve)
        .add(("POST", "/v1/verifications"), Access::Anyone, Class::Costly, emails::verify, emails::__path_verify)
        .add(("POST", "/v1/logins"), Access::Anyone, Class::Costly, logins::create, logins::__path_create)
        .add(("POST", "/v1/logins/mail"), Access::Anyone, Class::Costly, logins::send, logins::__path_send)
        .add(("POST", "/v1/logins/redeem"), Access::Anyone, Class::Costly, logins::redeem, logins::__path_redeem)
        .add(("GET", "/v1/me/logins"), Access::Login, Class::Read, logins::list, logins::__path_list)
        .add(("DELETE", "/v1/me/logins/{login}"), Access::Login, Class::Write, logins::end, logins::__path_end)
        .add(("GET", "/v1/oidc"), Access::Public, Class::Read, oidc::list, oidc::__path_list)
        .add(("POST", "/v1/oidc/{provider}/start"), Access::Anyone, Class::Costly, oidc::start, oidc::__path_start)
        .add(("POST", "/v1/oidc/finish"), Access::Anyone, Class::Costly, oidc::finish, oidc::__path_finish)
        .add(("POST", "/v1/oidc/confirm"), Access::Login, Class::Costly, oidc::confirm, oidc::__path_confirm)
        .add(("POST", "/v1/oidc/redeem"), Access::Anyone, Class::Costly, oidc::redeem, oidc::__path_redeem)
        .add(("GET", "/v1/me/identities"), Access::Login, Class::Read, oidc::identities, oidc::__path_identities)
        .add(("DELETE", "/v1/me/identities/{identity}"), Access::Login, Class::Costly, oidc::unlink, oidc::__path_unlink)
        .add(("PUT", "/v1/me/password"), Access::Login, Class::Costly, passwords::change, passwords::__path_change)
        .add(("POST", "/v1/passwords/mail"), Access::Anyone, Class::Costly, passwords::send, passwords::__path_send)
        .add(("POST", "/v1/passwords/reset"), Access::Anyone, Class::Costly, passwords::reset, passwords::__path_reset)
        .add(("PUT", "/v1/me/profile"), Access::Login, Class::Write, profiles::set, profiles::__path_set)
        .add(("PUT", "/v1/me/attributes"), Access::Login, Class::Write, profiles::set_attributes, profiles::__path_set_attributes)
        .add(("GET", "/v1/calls/{call}/attributes"), Access::LoginOrKey, Class::Read, calls::attributes, calls::__path_attributes)
        .add(("PUT", "/v1/calls/{call}/attributes"), Access::LoginOrKey, Class::Write, calls::set_attributes, calls::__path_set_attributes)
        .add(("GET", "/v1/calls/{call}/partner"), Access::Login, Class::Read, profiles::partner, profiles::__path_partner)
        .add(("GET", "/v1/me/calls"), Access::Login, Class::Read, history::calls, history::__path_calls)
        .add(("GET", "/v1/me/blocks"), Access::Login, Class::Read, history::blocks, history::__path_blocks)
        .add(("DELETE", "/v1/me/blocks/{block}"), Access::Login, Class::Write, history::unblock, history::__path_unblock)
        .add(("POST", "/v1/invites"), Access::Login, Class::Write, invites::create, invites::__path_create)
        .add(("POST", "/v1/calls/{call}/block"), Access::Login, Class::Write, calls::block, calls::__path_block)
        .add(("POST", "/v1/calls/{call}/report"), Access::Login, Class::Write, calls::report, calls::__path_report)
        .add(("PUT", "/v1/calls/{call}/rating"), Access::Login, Class::Write, calls::rate, calls::__path_rate)
        .add(("GET", "/v1/moderation/reports"), Access::Moderator, Class::Read, moderation::reports, moderation::__path_reports)
        .add(("POST", "/v1/moderation/reports/{report}/dismiss"), Access::Moderator, Class::Write, moderation::dismiss, moderation::__path_dismiss)
        .add(("POST", "/v1/moderation/reports/{report}/reopen"), Access::Moderator, Class::Write, moderation::reopen, moderation::__path_reopen)
        .add(("GET", "/v1/moderation/people"), Access::Moderator, Class::Costly, moderation::people, moderation::__path_people)
        .add(("GET", "/v1/moderation/acts"), Access::Moderator, Class::Read, moderation::acts, moderation::__path_acts)
        .add(("POST", "/v1/moderation/reports/{report}/ban"), Access::Moderator, Class::Write, moderation::ban_reported, moderation::__path_ban_reported)
        .add(("GET", "/v1/moderation/bans"), Access::Moderator, Class::Read, moderation::bans, moderation::__path_bans)
        .add(("DELETE", "/v1/moderation/bans/{ban}"), Access::Moderator, Class::Write, moderation::lift, moderation::__path_lift)
        .add(("POST", "/v1/users/{user}/ban"), Access::Moderator, Class::Write, moderation::ban_user, moderation::__path_ban_user)
        .add(("GET", "/v1/users"), Access::AdminOrKey, Class::Backend, people::list, people::__path_list)
        .add(("GET", "/v1/users/{user}"), Access::AdminOrKey, Class::Backend, people::read, people::__path_read)
        .add(("PUT", "/v1/users/{user}/role"), Access::Admin, Class::Write, people::set_role, people::__path_set_role)
        .add(("PUT", "/v1/users/{user}/plan"), Access::AdminOrKey, Class::Backend, people::set_plan, people::__path_set_plan)
        .add(("PUT", "/v1/users/{user}/attributes"), Access::AdminOrKey, Class::Backend, people::set_attributes, people::__path_set_attributes)
        .add(("POST", "/v1/introspect"), Access::Key, Class::Backend, people::introspect, people::__path_introspect)
        .add(("POST", "/v1/setup"), Access::Anyone, Class::Costly, people::set_up, people::__path_set_up)
        .add(("GET", "/v1/api-keys"), Access::Admin, Class::Read, keys::list, keys::__path_list)
        .add(("POST", "/v1/api-keys"), Access::Admin, Class::Write, keys::create, keys::__path_create)
        .add(("DELETE", "/v1/api-keys/{key}"), Access::Admin, Class::Write, keys::delete, keys::__path_delete)
        .add(("GET", "/v1/stats"), Access::Operator, Class::Read, stats::read, stats::__path_read)
        .add(("GET", "/v1/socket"), Access::Hello, Class::Free, socket::upgrade, socket::__path_upgrade)
        .add(("GET", "/v1/openapi.json"), Access::Public, Class::Read, openapi::read, openapi::__path_read)
}

fn with_pages(routes: Routes) -> Routes {
    routes
        .page("/healthz", health::healthz)
        .page("/readyz", health::readyz)
        .page("/sdk.tgz", pages::sdk)
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
        .page("/safety", pages::safety)
        .page("/terms", pages::terms)
        .page("/favicon.ico", pages::favicon)
        .page("/robots.txt", pages::robots)
}

/// The table of routes, for whoever walks them.
pub fn table() -> Vec<Route> {
    routes().lines.into_iter().map(|(route, _)| route).collect()
}

/// The whole HTTP interface.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for (Route { path, access, class, .. }, handler) in routes().lines {
        let gate = Gate { app: app.clone(), access, class };
        router = router.route(path, handler.layer(middleware::from_fn_with_state(gate, enforce)));
    }
    router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app.config), around))
        .with_state(app)
}

/// What happens around every request.
async fn around(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    let request_id = request_id();
    request.extensions_mut().insert(RequestId(request_id.as_str().into()));
    let peer =
        *request.extensions().get::<PeerAddr>().expect("the listener puts the peer into every request");
    let host = request.extensions().get::<Host>().expect("the listener puts the host into every request");
    // A load balancer that asks for a machine's health may know no name for it.
    let is_doubtful = *host == Host::Doubtful && !PROBES.contains(&request.uri().path());
    let caller = match Caller::new(&config, peer, host, request.headers()) {
        Ok(caller) if !is_doubtful => caller,
        caller => {
            let error = caller.err().map_or_else(|| DOUBTFUL_HOST.to_owned(), |error| error.to_string());
            return refuse(&ApiError::BadRequest(error), &request_id);
        }
    };
    request.extensions_mut().insert(caller.clone());
    let method = request.method().clone();
    // The path of an invite is a secret of its two people, so paths are for DEBUG only.
    tracing::debug!(request_id, %method, path = request.uri().path(), "request");
    let mut response = if is_preflight(&request) {
        preflight(&caller)
    } else {
        match tokio::time::timeout(REQUEST_TIMEOUT, run(next, request)).await {
            Ok(response) => response,
            Err(_) => ApiError::Timeout.into_response(),
        }
    };
    let quota = response.extensions_mut().remove::<Quota>();
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.render(&request_id);
    }
    if let Some(quota) = quota {
        quota.write(response.headers_mut());
    }
    tracing::debug!(request_id, status = response.status().as_u16(), "response");
    add_headers(&mut response, Some(&caller), &request_id);
    response
}

/// For a request of which we do not know whose it is or whom it is for.
fn refuse(error: &ApiError, request_id: &str) -> Response {
    let mut response = error.render(request_id);
    add_headers(&mut response, None, request_id);
    response
}

/// What changes something goes on to its end also where whoever asked is gone: a login that ended ends its sockets after the
/// commit, and nobody may stop that by going away in between.
async fn run(next: Next, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a handler failed");
            ApiError::Internal.into_response()
        }
    }
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
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page may load only what we serve, in no frame; `style-src` has no 'unsafe-inline' since no style is inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn add_headers(response: &mut Response, caller: Option<&Caller>, request_id: &str) {
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
    if caller.is_some_and(|caller| caller.is_tls) {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Some(Page::Allowed(origin)) = caller.map(|caller| &caller.page) {
        let origin = HeaderValue::from_str(&origin.to_string()).expect("an origin is ASCII");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id",
            ),
        );
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let id = HeaderValue::from_str(request_id).expect("the id is hexadecimal");
    headers.insert(HeaderName::from_static("x-request-id"), id);
}
