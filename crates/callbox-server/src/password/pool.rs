//! The threads that hash, and the order of their jobs: `callbox_core::fair` decides.
//!
//! A hash costs 20 ms of a core on purpose, so a few threads do nothing else and give way to everything else; calls
//! do not notice a storm of sign-ins. The network that asks most waits longest, and is refused first. Bounds:
//! [`WAITING_MAX`] wait, and none of them longer than [`PATIENCE_MS`]. A thread looks at that on each turn, so no
//! timer does.

use callbox_core::address::Network;
use callbox_core::fair::{Action, FairQueue, Standing};
use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::oneshot;

use super::{PasswordError, Verdict, hash, verify};
use crate::clock::Clock;
use crate::randomness::Randomness;

/// Requests that wait for a thread: some for each of fifty networks that ask as fast as they can; 1.5 MB at most.
const WAITING_MAX: usize = 512;
/// A user who waits longer has pressed the button again.
const PATIENCE_MS: u64 = 5_000;
/// How much the threads give way to others, of 19.
const NICENESS: i32 = 10;

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Pool {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    clock: Clock,
    randomness: Randomness,
    state: Mutex<State>,
    has_started: Condvar,
}

#[derive(Debug)]
struct State {
    queue: FairQueue<Network, Job>,
    /// The jobs whose turn it is, until a thread takes them: not more than there are threads without work.
    started: VecDeque<Job>,
    is_closed: bool,
}

#[derive(Debug)]
pub(super) enum Job {
    Hash {
        password: String,
        answer: oneshot::Sender<Result<String, PasswordError>>,
    },
    Verify {
        password: String,
        phc: String,
        bcrypt_cost: u32,
        answer: oneshot::Sender<Result<Verdict, PasswordError>>,
    },
}

impl Job {
    /// A caller who hung up while waiting needs no answer.
    fn is_for_nobody(&self) -> bool {
        match self {
            Self::Hash { answer, .. } => answer.is_closed(),
            Self::Verify { answer, .. } => answer.is_closed(),
        }
    }

    fn run(self, randomness: &Randomness) {
        match self {
            Self::Hash { password, answer } => drop(answer.send(hash(&password, randomness.bytes()))),
            Self::Verify { password, phc, bcrypt_cost, answer } => {
                _ = answer.send(verify(&password, &phc, bcrypt_cost));
            }
        }
    }

    fn refuse(self) {
        match self {
            Self::Hash { answer, .. } => drop(answer.send(Err(PasswordError::Busy))),
            Self::Verify { answer, .. } => drop(answer.send(Err(PasswordError::Busy))),
        }
    }
}

impl Pool {
    /// Starts a thread for each core but one, and one at least.
    pub(super) fn start(clock: Clock, randomness: Randomness) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let pool = Self::without_threads(WAITING_MAX, clock, randomness);
        for number in 0..cores.saturating_sub(1).max(1) {
            pool.start_thread(number)?;
        }
        Ok(pool)
    }

    fn without_threads(waiting_max: usize, clock: Clock, randomness: Randomness) -> Self {
        let queue = FairQueue::new(waiting_max, PATIENCE_MS);
        let state = Mutex::new(State { queue, started: VecDeque::new(), is_closed: false });
        Self { desk: Arc::new(Desk { clock, randomness, state, has_started: Condvar::new() }) }
    }

    fn start_thread(&self, number: usize) -> std::io::Result<()> {
        let desk = Arc::clone(&self.desk);
        thread::Builder::new().name(format!("password-{number}")).spawn(move || desk.work()).map(drop)
    }

    /// Waits for its turn. If there is no room, the waiting caller gets an error.
    pub(super) fn put(&self, job: Job, standing: Standing<Network>) {
        let mut state = self.desk.lock();
        state.queue.handle_arrival(job, standing, self.desk.clock.now());
        state.drain();
        if !state.started.is_empty() {
            self.desk.has_started.notify_one();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.desk.lock().is_closed = true;
        self.desk.has_started.notify_all();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread, until the end.
    fn work(&self) {
        // The nice value is this thread's alone, as Linux has it. If that is not granted it only gives way less.
        let _ = rustix::process::nice(NICENESS);
        while let Some(job) = self.next() {
            if !job.is_for_nobody() {
                job.run(&self.randomness);
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        state.queue.handle_free(self.clock.now());
        state.drain();
        loop {
            if let Some(job) = state.started.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = self.has_started.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn drain(&mut self) {
        while let Some(action) = self.queue.next_action() {
            match action {
                Action::Start(job) => self.started.push_back(job),
                Action::Refuse(job) => job.refuse(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_core::address::ClientAddr;
    use callbox_core::fair::Rank;
    use callbox_protocol::time::UnixMillis;

    fn idle() -> Pool {
        let clock = Clock::manual(UnixMillis(1_790_000_000_000));
        Pool::without_threads(2, clock, Randomness::seeded(1))
    }

    fn ask(pool: &Pool, address: &str) -> oneshot::Receiver<Result<String, PasswordError>> {
        let (answer, answered) = oneshot::channel();
        let standing = ClientAddr(address.parse().unwrap()).standing(Rank::Stranger);
        pool.put(Job::Hash { password: "correct horse".to_owned(), answer }, standing);
        answered
    }

    #[tokio::test]
    async fn a_crowd_is_refused_before_an_owner_and_whoever_may_wait_is_answered() {
        // Nobody works, so that it is known who waits.
        let pool = idle();
        let (one, two) = (ask(&pool, "192.0.2.1"), ask(&pool, "192.0.2.2"));
        let owner = ask(&pool, "198.51.100.1");
        assert_eq!(two.await, Ok(Err(PasswordError::Busy)));
        pool.start_thread(0).unwrap();
        assert!(one.await.unwrap().is_ok() && owner.await.unwrap().is_ok());
    }

    #[test]
    fn whoever_hung_up_costs_no_hash_and_the_threads_end_with_the_pool() {
        let pool = idle();
        drop(ask(&pool, "192.0.2.1"));
        let desk = Arc::clone(&pool.desk);
        assert!(desk.next().unwrap().is_for_nobody());
        drop(pool);
        desk.work();
    }
}
