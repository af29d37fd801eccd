//! Time as a value: the only file that reads a clock. Each part that goes by time is given a [`Clock`] when it is made.
//!
//! [`Clock::now`] never goes back, as the cores demand: the wall clock is read once, at the start, and from then on the
//! monotonic clock is added to it. So an operator who sets the clock of the machine does not expire anybody. A time
//! that is compared with the clocks of others, such as an issuer's token or another process's file, is compared with
//! [`Clock::wall`], which is read anew: the machine's clock may be set right after the start, and a machine that slept
//! has a monotonic clock that is behind.
//!
//! A rule that waits does so by [`Clock::sleep`], so that a test proves it without waiting: it gives a clock that it
//! moves itself, and whoever sleeps is woken by the move. Tokio's paused time is not used: it jumps ahead whenever no
//! task is ready, so also while a thread of the store or a socket works, and every timeout is over then. What only
//! guards I/O (a write, a handshake, a question to another server) goes by tokio's timers.

use callbox_protocol::time::UnixMillis;
use futures_util::future::Either;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The machine's clock, or one that a test moves; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<Hand>>);

/// The hand of a clock that a test moves.
#[derive(Debug)]
struct Hand {
    /// Where it stands still; `None`: it runs with the machine's.
    stands_at: Option<UnixMillis>,
    /// How far it was moved.
    ahead_ms: watch::Sender<u64>,
}

impl Clock {
    /// The machine's clock. Made by the command line, once, and by tests.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at this moment until it is moved, for a test of one part.
    pub fn manual(at: UnixMillis) -> Self {
        Self::moved_by_hand(Some(at))
    }

    /// A clock that runs with the machine's and can be moved ahead, for a test of a whole server.
    pub fn movable() -> Self {
        Self::moved_by_hand(None)
    }

    fn moved_by_hand(stands_at: Option<UnixMillis>) -> Self {
        Self(Some(Arc::new(Hand { stands_at, ahead_ms: watch::Sender::new(0) })))
    }

    /// Moves it ahead, and wakes those whose sleep is over by that.
    ///
    /// # Panics
    /// If it is the machine's.
    pub fn advance(&self, time: Duration) {
        let hand = self.0.as_ref().expect("nobody moves the machine's clock");
        hand.ahead_ms.send_modify(|ahead_ms| *ahead_ms += millis(time.as_millis()));
    }

    /// How many wait for this clock, if it can be moved.
    pub fn sleepers(&self) -> usize {
        self.0.as_ref().map_or(0, |hand| hand.ahead_ms.receiver_count())
    }

    /// The current time. It never goes back.
    pub fn now(&self) -> UnixMillis {
        self.read(monotonic)
    }

    /// The machine's clock as it is set now. It may go back.
    pub fn wall(&self) -> UnixMillis {
        self.read(wall_clock)
    }

    /// How far the machine's clock was set since the start, either way.
    pub fn drift_ms(&self) -> u64 {
        self.now().0.abs_diff(self.wall().0)
    }

    /// How long ago the process read the clock first, which is at its start.
    pub fn uptime_ms(&self) -> u64 {
        self.now().since(START.0)
    }

    /// Waits until so much time has passed by this clock.
    pub fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send + use<> {
        match &self.0 {
            None => Either::Left(tokio::time::sleep(time)),
            Some(hand) => {
                let due = self.now().plus(millis(time.as_millis()));
                Either::Right(Box::pin(Arc::clone(hand).reach(due)))
            }
        }
    }

    /// Waits for a future, but no longer than for that time by this clock; `None`: it was late.
    pub async fn timeout<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            () = self.sleep(time) => None,
        }
    }

    fn read(&self, machine: fn() -> UnixMillis) -> UnixMillis {
        match &self.0 {
            None => machine(),
            Some(hand) => hand.stands_at.unwrap_or_else(machine).plus(*hand.ahead_ms.borrow()),
        }
    }
}

impl Hand {
    async fn reach(self: Arc<Self>, due: UnixMillis) {
        let clock = Clock(Some(Arc::clone(&self)));
        let mut moved = self.ahead_ms.subscribe();
        loop {
            let left_ms = due.since(clock.now());
            if left_ms == 0 {
                return;
            }
            let is_moved = async {
                moved.changed().await.expect("this future holds the sender");
            };
            match self.stands_at {
                Some(_) => is_moved.await,
                // Over or moved, it looks again.
                None => drop(tokio::time::timeout(Duration::from_millis(left_ms), is_moved).await),
            }
        }
    }
}

/// Nanoseconds of the machine's monotonic clock since the start: for measuring how long something takes, never for a rule.
pub(crate) fn nanos() -> u64 {
    u64::try_from(START.1.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this is the one file that may")]
static START: LazyLock<(UnixMillis, Instant)> = LazyLock::new(|| (wall_clock(), Instant::now()));

#[expect(clippy::disallowed_methods, reason = "this is the one file that may")]
fn wall_clock() -> UnixMillis {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(millis(since_epoch.as_millis()))
}

fn monotonic() -> UnixMillis {
    let (wall, monotonic) = *START;
    wall.plus(millis(monotonic.elapsed().as_millis()))
}

fn millis(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    const NOON: UnixMillis = UnixMillis(1_790_000_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_clock_that_stands_still_wakes_a_sleeper_when_it_is_moved_far_enough() {
        let clock = Clock::manual(NOON);
        let mut sleep = Box::pin(clock.sleep(HOUR));
        assert!((&mut sleep).now_or_never().is_none() && clock.sleepers() == 1);
        clock.advance(Duration::from_millis(3_599_999));
        assert!((&mut sleep).now_or_never().is_none(), "a millisecond is left");
        clock.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!((clock.now(), clock.wall()), (NOON.plus(3_600_000), NOON.plus(3_600_000)));
        assert_eq!((clock.sleepers(), clock.drift_ms()), (0, 0));
    }

    #[tokio::test]
    async fn a_clock_that_runs_wakes_by_itself_and_by_a_move() {
        let clock = Clock::movable();
        clock.sleep(Duration::from_millis(2)).await;
        let before = clock.now();
        let mut sleep = Box::pin(clock.sleep(HOUR));
        assert!((&mut sleep).now_or_never().is_none());
        clock.clone().advance(HOUR);
        sleep.await;
        assert!(clock.now().since(before) >= 3_600_000);
    }

    #[tokio::test]
    async fn a_future_that_is_late_by_its_clock_is_given_up() {
        let clock = Clock::manual(NOON);
        assert_eq!(clock.timeout(HOUR, async { 7 }).await, Some(7));
        let mut late = Box::pin(clock.timeout(HOUR, std::future::pending::<()>()));
        assert!((&mut late).now_or_never().is_none());
        clock.advance(HOUR);
        assert_eq!(late.await, None);
    }
}
