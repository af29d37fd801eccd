//! One client's allocation: its relayed addresses, its permissions, and its channels.

use std::collections::HashMap;
use std::net::IpAddr;

use stun_types::message::{IntegrityAlgorithm, IntegrityKey, TransactionId};

use crate::counters::Refused;
use crate::shared::Holder;
use crate::types::{Family, FiveTuple, Millis, PeerAddr, Relayed};

/// RFC 8656, section 9.
const PERMISSION_SECONDS: u64 = 300;
/// RFC 8656, section 12.
const CHANNEL_SECONDS: u64 = 600;

#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) client: FiveTuple,
    pub(crate) username: Box<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) algorithm: IntegrityAlgorithm,
    pub(crate) holder: Holder,
    /// The place of the session in the relay's slab.
    pub(crate) session: usize,
    pub(crate) v4: Option<u16>,
    pub(crate) v6: Option<u16>,
    pub(crate) expires: Millis,
    /// The request that made it: repeated, it gets the same answer (RFC 8656, section 7.2).
    pub(crate) created_by: TransactionId,
    pub(crate) stage: Stage,
    /// Whether anybody was ever let in.
    pub(crate) is_used: bool,
    permissions: HashMap<IpAddr, Millis>,
    channels: HashMap<u16, Channel>,
    numbers: HashMap<PeerAddr, u16>,
}

#[derive(Debug)]
pub(crate) enum Stage {
    /// Sockets are being bound. `lacks_v6` says why a second one of IPv6, which was asked for, is none of them.
    Opening {
        request: Box<[u8]>,
        waiting: Vec<Relayed>,
        failures: u32,
        parity: Parity,
        lacks_v6: Option<Refused>,
    },
    /// It was answered so.
    Open { answer: Box<[u8]> },
}

/// Which ports will do (EVEN-PORT, RFC 8656, section 18.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parity {
    Any,
    Even,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    peer: PeerAddr,
    expires: Millis,
}

/// Why a channel cannot be bound: the number or the peer has another (RFC 8656, section 12.2).
#[derive(Debug)]
pub(crate) enum Conflict {
    Taken,
    TooMany,
}

/// The values that a new allocation begins with.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) client: FiveTuple,
    pub(crate) username: Box<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) algorithm: IntegrityAlgorithm,
    pub(crate) holder: Holder,
    pub(crate) session: usize,
}

impl Allocation {
    pub(crate) fn new(origin: Origin, created_by: TransactionId, stage: Stage, expires: Millis) -> Self {
        let Origin { client, username, key, algorithm, holder, session } = origin;
        let none = || (HashMap::new(), HashMap::new(), HashMap::new());
        let (permissions, channels, numbers) = none();
        Self {
            client,
            username,
            key,
            algorithm,
            holder,
            session,
            v4: None,
            v6: None,
            expires,
            created_by,
            stage,
            is_used: false,
            permissions,
            channels,
            numbers,
        }
    }

    pub(crate) fn port(&self, family: Family) -> Option<u16> {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }

    pub(crate) fn set_port(&mut self, family: Family, port: Option<u16>) {
        match family {
            Family::V4 => self.v4 = port,
            Family::V6 => self.v6 = port,
        }
    }

    pub(crate) fn relayed(&self) -> impl Iterator<Item = Relayed> + use<> {
        let v4 = self.v4.map(|port| Relayed { port, family: Family::V4 });
        let v6 = self.v6.map(|port| Relayed { port, family: Family::V6 });
        v4.into_iter().chain(v6)
    }

    /// Lets these addresses in, all or none.
    pub(crate) fn permit(&mut self, ips: &[IpAddr], max: usize, now: Millis) -> bool {
        let is_new = |ip: &&IpAddr| !self.permissions.contains_key(ip);
        if self.permissions.len() + ips.iter().filter(is_new).count() > max {
            self.permissions.retain(|_, expires| *expires > now);
        }
        let is_new = |ip: &&IpAddr| !self.permissions.contains_key(ip);
        if self.permissions.len() + ips.iter().filter(is_new).count() > max {
            return false;
        }
        self.is_used = true;
        let expires = now.plus_seconds(PERMISSION_SECONDS);
        self.permissions.extend(ips.iter().map(|ip| (*ip, expires)));
        true
    }

    pub(crate) fn permits(&self, ip: IpAddr, now: Millis) -> bool {
        self.permissions.get(&ip).is_some_and(|expires| *expires > now)
    }

    /// Binds a channel, and with it goes a permission; both or neither (RFC 8656, section 12.2).
    pub(crate) fn bind(
        &mut self,
        number: u16,
        peer: PeerAddr,
        max: usize,
        permissions_max: usize,
        now: Millis,
    ) -> Result<(), Conflict> {
        self.forget_dead_channels(now);
        let is_other_peer = self.channels.get(&number).is_some_and(|channel| channel.peer != peer);
        let is_other_number = self.numbers.get(&peer).is_some_and(|other| *other != number);
        if is_other_peer || is_other_number {
            return Err(Conflict::Taken);
        }
        if !self.channels.contains_key(&number) && self.channels.len() >= max {
            return Err(Conflict::TooMany);
        }
        // The last thing that can fail: a channel without its permission would be half an answer.
        if !self.permit(&[peer.0.ip()], permissions_max, now) {
            return Err(Conflict::TooMany);
        }
        self.channels.insert(number, Channel { peer, expires: now.plus_seconds(CHANNEL_SECONDS) });
        self.numbers.insert(peer, number);
        Ok(())
    }

    /// The peer of a channel.
    pub(crate) fn peer(&self, number: u16, now: Millis) -> Option<PeerAddr> {
        self.channels.get(&number).filter(|channel| channel.expires > now).map(|channel| channel.peer)
    }

    /// The channel by which a peer's packets go.
    pub(crate) fn number(&self, peer: PeerAddr, now: Millis) -> Option<u16> {
        self.numbers.get(&peer).copied().filter(|number| self.peer(*number, now).is_some())
    }

    /// The call has ended: no peer may be received from or reached any more.
    pub(crate) fn clear(&mut self) {
        self.permissions.clear();
        self.channels.clear();
        self.numbers.clear();
    }

    fn forget_dead_channels(&mut self, now: Millis) {
        self.channels.retain(|_, channel| channel.expires > now);
        let channels = &self.channels;
        self.numbers.retain(|_, number| channels.contains_key(number));
    }
}
