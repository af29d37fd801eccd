//! Watches: a client names the answers that it shows, and hears when one of them is not current any more.
//!
//! A path is checked by the rule of its route, as for a `GET`. Bounds: [`WATCHES_MAX`] watches a session, a path of
//! [`WATCH_PATH_BYTES_MAX`] bytes, a body of [`PUT_BYTES_MAX`] bytes. Which data an answer depends on stays inside
//! the server.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The most watches of one session. A page shows a handful of answers; 128 are 32 KB of paths at most, half a frame.
pub const WATCHES_MAX: usize = 128;
/// The longest path of a watch, in bytes: a list's, with its cursor, has about 100.
pub const WATCH_PATH_BYTES_MAX: usize = 256;
/// The largest body that `put` carries, in bytes: what is larger is asked for, by those who still show it.
pub const PUT_BYTES_MAX: usize = 1_024;

/// One answer to watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WatchItem<'a> {
    /// The client's name for it, of which the session has no other.
    pub id: u32,
    /// Path and query of a `GET` whose answer has an `ETag`, from `/v1/` on; at most 256 bytes.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// The header `Callbox-Commit` of the answer that the client has: what changed since is told at once. Left out, or of
    /// another node: `stale` comes at once.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    #[cfg_attr(test, ts(optional))]
    pub commit: Option<Cow<'a, str>>,
}

/// What to watch from now on, and what no longer. `drop` comes first; an id that is added twice has its new path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Watch<'a> {
    /// At most 128 in one session. Each is answered by `stale` or `unwatched`, or by nothing while it is current.
    #[serde(default, borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<WatchItem<'a>>>"))]
    pub add: Vec<WatchItem<'a>>,
    /// Ids that are not watched any more; unknown ones are passed over.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<u32>>"))]
    pub drop: Vec<u32>,
}
