//! How often one may ask: token buckets by address and by user, for each class of routes.
//!
//! An address may stand for a school behind one router, so it may ask more often than a user. Callers on this
//! machine are not limited unless a setting says so: they are tests, its keeper, or a proxy that we were not told
//! of. Each map is bounded; where it is full of limited keys, new ones wait.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use callbox_core::address::{AddrKey, BlockKey, ClientAddr};
use callbox_core::limit::{Buckets, Left, RetryAfterMs};
use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::config::RateLimits;
use crate::http::error::ApiError;

/// What a request costs us, as a line of the table of routes says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Not counted: pages and files, and the socket, which counts for itself.
    Free,
    /// Reads a few rows.
    Read,
    /// Writes a few rows.
    Write,
    /// Makes a user.
    Guest,
    /// Hashes a password, sends a mail, collects all data of a user.
    Costly,
    /// Asked by an app's own backend, for all its users from one address.
    Backend,
}

/// A capacity, and how long one token takes to come back.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    capacity: u32,
    refill_ms: u64,
}

const fn allow(capacity: u32, refill_ms: u64) -> Allowance {
    Allowance { capacity, refill_ms }
}

impl Class {
    /// For an address and for a user; `None` where nothing is counted.
    ///
    /// A page asks about ten times when it is opened and then once in a while, and a person presses a button once a
    /// second at most. An address is taken for a class of thirty at once. It may make thirty guests, and then
    /// thirty a minute, which a script notices and a school does not.
    const fn allowances(self) -> Option<(Allowance, Allowance)> {
        match self {
            Self::Free => None,
            Self::Read => Some((allow(600, 50), allow(120, 500))),
            Self::Write => Some((allow(240, 250), allow(60, 1_000))),
            Self::Guest => Some((allow(30, 2_000), allow(30, 2_000))),
            Self::Costly => Some((allow(60, 2_000), allow(10, 6_000))),
            Self::Backend => Some((allow(6_000, 5), allow(6_000, 5))),
        }
    }
}

/// An IPv6 /48 has so many times what one of its 65,536 /64s has: a company or a campus may have a few hundred, a script that
/// goes through all of them is held. IPv4 addresses are too scarce for that, and a /24 is many households.
const ADDRESSES_PER_IPV6_BLOCK: u32 = 8;

/// How many addresses, blocks and users a class remembers; each costs about 50 bytes.
const KEYS_MAX: usize = 50_000;

/// The limits of a running server.
#[derive(Debug)]
pub struct Limits {
    mode: RateLimits,
    read: ByWhom,
    write: ByWhom,
    guest: ByWhom,
    costly: ByWhom,
    backend: ByWhom,
    has_warned: AtomicBool,
}

#[derive(Debug)]
struct ByWhom {
    addrs: Limit<AddrKey>,
    blocks: Limit<BlockKey>,
    users: Limit<UserId>,
}

/// What a caller has left, for the headers of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    capacity: u32,
    refill_ms: u64,
    left: Left,
}

impl Limits {
    /// Nobody has asked yet.
    pub fn new(mode: RateLimits) -> Self {
        let by_whom = |class: Class| {
            let (addrs, users) = class.allowances().expect("only free routes have none");
            let of_block = allow(
                addrs.capacity * ADDRESSES_PER_IPV6_BLOCK,
                (addrs.refill_ms / u64::from(ADDRESSES_PER_IPV6_BLOCK)).max(1),
            );
            ByWhom { addrs: Limit::new(addrs), blocks: Limit::new(of_block), users: Limit::new(users) }
        };
        Self {
            mode,
            read: by_whom(Class::Read),
            write: by_whom(Class::Write),
            guest: by_whom(Class::Guest),
            costly: by_whom(Class::Costly),
            backend: by_whom(Class::Backend),
            has_warned: AtomicBool::new(false),
        }
    }

    /// Counts a request for its address, and says in `quota` what is left, where anything is counted.
    pub fn count_addr(
        &self,
        class: Class,
        client: ClientAddr,
        headers: &HeaderMap,
        now: UnixMillis,
        quota: &mut Option<Quota>,
    ) -> Result<(), ApiError> {
        let Some(by_whom) = self.of(class, client) else {
            self.warn_of_proxies(client, headers);
            return Ok(());
        };
        let what = match class {
            Class::Guest => "Too many guests were made from this address. Please wait a little.",
            _ => "Too many requests came from this address. Please wait a little.",
        };
        by_whom.addrs.count(client.key(), now, quota).map_err(|retry| refused(what, retry))?;
        match client.ipv6_block() {
            Some(block) => by_whom.blocks.count(block, now, quota).map_err(|retry| refused(what, retry)),
            None => Ok(()),
        }
    }

