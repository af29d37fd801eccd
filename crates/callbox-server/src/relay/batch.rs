//! Many datagrams by one call of the system: the only file that may be `unsafe`.
//!
//! Reads with `recvmmsg`, writes with `sendmmsg`; datagrams of one size to one address go as one, which the system cuts
//! up as late as it can (`UDP_SEGMENT`). Nothing is allocated after [`Batch::new`]. Knows nothing of TURN. Bounds:
//! [`PACKETS_MAX`] datagrams a call.
#![expect(unsafe_code, reason = "the standard library has no call for many datagrams at once")]

use std::array::from_fn;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr::null_mut;

/// Of one call. The system cuts no message into more than 64 (`UDP_MAX_SEGMENTS`), and more gain nothing.
pub(super) const PACKETS_MAX: usize = 64;
/// Larger ones may not fit a path with IPv6 and a tunnel, and then the system refuses to cut; media are smaller.
const SEGMENT_BYTES_MAX: usize = 1_400;
/// Of one message, which counts as one datagram until it is cut.
const MESSAGE_BYTES_MAX: usize = 65_000;

/// Room for what goes along with datagrams, used again by each call.
pub(super) struct Batch {
    headers: Box<[libc::mmsghdr; PACKETS_MAX]>,
    parts: Box<[libc::iovec; PACKETS_MAX]>,
    names: Box<[Name; PACKETS_MAX]>,
    segments: Box<[Segments; PACKETS_MAX]>,
    /// Whether the system cuts up messages on the ways that we use.
    can_segment: bool,
}

// SAFETY: the pointers in `headers` and `parts` are written by each call before the system reads them, and nothing
// reads them after it; what they point to belongs to the `Batch`, or is borrowed for as long as the call.
unsafe impl Send for Batch {}

/// An IPv4 or IPv6 address as the system lays it out (`sockaddr_in`, `sockaddr_in6`).
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Name([u8; NAME_BYTES]);

const NAME_BYTES: usize = size_of::<libc::sockaddr_in6>();
const NAME_V4_BYTES: usize = size_of::<libc::sockaddr_in>();

/// Says into datagrams of which size a message is to be cut: a control message (`cmsghdr`, and what it holds).
#[derive(Clone, Copy)]
#[repr(C)]
struct Segments {
    length: usize,
    level: libc::c_int,
    kind: libc::c_int,
    size: u16,
}

impl Segments {
    fn of(size: usize) -> Self {
        let length = size_of::<usize>() + 2 * size_of::<libc::c_int>() + size_of::<u16>();
        let size = u16::try_from(size).expect("at most a message");
        Self { length, level: libc::SOL_UDP, kind: libc::UDP_SEGMENT, size }
    }
}

impl Batch {
    pub(super) fn new() -> Self {
        // SAFETY: a `mmsghdr` holds numbers and pointers alone, all of which may be zero.
        let header = || unsafe { MaybeUninit::<libc::mmsghdr>::zeroed().assume_init() };
        Self {
            headers: Box::new(from_fn(|_| header())),
            parts: Box::new([libc::iovec { iov_base: null_mut(), iov_len: 0 }; PACKETS_MAX]),
            names: Box::new([Name([0; NAME_BYTES]); PACKETS_MAX]),
            segments: Box::new([Segments::of(0); PACKETS_MAX]),
            can_segment: true,
        }
    }

