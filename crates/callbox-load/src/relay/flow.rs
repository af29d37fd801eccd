//! One end of a call: what it sends, frame by frame, and what it makes of what comes.
//!
//! Shaped as browsers send at 1 Mbit/s: thirty frames of a picture a second, of two to five packets each, all of one size
//! but the last, and fifty packets of speech. Each packet says who sent it and when.

use anyhow::Result;
use fastrand::Rng;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use std::io::IoSlice;
use std::net::UdpSocket;
use std::ops::RangeInclusive;

use super::link::Link;
use crate::clock::Nanos;

const PICTURE_BYTES: usize = 1_150;
const PICTURE_PACKETS: RangeInclusive<usize> = 2..=5;
const LAST_BYTES: RangeInclusive<usize> = 150..=PICTURE_BYTES;
const SPEECH_BYTES: RangeInclusive<usize> = 80..=120;
/// The packets of a burst: five of a picture, two of speech.
const PACKETS_MAX: usize = 7;
/// RFC 8656, section 12.4.
const HEADER_BYTES: usize = 4;
/// The sender of a packet.
const MARK_BYTES: usize = 4;
/// When.
const TIME_BYTES: usize = 8;

/// The buffer in which a burst is put together.
pub(super) struct Scratch(Vec<[u8; HEADER_BYTES + PICTURE_BYTES]>);

impl Scratch {
    pub(super) fn new() -> Self {
        Self(vec![[0; HEADER_BYTES + PICTURE_BYTES]; PACKETS_MAX])
    }
}

/// A packet's own sender and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The sender.
    pub(super) mark: u32,
    /// When.
    pub(super) sent: Nanos,
}

/// No end sends it.
const NOBODYS: Stamp = Stamp { mark: u32::MAX, sent: Nanos(0) };

impl Stamp {
    fn read(payload: &[u8]) -> Option<Self> {
        let (mark, rest) = payload.split_first_chunk::<MARK_BYTES>()?;
        let sent = Nanos(u64::from_be_bytes(*rest.first_chunk::<TIME_BYTES>()?));
        Some(Self { mark: u32::from_be_bytes(*mark), sent })
    }

    fn write(self, payload: &mut [u8]) {
        payload[..MARK_BYTES].copy_from_slice(&self.mark.to_be_bytes());
        payload[MARK_BYTES..MARK_BYTES + TIME_BYTES].copy_from_slice(&self.sent.0.to_be_bytes());
    }
}

/// One end.
pub(super) struct End {
    pub(super) link: Link,
    channel: Option<u16>,
    frames: u32,
}

impl End {
    /// Behind a relay, by this channel.
    pub(super) fn relayed(link: Link, channel: u16) -> Result<Self> {
        link.set_nonblocking()?;
        Ok(Self { link, channel: Some(channel), frames: 0 })
    }

    /// On the open network.
    pub(super) fn plain(socket: UdpSocket) -> Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { link: Link::Udp(socket), channel: None, frames: 0 })
    }

    pub(super) fn is_relayed(&self) -> bool {
        self.channel.is_some()
    }

    /// Sends what one frame's time brings, and says how many packets the system took.
    pub(super) fn send_burst(&mut self, stamp: Stamp, rng: &mut Rng, scratch: &mut Scratch) -> u64 {
        self.frames += 1;
        let sizes = sizes(self.frames, rng);
        let count = sizes.iter().filter(|size| **size > 0).count();
        for (size, bytes) in sizes.iter().zip(&mut scratch.0) {
            let length = u16::try_from(*size).expect("below a datagram").to_be_bytes();
            bytes[..2].copy_from_slice(&self.channel.unwrap_or(0).to_be_bytes());
            bytes[2..HEADER_BYTES].copy_from_slice(&length);
            stamp.write(&mut bytes[HEADER_BYTES..]);
        }
        let start = if self.channel.is_some() { 0 } else { HEADER_BYTES };
        let socket = match &mut self.link {
            Link::Udp(socket) => socket,
            Link::Stream(stream) => {
                let packets = scratch.0.iter().zip(&sizes).take(count);
                packets.for_each(|(bytes, size)| stream.push(&bytes[start..HEADER_BYTES + size]));
                return stream.flush().map_or(0, |()| count as u64);
            }
        };
        let parts: [[IoSlice<'_>; 1]; PACKETS_MAX] = std::array::from_fn(|place| {
            [IoSlice::new(&scratch.0[place][start..HEADER_BYTES + sizes[place]])]
        });
        let mut nothing: [SendAncillaryBuffer<'_, '_, '_>; PACKETS_MAX] = Default::default();
        let mut messages: Vec<MMsgHdr<'_>> =
            parts.iter().zip(&mut nothing).take(count).map(|(part, none)| MMsgHdr::new(part, none)).collect();
        sendmmsg(socket, &mut messages, SendFlags::DONTWAIT).map_or(0, |sent| sent as u64)
    }

    /// The stamp of the next packet that is here; [`NOBODYS`] if it is none of ours.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Option<Stamp> {
        let length = self.link.receive_at_once(buffer)?;
        let payload = &buffer[..length];
        let payload = match self.channel {
            None => Some(payload),
            Some(channel) => payload.strip_prefix(&channel.to_be_bytes()[..]).and_then(|rest| rest.get(2..)),
        };
        Some(payload.and_then(Stamp::read).unwrap_or(NOBODYS))
    }
}

/// The sizes of the packets of one burst; 0 if there is none.
fn sizes(frame: u32, rng: &mut Rng) -> [usize; PACKETS_MAX] {
    let mut sizes = [0; PACKETS_MAX];
    let picture = rng.usize(PICTURE_PACKETS);
    sizes[..picture - 1].fill(PICTURE_BYTES);
    sizes[picture - 1] = rng.usize(LAST_BYTES);
    // Five of speech in three frames.
    let speech = if frame.is_multiple_of(3) { 1 } else { 2 };
    sizes[picture..picture + speech].fill_with(|| rng.usize(SPEECH_BYTES));
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_a_call_is_some_150_packets_and_a_megabit() {
        let mut rng = Rng::with_seed(1);
        let all: Vec<usize> = (0..3_000).flat_map(|frame| sizes(frame, &mut rng)).collect();
        let (packets, bytes) = (all.iter().filter(|size| **size > 0).count(), all.iter().sum::<usize>());
        assert!((14_500..16_500).contains(&packets), "{packets} in a hundred seconds");
        assert!((9_000_000..14_000_000).contains(&bytes), "{bytes} in a hundred seconds");
    }

    #[test]
    fn a_burst_arrives_with_its_stamp_and_without_its_header() {
        let (one, other) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        one.connect(other.local_addr().unwrap()).unwrap();
        let (mut one, mut other) = (End::plain(one).unwrap(), End::plain(other).unwrap());
        let stamp = Stamp { mark: 77, sent: Nanos(5_000_000_000) };
        let sent = one.send_burst(stamp, &mut Rng::with_seed(1), &mut Scratch::new());
        let mut buffer = [0; 2_048];
        for _ in 0..sent {
            assert_eq!(other.receive(&mut buffer), Some(stamp));
        }
        assert!(sent >= 3 && other.receive(&mut buffer).is_none());
    }
}
