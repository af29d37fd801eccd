//! The answers that are kept: encoded once, and sent again until something that they were made of is touched.
//!
//! One for a server. What is true, and who reads for whom, say `callbox_core::cache` and the store's `SharedCache`. Refuses
//! to know routes and headers: these are `http/cached.rs`'s. Bounds: 64 MiB of answers; a question has 64 bytes at most;
//! whoever waits for another's read is bound by the time of their own route.

use axum::http::HeaderValue;
use callbox_core::cache::{BYTES_MAX, Body, Commit, Counts, Dependent, Hit, Key, Limits, Tag};
use callbox_protocol::http::{CacheStats, CachedRouteStats};
use callbox_protocol::time::UnixMillis;
use callbox_store::{SharedCache, Store};
use serde::Serialize;
use std::sync::Arc;

/// What an entry has beside its bytes and its tags: three allocations, and the entity tag twice.
const ANSWER_BYTES: usize = 208;

/// A question: the place of its route among those whose answers are kept, and all that the answer depends on beside the
/// data, such as who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    route: u8,
    len: u8,
    bytes: [u8; Self::BYTES_MAX],
}

impl Question {
    /// A user, their login, and a page of a list; or less.
    const BYTES_MAX: usize = 64;

    /// A question of this route that depends on nothing else.
    pub(crate) fn new(route: u8) -> Self {
        Self { route, len: 0, bytes: [0; Self::BYTES_MAX] }
    }

    /// The same that depends on this too. Questions of one route name the same parts in the same order.
    pub(crate) fn with(mut self, part: &[u8]) -> Self {
        let start = usize::from(self.len);
        let end = start + part.len();
        self.bytes[start..end].copy_from_slice(part);
        self.len = u8::try_from(end).expect("there is room for 64");
        self
    }
}

impl Key for Question {
    fn class(&self) -> usize {
        self.route.into()
    }
}

/// An answer that is kept.
#[derive(Debug)]
pub struct Answer {
    /// As it is sent.
    pub body: Body,
    /// Its entity tag as a header has it.
    pub etag: HeaderValue,
    /// All that it was made of.
    pub tags: Box<[Tag]>,
    /// When it changes by itself.
    pub deadline: Option<UnixMillis>,
}

/// In a request of ours for somebody who watches its answer: the response is to have a [`Watched`] with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watching;

/// An answer that somebody watches, in the extensions of its response.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The answer.
    pub answer: Arc<Answer>,
    /// It contains all commits up to this one.
    pub as_of: Commit,
}

/// All of them.
#[derive(Debug)]
pub struct Answers {
    kept: SharedCache<Question, Arc<Answer>>,
    /// The paths of the routes, by their places.
    routes: Vec<String>,
}

impl Answers {
    /// Nothing is known yet; `routes` are the paths of those whose answers are kept.
    pub fn new(store: &Store, routes: Vec<String>) -> Self {
        let limits = Limits { bytes_max: BYTES_MAX, classes: routes.len().max(1), ..Limits::default() };
        let weigh = |answer: &Arc<Answer>| {
            answer.body.bytes().len() + size_of_val::<[Tag]>(&answer.tags) + ANSWER_BYTES
        };
        Self { kept: store.cache(limits, weigh), routes }
    }

    /// The answer: a known one, or by `read`, which is not begun otherwise. Of those who ask at the same time one reads.
    pub(crate) async fn get<T: Serialize, E>(
        &self,
        question: &Question,
        now: UnixMillis,
        read: impl AsyncFnOnce() -> Result<Dependent<T>, E>,
    ) -> Result<Hit<Arc<Answer>>, E> {
        let encode = async {
            // A read has some kilobytes of state, which a hit neither makes nor moves.
            let answer = Box::pin(read()).await?;
            let (tags, deadline) = (answer.tags.clone().into(), answer.deadline);
            Ok(answer.map(|value| {
                let json = serde_json::to_vec(&value).expect("an answer is JSON");
                let body = Body::new(json);
                let etag = HeaderValue::try_from(body.etag().to_string()).expect("an entity tag is ASCII");
                Arc::new(Answer { body, etag, tags, deadline })
            }))
        };
        self.kept.get(question, now, encode).await
    }

    /// Whoever asked had the bytes of a hit already.
    pub(crate) fn count_not_modified(&self, question: &Question) {
        self.kept.count_not_modified(question);
    }

    /// Drops what is outdated; to be called once a minute, so that nothing of somebody who was erased stays in memory.
    pub fn sweep(&self, now: UnixMillis) {
        self.kept.sweep(now);
    }

    /// What they did, all routes together.
    pub(crate) fn total(&self) -> Counts {
        let add = |mut sum: Counts, one: Counts| {
            let Counts { hits, misses, shared, not_modified, not_kept, outdated, evicted, reads_avoided } =
                one;
            sum.hits += hits;
            sum.misses += misses;
            sum.shared += shared;
            sum.not_modified += not_modified;
            sum.not_kept += not_kept;
            sum.outdated += outdated;
            sum.evicted += evicted;
            sum.reads_avoided += reads_avoided;
            sum
        };
        self.kept.counts().into_iter().fold(Counts::default(), add)
    }

    /// How many they are, and what they weigh.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.kept.size()
    }

    /// What they did, by route.
    pub fn stats(&self) -> CacheStats {
        let (answers, bytes) = self.size();
        let routes = self.routes.iter().zip(self.kept.counts()).map(|(route, counts)| CachedRouteStats {
            route: route.clone(),
            hits: counts.hits,
            misses: counts.misses,
            shared: counts.shared,
            not_modified: counts.not_modified,
            not_kept: counts.not_kept,
            outdated: counts.outdated,
            evicted: counts.evicted,
            reads_avoided: counts.reads_avoided,
        });
        CacheStats { answers: answers as u64, bytes: bytes as u64, routes: routes.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_differ_by_route_and_by_each_part() {
        let one = Question::new(1).with(&[1; 16]).with(&[2; 32]);
        assert_eq!(one, Question::new(1).with(&[1; 16]).with(&[2; 32]));
        for other in [
            Question::new(2).with(&[1; 16]).with(&[2; 32]),
            Question::new(1).with(&[1; 16]).with(&[3; 32]),
            Question::new(1).with(&[1; 16]),
            Question::new(1).with(&[1; 16]).with(&[2; 32]).with(&[0]),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one.class(), 1);
    }
}
