//! The figures as they leave: the text for Prometheus, and the live feed.
//!
//! The text has no secrets, so a listener of its own (`metrics_listen`) gives it to anybody who reaches that address;
//! at the server's own port it is for operators. Bounds: the live feeds of `feeds.rs`, one sample each
//! `SAMPLE_PAUSE`; a feed ends with the login that opened it, and with the server.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use callbox_monitor::{CONTENT_TYPE, exposition, live_sample, statements};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

use crate::access::{Access, asker};
use crate::app::App;
use crate::caller::Caller;
use crate::gauges;

/// A person sees no more than that.
const SAMPLE_PAUSE: Duration = Duration::from_secs(2);

/// The listener of its own: `/metrics` and nothing else.
pub(crate) fn router(app: App) -> Router {
    Router::new().route("/metrics", get(async |State(app): State<App>| text(&app))).with_state(app)
}

/// The text for Prometheus.
pub(crate) fn text(app: &App) -> Response {
    let all = statements(&app.store.statements());
    let (snapshot, cached) = (gauges::snapshot(app), app.answers.stats().routes);
    let text = exposition(env!("CARGO_PKG_VERSION"), &snapshot, &app.monitor.histograms(), &all, &cached);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

/// One open feed, and the proof that its caller is still an operator.
struct Feed {
    app: App,
    caller: Caller,
    headers: HeaderMap,
    is_first: bool,
    _place: OwnedSemaphorePermit,
}

/// A feed for this caller, who was let in; `None` if too many are open.
pub(crate) fn feed(app: App, caller: Caller, headers: HeaderMap) -> Option<Response> {
    let place = app.feeds.open()?;
    let feed = Feed { app, caller, headers, is_first: true, _place: place };
    let samples = stream::unfold(feed, async |mut feed| {
        let sample = feed.next().await?;
        Some((Ok::<_, Infallible>(sample), feed))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    Some((headers, Body::from_stream(samples)).into_response())
}

impl Feed {
    /// The next event; `None` is the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.is_first, false) {
            self.app.clock.sleep(SAMPLE_PAUSE).await;
            // A change of rights empties the cache of logins, so this is no older than they are.
            let asker = asker(&self.app, &self.caller, &Method::GET, &self.headers).await.ok()??;
            if self.app.hub.is_going_down() || !Access::Operator.lets_in(&asker) {
                return None;
            }
        }
        let sample = live_sample(&gauges::snapshot(&self.app), self.app.clock.now());
        let json = serde_json::to_string(&sample).expect("names and numbers are JSON");
        Some(format!("data: {json}\n\n").into())
    }
}
