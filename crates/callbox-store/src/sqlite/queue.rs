//! The writer's queue: bounded, and quiet about writes that nobody waits for.
//!
//! Each wake of a thread costs more than a row, so a write behind wakes nobody: the first of a group does, to start
//! its time, and an awaited write ends it. A commit costs more than many rows: if several shared the last one, the
//! next waits as long as more come, 2 ms at most. Requeued writes do not count against the bound: one group, 256.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs that may wait: a second's worth of a slow disk.
const JOBS_MAX: usize = 1_024;
/// Jobs of one group: past this, waiting for more gains nothing.
const GROUP_MAX: usize = 256;
/// How long a group gathers that nobody waits for.
const GATHER_TIME: Duration = Duration::from_millis(500);
/// How long no write must come for a group to be complete: some times what it takes to be answered and to ask again.
const PAUSE: Duration = Duration::from_micros(50);
/// Pauses in a row that a group may wait for, so that no stream of arrivals holds up the first.
const PAUSES_MAX: usize = 20;

/// Jobs on their way to one thread.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    ready: Condvar,
}

struct State<J> {
    jobs: VecDeque<(J, Urgency)>,
    /// How many of them are awaited.
    awaited: usize,
    /// Whether the thread waits for a signal: sending one costs a system call, even if nobody waits.
    is_idle: bool,
    /// How many were awaited in the last group.
    shared: usize,
    is_closed: bool,
}

/// Whether somebody waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    Awaited,
    Behind,
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueError {
    Full,
    Closed,
}

impl<J> Queue<J> {
    pub(super) fn new() -> Self {
        let state = State { jobs: VecDeque::new(), awaited: 0, is_idle: false, shared: 0, is_closed: false };
        Self { state: Mutex::new(state), ready: Condvar::new() }
    }

    /// Puts a job at the end.
    pub(super) fn push(&self, job: J, urgency: Urgency) -> Result<(), QueueError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(QueueError::Closed);
        }
        if state.jobs.len() >= JOBS_MAX {
            return Err(QueueError::Full);
        }
        state.jobs.push_back((job, urgency));
        state.awaited += usize::from(urgency == Urgency::Awaited);
        let wakes_writer = state.is_idle && (state.jobs.len() == 1 || state.is_group_ready());
        if wakes_writer {
            state.is_idle = false;
        }
        drop(state);
        if wakes_writer {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Waits for the next group, in order; `None` once the queue is closed and empty.
    pub(super) fn next_group(&self) -> Option<Vec<J>> {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.is_closed {
                return None;
            }
            state.is_idle = true;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let gathers = |state: &mut State<J>| {
            state.is_idle = !state.is_group_ready();
            state.is_idle
        };
        let waited = self.ready.wait_timeout_while(state, GATHER_TIME, gathers);
        (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_idle = false;
        if state.shared > 1 {
            state = self.wait_for_pause(state);
        }
        let count = state.jobs.len().min(GROUP_MAX);
        let group: Vec<_> = state.jobs.drain(..count).collect();
        state.shared = group.iter().filter(|(_, urgency)| *urgency == Urgency::Awaited).count();
        state.awaited -= state.shared;
        Some(group.into_iter().map(|(job, _)| job).collect())
    }

    /// Waits until nobody came for a while, or a group is full.
    fn wait_for_pause<'q>(&'q self, mut state: MutexGuard<'q, State<J>>) -> MutexGuard<'q, State<J>> {
        for _ in 0..PAUSES_MAX {
            let before = state.jobs.len();
            if before >= GROUP_MAX || state.is_closed {
                break;
            }
            // Arrivals tell nobody meanwhile: only the end does.
            let waited = self.ready.wait_timeout(state, PAUSE);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.jobs.len() == before {
                break;
            }
        }
        state
    }

    /// Puts jobs that nobody waits for back at the front, in order; gives those back that came after the close.
    pub(super) fn put_back(&self, jobs: Vec<J>) -> Vec<J> {
        let mut state = self.lock();
        if state.is_closed {
            return jobs;
        }
        for job in jobs.into_iter().rev() {
            state.jobs.push_front((job, Urgency::Behind));
        }
        Vec::new()
    }

    /// How many jobs are in it.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no more; the jobs in it are still done.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.is_idle = false;
        drop(state);
        self.ready.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("jobs", &self.lock().jobs.len()).finish_non_exhaustive()
    }
}

impl<J> State<J> {
    fn is_group_ready(&self) -> bool {
        self.awaited > 0 || self.jobs.len() >= GROUP_MAX || self.is_closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_awaited_job_takes_those_before_it_along_and_does_not_wait() {
        let queue = Queue::new();
        queue.push(1, Urgency::Behind).unwrap();
        queue.push(2, Urgency::Awaited).unwrap();
        assert!(queue.lock().is_group_ready());
        assert_eq!(queue.next_group(), Some(vec![1, 2]));
    }

    #[test]
    fn jobs_that_nobody_waits_for_gather() {
        let queue = Queue::new();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..5).for_each(|job| queue.push(job, Urgency::Behind).unwrap()));
            assert_eq!(queue.next_group(), Some(vec![0, 1, 2, 3, 4]));
        });
    }

    #[test]
    fn it_holds_so_many_and_hands_out_so_many_at_once() {
        let queue = Queue::new();
        for job in 0..JOBS_MAX {
            queue.push(job, Urgency::Behind).unwrap();
        }
        assert_eq!(queue.push(0, Urgency::Awaited), Err(QueueError::Full));
        assert_eq!(queue.next_group(), Some((0..GROUP_MAX).collect()));
    }

    #[test]
    fn what_is_put_back_comes_first_and_not_after_the_close() {
        let queue = Queue::new();
        queue.push(3, Urgency::Awaited).unwrap();
        assert!(queue.put_back(vec![1, 2]).is_empty());
        assert_eq!(queue.next_group(), Some(vec![1, 2, 3]));
        queue.close();
        assert_eq!(queue.put_back(vec![4]), [4]);
    }

    #[test]
    fn what_was_taken_is_done_after_the_close_and_nothing_more() {
        let queue = Queue::new();
        queue.push(1, Urgency::Behind).unwrap();
        queue.close();
        assert_eq!(queue.push(2, Urgency::Awaited), Err(QueueError::Closed));
        assert_eq!(queue.next_group(), Some(vec![1]));
        assert_eq!(queue.next_group(), None);
    }
}
