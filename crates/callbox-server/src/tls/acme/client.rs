//! How the ACME library reaches its server: by the server's own HTTP client, with its bounds.
//!
//! Keeps a fact that the library does not report: how long a server that refuses wants no further request
//! (`Retry-After`, RFC 9110, section 10.2.3). An error that is no problem document is named by its status.

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use axum::http::{Request, Response};
use callbox_identity::renewal::PAUSE_MS_MAX;
use callbox_protocol::time::UnixMillis;
use http_body_util::{BodyExt as _, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use crate::clock::Clock;
use crate::outbound::{Outbound, OutboundError};

/// No pause was asked for.
const NONE: u64 = u64::MAX;

/// The client of one try.
#[derive(Clone)]
pub(super) struct Client {
    outbound: Arc<Outbound>,
    retry_after_ms: Arc<AtomicU64>,
    clock: Clock,
}

impl Client {
    pub(super) fn new(outbound: Arc<Outbound>, clock: Clock) -> Self {
        Self { outbound, retry_after_ms: Arc::new(AtomicU64::new(NONE)), clock }
    }

    /// For how long the server that refused wants no further request, if it said so.
    pub(super) fn retry_after_ms(&self) -> Option<u64> {
        Some(self.retry_after_ms.load(Ordering::Relaxed)).filter(|ms| *ms != NONE)
    }

    async fn ask(self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, OutboundError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap_or_else(|never| match never {}).to_bytes();
        // The library's headers are ASCII; one that is not would be refused by the server anyway.
        let headers: Vec<(&str, &str)> = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let mut answer = self.outbound.ask(head.method, &head.uri.to_string(), &headers, body).await?;
        let is_refused = matches!(answer.status, 429 | 503);
        let retry_after_ms = retry_after_ms(&answer.headers, self.clock.wall());
        if let Some(ms) = retry_after_ms.filter(|_| is_refused) {
            self.retry_after_ms.store(ms, Ordering::Relaxed);
        }
        // The library adds it to the present time, and panics past the end of time.
        if retry_after_ms.is_none_or(|ms| ms > PAUSE_MS_MAX) {
            answer.headers.remove(RETRY_AFTER);
        }
        let mut response = Response::builder().status(answer.status);
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers;
        }
        Ok(BytesResponse::from(response.body(Full::new(answer.body))?))
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let response = client.ask(request).await.map_err(|error| Error::Other(Box::new(error)))?;
            let head = &response.parts;
            let is_json = head
                .headers
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
            if head.status.as_u16() >= 400 && !is_json {
                return Err(Error::Other(
                    format!("the ACME server answered with status {}", head.status).into(),
                ));
            }
            Ok(response)
        })
    }
}

/// Seconds, or a date.
fn retry_after_ms(headers: &HeaderMap, now: UnixMillis) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000).min(NONE - 1));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixMillis(u64::try_from(at.as_millis()).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_in_seconds_or_as_a_date() {
        let now = UnixMillis(1_445_412_420_000);
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60_000)),
            ("Wed, 21 Oct 2015 07:26:00 GMT", Some(0)),
            ("99999999999999999999", None),
            ("-5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after_ms(&headers, now), expected, "{text}");
        }
        assert_eq!(retry_after_ms(&HeaderMap::new(), now), None);
    }
}
