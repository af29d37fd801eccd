//! One TCP connection: it holds its slot, and it ends when its other end reads nothing.
//!
//! A write that waits longer than its time fails, and with it the connection, with any protocol on it: HTTP of both
//! versions, TLS, a WebSocket. Each write counts anew; because of the few bytes that the kernel buffers
//! (`UNSENT_BYTES_MAX`) one continues only when half of them were read, so a reader needs some hundred bytes a
//! second.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::slots::Slot;

/// The bytes that the kernel keeps of a connection beside those in flight. Without a bound it is up to 4 MB, for as
/// long as nobody reads.
pub(crate) const UNSENT_BYTES_MAX: u32 = 32 * 1024;

/// A connection with its slot.
pub(super) struct Stream {
    tcp: TcpStream,
    write_timeout: Duration,
    /// Rings when the write that waits has waited too long; there is none while none waits.
    stalled: Option<Pin<Box<Sleep>>>,
    slot: Slot,
    /// Bytes that were read and put back.
    unread: Vec<u8>,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, write_timeout: Duration, slot: Slot) -> Self {
        Self { tcp, write_timeout, stalled: None, slot, unread: Vec::new() }
    }

    /// Waits for the first byte and leaves it there; `None` if the other end is gone.
    pub(super) async fn first_byte(&self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.unread.first() {
            return Ok(Some(*byte));
        }
        let mut byte = [0];
        let count = self.tcp.peek(&mut byte).await?;
        Ok((count > 0).then_some(byte[0]))
    }

    /// Puts bytes before those that come; there are none from before.
    pub(super) fn put_back(&mut self, bytes: Vec<u8>) {
        self.unread = bytes;
    }

    /// The slot, to be counted for somebody else.
    pub(super) fn slot_mut(&mut self) -> &mut Slot {
        &mut self.slot
    }

    /// The socket, the bytes that were put back, and its slot.
    pub(super) fn into_parts(self) -> (TcpStream, Vec<u8>, Slot) {
        (self.tcp, self.unread, self.slot)
    }

    /// The result of a write; if it waits, the time that is left for it.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx));
        // Unsent bytes are thrown away: else the kernel would keep them for minutes after us.
        let _ = self.tcp.set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread[..count]);
            self.unread.drain(..count);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    /// The kernel has it all, or there was an error.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
