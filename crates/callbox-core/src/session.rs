//! The frames of one session, both ways: numbered, kept until they are acknowledged, sent again on another socket.
//!
//! Pure. It knows frames by their bytes and whose candidates they carry, never what they mean. Bounds: 64 KB of
//! frames that were written and not acknowledged, or that wait for a socket to come; 256 KB that wait for a socket
//! which is there. Candidates of calls that have ended go first; past that the oldest frames are evicted, and
//! with them the hope to recover, or the reader is too slow.

use bytes::Bytes;
use callbox_protocol::id::CallId;
use callbox_protocol::signal::{ACK_BYTES, ACK_FRAMES, KEPT_BYTES_MAX, Numbers, ServerFrame};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use thiserror::Error;

/// The most bytes that may wait for a socket which is there: four full frames. A call's whole set-up is 20 KB.
pub const UNWRITTEN_BYTES_MAX: usize = 256 * 1024;
/// The cost of a kept frame beside its text, so that a flood of tiny frames is bounded by the same number.
const KEPT_OVERHEAD: usize = 64;

/// Why a socket cannot continue. The session can, on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StreamError {
    /// A frame of the client is missing.
    #[error("a frame is missing")]
    Gap,
    /// The client has more frames than it was sent.
    #[error("an acknowledgement of a frame that was never sent")]
    AckAhead,
    /// The client does not read.
    #[error("more than {UNWRITTEN_BYTES_MAX} bytes wait to be read")]
    SlowReader,
}

/// A frame that is kept; its number is its place.
#[derive(Debug)]
struct Kept {
    /// `None` if it was evicted: candidates of a call that has ended.
    text: Option<Bytes>,
    /// The call whose candidates it carries.
    candidates_of: Option<CallId>,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.text.as_ref().map_or(0, Bytes::len) + KEPT_OVERHEAD
    }
}

/// The frames of one session.
#[derive(Debug)]
pub struct Stream {
    /// Not acknowledged, the oldest first.
    kept: VecDeque<Kept>,
    /// The number of the first of `kept`, or of the next frame.
    first_seq: u64,
    /// How many at the end of `kept` no socket has taken yet.
    unwritten: usize,
    kept_bytes: usize,
    unwritten_bytes: usize,
    /// The last frame of the client.
    received: u64,
    /// The last value of `received` that the client was sent.
    acked: u64,
    /// Bytes of frames that were not acknowledged to the client.
    unacked_bytes: usize,
    /// Whether the client has asked for a sign of life.
    owes_pong: bool,
    /// Whether a socket has ever taken a frame.
    was_taken: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            first_seq: 1,
            unwritten: 0,
            kept_bytes: 0,
            unwritten_bytes: 0,
            received: 0,
            acked: 0,
            unacked_bytes: 0,
            owes_pong: false,
            was_taken: false,
        }
    }
}

impl Stream {
    /// A frame for the client. `candidates_of` names the call whose candidates it carries; `call` is the one that
    /// the session is in now, whose candidates are not evicted.
    pub fn send(
        &mut self,
        frame: &ServerFrame<'_>,
        candidates_of: Option<CallId>,
        call: Option<CallId>,
        has_socket: bool,
    ) -> Result<(), StreamError> {
        let numbers = Numbers { seq: Some(self.next_seq()), ack: self.ack_to_tell() };
        let kept = Kept { text: Some(frame.to_text(numbers).into()), candidates_of };
        self.kept_bytes += kept.bytes();
        self.unwritten_bytes += kept.bytes();
        self.unwritten += 1;
        self.kept.push_back(kept);
        self.keep_within_bounds(call, has_socket)
    }

    /// The numbers of a frame that the client sent, and its size. `false`: it was seen before.
    pub fn handle_numbers(&mut self, numbers: Numbers, bytes: usize) -> Result<bool, StreamError> {
        if let Some(ack) = numbers.ack {
            self.handle_ack(ack)?;
        }
        match numbers.seq {
            None => Ok(true),
            Some(seq) if seq <= self.received => Ok(false),
            Some(seq) if seq == self.received + 1 => {
                self.received = seq;
                self.unacked_bytes += bytes;
                Ok(true)
            }
            Some(_) => Err(StreamError::Gap),
        }
    }

    /// The frames that no socket has taken yet, in order, and an acknowledgement if one is due. `call` as in `send`.
    pub fn take(&mut self, call: Option<CallId>) -> Vec<Bytes> {
        let first = self.kept.len() - self.unwritten;
        let mut frames = Vec::with_capacity(self.unwritten);
        let mut skipped: Option<u64> = None;
        for (seq, kept) in (self.first_seq + first as u64..).zip(self.kept.range(first..)) {
            match &kept.text {
                None => skipped = Some(seq),
                Some(text) => {
                    frames.extend(skipped.take().map(skipped_text));
                    frames.push(text.clone());
                }
            }
        }
        frames.extend(skipped.map(skipped_text));
        self.was_taken |= self.unwritten > 0;
        self.unwritten = 0;
        self.unwritten_bytes = 0;
        self.keep_within_bounds(call, true).expect("nothing is left to be read");
        if std::mem::take(&mut self.owes_pong) {
            frames.push(self.uncounted(&ServerFrame::Pong));
        } else if self.is_ack_due() {
            frames.push(self.uncounted(&ServerFrame::Ack));
        }
        frames
    }

    /// The client asks for a sign of life.
    pub fn handle_ping(&mut self) {
        self.owes_pong = true;
    }

    /// Whether an acknowledgement is due, even by a frame of its own.
    pub fn is_ack_due(&self) -> bool {
        self.received - self.acked >= ACK_FRAMES || self.unacked_bytes >= ACK_BYTES
    }

