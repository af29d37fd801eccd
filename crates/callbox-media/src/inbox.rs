//! The input of a relay's thread from others: the hub's events, clients' connections, and packets of other threads.
//!
//! The hub sends while it holds its lock, so it waits for nothing: events gather, and the thread takes all of them
//! each turn. A thread that takes none for so long that [`EVENTS_MAX`] wait has lost track. It then forgets every
//! session, since one that ended meanwhile must reach nobody any more; the others get a relay again with their next
//! session. Packets past their bound are lost, as on any network.

use callbox_turn::{CallKey, PeerAddr, Relayed, SessionKey, UserKey};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver as Packets, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::addresses::Addresses;
use crate::stream::Connection;

/// Ten megabytes: far more than a thread that lives ever leaves.
const EVENTS_MAX: usize = 1 << 18;
/// Packets that wait for another thread.
const PACKETS_MAX: usize = 1_024;
/// Connections that wait for their thread, which takes them each turn.
const CONNECTIONS_MAX: usize = 256;

/// An event for a thread.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Opened(SessionKey, UserKey),
    Closed(SessionKey),
    Attached(SessionKey, CallKey, SessionKey),
    Announced(SessionKey, IpAddr),
    Detached(SessionKey),
    /// Events were lost: nobody is known any more.
    Lost,
    Addresses(Arc<Addresses>),
    Stop,
}

/// A packet from another thread's client to a relay socket of this thread.
pub(crate) struct CrossThreadPacket {
    pub(crate) way: (Relayed, PeerAddr, SessionKey),
    pub(crate) payload: Box<[u8]>,
}

/// The sender's end.
#[derive(Clone)]
pub(crate) struct Sender {
    events: Arc<Mutex<Vec<Event>>>,
    packets: SyncSender<CrossThreadPacket>,
    connections: SyncSender<Connection>,
    wake: Arc<OwnedFd>,
}

/// For the thread.
pub(crate) struct Receiver {
    events: Arc<Mutex<Vec<Event>>>,
    packets: Packets<CrossThreadPacket>,
    connections: Packets<Connection>,
    /// Can be read when there is something.
    pub(crate) wake: Arc<OwnedFd>,
}

pub(crate) fn inbox() -> io::Result<(Sender, Receiver)> {
    let events = Arc::<Mutex<Vec<Event>>>::default();
    let (packets, taken) = sync_channel(PACKETS_MAX);
    let (connections, accepted) = sync_channel(CONNECTIONS_MAX);
    let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
    let receiver = Receiver {
        events: Arc::clone(&events),
        packets: taken,
        connections: accepted,
        wake: Arc::clone(&wake),
    };
    Ok((Sender { events, packets, connections, wake }, receiver))
}

impl Sender {
    /// Waits for nothing.
    pub(crate) fn send(&self, event: Event) {
        let mut events = lock(&self.events);
        let is_first = events.is_empty();
        if events.len() >= EVENTS_MAX {
            // Events that are not of sessions stay.
            events.retain(|event| matches!(event, Event::Addresses(_) | Event::Stop));
            events.push(Event::Lost);
            tracing::error!("a relay thread does not read the hub's events: it forgets all sessions");
        }
        events.push(event);
        drop(events);
        // The sender of an earlier item has woken it.
        if is_first {
            self.wake();
        }
    }

    /// Returns whether there was room. A sender that hands over many wakes once.
    pub(crate) fn hand_over(&self, packet: CrossThreadPacket) -> bool {
        self.packets.try_send(packet).is_ok()
    }

    /// A client's connection is the thread's from now on. It comes back if there is no room, or the thread has ended.
    pub(crate) fn connect(&self, connection: Connection) -> Result<(), Connection> {
        let sent = self.connections.try_send(connection);
        self.wake();
        sent.map_err(|error| match error {
            TrySendError::Full(connection) | TrySendError::Disconnected(connection) => connection,
        })
    }

    pub(crate) fn wake(&self) {
        wake(&self.wake);
    }
}

impl Receiver {
    /// All events since the last time.
    pub(crate) fn events(&self) -> Vec<Event> {
        let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
        std::mem::take(&mut *lock(&self.events))
    }

    /// A packet that was handed over, if there is one.
    pub(crate) fn packet(&self) -> Option<CrossThreadPacket> {
        self.packets.try_recv().ok()
    }

    /// A connection that is this thread's from now on, if there is one.
    pub(crate) fn connection(&self) -> Option<Connection> {
        self.connections.try_recv().ok()
    }
}

pub(crate) fn wake(eventfd: &OwnedFd) {
    // It fails if the counter is full, and then the thread is awake anyway.
    let _ = rustix::io::write(eventfd, &1_u64.to_ne_bytes());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZero;

    fn session(number: u64) -> SessionKey {
        SessionKey(NonZero::new(number).unwrap())
    }

    #[test]
    fn a_connection_comes_back_from_a_thread_that_has_ended_or_takes_none() {
        let new = || crate::stream::tests::connected(false).0;
        let (ended, receiver) = inbox().unwrap();
        drop(receiver);
        assert!(ended.connect(new()).is_err());
        let (busy, receiver) = inbox().unwrap();
        let taken = (0..=CONNECTIONS_MAX).take_while(|_| busy.connect(new()).is_ok()).count();
        assert_eq!(taken, CONNECTIONS_MAX);
        assert!(receiver.connection().is_some() && busy.connect(new()).is_ok());
    }

    #[test]
    fn a_thread_that_takes_nothing_holds_nobody_up_and_forgets_everybody() {
        let (sender, receiver) = inbox().unwrap();
        let addresses = Arc::new(Addresses::read(IpAddr::from([127, 0, 0, 1]), &[]).unwrap());
        sender.send(Event::Addresses(addresses));
        for number in 1..=EVENTS_MAX as u64 {
            sender.send(Event::Opened(session(number), UserKey(1)));
        }
        sender.send(Event::Closed(session(1)));
        let events = receiver.events();
        let [Event::Addresses(_), Event::Lost, Event::Opened(..), Event::Closed(_)] = &events[..] else {
            panic!("{} events", events.len())
        };
        assert!(receiver.events().is_empty());
    }
}
