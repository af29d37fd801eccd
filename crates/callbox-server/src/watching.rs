//! Reads the answers that sessions watch: as a `GET` of the session's own login would, at the time of the read.
//!
//! A read passes the rule of its route and its handler (`http.rs` makes the router), so that whoever may not ask any more is
//! told nothing but that. A login that has ended reads nothing. What is read goes to `pushes.rs`. Refuses to know
//! sockets. Bounds: 32 reads at a time, 15 s each; a session's reads that wait are its watches at most.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Uri;
use axum::response::Response;
use callbox_protocol::error::ErrorCode;
use callbox_protocol::id::SessionId;
use callbox_protocol::time::UnixMillis;
use callbox_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::access::Asker;
use crate::answers::{Watched, Watching};
use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::hub::Hub;
use crate::pushes::Read;
use crate::security_log::RequestId;

/// More would only wait for the database, in front of requests.
const READS_MAX: usize = 32;
/// In the security log, in place of a request's name: what is refused here was no request.
const WATCH: &str = "watch";
/// As for a request.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// Answers by their paths, for whoever watches them.
pub struct Resolver {
    router: Router,
    store: Arc<Store>,
    hub: Arc<Hub>,
    clock: Clock,
    permits: Semaphore,
}

impl Resolver {
    /// Of the routes of this router, which find the asker and [`Watching`] in their requests.
    pub(crate) fn new(router: Router, store: Arc<Store>, hub: Arc<Hub>, clock: Clock) -> Self {
        Self { router, store, hub, clock, permits: Semaphore::new(READS_MAX) }
    }

    /// Reads all of these for a session, whose login has this token, one after the other; in the background.
    pub(crate) fn start(self: &Arc<Self>, session: SessionId, token_hash: [u8; 32], reads: Vec<Read>) {
        let resolver = Arc::clone(self);
        tokio::spawn(async move {
            for read in reads {
                resolver.carry_out(session, token_hash, read).await;
            }
        });
    }

    async fn carry_out(self: &Arc<Self>, session: SessionId, token_hash: [u8; 32], (watch, path): Read) {
        let _permit = self.permits.acquire().await.expect("it is never closed");
        let reading = {
            let (resolver, path) = (Arc::clone(self), Arc::clone(&path));
            // A task of its own: a handler that panics must not leave a watch unread for ever.
            tokio::spawn(async move { timeout(READ_TIMEOUT, resolver.read(token_hash, &path)).await })
        };
        let read = match reading.await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(ErrorCode::Unavailable),
            Err(error) => {
                tracing::error!(%error, "a handler failed for a watch");
                Err(ErrorCode::Internal)
            }
        };
        match read {
            Ok(watched) => self.hub.handle_read(session, watch, &path, &watched),
            Err(error) => self.hub.handle_refused(session, watch, &path, error),
        }
    }

    async fn read(&self, token_hash: [u8; 32], path: &str) -> Result<Watched, ErrorCode> {
        let login = self.store.login_by_token_hash(&token_hash, self.clock.now()).await;
        let login = login.map_err(|error| ApiError::from(error).code())?.ok_or(ErrorCode::Unauthenticated)?;
        let uri: Uri = path.parse().map_err(|_| ErrorCode::BadRequest)?;
        if !path.starts_with("/v1/") {
            return Err(ErrorCode::BadRequest);
        }
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        request.extensions_mut().insert(Watching);
        request.extensions_mut().insert(RequestId(WATCH.into()));
        request.extensions_mut().insert(Asker::Login(login));
        let Ok(mut response) = self.router.clone().oneshot(request).await;
        let watched = response.extensions_mut().remove::<Watched>().ok_or_else(|| code_of(&response))?;
        // Nothing names what would change it.
        if watched.answer.deadline == Some(UnixMillis(0)) {
            return Err(ErrorCode::Unavailable);
        }
        Ok(watched)
    }
}

fn code_of(response: &Response) -> ErrorCode {
    response.extensions().get::<ApiError>().map_or(ErrorCode::BadRequest, ApiError::code)
}
