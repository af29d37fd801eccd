//! Many datagrams by one call of the system: the only file that may be `unsafe`.
//!
//! Reads with `recvmmsg`, writes with `sendmmsg`; datagrams of one size to one address go as one, which the system
//! cuts up as late as it can (`UDP_SEGMENT`). Their control messages are laid out by `layout.rs`. Nothing is
//! allocated after the start. Knows nothing of TURN. Bounds: [`PACKETS_MAX`] datagrams a call.
#![expect(unsafe_code, reason = "the standard library has no call for many datagrams at once")]

use std::array::from_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr::null_mut;

use crate::layout::{CONTROL_BYTES, CUT_BYTES, Control, NAME_BYTES, Name};

/// Of one call. The system cuts no message into more than 64 (`UDP_MAX_SEGMENTS`), and more gain nothing.
pub(crate) const PACKETS_MAX: usize = 64;
/// Larger ones may not fit a path with IPv6 and a tunnel, and then the system refuses to cut; media are smaller.
const SEGMENT_BYTES_MAX: usize = 1_400;
/// Of one message, which counts as one datagram until it is cut.
const MESSAGE_BYTES_MAX: usize = 65_000;

/// Room for the headers of datagrams, used again by each call.
struct Rows {
    headers: Box<[libc::mmsghdr; PACKETS_MAX]>,
    parts: Box<[libc::iovec; PACKETS_MAX]>,
    names: Box<[Name; PACKETS_MAX]>,
    controls: Box<[Control; PACKETS_MAX]>,
}

// SAFETY: the pointers in `headers` and `parts` are written by each call before the system reads them, and nothing
// reads them after it; what they point to belongs to the `Rows`, or is borrowed for as long as the call.
unsafe impl Send for Rows {}

/// Reads. Its rows are not the writer's: the received datagrams are still in use while answers go out.
pub(crate) struct Reader(Rows);

/// Writes.
pub(crate) struct Writer {
    rows: Rows,
    /// Whether the system cuts up messages on the ways that we use.
    can_segment: bool,
}

/// A datagram to send.
#[derive(Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) to: SocketAddr,
    /// The address of ours that it leaves from; `None` leaves it to the system.
    pub(crate) local: Option<IpAddr>,
    pub(crate) bytes: &'a [u8],
}

/// A datagram that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) length: usize,
    pub(crate) from: SocketAddr,
    /// The address of ours that it was sent to, if the socket reports it: [`tell_local`].
    pub(crate) local: Option<IpAddr>,
}