    /// Takes what is there into these rooms, one datagram each, and says how many it were; [`Self::received`] tells more.
    /// What is longer than its room loses its end.
    pub(super) fn receive<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        rooms: impl Iterator<Item = &'a mut [u8]>,
    ) -> io::Result<usize> {
        let mut count = 0;
        for room in rooms.take(PACKETS_MAX) {
            self.parts[count] = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
            self.write_header(count, count, NAME_BYTES);
            count += 1;
        }
        let headers = self.headers[..count].as_mut_ptr();
        let count = libc::c_uint::try_from(count).expect("a few");
        // SAFETY: `headers` are `count` headers, each written just now: its name and its part are in boxes of ours, and the
        // part is a room that is borrowed mutably for longer than the call. No timeout is given.
        let result =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, libc::MSG_DONTWAIT, null_mut()) };
        usize::try_from(result).map_err(|_| io::Error::last_os_error())
    }

    /// How long a datagram of the last [`Self::receive`] is, and who sent it; `None` if that is no address of the internet.
    pub(super) fn received(&self, place: usize) -> Option<(usize, SocketAddr)> {
        Some((self.headers[place].msg_len as usize, self.names[place].read()?))
    }

    /// Sends datagrams, those for one address in their order, and says how many the system did not take.
    ///
    /// Neighbours are put together, so those for one address should stand side by side. At most [`PACKETS_MAX`].
    pub(super) fn send<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        packets: impl Iterator<Item = (SocketAddr, &'a [u8])>,
    ) -> usize {
        let count = self.write_messages(packets);
        let (mut sent, mut failed) = (0, 0);
        while sent < count {
            let headers = self.headers[sent..count].as_mut_ptr();
            let left = libc::c_uint::try_from(count - sent).expect("a few");
            // SAFETY: `headers` are `left` headers, each written by `write_messages`: names, parts and segments are in boxes
            // of ours, and the parts are packets that are borrowed for longer than the call, which only reads them.
            let result = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers, left, libc::MSG_DONTWAIT) };
            if let Ok(some @ 1..) = usize::try_from(result) {
                sent += some;
                continue;
            }
            let is_segmented = self.len(sent) > 1;
            match Next::after(&io::Error::last_os_error(), is_segmented) {
                Next::Again => continue,
                Next::Drop => failed += self.len(sent),
                Next::DropAll => {
                    return failed + (sent..count).map(|place| self.len(place)).sum::<usize>();
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
    fn write_messages<'a>(&mut self, packets: impl Iterator<Item = (SocketAddr, &'a [u8])>) -> usize {
        let mut count = 0;
        let mut last: Option<Message> = None;
        for (place, (to, bytes)) in packets.take(PACKETS_MAX).enumerate() {
            self.parts[place] =
                libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
            if let Some(message) = last.as_mut().filter(|_| self.can_segment)
                && message.take(to, bytes.len())
            {
                let segments = &mut self.segments[count - 1];
                *segments = Segments::of(message.size);
                let header = &mut self.headers[count - 1].msg_hdr;
                header.msg_iovlen += 1;
                header.msg_control = (&raw mut *segments).cast();
                header.msg_controllen = size_of::<Segments>() as _;
                continue;
            }
            let length = self.names[count].write(to);
            self.write_header(count, place, length);
            last = Some(Message::new(to, bytes.len()));
            count += 1;
        }
        count
    }

    /// A header of one part.
    fn write_header(&mut self, place: usize, part: usize, name_bytes: usize) {
        let header = &mut self.headers[place].msg_hdr;
        header.msg_name = (&raw mut self.names[place]).cast();
        header.msg_namelen = libc::socklen_t::try_from(name_bytes).expect("a few");
        header.msg_iov = &raw mut self.parts[part];
        header.msg_iovlen = 1;
        header.msg_control = null_mut();
        header.msg_controllen = 0;
    }

    /// Sends a message that the system does not cut up, datagram by datagram; how many it did not take.
    fn send_apart(&mut self, socket: BorrowedFd<'_>, place: usize) -> usize {
        let count = self.len(place);
        let header = &mut self.headers[place].msg_hdr;
        (header.msg_iovlen, header.msg_control, header.msg_controllen) = (1, null_mut(), 0);
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

    /// Of how many datagrams a message is made.
    fn len(&self, place: usize) -> usize {
        self.headers[place].msg_hdr.msg_iovlen as _
    }
}

/// The message that the next packet may join.
struct Message {
    to: SocketAddr,
    size: usize,
    bytes: usize,
    /// A shorter one is the last.
    is_complete: bool,
}

impl Message {
    fn new(to: SocketAddr, size: usize) -> Self {
        Self { to, size, bytes: size, is_complete: size == 0 || size > SEGMENT_BYTES_MAX }
    }

    fn take(&mut self, to: SocketAddr, size: usize) -> bool {
        let fits = size > 0 && size <= self.size && self.bytes + size <= MESSAGE_BYTES_MAX;
        let is_taken = !self.is_complete && to == self.to && fits;
        if is_taken {
            self.bytes += size;
            self.is_complete = size < self.size;
        }
        is_taken
    }
}

/// What to do about a message that was not taken.
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