    /// Counts a request for the user who asks; `quota` becomes the tighter of the two.
    pub fn count_user(
        &self,
        class: Class,
        client: ClientAddr,
        user: UserId,
        now: UnixMillis,
        quota: &mut Option<Quota>,
    ) -> Result<(), ApiError> {
        let Some(by_whom) = self.of(class, client) else { return Ok(()) };
        let what = "You asked too often. Please wait a little.";
        by_whom.users.count(user, now, quota).map_err(|retry| refused(what, retry))
    }

    fn of(&self, class: Class, client: ClientAddr) -> Option<&ByWhom> {
        let is_counted = match self.mode {
            RateLimits::Off => false,
            RateLimits::Everyone => true,
            RateLimits::On => !client.is_loopback(),
        };
        match class {
            _ if !is_counted => None,
            Class::Free => None,
            Class::Read => Some(&self.read),
            Class::Write => Some(&self.write),
            Class::Guest => Some(&self.guest),
            Class::Costly => Some(&self.costly),
            Class::Backend => Some(&self.backend),
        }
    }

    /// Should callers on this machine be strangers behind a proxy, the log says what to do, once.
    fn warn_of_proxies(&self, client: ClientAddr, headers: &HeaderMap) {
        let is_forwarded = || headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        if self.mode == RateLimits::On
            && client.is_loopback()
            && is_forwarded()
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "a proxy on this machine forwards requests: name it in `trusted_proxies`, and the header that it writes in `proxy_header`, else nobody is limited"
            );
        }
    }
}

/// One allowance, for each key.
#[derive(Debug)]
struct Limit<K> {
    allowance: Allowance,
    buckets: Mutex<Buckets<K>>,
}

impl<K: Eq + Hash + Copy> Limit<K> {
    fn new(allowance: Allowance) -> Self {
        let buckets = Buckets::new(allowance.capacity, allowance.refill_ms, KEYS_MAX);
        Self { allowance, buckets: Mutex::new(buckets) }
    }

    fn count(&self, key: K, now: UnixMillis, quota: &mut Option<Quota>) -> Result<(), RetryAfterMs> {
        let Allowance { capacity, refill_ms } = self.allowance;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = buckets.try_take(key, 1, now);
        let left = buckets.left(&key, now);
        if quota.is_none_or(|other| left.tokens < other.left.tokens) {
            *quota = Some(Quota { capacity, refill_ms, left });
        }
        taken
    }
}

fn refused(what: &'static str, RetryAfterMs(retry_after_ms): RetryAfterMs) -> ApiError {
    ApiError::RateLimited { what, retry_after_ms }
}

impl Quota {
    /// `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, as of draft-ietf-httpapi-ratelimit-headers-06.
    ///
    /// Later drafts have `RateLimit` and `RateLimit-Policy` in another form and none is an RFC; the three names of
    /// this one are what clients and gateways read today.
    pub fn write(self, headers: &mut HeaderMap) {
        let window_s = (u64::from(self.capacity) * self.refill_ms).div_ceil(1_000);
        let policy = format!("{};w={window_s}", self.capacity);
        let policy = HeaderValue::from_str(&policy).expect("two numbers are ASCII");
        headers.insert(HeaderName::from_static("ratelimit-limit"), self.capacity.into());
        headers.insert(HeaderName::from_static("ratelimit-remaining"), self.left.tokens.into());
        headers
            .insert(HeaderName::from_static("ratelimit-reset"), self.left.full_in_ms.div_ceil(1_000).into());
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_addresses_of_one_block_share_what_eight_of_them_have() {
        let (limits, now) = (Limits::new(RateLimits::On), clock::now());
        let guest = |from: &str| {
            let client = ClientAddr(from.parse().unwrap());
            limits.count_addr(Class::Guest, client, &HeaderMap::new(), now, &mut None).is_ok()
        };
        for network in 0..8 {
            for made in 0..30 {
                assert!(guest(&format!("2001:db8:0:{network}::{made}")));
            }
        }
        assert!(!guest("2001:db8:0:8::1"), "another /64 of the same /48");
        assert!(guest("2001:db8:1::1"), "another /48");
        for host in 0..=255 {
            assert!(guest(&format!("192.0.2.{host}")), "an IPv4 address is counted for itself alone");
        }
    }
}