/// Has a socket tell of each datagram which of our addresses it was sent to.
pub(crate) fn tell_local(socket: BorrowedFd<'_>, is_v6: bool) -> io::Result<()> {
    let (level, option) = if is_v6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    } else {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    };
    let yes: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of_val(&yes)).expect("a few");
    // SAFETY: the value is an integer of that length, which outlives the call, and the system only reads it.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const yes).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Rows {
    fn new() -> Self {
        // SAFETY: a `mmsghdr` holds numbers and pointers alone, all of which may be zero.
        let header = || unsafe { MaybeUninit::<libc::mmsghdr>::zeroed().assume_init() };
        Self {
            headers: Box::new(from_fn(|_| header())),
            parts: Box::new([libc::iovec { iov_base: null_mut(), iov_len: 0 }; PACKETS_MAX]),
            names: Box::new([Name([0; NAME_BYTES]); PACKETS_MAX]),
            controls: Box::new([Control::EMPTY; PACKETS_MAX]),
        }
    }

    /// A header of one part.
    fn write_header(&mut self, place: usize, part: usize, name_bytes: usize, control_bytes: usize) {
        let header = &mut self.headers[place].msg_hdr;
        header.msg_name = (&raw mut self.names[place]).cast();
        header.msg_namelen = libc::socklen_t::try_from(name_bytes).expect("a few");
        header.msg_iov = &raw mut self.parts[part];
        header.msg_iovlen = 1;
        header.msg_control =
            if control_bytes == 0 { null_mut() } else { (&raw mut self.controls[place]).cast() };
        header.msg_controllen = control_bytes as _;
    }

    /// Of how many datagrams a message is made.
    fn len(&self, place: usize) -> usize {
        self.headers[place].msg_hdr.msg_iovlen as _
    }
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self(Rows::new())
    }

    /// Receives into these buffers, one datagram each, and returns how many there were; [`Self::received`] has more.
    /// A datagram that is longer than its buffer loses its end.
    pub(crate) fn receive<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        rooms: impl Iterator<Item = &'a mut [u8]>,
    ) -> io::Result<usize> {
        let mut count = 0;
        for room in rooms.take(PACKETS_MAX) {
            self.0.parts[count] = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
            self.0.write_header(count, count, NAME_BYTES, CONTROL_BYTES);
            count += 1;
        }
        let headers = self.0.headers[..count].as_mut_ptr();
        let count = libc::c_uint::try_from(count).expect("a few");
        // SAFETY: `headers` are `count` headers, each written just now: its name, its control and its part are in boxes of
        // ours, with their lengths, and the part is a room that is borrowed mutably for longer than the call. No timeout is given.
        let result =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, libc::MSG_DONTWAIT, null_mut()) };
        usize::try_from(result).map_err(|_| io::Error::last_os_error())
    }

    /// A datagram of the last [`Self::receive`]; `None` if its sender is no address of the internet.
    pub(crate) fn received(&self, place: usize) -> Option<Received> {
        let header = &self.0.headers[place];
        let local = self.0.controls[place].local(header.msg_hdr.msg_controllen as _);
        Some(Received { length: header.msg_len as usize, from: self.0.names[place].read()?, local })
    }
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { rows: Rows::new(), can_segment: true }
    }

    /// Sends datagrams, those for one address in their order, and says how many the system did not take.
    ///
    /// Neighbours are put together, so those for one address should stand side by side. At most [`PACKETS_MAX`].
    pub(crate) fn send<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        packets: impl Iterator<Item = Packet<'a>>,
    ) -> usize {
        let count = self.write_messages(packets);
        let (mut sent, mut failed) = (0, 0);
        while sent < count {
            let headers = self.rows.headers[sent..count].as_mut_ptr();
            let left = libc::c_uint::try_from(count - sent).expect("a few");
            // SAFETY: `headers` are `left` headers, each written by `write_messages`: names, parts and controls are in boxes
            // of ours, and the parts are packets that are borrowed for longer than the call, which only reads them.
            let result = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers, left, libc::MSG_DONTWAIT) };
            if let Ok(some @ 1..) = usize::try_from(result) {
                sent += some;
                continue;
            }
            let is_segmented = self.rows.len(sent) > 1;
            match Next::after(&io::Error::last_os_error(), is_segmented) {
                Next::Again => continue,
                Next::Drop => failed += self.rows.len(sent),
                Next::DropAll => {
                    return failed + (sent..count).map(|place| self.rows.len(place)).sum::<usize>();
                }
                Next::Apart { for_good } => {
                    self.can_segment &= !for_good;
                    failed += self.send_apart(socket, sent);
                }
            }
            sent += 1;
        }
        failed
    }

    /// Writes the headers of as few messages as these packets can go by.
    fn write_messages<'a>(&mut self, packets: impl Iterator<Item = Packet<'a>>) -> usize {
        let mut count = 0;
        let mut last: Option<Message> = None;
        for (place, packet) in packets.take(PACKETS_MAX).enumerate() {
            let Packet { to, local, bytes } = packet;
            self.rows.parts[place] =
                libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
            if let Some(message) = last.as_mut().filter(|_| self.can_segment)
                && message.take(&packet)
            {
                let used = self.rows.controls[count - 1].cut(message.control_bytes, message.size);
                let header = &mut self.rows.headers[count - 1].msg_hdr;
                header.msg_iovlen += 1;
                header.msg_control = (&raw mut self.rows.controls[count - 1]).cast();
                header.msg_controllen = used as _;
                continue;
            }
            let name_bytes = self.rows.names[count].write(to);
            let control_bytes = local.map_or(0, |local| self.rows.controls[count].leave_from(local, to));
            self.rows.write_header(count, place, name_bytes, control_bytes);
            last = Some(Message::new(&packet, control_bytes));
            count += 1;
        }
        count
    }

    /// Sends a message that the system does not cut up, datagram by datagram; how many it did not take.
    fn send_apart(&mut self, socket: BorrowedFd<'_>, place: usize) -> usize {
        let count = self.rows.len(place);
        let header = &mut self.rows.headers[place].msg_hdr;
        header.msg_iovlen = 1;
        // The size is behind the source address, if there is one.
        let used: usize = header.msg_controllen as _;
        header.msg_controllen = (used - CUT_BYTES) as _;
        if used == CUT_BYTES {
            header.msg_control = null_mut();
        }
        let mut failed = 0;
        for _ in 0..count {
            // SAFETY: as in `send`, with the first part alone; the parts of a message stand side by side, so that
            // stepping `count - 1` times stays among them.
            let result = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const *header, libc::MSG_DONTWAIT) };
            failed += usize::from(result < 0);
            header.msg_iov = header.msg_iov.wrapping_add(1);
        }
        failed
    }
}

/// The message that the next packet may join.
struct Message {
    to: SocketAddr,
    local: Option<IpAddr>,
    /// The bytes of the source address.
    control_bytes: usize,
    size: usize,
    bytes: usize,
    /// A shorter one is the last.
    is_complete: bool,
}

impl Message {
    fn new(packet: &Packet<'_>, control_bytes: usize) -> Self {
        let Packet { to, local, bytes } = *packet;
        let size = bytes.len();
        let is_complete = size == 0 || size > SEGMENT_BYTES_MAX;
        Self { to, local, control_bytes, size, bytes: size, is_complete }
    }

    fn take(&mut self, packet: &Packet<'_>) -> bool {
        let size = packet.bytes.len();
        let is_same_way = packet.to == self.to && packet.local == self.local;
        let fits = size > 0 && size <= self.size && self.bytes + size <= MESSAGE_BYTES_MAX;
        let is_taken = !self.is_complete && is_same_way && fits;
        if is_taken {
            self.bytes += size;
            self.is_complete = size < self.size;
        }
        is_taken
    }
}

/// The next step after a message that was not taken.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Again,
    Drop,
    DropAll,
    Apart { for_good: bool },
}

impl Next {
    fn after(error: &io::Error, is_segmented: bool) -> Self {
        match error.raw_os_error() {
            Some(libc::EINTR) => Self::Again,
            // No room is left, and the others would find none either.
            Some(libc::EAGAIN | libc::ENOBUFS) => Self::DropAll,
            // The device cannot sum up what it would have to cut; no other try goes better.
            Some(libc::EIO) if is_segmented => Self::Apart { for_good: true },
            // The path is narrower than the segments, or a socket has an option that forbids them.
            _ if is_segmented => Self::Apart { for_good: false },
            _ => Self::Drop,
        }
    }
}

#[cfg(test)]
mod tests;
