//! `Callbox-Commit`: how much an answer contains, or what a write became. Knows nothing of routes.

use axum::http::{HeaderName, HeaderValue};
use callbox_core::cache::Stamp;

/// All commits of this process up to that one.
pub(crate) const COMMIT: HeaderName = HeaderName::from_static("callbox-commit");

/// The header's value.
pub(crate) fn commit(stamp: Stamp) -> HeaderValue {
    HeaderValue::try_from(stamp.to_string()).expect("a commit is ASCII")
}
