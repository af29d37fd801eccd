//! The plain port beside HTTPS: it redirects every request.
//!
//! While there is no certificate, HTTPS would fail in a browser: then it answers with that instead.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callbox_identity::host::Host;
use callbox_identity::origin::Origin;
use std::sync::Arc;

use crate::clock::Clock;
use crate::tls::Tls;
use callbox_settings::site::Site;

/// The text for browsers while HTTPS would refuse them.
pub(crate) const NO_CERTIFICATE: &str =
    "There is no valid certificate for HTTPS yet. The server's log says why.\n";

type Parts = (Arc<Site>, Option<Arc<Tls>>, Clock);

/// Answers every request with the same place over HTTPS.
pub fn router(site: Arc<Site>, tls: Option<Arc<Tls>>, clock: Clock) -> Router {
    Router::new().fallback(send_over).with_state((site, tls, clock))
}

async fn send_over(State((site, tls, clock)): State<Parts>, request: Request) -> Response {
    if tls.is_some_and(|tls| !tls.is_usable(clock.wall())) {
        let retry = [(header::RETRY_AFTER, "10")];
        return (StatusCode::SERVICE_UNAVAILABLE, retry, NO_CERTIFICATE).into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let host = request.extensions().get::<Host>().and_then(Host::name);
    // A path of two slashes would name another host.
    let place = host
        .and_then(|host| target(&site, host))
        .filter(|_| path.starts_with('/') && !path.starts_with("//"));
    let location = place.and_then(|origin| HeaderValue::try_from(format!("{origin}{path}")).ok());
    match location {
        Some(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => (StatusCode::BAD_REQUEST, "The request has no usable Host header.\n").into_response(),
    }
}

/// Our own name, or the one that the browser came by, at the port of HTTPS.
fn target(site: &Site, host: &str) -> Option<String> {
    match &site.public_url {
        Some(public) => Some(public.to_string()),
        None => Some(Origin::from_host(true, host)?.at_port(site.listen.port()).to_string()),
    }
}
