//! Mails that were refused for now, and when each is tried again.
//!
//! Three times, after longer and longer pauses. Holds as many as its owner says; then the next refusal is final.

use callbox_protocol::time::UnixMillis;

/// A server that restarts is up again after the first or second; one that delays strangers for a while, after the
/// third. People wait for these mails: a user who has none after that asks again.
const PAUSES_MS: [u64; 3] = [1_000, 10_000, 60_000];

/// Something that is tried again.
#[derive(Debug)]
pub struct Retries<T> {
    waiting: Vec<(UnixMillis, usize, T)>,
    waiting_max: usize,
}

impl<T> Retries<T> {
    /// Nothing was refused yet; so many may wait at once.
    pub fn new(waiting_max: usize) -> Self {
        Self { waiting: Vec::new(), waiting_max }
    }

    /// Keeps a refused item after so many retries; returns it if there shall be no other.
    pub fn put(&mut self, item: T, retries: usize, now: UnixMillis) -> Result<(), T> {
        match PAUSES_MS.get(retries) {
            Some(pause) if self.waiting.len() < self.waiting_max => {
                self.waiting.push((now.plus(*pause), retries + 1, item));
                Ok(())
            }
            _ => Err(item),
        }
    }

    /// How long until the next one is due.
    pub fn next_in_ms(&self, now: UnixMillis) -> Option<u64> {
        self.waiting.iter().map(|(due, ..)| due.since(now)).min()
    }

    /// One that is due, with the number of its retry.
    pub fn take_due(&mut self, now: UnixMillis) -> Option<(T, usize)> {
        let index = self.waiting.iter().position(|(due, ..)| *due <= now)?;
        let (_, retries, item) = self.waiting.remove(index);
        Some((item, retries))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_again_three_times_with_longer_and_longer_pauses() {
        let mut retries = Retries::new(1);
        let mut now = UnixMillis(1_000_000);
        let mut done = 0;
        let mut pauses = Vec::new();
        while retries.put("mail", done, now).is_ok() {
            let pause = retries.next_in_ms(now).unwrap();
            assert!(retries.take_due(now.plus(pause - 1)).is_none());
            now = now.plus(pause);
            done = retries.take_due(now).unwrap().1;
            pauses.push(pause);
            assert_eq!(retries.next_in_ms(now), None);
        }
        assert_eq!((pauses, done), (PAUSES_MS.to_vec(), 3));
    }

    #[test]
    fn one_more_than_may_wait_is_given_back() {
        let mut retries = Retries::new(3);
        for number in 0..3 {
            retries.put(number, 0, UnixMillis(0)).unwrap();
        }
        assert_eq!(retries.put(7, 0, UnixMillis(0)), Err(7));
        assert_eq!(retries.waiting(), 3);
    }
}
