//! Lists, page by page: `?before=&limit=` is the request, `Page` is the answer.
//!
//! A page begins after the last item of the page before and not at a number, so that it costs the same at any depth
//! and skips nothing while the list grows. All ids are ordered by creation, so an item's id is its key. A page has
//! 100 items at most.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callbox_protocol::account::Page;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::error::ApiError;

/// The most items of a page.
pub const LIMIT_MAX: usize = 100;
const LIMIT_DEFAULT: usize = 20;

/// The query of a list, for descriptions: `params(PageQuery)`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before, as it came; the first page without it.
    #[param(min_length = 22, max_length = 22)]
    before: Option<String>,
    /// The most items of this page; 20 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// Which page is asked for; `K` is the kind of id that the list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging<K> {
    /// Items before this one, which was the last; from the newest on if it is `None`.
    pub before: Option<K>,
    limit: usize,
}

impl<K> Paging<K> {
    /// How many items the store is asked for: one more than the page has, which shows whether there is another.
    pub fn fetch(&self) -> usize {
        self.limit + 1
    }

    /// What tells it from other pages: an item and a limit.
    pub fn name(&self) -> [u8; 17]
    where
        K: Copy + Into<[u8; 16]>,
    {
        let mut name = [0xFF; 17];
        if let Some(before) = self.before {
            name[..16].copy_from_slice(&before.into());
        }
        name[16] = u8::try_from(self.limit).expect("a page has 100 items at most");
        name
    }

    /// The page of the store's items for [`Self::fetch`], the newest first.
    pub fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> [u8; 16]) -> Page<T> {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| has_more);
        let next = last.map(|item| URL_SAFE_NO_PAD.encode(key(item)));
        Page { items, next }
    }
}

impl<K: From<[u8; 16]>> TryFrom<PageQuery> for Paging<K> {
    type Error = ApiError;

    fn try_from(query: PageQuery) -> Result<Self, ApiError> {
        let bad = |what: &str| ApiError::BadRequest(what.to_owned());
        let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(bad("`limit` is a number from 1 to 100."));
        }
        let read = |text: String| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            <[u8; 16]>::try_from(bytes).ok().map(K::from)
        };
        let not_ours = || bad("`before` is the `next` of the page before, as it came.");
        let before = query.before.map(|text| read(text).ok_or_else(not_ours)).transpose()?;
        Ok(Self { before, limit })
    }
}

impl<K: From<[u8; 16]>, S: Send + Sync> FromRequestParts<S> for Paging<K> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Filter::<PageQuery>::from_request_parts(parts, state).await?.0.try_into()
    }
}

/// The filter of a list: any members of the query, with our own errors. Others are ignored, so it works beside a
/// [`Paging`].
#[derive(Clone, Copy, Debug)]
pub struct Filter<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Filter<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(query) = Query::<T>::from_request_parts(parts, state).await.map_err(|error| {
            tracing::debug!(error = %error.body_text(), "a query that is not what its address takes");
            ApiError::BadRequest("The query is not what this address takes.".to_owned())
        })?;
        Ok(Self(query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use callbox_protocol::id::CallId;
    use callbox_protocol::time::UnixMillis;

    async fn paging(query: &str) -> Result<Paging<CallId>, String> {
        let request = Request::get(format!("/v1/me/calls?{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Paging::from_request_parts(&mut parts, &()).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn pages_follow_each_other_to_the_end_and_skip_nothing() {
        // As a store does: ids of the newest first, before a key.
        let all: Vec<CallId> = (0..45).rev().map(|ms| CallId::new(UnixMillis(ms), [7; 10])).collect();
        let (mut seen, mut query) = (Vec::new(), String::new());
        for size in [20, 20, 5] {
            let paging = paging(&query).await.unwrap();
            let rest = all.iter().copied().filter(|id| paging.before.is_none_or(|before| *id < before));
            let page = paging.page(rest.take(paging.fetch()).collect(), |id| *id.as_bytes());
            assert_eq!((page.items.len(), page.next.is_some()), (size, size == 20));
            seen.extend(page.items);
            query = format!("before={}", page.next.unwrap_or_default());
        }
        assert_eq!(seen, all);
    }

    #[tokio::test]
    async fn a_page_that_ends_with_the_list_is_the_last() {
        let paging = paging("limit=2&status=open").await.unwrap();
        assert_eq!(paging.fetch(), 3);
        let page = paging.page(vec![[2; 16], [1; 16]], |id| *id);
        assert_eq!((page.items.len(), page.next), (2, None));
    }

    #[tokio::test]
    async fn a_limit_out_of_bounds_and_a_key_that_is_not_ours_are_refused_in_words() {
        for limit in ["limit=0", "limit=101"] {
            assert_eq!(paging(limit).await, Err("`limit` is a number from 1 to 100.".to_owned()));
        }
        for broken in ["limit=x", "limit=-1", "limit=1&limit=2", "before=a&before=b", "limit="] {
            assert_eq!(paging(broken).await, Err("The query is not what this address takes.".to_owned()));
        }
        let long = format!("before={}", "A".repeat(10_000));
        for key in ["before=", "before=AAAA", "before=!!!!!!!!!!!!!!!!!!!!!!", long.as_str()] {
            let expected = "`before` is the `next` of the page before, as it came.";
            assert_eq!(paging(key).await, Err(expected.to_owned()));
        }
        assert_eq!(paging("limit=100").await.unwrap().fetch(), 101);
    }
}
