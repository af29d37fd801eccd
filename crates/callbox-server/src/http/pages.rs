//! The embedded web files: pages, assets and the SDK's package.
//!
//! Pages are asked for anew each time (by `ETag`); assets have their content's hash in the path and are kept for a
//! year. A path that is not in the table of files is the 404 page, or a problem for programs.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

use super::error::ApiError;
use crate::assets::{Assets, File, MONITOR};

const ASK_EACH_TIME: &str = "no-cache";
/// What the monitor's script loads as modules: its second half, and what is about calls.
const MONITOR_REST: [&str; 2] = ["monitor-rest.js", "monitor-calls.js"];
const KEEP_A_YEAR: &str = "public, max-age=31536000, immutable";

/// A handler for each page, whose file has this name.
macro_rules! pages {
    ($($name:ident: $file:literal,)+) => {$(
        pub(super) async fn $name(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
            page(&assets, $file, &headers, StatusCode::OK)
        }
    )+};
}

pages! {
    landing: "index.html",
    call: "call.html",
    docs: "docs.html",
    account: "account.html",
    sign_in: "sign-in.html",
    oidc: "oidc.html",
    verify: "verify.html",
    approve: "approve.html",
    reset: "reset.html",
    set_up: "setup.html",
    moderation: "moderation.html",
    dashboard: "dashboard.html",
    safety: "safety.html",
    terms: "terms.html",
}

pub(super) async fn asset(
    State(assets): State<Arc<Assets>>,
    Path((hash, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let file = assets.get(&format!("assets/{path}")).ok_or(ApiError::NotFound)?;
    // A page of the version before may ask for its own hash; it gets today's file, but must not keep it.
    let keep = if hash == assets.hash() { KEEP_A_YEAR } else { ASK_EACH_TIME };
    let response = answer(file, &headers, StatusCode::OK, keep);
    Ok(if MONITOR_REST.contains(&path.as_str()) { for_any_site(response) } else { response })
}

/// The monitor as one script tag, for pages of other sites too.
pub(super) async fn monitor(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    for_any_site(page(&assets, MONITOR, &headers, StatusCode::OK))
}

/// Lets pages of any site load this file, those that are isolated from other origins too. Nothing in it is anybody's.
fn for_any_site(mut response: Response) -> Response {
    let out = response.headers_mut();
    out.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

pub(super) async fn sdk(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    answer(assets.sdk(), &headers, StatusCode::OK, ASK_EACH_TIME)
}

pub(super) async fn favicon(State(assets): State<Arc<Assets>>) -> Redirect {
    Redirect::temporary(&format!("/assets/{}/favicon.svg", assets.hash()))
}

/// Invites are nobody's business but their two people's; the landing page may be found.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /i/\nDisallow: /v1/\n"
}

pub(super) async fn not_found(State(assets): State<Arc<Assets>>, request: Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_browser = accepts.is_some_and(|accept| accept.contains("text/html"));
    if is_browser && !request.uri().path().starts_with("/v1/") {
        page(&assets, "404.html", request.headers(), StatusCode::NOT_FOUND)
    } else {
        ApiError::NotFound.into_response()
    }
}

fn page(assets: &Assets, name: &str, headers: &HeaderMap, status: StatusCode) -> Response {
    match assets.get(name) {
        Some(file) => answer(file, headers, status, ASK_EACH_TIME),
        None => ApiError::NotFound.into_response(),
    }
}

fn answer(file: &File, headers: &HeaderMap, status: StatusCode, keep: &'static str) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == file.etag));
    let mut response = if is_known && status == StatusCode::OK {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|accept| accept.to_str().ok());
        let wants_gzip = accepts.is_some_and(|accept| {
            accept.split(',').any(|coding| coding.trim().split(';').next() == Some("gzip"))
        });
        match &file.gzip {
            Some(gzip) if wants_gzip => {
                let mut response = Response::new(Body::from(gzip.clone()));
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                response
            }
            _ => Response::new(Body::from(file.bytes.clone())),
        }
    };
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    out.insert(header::ETAG, HeaderValue::from_str(&file.etag).expect("an etag is hexadecimal in quotes"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    out.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}
