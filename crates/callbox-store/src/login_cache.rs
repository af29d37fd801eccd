//! The caches of recent logins and of keys: each request need not ask the database again who asks it.
//!
//! Exact within this process, as `callbox_core::cache` is: a write that ends a login, or changes its user, or makes a ban,
//! outdates it once it is committed and before it is answered. A change by other hands in the database is seen within
//! [`KEPT_MS`]. Holds about 16,384 logins and 1,024 keys.

use callbox_core::cache::Limits;
use callbox_protocol::account::Role;
use callbox_protocol::id::{ApiKeyId, LoginId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use std::sync::Arc;

use crate::cache::SharedCache;
use crate::commits::Commits;

/// How long a login is used without asking the database: a few clicks of one person.
pub(crate) const KEPT_MS: u64 = 10_000;
/// What one weighs, with its three tags, beside what the cache weighs for each.
const LOGIN_BYTES: usize = 144;
/// Three times the people that one node is made for.
const LOGINS_BYTES_MAX: usize = 16_384 * 464;
const KEYS_BYTES_MAX: usize = 1_024 * 464;

/// The user of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFound {
    /// The user.
    pub user: User,
    /// Their rights.
    pub role: Role,
    /// The login.
    pub login: LoginId,
}

/// A login, and when it was used last as far as the database knows.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) found: LoginFound,
    pub(crate) last_used_at: UnixMillis,
}

/// A key of an app's own backend, and when it was used last.
#[derive(Clone, Debug)]
pub(crate) struct KnownKey {
    pub(crate) id: ApiKeyId,
    pub(crate) last_used_at: Option<UnixMillis>,
}

/// Logins by the hashes of their tokens. One that is not there is not kept: nothing would say when it is.
pub(crate) type LoginCache = SharedCache<[u8; 32], Option<Known>>;
/// Keys by their hashes, likewise.
pub(crate) type KeyCache = SharedCache<[u8; 32], Option<KnownKey>>;

pub(crate) fn logins(commits: &Arc<Commits>) -> LoginCache {
    let limits = Limits { bytes_max: LOGINS_BYTES_MAX, kept_ms: KEPT_MS, ..Limits::default() };
    SharedCache::new(limits, Arc::clone(commits), |_| LOGIN_BYTES)
}

pub(crate) fn keys(commits: &Arc<Commits>) -> KeyCache {
    let limits = Limits { bytes_max: KEYS_BYTES_MAX, kept_ms: KEPT_MS, ..Limits::default() };
    SharedCache::new(limits, Arc::clone(commits), |_| LOGIN_BYTES)
}
