//! The media of all calls, on one thread: bursts at fixed instants, and everything that comes is read at once.
//!
//! The ends' frames lie evenly between each other, so that a server sees the same load at every instant.

use anyhow::Result;
use fastrand::Rng;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use std::time::Duration;

use super::flow::{End, Scratch, Stamp};
use crate::clock::{Nanos, now};
use crate::latencies::Latencies;

/// Longer than a packet is under way on one machine.
const DRAIN: Duration = Duration::from_millis(300);
const EVENTS: usize = 256;

/// The counts of packets sent and received.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) received: u64,
    /// For another end than the one it came to, or nothing of ours.
    pub(super) foreign: u64,
    /// The lateness of bursts.
    pub(super) lateness: Latencies,
    /// The delay of packets, from the burst that sent them until they were read.
    pub(super) delay: Latencies,
}

pub(super) struct Media {
    ends: Vec<End>,
    /// The time of a picture.
    frame: Duration,
    epoll: OwnedFd,
    rng: Rng,
    scratch: Scratch,
    buffer: Vec<u8>,
}

impl Media {
    /// The media of calls, whose two ends are side by side; each sends so many frames a second.
    pub(super) fn new(ends: Vec<End>, frames_per_second: u32, seed: u64) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (place, end) in (0..).zip(&ends) {
            epoll::add(&epoll, &end.link, epoll::EventData::new_u64(place), epoll::EventFlags::IN)?;
        }
        let frame = Duration::from_secs(1) / frames_per_second.max(1);
        let (rng, scratch) = (Rng::with_seed(seed), Scratch::new());
        Ok(Self { ends, frame, epoll, rng, scratch, buffer: vec![0; 65_536] })
    }

    /// Everybody sends for so long; then what is under way arrives.
    pub(super) fn flow(&mut self, duration: Duration) -> Result<Counts> {
        let (mut counts, start) = (Counts::default(), now());
        let end = start.plus(duration);
        let step = self.frame / u32::try_from(self.ends.len().max(1))?;
        let mut due = start;
        let mut bursts = 0;
        while due < end {
            while due <= now() {
                counts.lateness.add(now().since(due));
                self.send_burst(bursts % self.ends.len(), &mut counts);
                bursts += 1;
                due = due.plus(step);
            }
            self.receive(due.min(end), &mut counts)?;
        }
        let end = now().plus(DRAIN);
        while now() < end && counts.received < counts.sent {
            self.receive(end, &mut counts)?;
        }
        Ok(counts)
    }

    fn send_burst(&mut self, place: usize, counts: &mut Counts) {
        let mark = u32::try_from(place).expect("as many ends as there are ports");
        let stamp = Stamp { mark, sent: now() };
        counts.sent += self.ends[place].send_burst(stamp, &mut self.rng, &mut self.scratch);
    }

    /// Receives the packets that are here, or come until then.
    fn receive(&mut self, until: Nanos, counts: &mut Counts) -> Result<()> {
        let wait = until.since(now());
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.min(DRAIN).subsec_nanos()) };
        let mut events = Vec::with_capacity(EVENTS);
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events {
            let place = usize::try_from(event.data.u64())?;
            // The other end of the same call.
            let expected = u32::try_from(place ^ 1)?;
            while let Some(stamp) = self.ends[place].receive(&mut self.buffer) {
                if stamp.mark == expected {
                    counts.received += 1;
                    counts.delay.add(now().since(stamp.sent));
                } else {
                    counts.foreign += 1;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    #[test]
    fn what_two_ends_send_each_other_is_counted_once() {
        let sockets = [UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap()];
        sockets[0].connect(sockets[1].local_addr().unwrap()).unwrap();
        sockets[1].connect(sockets[0].local_addr().unwrap()).unwrap();
        let mut media = Media::new(sockets.map(|one| End::plain(one).unwrap()).into(), 30, 1).unwrap();
        let counts = media.flow(Duration::from_millis(200)).unwrap();
        assert!(counts.sent >= 20, "{counts:?}");
        assert_eq!((counts.received, counts.foreign), (counts.sent, 0));
        let delays = counts.delay.summary();
        assert_eq!(delays.count as u64, counts.received);
        assert!(delays.p50_ms < 1_000.0, "{delays:?}");
    }
}
