//! One WebSocket: tungstenite's framing over a socket that never blocks.
//!
//! Used without the asynchronous wrapper, since a generator that shares two cores with what it measures must be
//! lean: a text is written at once by its owner, without waking a task. Small buffers: the default ones would cost
//! 134 KB a socket.

use anyhow::{Context, Result};
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, Utf8Bytes, WebSocket};

use crate::wire::Upgrade;

/// From the first packet to the end of the upgrade.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_BUFFER_BYTES: usize = 4_096;
const WRITE_BUFFER_BYTES: usize = 16_384;
/// The bytes that a server may leave unread: more means that it reads nothing.
const WRITE_BUFFER_BYTES_MAX: usize = 1 << 20;

/// An open WebSocket.
pub(crate) struct Socket {
    stream: Rc<TcpStream>,
    framing: RefCell<WebSocket<Raw>>,
    /// The system took less than there was to write.
    has_unwritten: Cell<bool>,
    /// Somebody dropped it.
    cut: Notify,
}

/// The server closed it, or it broke.
pub(crate) struct Gone;

impl Socket {
    /// Connects and asks for the upgrade.
    pub(crate) async fn open(addr: SocketAddr, upgrade: &Upgrade) -> Result<Self> {
        timeout(CONNECT_TIMEOUT, Self::connect(addr, upgrade)).await.context("no answer to the upgrade")?
    }

    async fn connect(addr: SocketAddr, Upgrade { path, subprotocol }: &Upgrade) -> Result<Self> {
        let mut request = format!("ws://{addr}{path}").into_client_request()?;
        if let Some(name) = subprotocol {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(name));
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX);
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let stream = Rc::new(stream);
        let raw = Raw { stream: Rc::clone(&stream), is_drained: false };
        let mut handshake = ClientHandshake::start(raw, request, Some(config))?.handshake();
        loop {
            match handshake {
                Ok((framing, _)) => {
                    let framing = RefCell::new(framing);
                    return Ok(Self { stream, framing, has_unwritten: Cell::new(false), cut: Notify::new() });
                }
                Err(HandshakeError::Interrupted(middle)) => {
                    stream.readable().await?;
                    handshake = middle.handshake();
                }
                Err(HandshakeError::Failure(error)) => return Err(error.into()),
            }
        }
    }

    /// Waits until there may be something to read or to write; `false`: it was cut.
    pub(crate) async fn ready(&self) -> io::Result<bool> {
        let interest = if self.has_unwritten.get() {
            Interest::READABLE | Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        tokio::select! {
            biased;
            () = self.cut.notified() => Ok(false),
            ready = self.stream.ready(interest) => ready.map(|_| true),
        }
    }

    /// The next text that is here; `None`: nothing more for now.
    pub(crate) fn read(&self) -> Result<Option<Utf8Bytes>, Gone> {
        loop {
            match self.framing.borrow_mut().read() {
                Ok(Message::Text(text)) => return Ok(Some(text)),
                Ok(Message::Close(_)) => return Err(Gone),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(Gone),
            }
        }
    }

    /// Puts a text behind what waits to be written. A socket that broke is noticed by its reader.
    pub(crate) fn write(&self, text: String) {
        let _ = self.framing.borrow_mut().write(Message::text(text));
    }

    /// Writes what waits, as far as the system takes it.
    pub(crate) fn flush(&self) {
        let flushed = self.framing.borrow_mut().flush();
        self.has_unwritten
            .set(matches!(flushed, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock));
    }

    /// Whether something could not be written yet.
    pub(crate) fn has_unwritten(&self) -> bool {
        self.has_unwritten.get()
    }

    /// Tells the reader to drop it.
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Makes a drop of the socket throw away what the other side has not read.
    pub(crate) fn reset_at_drop(&self) {
        let _ = self.stream.set_zero_linger();
    }

    /// Says goodbye, without waiting for the answer.
    pub(crate) fn close(&self) {
        let _ = self.framing.borrow_mut().close(None);
        self.flush();
    }
}

/// The stream, as tungstenite wants it.
struct Raw {
    stream: Rc<TcpStream>,
    /// The last read took less than it could: there is nothing more, and asking the system would cost a call.
    is_drained: bool,
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.is_drained) {
            return self.stream.try_io(Interest::READABLE, || Err(ErrorKind::WouldBlock.into()));
        }
        let count = self.stream.try_read(buffer)?;
        self.is_drained = count < buffer.len();
        Ok(count)
    }
}

impl Write for Raw {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.try_write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
