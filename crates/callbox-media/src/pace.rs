//! Decides whether packets come so fast that it pays to let some gather before they are read.
//!
//! A turn costs a wake-up, and a call of the system for each socket, whether it finds one packet or ten. It never pays
//! behind a read that was full: then packets wait already, and a thread that rested would never catch up with them.

use callbox_turn::Millis;

/// Packets of one millisecond from which on a thread lets them gather: some seventy calls. Measured with 250 calls: a rest
/// takes a packet from 4.7 to some 4 us of CPU. With fewer calls most rests would find one packet, and only delay it.
const CROWD_PER_MS: u64 = 20;
/// How often that is asked: half a picture's time.
const WINDOW_MS: u64 = 16;

#[derive(Debug, Default)]
pub(crate) struct Pace {
    since: Millis,
    packets: u64,
    is_crowd: bool,
    /// A read of this turn may have left packets behind.
    left_some: bool,
    lets_gather: bool,
}

impl Pace {
    /// A socket gave `count` packets, although it could have given `max`.
    pub(crate) fn handle_read(&mut self, count: usize, max: usize) {
        self.packets += count as u64;
        self.left_some |= count >= max;
    }

    /// More sockets than were asked have something.
    pub(crate) fn handle_unread(&mut self) {
        self.left_some = true;
    }

    /// Everything that was read in a turn has gone out.
    pub(crate) fn handle_turn(&mut self, now: Millis) {
        let elapsed_ms = now.0.saturating_sub(self.since.0);
        if elapsed_ms >= WINDOW_MS {
            self.is_crowd = self.packets >= CROWD_PER_MS * elapsed_ms;
            (self.since, self.packets) = (now, 0);
        }
        // Packets that already wait would only wait longer, and behind them the sockets' buffers would fill.
        self.lets_gather = self.is_crowd && !self.left_some;
        self.left_some = false;
    }

    pub(crate) fn lets_gather(&self) -> bool {
        self.lets_gather
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_ms: usize, for_ms: u64) -> Pace {
        let mut pace = Pace { since: Millis(1_000), ..Pace::default() };
        for ms in 1..=for_ms {
            pace.handle_read(per_ms, usize::MAX);
            pace.handle_turn(Millis(1_000 + ms));
        }
        pace
    }

    #[test]
    fn a_crowd_is_many_packets_for_a_while() {
        assert!(pace(20, 16).lets_gather());
        assert!(!pace(19, 160).lets_gather());
        assert!(!pace(200, 15).lets_gather(), "one burst is none");
    }

    #[test]
    fn after_a_silence_there_is_no_crowd() {
        let mut pace = pace(80, 160);
        pace.handle_read(64, usize::MAX);
        pace.handle_turn(Millis(5_000));
        assert!(!pace.lets_gather());
    }

    #[test]
    fn nothing_gathers_behind_packets_that_were_left_in_a_socket() {
        let mut pace = pace(80, 160);
        let turns = [(&[(64, 64), (1, 32)][..], false), (&[(63, 64), (32, 32)], false), (&[(63, 64)], true)];
        for (reads, lets_gather) in turns {
            for (count, max) in reads {
                pace.handle_read(*count, *max);
            }
            pace.handle_turn(Millis(1_161));
            assert_eq!(pace.lets_gather(), lets_gather, "{reads:?}");
        }
        pace.handle_unread();
        pace.handle_turn(Millis(1_162));
        assert!(!pace.lets_gather());
    }
}
