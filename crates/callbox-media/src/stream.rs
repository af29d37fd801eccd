//! One client's connection, by TCP or by TLS over it: received bytes that are no whole frame yet, and bytes to send.
//!
//! Knows where frames end (`callbox_turn::framing`) and nothing of their contents. It never waits. Bounds: less than
//! a frame of input, [`ANSWERS_BYTES_MAX`] of output. Media without room are dropped as whole frames, as on any
//! network: to queue them would only make them late. Answers have some room of their own, and none is ever cut.

use callbox_turn::framing::FRAME_BYTES_MAX;
use callbox_turn::{ClientAddr, ConnectionKey, FiveTuple, Millis, Transport};
use rustls::ServerConnection;
use socket2::{SockRef, TcpKeepalive};
use std::any::Any;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::Duration;

/// Of one read, so that nobody's flood keeps others waiting: some twenty packets of video.
pub(crate) const READ_BYTES_MAX: usize = 32 * 1_024;
/// The most that one read gives: the rest of before, some records that TLS had already (RFC 8446, section 5.2), and new bytes.
pub(crate) const INPUT_BYTES: usize = FRAME_BYTES_MAX + 3 * 18 * 1_024 + READ_BYTES_MAX;
/// Media that wait: a fifth of a second of video in HD. A packet that waits longer comes too late.
const MEDIA_BYTES_MAX: usize = 64 * 1_024;
/// With answers. A client that asks for so many and reads none gets no more.
const ANSWERS_BYTES_MAX: usize = MEDIA_BYTES_MAX + 16 * 1_024;
/// Room that a connection keeps for the next frames.
const OUTPUT_BYTES_KEPT: usize = 4 * 1_024;
/// Unsent bytes that the kernel keeps, for the same reason.
const UNSENT_BYTES_MAX: u32 = 16 * 1_024;
/// Of one record: several frames share a seal.
const RECORD_BYTES: usize = 16 * 1_024;
/// After so long without an acknowledgement the system gives a connection up. A phone in a tunnel is back by then, or
/// connects anew.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);
/// After so long without a packet the system asks whether anybody is there.
const QUIET_MAX: Duration = Duration::from_secs(30);

/// A connection that speaks TURN, with the bytes that were read before that was known.
pub struct Connection {
    /// Never waits (`O_NONBLOCK`).
    pub tcp: TcpStream,
    /// The client's address; a proxy before us has told it, if there is one.
    pub client: SocketAddr,
    /// TLS, past its handshake; none if the client speaks in the clear.
    pub tls: Option<Box<ServerConnection>>,
    /// Bytes that were read and not used; less than a frame.
    pub read: Vec<u8>,
    /// Held until the connection has an allocation, whose quotas bound it from then on, or ends.
    pub held: Box<dyn Any + Send>,
}

pub(crate) struct Stream {
    tcp: TcpStream,
    tls: Option<Box<ServerConnection>>,
    pub(crate) client: FiveTuple,
    /// The beginning of a frame.
    rest: Vec<u8>,
    output: Vec<u8>,
    /// So much of it is out.
    written: usize,
    /// Since when the other end has taken none of the waiting bytes.
    blocked_since: Option<Millis>,
    /// Since when it has no allocation.
    pub(crate) idle_since: Millis,
    /// Whether we asked to hear when there is room.
    pub(crate) is_watched: bool,
    /// Whether it is among those that are to be read.
    pub(crate) is_unread: bool,
    /// Whether something was put there in this turn.
    pub(crate) is_changed: bool,
    held: Option<Box<dyn Any + Send>>,
}

/// Which kind of frame goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Media,
    Answer,
}

impl Stream {
    pub(crate) fn new(connection: Connection, key: ConnectionKey, now: Millis) -> io::Result<Self> {
        let Connection { tcp, client, tls, read, held } = connection;
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
        let socket = SockRef::from(&tcp);
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
        // With nothing to acknowledge, a peer that has vanished is asked for.
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(QUIET_MAX).with_interval(QUIET_MAX / 3))?;
        let canonical = |addr: SocketAddr| SocketAddr::new(addr.ip().to_canonical(), addr.port());
        let client = FiveTuple {
            client: ClientAddr(canonical(client)),
            server: canonical(tcp.local_addr()?),
            transport: Transport::Stream(key),
        };
        if read.len() >= FRAME_BYTES_MAX {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(Self {
            tcp,
            tls,
            client,
            rest: read,
            output: Vec::new(),
            written: 0,
            blocked_since: None,
            idle_since: now,
            is_watched: false,
            is_unread: false,
            is_changed: false,
            held: Some(held),
        })
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.tcp
    }

