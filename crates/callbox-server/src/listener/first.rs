//! The protocol of a connection, by its first byte, and a stream whose first byte was read.
//!
//! TLS begins with a handshake record, a TURN client with a STUN request, HTTP with a letter; no two begin alike. The same is
//! asked inside TLS of clients without ALPN: browsers name no protocol there for TURN, and each names one for HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The protocol that begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Tls,
    Stun,
    Http,
}

impl First {
    pub(super) fn of(byte: u8) -> Self {
        match byte {
            // The type of a handshake record (RFC 8446, section 5.1).
            0x16 => Self::Tls,
            // A request of a method that IANA has given out (RFC 8489, section 5); no text begins so.
            0x00 | 0x01 => Self::Stun,
            _ => Self::Http,
        }
    }
}

/// A stream with the bytes that were read from it put before the rest.
pub(super) struct Rewound<S> {
    inner: S,
    head: Option<u8>,
}

impl<S> Rewound<S> {
    pub(super) fn new(inner: S, head: Option<u8>) -> Self {
        Self { inner, head }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() > 0
            && let Some(byte) = self.head.take()
        {
            buf.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
