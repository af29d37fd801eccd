//! Rate limits of requests: the callers that are limited, the error for those over a limit, and the headers.
//!
//! The limits of each class are `callbox_core::rates`'. Callers on this machine are not limited unless a setting says
//! so: they are tests, its operator, or a proxy that is not configured.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use callbox_core::address::ClientAddr;
use callbox_core::limit::RetryAfterMs;
use callbox_core::rates::{Class, Quota, Rates};
use callbox_monitor::Counter;
use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use callbox_settings::limits::RateLimits;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::counters;
use crate::http::error::ApiError;

/// The limits of a running server.
#[derive(Debug)]
pub struct Limits {
    mode: RateLimits,
    read: Mutex<Rates>,
    write: Mutex<Rates>,
    guest: Mutex<Rates>,
    costly: Mutex<Rates>,
    backend: Mutex<Rates>,
    beacon: Mutex<Rates>,
    has_warned: AtomicBool,
}

impl Limits {
    /// Nobody has asked yet.
    pub fn new(mode: RateLimits) -> Self {
        let rates = |class: Class| Mutex::new(Rates::new(class).expect("only free routes have none"));
        Self {
            mode,
            read: rates(Class::Read),
            write: rates(Class::Write),
            guest: rates(Class::Guest),
            costly: rates(Class::Costly),
            backend: rates(Class::Backend),
            beacon: rates(Class::Beacon),
            has_warned: AtomicBool::new(false),
        }
    }

    /// Counts a request for its address, and writes the rest into `quota`, if anything is counted.
    pub fn count_addr(
        &self,
        class: Class,
        client: ClientAddr,
        headers: &HeaderMap,
        now: UnixMillis,
        quota: &mut Option<Quota>,
    ) -> Result<(), ApiError> {
        let Some(mut rates) = self.of(class, client) else {
            self.warn_of_proxies(client, headers);
            return Ok(());
        };
        let what = match class {
            Class::Guest => "Too many guests were made from this address. Please wait a little.",
            _ => "Too many requests came from this address. Please wait a little.",
        };
        rates.count_addr(client, now, quota).map_err(|retry| refused(class, what, retry))
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
        let Some(mut rates) = self.of(class, client) else { return Ok(()) };
        let what = "You asked too often. Please wait a little.";
        rates.count_user(user, now, quota).map_err(|retry| refused(class, what, retry))
    }

    /// Counts a watch as a read by its user and their address; whether it is over a limit.
    pub fn is_over_by_watch(&self, client: ClientAddr, user: UserId, now: UnixMillis) -> bool {
        let mut quota = None;
        let is_over = self.count_addr(Class::Read, client, &HeaderMap::new(), now, &mut quota).is_err();
        is_over || self.count_user(Class::Read, client, user, now, &mut quota).is_err()
    }

    fn of(&self, class: Class, client: ClientAddr) -> Option<MutexGuard<'_, Rates>> {
        let is_counted = match self.mode {
            RateLimits::Off => false,
            RateLimits::Everyone => true,
            RateLimits::On => !client.is_loopback(),
        };
        let rates = match class {
            _ if !is_counted => return None,
            Class::Free => return None,
            Class::Read => &self.read,
            Class::Write => &self.write,
            Class::Guest => &self.guest,
            Class::Costly => &self.costly,
            Class::Backend => &self.backend,
            Class::Beacon => &self.beacon,
        };
        Some(rates.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// If callers on this machine seem to be strangers behind a proxy, the log says what to do, once.
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

fn refused(class: Class, what: &'static str, RetryAfterMs(retry_after_ms): RetryAfterMs) -> ApiError {
    match class {
        // A beacon counts by what became of it.
        Class::Free | Class::Beacon => {}
        Class::Read => counters::add(Counter::RateLimitedRead),
        Class::Write => counters::add(Counter::RateLimitedWrite),
        Class::Guest => counters::add(Counter::RateLimitedGuest),
        Class::Costly => counters::add(Counter::RateLimitedCostly),
        Class::Backend => counters::add(Counter::RateLimitedBackend),
    }
    ApiError::RateLimited { what, retry_after_ms }
}

/// `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, as of draft-ietf-httpapi-ratelimit-headers-06.
///
/// Later drafts have `RateLimit` and `RateLimit-Policy` in another form and none is an RFC; clients and gateways read
/// the three names of this one today.
pub(crate) fn write_quota(quota: Quota, headers: &mut HeaderMap) {
    let window_s = (u64::from(quota.capacity) * quota.refill_ms).div_ceil(1_000);
    let policy = format!("{};w={window_s}", quota.capacity);
    let policy = HeaderValue::from_str(&policy).expect("two numbers are ASCII");
    headers.insert(HeaderName::from_static("ratelimit-limit"), quota.capacity.into());
    headers.insert(HeaderName::from_static("ratelimit-remaining"), quota.left.tokens.into());
    headers.insert(HeaderName::from_static("ratelimit-reset"), quota.left.full_in_ms.div_ceil(1_000).into());
    headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
}