    /// Reads once. Returns how much of `input` is filled then, with the bytes kept from before, and whether it was the
    /// end.
    pub(crate) fn read(&mut self, wire: &mut [u8], input: &mut [u8]) -> (usize, bool) {
        let kept = self.rest.len();
        input[..kept].copy_from_slice(&self.rest);
        self.rest.clear();
        match &mut self.tls {
            None => {
                let (bytes, is_over) = read_some(&self.tcp, &mut input[kept..kept + READ_BYTES_MAX]);
                (kept + bytes, is_over)
            }
            Some(tls) => {
                let (bytes, is_over) = read_some(&self.tcp, wire);
                let (bytes, is_broken) = open(tls, &wire[..bytes], &mut input[kept..]);
                (kept + bytes, is_over || is_broken)
            }
        }
    }

    /// Keeps bytes that are no whole frame yet.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.rest.extend_from_slice(rest);
    }

    /// Puts a frame behind those that wait, all of it or nothing; whether there was room.
    pub(crate) fn push(&mut self, frame: &[u8], kind: Kind) -> bool {
        let room = match kind {
            Kind::Media => MEDIA_BYTES_MAX,
            Kind::Answer => ANSWERS_BYTES_MAX,
        };
        let is_taken = self.output.len() - self.written + frame.len() <= room;
        if is_taken {
            self.output.extend_from_slice(frame);
        }
        is_taken
    }

    /// Sends as much as the system takes now.
    pub(crate) fn flush(&mut self, now: Millis) -> io::Result<()> {
        let waiting = self.written..self.output.len();
        let (used, sent) = match &mut self.tls {
            None => {
                let sent = write_some(&self.tcp, &self.output[waiting])?;
                (sent, sent)
            }
            Some(tls) => seal(tls, &self.tcp, &self.output, waiting)?,
        };
        self.written += used;
        if self.written == self.output.len() {
            self.output.clear();
            self.written = 0;
        } else if self.written > MEDIA_BYTES_MAX / 2 {
            self.output.drain(..self.written);
            self.written = 0;
        }
        if !self.is_blocked() {
            self.blocked_since = None;
        } else if sent > 0 || self.blocked_since.is_none() {
            self.blocked_since = Some(now);
        }
        Ok(())
    }

    /// Whether something waits for room.
    pub(crate) fn is_blocked(&self) -> bool {
        self.written < self.output.len() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Since when its other end has read nothing, though something waits.
    pub(crate) fn blocked_since(&self) -> Option<Millis> {
        self.blocked_since
    }

    /// Gives back the listener's slot.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }

    /// Frees the memory of a burst, once it has ended.
    pub(crate) fn shrink(&mut self) {
        self.rest.shrink_to(OUTPUT_BYTES_KEPT);
        if self.output.is_empty() {
            self.output.shrink_to(OUTPUT_BYTES_KEPT);
        }
    }

    /// Makes the system drop the waiting bytes, instead of keeping them for minutes after us.
    pub(crate) fn throw_away(&self) {
        let _ = SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO));
    }
}

/// Reads the bytes that are there; whether it is the end.
fn read_some(mut tcp: &TcpStream, buffer: &mut [u8]) -> (usize, bool) {
    match tcp.read(buffer) {
        Ok(0) => (0, true),
        Ok(bytes) => (bytes, false),
        Err(error) => (0, !is_passing(&error)),
    }
}

/// Writes as much as the system takes now.
fn write_some(mut tcp: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut sent = 0;
    while sent < bytes.len() {
        match tcp.write(&bytes[sent..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(some) => sent += some,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_passing(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}

/// Decrypts; how much of `input` is filled then, and whether there is nothing more to come.
fn open(tls: &mut ServerConnection, mut wire: &[u8], input: &mut [u8]) -> (usize, bool) {
    let mut filled = 0;
    loop {
        // At first the bytes that were read before us.
        while let Ok(bytes @ 1..) = tls.reader().read(&mut input[filled..]) {
            filled += bytes;
        }
        if wire.is_empty() {
            return (filled, false);
        }
        let is_open = matches!(tls.read_tls(&mut wire), Ok(1..))
            && tls.process_new_packets().is_ok_and(|state| !state.peer_has_closed());
        if !is_open {
            return (filled, true);
        }
    }
}

/// Encrypts and sends as much as the system takes; how much of the plain bytes is with TLS then, and how much of anything went
/// out. TLS is given more only when all that it had is out, so that no more waits than our bound.
fn seal(
    tls: &mut ServerConnection,
    mut tcp: &TcpStream,
    output: &[u8],
    mut waiting: Range<usize>,
) -> io::Result<(usize, usize)> {
    let (start, mut sent) = (waiting.start, 0);
    loop {
        while tls.wants_write() {
            match tls.write_tls(&mut tcp) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(some) => sent += some,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_passing(&error) => return Ok((waiting.start - start, sent)),
                Err(error) => return Err(error),
            }
        }
        if waiting.is_empty() {
            return Ok((waiting.start - start, sent));
        }
        let record = waiting.start..waiting.end.min(waiting.start + RECORD_BYTES);
        match tls.writer().write(&output[record])? {
            0 => return Err(ErrorKind::WriteZero.into()),
            taken => waiting.start += taken,
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
pub(crate) mod tests;