impl Name {
    fn read(&self) -> Option<SocketAddr> {
        let bytes = &self.0;
        let port = u16::from_be_bytes([bytes[2], bytes[3]]);
        match libc::c_int::from(u16::from_ne_bytes([bytes[0], bytes[1]])) {
            libc::AF_INET => {
                let ip = Ipv4Addr::from(*bytes[4..].first_chunk::<4>()?);
                Some(SocketAddr::new(ip.into(), port))
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(*bytes[8..].first_chunk::<16>()?);
                let scope = u32::from_ne_bytes(*bytes[24..].first_chunk()?);
                Some(SocketAddrV6::new(ip, port, 0, scope).into())
            }
            _ => None,
        }
    }

    /// How many bytes it takes.
    fn write(&mut self, addr: SocketAddr) -> usize {
        let bytes = &mut self.0;
        bytes.fill(0);
        let (family, length) = match addr {
            SocketAddr::V4(_) => (libc::AF_INET, NAME_V4_BYTES),
            SocketAddr::V6(_) => (libc::AF_INET6, NAME_BYTES),
        };
        bytes[..2].copy_from_slice(&libc::sa_family_t::try_from(family).expect("small").to_ne_bytes());
        bytes[2..4].copy_from_slice(&addr.port().to_be_bytes());
        match addr.ip() {
            IpAddr::V4(ip) => bytes[4..8].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => bytes[8..24].copy_from_slice(&ip.octets()),
        }
        if let SocketAddr::V6(addr) = addr {
            bytes[24..28].copy_from_slice(&addr.scope_id().to_ne_bytes());
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsFd as _;
    use std::time::Duration;

    fn socket(addr: &str) -> UdpSocket {
        let socket = UdpSocket::bind(addr).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    }

    fn packets(sizes: &[usize]) -> Vec<Vec<u8>> {
        let number = |place: usize| u8::try_from(place + 1).unwrap();
        sizes.iter().enumerate().map(|(place, size)| vec![number(place); *size]).collect()
    }

    fn send(batch: &mut Batch, from: &UdpSocket, to: SocketAddr, packets: &[Vec<u8>]) -> usize {
        batch.send(from.as_fd(), packets.iter().map(|bytes| (to, &bytes[..])))
    }

    fn one(socket: &UdpSocket) -> Vec<u8> {
        let mut buffer = vec![0; 65_536];
        let length = socket.recv(&mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    /// Sizes of a frame's packets and of speech between them, and every edge of a message that is cut.
    const MIXED: [usize; 14] = [1_200, 1_200, 1_200, 400, 90, 90, 91, 1_400, 1_401, 1_401, 0, 0, 7, 20_000];

    #[test]
    fn packets_of_mixed_sizes_arrive_whole_and_in_order() {
        for addr in ["127.0.0.1:0", "[::1]:0"] {
            let (from, to) = (socket(addr), socket(addr));
            let sent = packets(&MIXED);
            let failed = send(&mut Batch::new(), &from, to.local_addr().unwrap(), &sent);
            assert_eq!(failed, 0, "{addr}");
            assert!(sent.iter().all(|packet| one(&to) == *packet), "{addr}");
        }
    }

    #[test]
    fn of_equal_packets_for_one_address_one_message_is_made() {
        let [one, other] = ["127.0.0.1:1", "127.0.0.1:2"].map(|addr| addr.parse().unwrap());
        let all = packets(&[1_000, 1_000, 10, 10, 1_000, 1_000]);
        let to = [one, one, one, one, one, other];
        let mut batch = Batch::new();
        let count = batch.write_messages(to.into_iter().zip(all.iter().map(|bytes| &bytes[..])));
        assert_eq!((0..count).map(|place| batch.len(place)).collect::<Vec<_>>(), [3, 1, 1, 1]);
    }

    #[test]
    fn a_message_stays_below_what_a_datagram_can_hold() {
        let all = packets(&[1_400; PACKETS_MAX]);
        let to = "127.0.0.1:1".parse().unwrap();
        let mut batch = Batch::new();
        let count = batch.write_messages(all.iter().map(|bytes| (to, &bytes[..])));
        assert_eq!((0..count).map(|place| batch.len(place)).collect::<Vec<_>>(), [46, 18]);
    }

    #[test]
    fn what_is_there_is_taken_at_once_with_who_sent_it_and_then_nothing_is() {
        let (to, senders) = (socket("127.0.0.1:0"), [socket("127.0.0.1:0"), socket("127.0.0.1:0")]);
        for (size, sender) in [(5, 0), (0, 1), (1_200, 1)] {
            senders[sender].send_to(&vec![7; size], to.local_addr().unwrap()).unwrap();
        }
        let (mut batch, mut buffer) = (Batch::new(), vec![0; 4 * 2_000]);
        let count = batch.receive(to.as_fd(), buffer.chunks_mut(2_000)).unwrap();
        let from = senders.map(|sender| sender.local_addr().unwrap());
        let received: Vec<_> = (0..count).map(|place| batch.received(place).unwrap()).collect();
        assert_eq!(received, [(5, from[0]), (0, from[1]), (1_200, from[1])]);
        assert!(buffer[4_000..5_200].iter().all(|byte| *byte == 7) && buffer[5_200] == 0);
        let error = batch.receive(to.as_fd(), buffer.chunks_mut(2_000)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn no_more_is_taken_than_there_is_room() {
        let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
        let mut batch = Batch::new();
        assert_eq!(send(&mut batch, &from, to.local_addr().unwrap(), &packets(&[10; 5])), 0);
        let mut buffer = [0; 30];
        assert_eq!(batch.receive(to.as_fd(), buffer.chunks_mut(10)).unwrap(), 3);
        assert_eq!(batch.receive(to.as_fd(), buffer.chunks_mut(10)).unwrap(), 2);
    }

    #[test]
    fn a_packet_that_cannot_go_keeps_none_of_the_others() {
        let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
        let (good, nowhere) = (to.local_addr().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)));
        let all = packets(&[10, 20, 20, 30]);
        let way = [good, nowhere, nowhere, good].into_iter().zip(all.iter().map(|bytes| &bytes[..]));
        assert_eq!(Batch::new().send(from.as_fd(), way), 2);
        assert_eq!((one(&to), one(&to)), (all[0].clone(), all[3].clone()));
    }

    #[test]
    fn where_the_system_does_not_cut_each_packet_goes_by_itself() {
        let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
        let yes: libc::c_int = 1;
        let length = libc::socklen_t::try_from(size_of_val(&yes)).unwrap();
        // SAFETY: the value is an integer of that length, which outlives the call. A socket that sums up nothing
        // (`SO_NO_CHECK`) refuses to cut.
        let result = unsafe {
            let value = (&raw const yes).cast();
            libc::setsockopt(from.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NO_CHECK, value, length)
        };
        assert_eq!(result, 0);
        let sent = packets(&MIXED);
        let mut batch = Batch::new();
        assert_eq!(send(&mut batch, &from, to.local_addr().unwrap(), &sent), 0);
        assert!(sent.iter().all(|packet| one(&to) == *packet));
        assert!(batch.can_segment, "another way may be wider");
    }

    #[test]
    fn a_device_that_cannot_cut_is_not_asked_again() {
        let after = |code, is_segmented| Next::after(&io::Error::from_raw_os_error(code), is_segmented);
        assert_eq!(after(libc::EIO, true), Next::Apart { for_good: true });
        assert_eq!(after(libc::EINVAL, true), Next::Apart { for_good: false });
        assert_eq!(after(libc::EIO, false), Next::Drop);
        assert_eq!(after(libc::EAGAIN, true), Next::DropAll);
        assert_eq!(after(libc::EINTR, false), Next::Again);
        let mut batch = Batch::new();
        batch.can_segment = false;
        let (all, to) = (packets(&[9; 3]), "127.0.0.1:1".parse().unwrap());
        assert_eq!(batch.write_messages(all.iter().map(|bytes| (to, &bytes[..]))), 3);
    }

    #[test]
    fn addresses_are_laid_out_as_the_system_does() {
        for text in ["192.0.2.7:65535", "[2001:db8::7]:1", "[fe80::1%3]:9"] {
            let addr: SocketAddr = text.parse().unwrap();
            let mut name = Name([0xff; NAME_BYTES]);
            assert_eq!(name.write(addr), if addr.is_ipv4() { 16 } else { 28 });
            assert_eq!(name.read(), Some(addr));
        }
        assert_eq!(Name([0; NAME_BYTES]).read(), None);
    }
}
