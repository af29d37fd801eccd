//! Follows this machine's addresses as they change, so that the relay uses and refuses the current ones.
//!
//! A thread that sleeps until the system says that an address or a route has changed (`rtnetlink(7)`), reads the
//! state anew, and notifies the relay threads. The messages are not read: they may be lost if much changes at once,
//! and that one came is enough. Bound: five readings a second.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::addresses::Addresses;
use crate::inbox::{Event, Sender};

/// Addresses and ways of both families (`RTMGRP_IPV4_IFADDR`, `.._ROUTE`, and the same of IPv6).
const GROUPS: u32 = 0x10 | 0x40 | 0x100 | 0x400;
/// Changes come in bursts, and an interface has its address some time before its way.
const SETTLE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Of one burst; a socket holds fewer.
const MESSAGES_MAX: u32 = 4_096;

/// The state of the thread.
pub(crate) struct Follower {
    /// The system's events.
    pub(crate) netlink: OwnedFd,
    /// Becomes readable when it is time to end.
    pub(crate) end: Arc<OwnedFd>,
    pub(crate) listen: IpAddr,
    /// `external_ip`.
    pub(crate) settings: Vec<IpAddr>,
    /// The addresses that others read.
    pub(crate) addresses: Arc<Mutex<Arc<Addresses>>>,
    pub(crate) senders: Vec<Sender>,
}

/// A socket that becomes readable with each change.
pub(crate) fn open() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // Without a protocol it is the one of addresses and ways (`NETLINK_ROUTE`).
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

impl Follower {
    /// Runs until it gets the signal to end.
    pub(crate) fn run(self) {
        loop {
            if !self.wait_for_change() {
                return;
            }
            match Addresses::read(self.listen, &self.settings) {
                Ok(addresses) => self.take(addresses),
                Err(error) => tracing::warn!(%error, "the addresses of this machine could not be read"),
            }
        }
    }

    /// Whether there was one, and not the end.
    fn wait_for_change(&self) -> bool {
        let is_end = |wait: Option<&Timespec>, is_change_enough: bool| {
            let mut both = [
                PollFd::new(&*self.end, PollFlags::IN),
                PollFd::new(&self.netlink, if is_change_enough { PollFlags::IN } else { PollFlags::empty() }),
            ];
            // A signal makes it shorter, and then there was no change; reading once more does no harm.
            let _ = poll(&mut both, wait);
            !both[0].revents().is_empty()
        };
        if is_end(None, true) || is_end(Some(&SETTLE), false) {
            return false;
        }
        let mut message = [0; 8_192];
        // An error says that messages were lost, or that none is left.
        let is_there = |_: &u32| recv(&self.netlink, &mut message, RecvFlags::DONTWAIT).is_ok();
        (0..MESSAGES_MAX).take_while(is_there).count();
        true
    }

    fn take(&self, addresses: Addresses) {
        let mut known = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if **known == addresses {
            return;
        }
        tracing::info!(own = ?addresses.own, externals = ?addresses.externals, "this machine's addresses have changed");
        let addresses = Arc::new(addresses);
        *known = Arc::clone(&addresses);
        drop(known);
        for sender in &self.senders {
            sender.send(Event::Addresses(Arc::clone(&addresses)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::{Receiver, inbox, wake};
    use rustix::event::{EventfdFlags, eventfd};
    use std::process::Command;

    fn ip(words: &[&str]) {
        let done = Command::new("/usr/sbin/ip").args(words).status().unwrap();
        assert!(done.success(), "ip {}: are we root?", words.join(" "));
    }

    fn next(receiver: &Receiver) -> Arc<Addresses> {
        let mut wake = [PollFd::new(&*receiver.wake, PollFlags::IN)];
        poll(&mut wake, Some(&Timespec { tv_sec: 10, tv_nsec: 0 })).unwrap();
        let Some(Event::Addresses(addresses)) = receiver.events().pop() else {
            panic!("no event of addresses")
        };
        addresses
    }

    #[test]
    #[ignore = "full: root, and addresses of this machine's loopback"]
    fn an_address_that_comes_and_goes_is_told_to_the_threads() {
        let listen = IpAddr::from([0, 0, 0, 0]);
        let found = Addresses::read(listen, &[]).unwrap();
        let eventfd = || Arc::new(eventfd(0, EventfdFlags::NONBLOCK).unwrap());
        let (sender, receiver) = inbox().unwrap();
        let (end, addresses) = (eventfd(), Arc::new(Mutex::new(Arc::new(found.clone()))));
        let follower = Follower {
            netlink: open().unwrap(),
            end: Arc::clone(&end),
            listen,
            settings: Vec::new(),
            addresses: Arc::clone(&addresses),
            senders: vec![sender],
        };
        let thread = std::thread::spawn(move || follower.run());
        let new = IpAddr::from([198, 18, 77, 7]);
        ip(&["addr", "add", "198.18.77.7/24", "dev", "lo"]);
        let now = next(&receiver);
        assert!(now.own.contains(&new) && now.closed().contains(&IpAddr::from([198, 18, 77, 255])));
        assert_eq!(**addresses.lock().unwrap(), *now);
        ip(&["addr", "del", "198.18.77.7/24", "dev", "lo"]);
        assert!(!next(&receiver).own.contains(&new));
        wake(&end);
        thread.join().unwrap();
    }
}
