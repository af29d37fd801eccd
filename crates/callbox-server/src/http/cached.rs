//! Reads whose answers are kept: `Routes::cached` says which these are.
//!
//! The route's rule is checked for each request before its handler is reached, so that a kept answer is given to nobody
//! who may not ask. A handler says what its answer depends on beside the data ([`Ask::question`]) and how it is read
//! ([`Ask::answer`]); a GET is answered with a strong entity tag, and with 304 if the caller has the bytes. An error is
//! never kept. A request of ours for a session that watches its answer (`watching.rs`) gets the answer as it is kept.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callbox_core::cache::{Dependent, Hit, Stamp};
use serde::Serialize;
use std::sync::Arc;

use super::VARY_BY_LOGIN;
use super::commit::{COMMIT, commit};
use super::error::ApiError;
use crate::answers::{Answer, Answers, Question, Watched, Watching};
use crate::app::App;
use crate::clock::Clock;

/// About as many headers as an answer has.
const HEADERS: usize = 10;

/// The number of a route among those whose answers are kept; in the request, for [`Ask`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachedRoute(pub(super) u8);

/// What a handler asks the kept answers with.
pub(super) struct Ask {
    answers: Arc<Answers>,
    clock: Clock,
    node: u64,
    route: u8,
    form: Form,
}

/// What the caller gets.
#[derive(Debug)]
enum Form {
    /// A response to a GET: the entity tags that its caller has.
    Get(Option<HeaderValue>),
    /// A response to a POST, which no HTTP cache keeps.
    Post,
    /// The answer itself.
    Watch,
}

impl FromRequestParts<App> for Ask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Some(CachedRoute(route)) = parts.extensions.get().copied() else {
            tracing::error!("a route whose answers are not kept asks for them");
            return Err(ApiError::Internal);
        };
        let form = if parts.extensions.get::<Watching>().is_some() {
            Form::Watch
        } else if parts.method == Method::POST {
            Form::Post
        } else {
            Form::Get(parts.headers.get(header::IF_NONE_MATCH).cloned())
        };
        let (answers, clock) = (Arc::clone(&app.answers), app.clock.clone());
        Ok(Self { answers, clock, node: app.store.stamp().node, route, form })
    }
}

impl Ask {
    /// The question, to which the handler adds who asks and for what.
    pub(super) fn question(&self) -> Question {
        Question::new(self.route)
    }

    /// The answer: a known one, or by `read`, which is not begun otherwise.
    pub(super) async fn answer<T: Serialize>(
        self,
        question: Question,
        read: impl AsyncFnOnce() -> Result<Dependent<T>, ApiError>,
    ) -> Result<Answered, ApiError> {
        let Self { answers, clock, node, form, .. } = self;
        let Hit { value, as_of } = answers.get(&question, clock.now(), read).await?;
        let stamp = Stamp { node, commit: as_of };
        let form = match form {
            Form::Post => Given::Whole,
            Form::Watch => Given::Watched,
            Form::Get(Some(asked)) if has(&asked, &value) => {
                answers.count_not_modified(&question);
                Given::NotModified
            }
            Form::Get(_) => Given::Tagged,
        };
        Ok(Answered { answer: value, stamp, form })
    }
}

fn has(if_none_match: &HeaderValue, answer: &Answer) -> bool {
    *if_none_match == answer.etag || if_none_match.to_str().is_ok_and(|text| answer.body.etag().is_in(text))
}

/// An answer on its way to the caller.
pub(super) struct Answered {
    answer: Arc<Answer>,
    stamp: Stamp,
    form: Given,
}

#[derive(Clone, Copy, Debug)]
enum Given {
    /// With its entity tag.
    Tagged,
    /// The entity tag alone.
    NotModified,
    /// Without one.
    Whole,
    /// As it is kept, for a session.
    Watched,
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let Self { answer, stamp, form } = self;
        let mut response = Response::new(Body::empty());
        // These and those of every response, in one allocation.
        response.headers_mut().reserve(HEADERS);
        if matches!(form, Given::Watched) {
            response.extensions_mut().insert(Watched { answer, as_of: stamp.commit });
            return response;
        }
        if matches!(form, Given::Tagged | Given::NotModified) {
            let headers = response.headers_mut();
            headers.insert(header::ETAG, answer.etag.clone());
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(header::VARY, VARY_BY_LOGIN.clone());
        }
        response.headers_mut().insert(COMMIT, commit(stamp));
        if matches!(form, Given::NotModified) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            *response.body_mut() = Body::from(answer.body.bytes().clone());
        }
        response
    }
}
