//! Sockets that are cut or closed, and clients that reconnect.

use super::{Action, Cut, Script, State};
use crate::clock::Nanos;
use crate::wire::Return;

/// A client that was cut is away for up to this long.
const AWAY_MS_MAX: u64 = 500;
/// Full jitter between attempts to connect: up to this much at first, then twice as much each time.
const BACKOFF_MS: u64 = 250;
const BACKOFF_MS_MAX: u64 = 4_000;
/// Searching for somebody in the midst of a set-up, as many of the latest are looked at.
const LATEST_SETUPS: usize = 64;

impl Script {
    /// The client's socket is gone. Returns when it reconnects, if it does.
    pub(crate) fn handle_lost(&mut self, client: usize, now: Nanos) -> Option<Nanos> {
        self.lose(client, now);
        let person = &mut self.persons[client];
        if person.is_sent_away {
            return None;
        }
        if person.back_at.is_none() {
            self.tally.counts.closed += 1;
        }
        let jitter = self.rng.u64(0..=AWAY_MS_MAX);
        Some(person.back_at.take().unwrap_or_else(|| now.plus_ms(jitter)))
    }

    /// The client could not connect. When it tries again.
    pub(crate) fn handle_refused(&mut self, client: usize, now: Nanos) -> Nanos {
        self.tally.counts.connects_failed += 1;
        let person = &mut self.persons[client];
        let ceiling = (BACKOFF_MS << person.connects_failed.min(8)).min(BACKOFF_MS_MAX);
        person.connects_failed += 1;
        now.plus_ms(self.rng.u64(0..=ceiling))
    }

    /// Cuts all at once; each reconnects at a moment of its own within this time.
    pub(crate) fn handle_storm(&mut self, within_ms: u64, now: Nanos) {
        for client in 0..self.persons.len() {
            if self.persons[client].is_ready {
                let back_at = now.plus_ms(self.rng.u64(0..=within_ms));
                self.cut(client, Cut::Finished, back_at, now);
            }
        }
    }

    pub(super) fn cut_somebody(&mut self, now: Nanos) {
        let how = match self.tally.counts.cuts % 3 {
            0 => Cut::Finished,
            1 => Cut::Reset,
            _ => Cut::Silent,
        };
        // Every other cut is to hit somebody in the midst of a set-up, if there is anybody.
        let busy = if self.rng.bool() { self.somebody_busy() } else { None };
        let client = busy.or_else(|| self.somebody());
        if let Some(client) = client {
            let back_at = now.plus_ms(self.rng.u64(0..=AWAY_MS_MAX));
            self.cut(client, how, back_at, now);
        }
    }

    pub(super) fn cut(&mut self, client: usize, how: Cut, back_at: Nanos, now: Nanos) {
        self.tally.counts.cuts += 1;
        self.persons[client].back_at = Some(back_at);
        self.lose(client, now);
        self.actions.push_back(Action::Cut(client, how));
    }

    pub(super) fn handle_leave(&mut self, client: usize, after_ms: Option<u64>, now: Nanos) {
        if let Some(ms) = after_ms {
            self.tally.counts.asked_back += 1;
            self.persons[client].back_at = Some(now.plus_ms(ms));
        } else {
            self.tally.counts.sent_away += 1;
            self.persons[client].is_sent_away = true;
        }
    }

    pub(super) fn handle_ready(&mut self, client: usize, how: Return, now: Nanos) {
        let person = &mut self.persons[client];
        self.ready += usize::from(!std::mem::replace(&mut person.is_ready, true));
        person.connects_failed = 0;
        self.actions.push_back(Action::Ready(client));
        let Some(lost_at) = person.lost_at.take() else { return };
        self.tally.returns.add(now.since(lost_at));
        let counts = &mut self.tally.counts;
        match how {
            Return::New => counts.anew += 1,
            Return::Recovered => counts.recovered += 1,
            Return::Forgotten => counts.forgotten += 1,
            Return::Restored { is_caller } => {
                counts.restored += 1;
                if is_caller {
                    self.begin_again(client, now);
                }
            }
            Return::CallGone => {
                counts.forgotten += 1;
                self.lose_call(client);
            }
        }
    }

    /// A call that we were in is no more.
    fn lose_call(&mut self, client: usize) {
        let Some(number) = self.persons[client].setup else { return };
        let setup = &mut self.setups[number as usize];
        if setup.state != State::Over {
            setup.state = State::Over;
            self.tally.counts.calls_gone += 1;
        }
    }

    fn lose(&mut self, client: usize, now: Nanos) {
        if let Some((_, setup)) = self.running(client) {
            setup.is_touched = true;
        }
        let person = &mut self.persons[client];
        self.ready -= usize::from(std::mem::replace(&mut person.is_ready, false));
        person.lost_at.get_or_insert(now);
        person.line.handle_lost();
    }

    fn somebody(&mut self) -> Option<usize> {
        (0..LATEST_SETUPS)
            .map(|_| self.rng.usize(0..self.persons.len()))
            .find(|&client| self.persons[client].is_ready)
    }

    fn somebody_busy(&mut self) -> Option<usize> {
        let first = self.latest.saturating_sub(LATEST_SETUPS);
        let latest = self.setups.get(first..=self.latest)?;
        let running = latest.iter().filter(|setup| setup.state == State::Running);
        let busy = running.flat_map(|setup| [setup.left, setup.right]);
        let busy: Vec<usize> = busy.filter(|&client| self.persons[client].is_ready).collect();
        self.rng.choice(busy)
    }
}
