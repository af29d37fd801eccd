//! The requests of one HTTP/2 connection: whether there are any, and whether their answers are read.
//!
//! HTTP/2 has windows of its own, so a client can read nothing while the connection is alive, and pings keep it so.
//! An answer is handed over in small chunks, each when there is room in its stream's window; an answer whose next
//! chunk is not asked for in time ends the connection. So does a time without requests, and an age. Bound: as many
//! requests as streams.

use axum::body::Body;
use hyper::body::{Bytes, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use callbox_protocol::time::UnixMillis;

use super::Timeouts;
use crate::clock::Clock;

/// A frame's usual size. No more than two chunks of an answer are unaccounted for.
const CHUNK_BYTES_MAX: usize = 16 * 1024;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndReason {
    /// Nobody asked for anything for a while.
    Idle,
    /// It is time for a new one: nothing that we do not see is kept for longer.
    Old,
    /// An answer is not taken.
    Stalled,
}

/// The requests under way.
#[derive(Debug)]
pub(super) struct Requests {
    clock: Clock,
    began: UnixMillis,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Each with the time of its last progress.
    open: Vec<(u64, UnixMillis)>,
    next_id: u64,
    idle_since: UnixMillis,
}

/// One request, until its answer was handed over.
#[derive(Debug)]
pub(super) struct UnderWay {
    requests: Arc<Requests>,
    id: u64,
}

impl Requests {
    /// Of a connection that begins.
    pub(super) fn new(clock: Clock) -> Self {
        let now = clock.now();
        let state = State { open: Vec::new(), next_id: 0, idle_since: now };
        Self { clock, began: now, state: Mutex::new(state) }
    }

    /// One more.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let now = self.clock.now();
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.open.push((id, now));
        UnderWay { requests: Arc::clone(self), id }
    }

    /// Returns when the connection should end.
    pub(super) async fn watch(&self, timeouts: &Timeouts) -> EndReason {
        loop {
            match self.judge(self.clock.now(), timeouts) {
                // A request that begins meanwhile may be late sooner than the one that we wait for.
                Ok(wait) => self.clock.sleep(wait.min(timeouts.write)).await,
                Err(over) => return over,
            }
        }
    }

    /// How long all is well, if it is.
    fn judge(&self, now: UnixMillis, timeouts: &Timeouts) -> Result<Duration, EndReason> {
        let state = self.lock();
        let oldest = state.open.iter().map(|(_, progress_at)| *progress_at).min();
        let (since, bound, over) = match oldest {
            Some(progress_at) => (progress_at, timeouts.write, EndReason::Stalled),
            None => (state.idle_since, timeouts.idle, EndReason::Idle),
        };
        let left = |since: UnixMillis, bound: Duration, over: EndReason| {
            let left = bound.saturating_sub(Duration::from_millis(now.since(since)));
            if left.is_zero() { Err(over) } else { Ok(left) }
        };
        let of_this = left(since, bound, over)?;
        Ok(of_this.min(left(self.began, timeouts.age, EndReason::Old)?))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    fn note_progress(&self) {
        let now = self.requests.clock.now();
        let mut state = self.requests.lock();
        if let Some((_, progress_at)) = state.open.iter_mut().find(|(id, _)| *id == self.id) {
            *progress_at = now;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.requests.lock();
        state.open.retain(|(id, _)| *id != self.id);
        if state.open.is_empty() {
            state.idle_since = self.requests.clock.now();
        }
    }
}

/// The body of a response on its way.
pub(super) struct ResponseBody {
    body: Body,
    /// The rest of a piece of the body.
    rest: Bytes,
    request: UnderWay,
}

impl ResponseBody {
    pub(super) fn new(body: Body, request: UnderWay) -> Self {
        Self { body, rest: Bytes::new(), request }
    }
}

impl hyper::body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.request.note_progress();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let bytes = self.rest.len().min(CHUNK_BYTES_MAX);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_ends_when_it_is_quiet_or_old_or_an_answer_is_not_taken() {
        let clock = Clock::manual(UnixMillis(1_790_000_000_000));
        let began = clock.now();
        let seconds = Duration::from_secs;
        let requests = Arc::new(Requests::new(clock.clone()));
        let at = |s: u64| clock.advance(Duration::from_millis(began.plus(s * 1_000).since(clock.now())));
        let judge = |s: u64| requests.judge(began.plus(s * 1_000), &super::super::TIMEOUTS);
        assert_eq!(judge(50), Ok(seconds(10)));
        assert_eq!(judge(60), Err(EndReason::Idle));
        at(50);
        let first = requests.begin();
        at(70);
        let second = requests.begin();
        assert_eq!(judge(79), Ok(seconds(1)));
        assert_eq!(judge(80), Err(EndReason::Stalled));
        at(85);
        first.note_progress();
        assert_eq!(judge(99), Ok(seconds(1)), "the other one counts for itself");
        drop(second);
        assert_eq!(judge(110), Ok(seconds(5)));
        at(595);
        first.note_progress();
        assert_eq!(judge(599), Ok(seconds(1)));
        assert_eq!(judge(600), Err(EndReason::Old));
    }
}
