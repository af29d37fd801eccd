//! What waits to be written to one socket: frames in order, bounded, then perhaps a close.
//!
//! The hub pushes without waiting; the socket's task takes all that is there at once. Over 256 KB the outbox
//! closes itself: the reader is too slow, and nobody else may pay for it. Pings count as nothing: there is
//! at most one.

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use callbox_protocol::signal::{ServerFrame, close};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most bytes that may wait. Four full frames; a call's whole set-up is 20 KB.
const BYTES_MAX: usize = 256 * 1024;

/// Why and how the socket is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The close code.
    pub code: u16,
    /// For the browser's developer tools.
    pub reason: &'static str,
}

/// All that is to be written now.
#[derive(Debug, Default)]
pub struct Batch {
    /// Frames, in order.
    pub frames: VecDeque<Utf8Bytes>,
    /// To be sent after them.
    pub close: Option<Close>,
}

/// The two ends share one; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    batch: Batch,
    bytes: usize,
    is_closed: bool,
}

impl Outbox {
    /// Puts a frame at the end; after a close it is dropped.
    pub fn push(&self, frame: &ServerFrame<'_>) {
        let text = serde_json::to_vec(frame).expect("our frames have no maps and no failing parts");
        let text = Utf8Bytes::try_from(Bytes::from(text)).expect("JSON is UTF-8");
        let mut waiting = self.lock();
        if waiting.is_closed {
            return;
        }
        waiting.bytes += text.len();
        if waiting.bytes > BYTES_MAX {
            waiting.batch.frames.clear();
            waiting.set_close(Close { code: close::SLOW_READER, reason: "frames were not read in time" });
        } else {
            waiting.batch.frames.push_back(text);
        }
        drop(waiting);
        self.inner.news.notify_one();
    }

    /// Ends the socket once what waits is written. The first close counts.
    pub fn close(&self, close: Close) {
        self.lock().set_close(close);
        self.inner.news.notify_one();
    }

    /// Waits for something to write and takes it all. To be called by the socket's task alone.
    pub async fn next_batch(&self) -> Batch {
        loop {
            let news = self.inner.news.notified();
            {
                let mut waiting = self.lock();
                if !waiting.batch.frames.is_empty() || waiting.batch.close.is_some() {
                    waiting.bytes = 0;
                    return std::mem::take(&mut waiting.batch);
                }
            }
            news.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn set_close(&mut self, close: Close) {
        if !self.is_closed {
            self.is_closed = true;
            self.batch.close = Some(close);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_out_in_order_and_the_close_last() {
        let outbox = Outbox::default();
        outbox.push(&ServerFrame::Ping);
        outbox.push(&ServerFrame::Idle);
        outbox.close(Close { code: 1000, reason: "bye" });
        outbox.push(&ServerFrame::Ping);
        let batch = outbox.next_batch().await;
        assert_eq!(batch.frames, [r#"{"type":"ping"}"#, r#"{"type":"idle"}"#]);
        assert_eq!(batch.close, Some(Close { code: 1000, reason: "bye" }));
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_is_closed_at_the_bound() {
        let outbox = Outbox::default();
        let message = "x".repeat(60_000);
        for _ in 0..5 {
            outbox.push(&ServerFrame::Error {
                code: callbox_protocol::error::ErrorCode::Busy,
                message: &message,
                retry_after_ms: None,
            });
        }
        let batch = outbox.next_batch().await;
        assert!(batch.frames.is_empty());
        assert_eq!(batch.close.map(|close| close.code), Some(close::SLOW_READER));
    }
}
