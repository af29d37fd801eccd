//! The client's half of a session that outlives its socket: numbers, what is kept, what is sent again.
//!
//! Written from `docs/PROTOCOL.md` alone, beside the server's half and the SDK's: a judge that shared their code would
//! share their faults. Bound: 64 KB of frames that were not acknowledged; past it the oldest are evicted.

use callbox_protocol::id::SessionId;
use callbox_protocol::signal::{ACK_BYTES, ACK_FRAMES, ClientFrame, KEPT_BYTES_MAX, Numbers, Resume};
use std::collections::VecDeque;
use std::fmt::Write as _;

/// A frame of the server is missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap;

/// One session, as its client sees it.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Name and epoch, once the server has sent them; without an epoch it keeps nothing, and neither do we.
    name: Option<(SessionId, String)>,
    /// Number of the last frame that we sent.
    sent: u64,
    /// Ours that were not acknowledged, each with its number.
    kept: VecDeque<(u64, String)>,
    kept_bytes: usize,
    /// Number of the last frame that we have.
    received: u64,
    /// The last value of `received` that the server was sent.
    acked: u64,
    unacked_bytes: usize,
    /// The server has answered the hello on this socket.
    is_open: bool,
}

impl Session {
    /// A frame that is counted: written now, or when there is a socket again.
    pub(super) fn send(&mut self, frame: &ClientFrame<'_>, out: &mut Vec<String>) {
        self.sent += 1;
        let ack = if self.is_open { self.ack_to_tell() } else { None };
        let text = text(frame, Numbers { seq: Some(self.sent), ack });
        if self.is_open {
            out.push(text.clone());
        }
        if self.name.is_some() || !self.is_open {
            self.kept_bytes += text.len();
            self.kept.push_back((self.sent, text));
        }
        while self.kept_bytes > KEPT_BYTES_MAX && self.let_go_first() {}
    }

    /// A frame that means nothing on another socket.
    pub(super) fn send_uncounted(&mut self, frame: &ClientFrame<'_>, out: &mut Vec<String>) {
        if self.is_open {
            let ack = self.ack_to_tell();
            out.push(text(frame, Numbers { seq: None, ack }));
        }
    }

    /// Acknowledges what we have if no frame did so for a while.
    pub(super) fn tell_if_due(&mut self, out: &mut Vec<String>) {
        if self.received - self.acked >= ACK_FRAMES || self.unacked_bytes >= ACK_BYTES {
            self.send_uncounted(&ClientFrame::Ack, out);
        }
    }

    /// The numbers of a frame that came. `false`: we had it.
    pub(super) fn handle_numbers(&mut self, numbers: Numbers, bytes: usize) -> Result<bool, Gap> {
        if let Some(ack) = numbers.ack {
            self.let_go_until(ack);
        }
        match numbers.seq {
            None => Ok(true),
            Some(seq) if seq <= self.received => Ok(false),
            Some(seq) if seq == self.received + 1 => {
                self.received = seq;
                self.unacked_bytes += bytes;
                Ok(true)
            }
            Some(_) => Err(Gap),
        }
    }

    /// The server has evicted frames that would mean nothing now.
    pub(super) fn handle_skipped(&mut self, seq: u64) {
        self.received = self.received.max(seq);
    }

    /// The session to ask for in the next hello.
    pub(super) fn resume(&self) -> Option<Resume> {
        let (session, epoch) = self.name.clone()?;
        Some(Resume { session, epoch, ack: self.received })
    }

    /// The server's answer. Frames that it lacks are sent again, or forgotten if it is another session.
    pub(super) fn handle_hello(
        &mut self,
        name: Option<(SessionId, String)>,
        recovered: bool,
        ack: u64,
        out: &mut Vec<String>,
    ) {
        let is_first = self.name.is_none() && self.received == 0;
        self.name = name;
        self.is_open = true;
        if recovered {
            self.let_go_until(ack);
            self.acked = self.received;
            self.unacked_bytes = 0;
        } else if is_first {
            // Frames made before the first hello were never on any wire.
            self.acked = 0;
        } else {
            *self = Self { name: self.name.take(), is_open: true, ..Self::default() };
        }
        out.extend(self.kept.iter().map(|(_, text)| text.clone()));
    }

    /// The socket is gone.
    pub(super) fn handle_lost(&mut self) {
        self.is_open = false;
    }

    fn ack_to_tell(&mut self) -> Option<u64> {
        let is_new = self.received > self.acked;
        self.acked = self.received;
        self.unacked_bytes = 0;
        is_new.then_some(self.received)
    }

    fn let_go_until(&mut self, ack: u64) {
        while self.kept.front().is_some_and(|(seq, _)| *seq <= ack) && self.let_go_first() {}
    }

    fn let_go_first(&mut self) -> bool {
        let first = self.kept.pop_front();
        self.kept_bytes -= first.as_ref().map_or(0, |(_, text)| text.len());
        first.is_some()
    }
}

/// The frame as it goes over the wire: the numbers go before the brace at its end.
pub(super) fn text(frame: &ClientFrame<'_>, Numbers { seq, ack }: Numbers) -> String {
    let mut text = serde_json::to_string(frame).expect("our frames have no maps and no failing parts");
    for (name, number) in [("seq", seq), ("ack", ack)] {
        if let Some(number) = number {
            text.pop();
            write!(text, r#","{name}":{number}}}"#).expect("a string takes all");
        }
    }
    text
}

#[cfg(test)]
mod tests;