    /// A frame that is not counted, with an acknowledgement.
    pub fn uncounted(&mut self, frame: &ServerFrame<'_>) -> Bytes {
        let ack = self.ack_to_tell();
        frame.to_text(Numbers { seq: None, ack }).into()
    }

    /// The socket is gone: what was kept for it counts against the smaller bound now.
    pub fn handle_detach(&mut self, call: Option<CallId>) {
        self.keep_within_bounds(call, false).expect("without a socket no reader is slow");
    }

    /// A client reconnects and has all up to `ack`: what it lacks is to be taken again. `false`: frames that it lacks
    /// are gone, and both sides count from 1 again.
    pub fn handle_resume(&mut self, ack: u64) -> bool {
        let is_whole = ack < self.next_seq() && ack + 1 >= self.first_seq;
        if is_whole {
            self.let_go_until(ack);
            self.unwritten = self.kept.len();
            self.unwritten_bytes = self.kept_bytes;
            // The hello says it.
            self.acked = self.received;
            self.unacked_bytes = 0;
            // The ping came on the old socket.
            self.owes_pong = false;
        } else {
            *self = Self::default();
        }
        is_whole
    }

    /// Whether no frame went either way yet: what waits is whole, from the first on.
    pub fn is_untouched(&self) -> bool {
        self.received == 0 && self.first_seq == 1 && !self.was_taken
    }

    /// The last frame of the client.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that are kept, with what keeping them costs.
    pub fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    fn next_seq(&self) -> u64 {
        self.first_seq + self.kept.len() as u64
    }

    /// The acknowledgement that the client lacks, if any.
    fn ack_to_tell(&mut self) -> Option<u64> {
        let is_new = self.received > self.acked;
        self.acked = self.received;
        self.unacked_bytes = 0;
        is_new.then_some(self.received)
    }

    fn handle_ack(&mut self, ack: u64) -> Result<(), StreamError> {
        let written = self.next_seq() - self.unwritten as u64;
        if ack >= written {
            return Err(StreamError::AckAhead);
        }
        self.let_go_until(ack);
        Ok(())
    }

    fn let_go_until(&mut self, seq: u64) {
        while self.first_seq <= seq && self.let_go_first() {}
    }

    /// Forgets the oldest frame, if there is one; it must have been written, or the socket be gone.
    fn let_go_first(&mut self) -> bool {
        let Some(first) = self.kept.pop_front() else { return false };
        self.kept_bytes -= first.bytes();
        if self.unwritten > self.kept.len() {
            self.unwritten = self.kept.len();
            self.unwritten_bytes -= first.bytes();
        }
        self.first_seq += 1;
        true
    }

    fn keep_within_bounds(&mut self, call: Option<CallId>, has_socket: bool) -> Result<(), StreamError> {
        if self.is_within_bounds(has_socket) {
            return Ok(());
        }
        self.let_go_dead_candidates(call);
        if has_socket && self.unwritten_bytes > UNWRITTEN_BYTES_MAX {
            return Err(StreamError::SlowReader);
        }
        while !self.is_within_bounds(has_socket) {
            self.let_go_first();
        }
        Ok(())
    }

    fn is_within_bounds(&self, has_socket: bool) -> bool {
        if has_socket {
            self.kept_bytes - self.unwritten_bytes <= KEPT_BYTES_MAX
                && self.unwritten_bytes <= UNWRITTEN_BYTES_MAX
        } else {
            self.kept_bytes <= KEPT_BYTES_MAX
        }
    }

    fn let_go_dead_candidates(&mut self, call: Option<CallId>) {
        let first_unwritten = self.kept.len() - self.unwritten;
        for (place, kept) in self.kept.iter_mut().enumerate() {
            if kept.candidates_of.is_some() && kept.candidates_of != call {
                let bytes = kept.text.take().map_or(0, |text| text.len());
                self.kept_bytes -= bytes;
                if place >= first_unwritten {
                    self.unwritten_bytes -= bytes;
                }
            }
        }
    }
}

fn skipped_text(seq: u64) -> Bytes {
    ServerFrame::Skipped.to_text(Numbers { seq: Some(seq), ack: None }).into()
}

/// A stream at rest, for the process that takes over.
#[derive(Debug, Serialize, Deserialize)]
pub struct StreamState {
    first_seq: u64,
    received: u64,
    kept: Vec<(Option<String>, Option<CallId>)>,
    #[serde(default = "yes")]
    was_taken: bool,
}

/// The value for a process that did not say: rather lost than received twice.
fn yes() -> bool {
    true
}

impl From<&Stream> for StreamState {
    fn from(stream: &Stream) -> Self {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let kept = stream.kept.iter().map(|kept| (kept.text.as_ref().map(text), kept.candidates_of));
        let (first_seq, received, was_taken) = (stream.first_seq, stream.received, stream.was_taken);
        Self { first_seq, received, kept: kept.collect(), was_taken }
    }
}

impl From<StreamState> for Stream {
    fn from(state: StreamState) -> Self {
        let kept: VecDeque<Kept> = state
            .kept
            .into_iter()
            .map(|(text, candidates_of)| Kept { text: text.map(Bytes::from), candidates_of })
            .collect();
        let bytes = kept.iter().map(Kept::bytes).sum();
        Self {
            first_seq: state.first_seq,
            unwritten: kept.len(),
            kept_bytes: bytes,
            unwritten_bytes: bytes,
            received: state.received,
            acked: state.received,
            unacked_bytes: 0,
            owes_pong: false,
            was_taken: state.was_taken,
            kept,
        }
    }
}

#[cfg(test)]
mod tests;
