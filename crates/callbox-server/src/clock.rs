//! The only place that reads a clock, and the only one that reads the operating system's randomness.
//!
//! [`now`] never goes back, as the cores demand: the wall clock is read once, at the start, and from then on the
//! monotonic clock is added to it. So an operator who sets the clock of the machine does not expire anybody. A time
//! that is compared with the clocks of others, such as an issuer's token or another process's file, is compared with
//! [`wall`], which is read anew: the machine's clock may be set right after the start, and a machine that slept has a
//! monotonic clock that is behind.

use callbox_protocol::time::UnixMillis;
use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "this is the one file that may")]
static START: LazyLock<(UnixMillis, Instant)> = LazyLock::new(|| (wall(), Instant::now()));

/// The machine's clock now. It may go back.
#[expect(clippy::disallowed_methods, reason = "this is the one file that may")]
pub fn wall() -> UnixMillis {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(millis(since_epoch.as_millis()))
}

/// How far the machine's clock was moved since the start, either way.
pub fn drift_ms() -> u64 {
    now().0.abs_diff(wall().0)
}

/// The current time.
pub fn now() -> UnixMillis {
    let (wall, monotonic) = *START;
    wall.plus(millis(monotonic.elapsed().as_millis()))
}

/// Bytes from the operating system's random source.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

fn millis(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
