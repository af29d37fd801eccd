//! All connections of one thread: which of them are to be read, written and ended.
//!
//! Each has a number, by which the machine and the system name it. Bounds: [`STREAMS_MAX`]; a connection without an allocation ends
//! after [`IDLE_MS`], one whose other end reads nothing after [`STALLED_MS`]; both are looked for once a second.

use callbox_turn::{ConnectionKey, FiveTuple, Millis};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use slab::Slab;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::stream::{Connection, INPUT_BYTES, Kind, READ_BYTES_MAX, Stream};

/// Of one thread. The listener's slots bound all connections together.
const STREAMS_MAX: usize = 8_192;
/// A browser allocates within seconds, and a client without an allocation has no business here.
const IDLE_MS: u64 = 20_000;
/// A phone in a tunnel is back by then. Media are dropped meanwhile, so that nothing grows.
const STALLED_MS: u64 = 30_000;
const SWEEP_MS: u64 = 1_000;

pub(crate) struct Streams {
    epoll: Arc<OwnedFd>,
    /// By the connection's number, which epoll gets behind `name`.
    all: Slab<Stream>,
    name: u64,
    /// To be read, in this order.
    unread: VecDeque<usize>,
    /// To be written at the turn's end.
    changed: Vec<usize>,
    /// To be ended.
    broken: Vec<ConnectionKey>,
    swept_at: Millis,
    wire: Box<[u8]>,
    /// The bytes of the last read.
    pub(crate) input: Box<[u8]>,
}

impl Streams {
    /// For events of a number above `name`.
    pub(crate) fn new(epoll: Arc<OwnedFd>, name: u64) -> Self {
        Self {
            epoll,
            all: Slab::new(),
            name,
            unread: VecDeque::new(),
            changed: Vec::new(),
            broken: Vec::new(),
            swept_at: Millis(0),
            wire: vec![0; READ_BYTES_MAX].into(),
            input: vec![0; INPUT_BYTES].into(),
        }
    }

    /// Takes one more; the bytes that it already brought are to be read.
    pub(crate) fn take(&mut self, connection: Connection, now: Millis) -> io::Result<ConnectionKey> {
        if self.all.len() >= STREAMS_MAX {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let entry = self.all.vacant_entry();
        let key = ConnectionKey(u32::try_from(entry.key()).expect("fewer than STREAMS_MAX"));
        let mut stream = Stream::new(connection, key, now)?;
        let data = EventData::new_u64(self.name + u64::from(key.0));
        epoll::add(&*self.epoll, stream.socket(), data, EventFlags::IN)?;
        // A handshake may have left something to be sent.
        stream.is_changed = true;
        self.changed.push(entry.key());
        entry.insert(stream);
        Ok(key)
    }

    pub(crate) fn client(&self, key: ConnectionKey) -> Option<FiveTuple> {
        self.all.get(key.0 as usize).map(|stream| stream.client)
    }

    /// There is something to read, or it has ended.
    pub(crate) fn handle_readable(&mut self, key: ConnectionKey) {
        if let Some(stream) = self.all.get_mut(key.0 as usize).filter(|stream| !stream.is_unread) {
            stream.is_unread = true;
            self.unread.push_back(key.0 as usize);
        }
    }

    /// Whether one is to be read.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// How many are.
    #[cfg(test)]
    pub(crate) fn unread_count(&self) -> usize {
        self.unread.len()
    }

    /// The next one that is to be read.
    pub(crate) fn next_unread(&mut self) -> Option<ConnectionKey> {
        while let Some(index) = self.unread.pop_front() {
            // Another one may have the number meanwhile; then it is read in vain.
            if let Some(stream) = self.all.get_mut(index) {
                stream.is_unread = false;
                return Some(ConnectionKey(u32::try_from(index).expect("fewer than STREAMS_MAX")));
            }
        }
        None
    }

    /// Reads once into `input`; how much is there, and whether it was the end.
    pub(crate) fn read(&mut self, key: ConnectionKey) -> (usize, bool) {
        let Some(stream) = self.all.get_mut(key.0 as usize) else { return (0, false) };
        stream.read(&mut self.wire, &mut self.input)
    }

    /// Keeps the bytes of `input` from there on: no whole frame yet.
    pub(crate) fn keep(&mut self, key: ConnectionKey, rest: std::ops::Range<usize>) {
        if let Some(stream) = self.all.get_mut(key.0 as usize) {
            stream.keep(&self.input[rest]);
        }
    }

    /// Stores a frame for the end of the turn; returns whether there was room.
    pub(crate) fn push(&mut self, key: ConnectionKey, frame: &[u8], kind: Kind) -> bool {
        let Some(stream) = self.all.get_mut(key.0 as usize) else { return false };
        let is_taken = stream.push(frame, kind);
        if is_taken && !stream.is_changed {
            stream.is_changed = true;
            self.changed.push(key.0 as usize);
        }
        if !is_taken && kind == Kind::Answer {
            self.broken.push(key);
        }
        is_taken
    }

    /// There is room again.
    pub(crate) fn handle_writable(&mut self, key: ConnectionKey) {
        if let Some(stream) = self.all.get_mut(key.0 as usize).filter(|stream| !stream.is_changed) {
            stream.is_changed = true;
            self.changed.push(key.0 as usize);
        }
    }

    /// Sends the waiting bytes, and asks for an event when there is room, if there was none.
    pub(crate) fn flush(&mut self, now: Millis) {
        for index in self.changed.drain(..) {
            let Some(stream) = self.all.get_mut(index) else { continue };
            stream.is_changed = false;
            let key = ConnectionKey(u32::try_from(index).expect("fewer than STREAMS_MAX"));
            let flushed = stream.flush(now);
            let is_blocked = stream.is_blocked();
            let watched = if flushed.is_ok() && is_blocked != stream.is_watched {
                stream.is_watched = is_blocked;
                let flags = if is_blocked { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
                let data = EventData::new_u64(self.name + u64::from(key.0));
                epoll::modify(&*self.epoll, stream.socket(), data, flags).map_err(io::Error::from)
            } else {
                Ok(())
            };
            if flushed.and(watched).is_err() {
                self.broken.push(key);
            }
        }
    }

    /// Marks one as to be ended.
    pub(crate) fn end(&mut self, key: ConnectionKey) {
        self.broken.push(key);
    }

    /// One that is to be ended, if there is one; it is ended.
    pub(crate) fn next_ended(&mut self) -> Option<FiveTuple> {
        while let Some(key) = self.broken.pop() {
            if let Some(stream) = self.all.try_remove(key.0 as usize) {
                if stream.is_blocked() {
                    stream.throw_away();
                }
                return Some(stream.client);
            }
        }
        None
    }

    /// Marks those that do nothing, once a second; `has_allocation` says who has one.
    pub(crate) fn sweep(&mut self, now: Millis, has_allocation: impl Fn(FiveTuple) -> bool) {
        if now.0.saturating_sub(self.swept_at.0) < SWEEP_MS {
            return;
        }
        self.swept_at = now;
        for (index, stream) in &mut self.all {
            stream.shrink();
            if has_allocation(stream.client) {
                stream.idle_since = now;
                stream.release();
            }
            let is_over = |since: Millis, ms: u64| now.0.saturating_sub(since.0) >= ms;
            let is_stalled = stream.blocked_since().is_some_and(|since| is_over(since, STALLED_MS));
            if is_stalled || is_over(stream.idle_since, IDLE_MS) {
                self.broken.push(ConnectionKey(u32::try_from(index).expect("fewer than STREAMS_MAX")));
            }
        }
    }
}

#[cfg(test)]
mod tests;
