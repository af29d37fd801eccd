//! The cache of recent logins: each request of a page need not ask the database again.
//!
//! Exact within this process: a write that ends a login or changes its user empties the cache once it is committed
//! and before it is answered, and data that were read before it are not stored after it. A statement's tags say
//! whether it does. A change by another process in the same database is seen within [`KEPT_MS`]. Holds 16,384 logins
//! at most.

use callbox_protocol::account::Role;
use callbox_protocol::id::LoginId;
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sql::{Touch, touches};

/// How long a login is used without asking the database: a few clicks of one person.
pub(crate) const KEPT_MS: u64 = 10_000;
/// Three times the people that one node is made for. Past it all are forgotten, and asked for again.
const LOGINS_MAX: usize = 16_384;

/// The changes that end logins, or change their users: age, role, a ban, or that there is such a user.
const ENDS: &[Touch] =
    touches![delete logins, delete users, insert bans, update users (age, role, deleted_at)];

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

#[derive(Debug, Default)]
pub(crate) struct LoginCache {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_token_hash: HashMap<[u8; 32], (Known, UnixMillis)>,
    /// How often it was emptied.
    version: u64,
}

/// When the database was asked: an answer counts only if nothing was emptied since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(u64);

impl LoginCache {
    /// The login of a token; or, if it is not known, the version of the cache at this moment.
    pub(crate) fn get(&self, token_hash: &[u8; 32], now: UnixMillis) -> Result<Known, Version> {
        let state = self.lock();
        match state.by_token_hash.get(token_hash) {
            Some((known, since)) if now.since(*since) < KEPT_MS => Ok(known.clone()),
            _ => Err(Version(state.version)),
        }
    }

    /// Keeps the database's answer to a question of that version.
    pub(crate) fn put(&self, token_hash: [u8; 32], known: Known, version: Version, now: UnixMillis) {
        let mut state = self.lock();
        if Version(state.version) != version {
            return;
        }
        if state.by_token_hash.len() >= LOGINS_MAX {
            state.by_token_hash.clear();
        }
        state.by_token_hash.insert(token_hash, (known, now));
    }

    /// A last use is on its way to the database: nobody else needs to write it.
    pub(crate) fn touch(&self, token_hash: &[u8; 32], now: UnixMillis) {
        if let Some((known, _)) = self.lock().by_token_hash.get_mut(token_hash) {
            known.last_used_at = now;
        }
    }

    /// Whether it must be emptied after one of these changes.
    pub(crate) fn depends_on(touches: &[Touch]) -> bool {
        touches.iter().any(|touch| ENDS.iter().any(|end| end.meets(touch)))
    }

    /// To be called after the commit and before the answer.
    pub(crate) fn empty(&self) {
        let mut state = self.lock();
        state.version += 1;
        state.by_token_hash.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::id::UserId;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    fn known() -> Known {
        let user = User { id: UserId::from_bytes([1; 16]), age: None };
        let found = LoginFound { user, role: Role::User, login: LoginId::from_bytes([2; 16]) };
        Known { found, last_used_at: NOW }
    }

    #[test]
    fn what_was_read_before_an_end_is_not_known_after_it() {
        let cache = LoginCache::default();
        let version = cache.get(&[1; 32], NOW).unwrap_err();
        cache.empty();
        cache.put([1; 32], known(), version, NOW);
        let version = cache.get(&[1; 32], NOW).unwrap_err();
        cache.put([1; 32], known(), version, NOW);
        assert!(cache.get(&[1; 32], NOW.plus(KEPT_MS - 1)).is_ok());
        assert!(cache.get(&[1; 32], NOW.plus(KEPT_MS)).is_err());
    }

    #[test]
    fn it_holds_so_many() {
        let cache = LoginCache::default();
        for number in 0..=LOGINS_MAX {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            let version = cache.get(&hash, NOW).unwrap_err();
            cache.put(hash, known(), version, NOW);
        }
        assert_eq!(cache.lock().by_token_hash.len(), 1);
    }

    #[test]
    fn statements_that_end_logins_are_known_by_their_tags() {
        let ending =
            crate::STATEMENTS.iter().copied().flatten().filter(|sql| LoginCache::depends_on(sql.touches));
        let names: Vec<_> = ending.map(|sql| sql.name.trim_start_matches("callbox_store::")).collect();
        let expected = [
            "bans::END_ON_DEVICE",
            "bans::END_AT_ADDRESS",
            "bans::INSERT_BAN",
            "erasure::MARK",
            "erasure::MARK_IDLE",
            "erasure::LOGINS",
            "erasure::USER",
            "logins::MAKE_ROOM",
            "logins::END_LOGIN",
            "logins::END_LOGINS",
            "logins::END_OTHER_LOGINS",
            "people::SET_ROLE",
            "people::MAKE_ADMIN",
            "users::SET_AGE",
        ];
        assert_eq!(names, expected);
    }
}
