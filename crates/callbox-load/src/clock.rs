//! Time and the alarm: the monotonic clock in nanoseconds, and a timer that is as fine.
//!
//! The runtime's own timers have steps of a millisecond, which would be most of what is measured here. So what is due
//! at an instant waits for the kernel's timer (`timerfd`), armed for exactly that instant.

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::unix::AsyncFd;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant: nanoseconds of the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nanos(pub(crate) u64);

impl Nanos {
    /// After every other instant.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    pub(crate) fn plus_ms(self, ms: u64) -> Self {
        self.plus(Duration::from_millis(ms))
    }

    /// How much later than `earlier`; zero if it is not.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// The current instant.
pub(crate) fn now() -> Nanos {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Nanos(seconds * NANOS_PER_SECOND + u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// A timer that can be armed anew while somebody waits for it.
pub(crate) struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "its fault is with types that change their descriptor; an `OwnedFd` never does"
        )]
        Ok(Self(AsyncFd::new(timer)?))
    }

    /// Rings at this instant, and no more at the one that was named before.
    pub(crate) fn arm(&self, at: Nanos) -> io::Result<()> {
        let seconds = i64::try_from(at.0 / NANOS_PER_SECOND).unwrap_or(i64::MAX);
        let nanos = i64::try_from(at.0 % NANOS_PER_SECOND).unwrap_or(0);
        let it_value = Timespec { tv_sec: seconds, tv_nsec: nanos };
        let spec = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::ABSTIME, &spec)?;
        Ok(())
    }

    /// Waits until it rings.
    pub(crate) async fn ring(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let mut count = [0; 8];
            if let Ok(rung) = ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut count)?)) {
                return rung.map(|_| ());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_rings_at_its_instant_and_not_before() {
        let alarm = Alarm::new().unwrap();
        let at = now().plus_ms(20);
        alarm.arm(now().plus_ms(60_000)).unwrap();
        alarm.arm(at).unwrap();
        alarm.ring().await.unwrap();
        assert!(now() >= at);
    }

    #[test]
    fn an_earlier_instant_is_not_after_a_later_one() {
        assert_eq!(Nanos(5).since(Nanos(9)), Duration::ZERO);
        assert_eq!(Nanos(9).since(Nanos(5)), Duration::from_nanos(4));
        assert_eq!(Nanos::NEVER.plus_ms(1), Nanos::NEVER);
    }
}
