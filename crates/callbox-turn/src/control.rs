//! The hub's events for the relay: which sessions there are, and which of them are in a call with each other.
//!
//! Every thread gets them, since nobody knows by which one a client's packets will come.

use std::net::IpAddr;

use crate::limits::Meter;
use crate::relay::Relay;
use crate::session::{Link, Session};
use crate::types::{Action, CallKey, SessionKey, UserKey};

/// Addresses that one side of a call may announce; a browser on five networks has ten.
const ANNOUNCED_MAX: usize = 64;

impl Relay {
    /// A session may allocate from now on. Past the bound of sessions it is not taken, and gets 401.
    pub fn handle_opened(&mut self, key: SessionKey, user: UserKey) {
        if self.sessions_by_key.contains_key(&key) || self.sessions.len() >= self.options.limits.sessions {
            return;
        }
        let place = self.sessions.insert(Session {
            key,
            user,
            link: None,
            allocations: Vec::new(),
            announced: Vec::new(),
            meter: Meter::default(),
            packets: 0,
            bytes: 0,
            refused: None,
        });
        self.sessions_by_key.insert(key, place);
    }

    /// A session is in a call with another from now on; media may flow.
    pub fn handle_attached(&mut self, key: SessionKey, call: CallKey, other: SessionKey) {
        let link = Link { call, other };
        let Some(&place) = self.sessions_by_key.get(&key) else { return };
        if self.sessions[place].link == Some(link) {
            return;
        }
        self.handle_detached(key);
        self.sessions[place].link = Some(link);
    }

    /// A session named an address of its own to the other side of its call.
    pub fn handle_announced(&mut self, key: SessionKey, ip: IpAddr) {
        let Some(&place) = self.sessions_by_key.get(&key) else { return };
        let announced = &mut self.sessions[place].announced;
        if announced.len() < ANNOUNCED_MAX && !announced.contains(&ip) {
            announced.push(ip);
        }
    }

    /// A session's call has ended: nothing flows from this moment, and its allocations wait for the next call.
    pub fn handle_detached(&mut self, key: SessionKey) {
        let Some(&place) = self.sessions_by_key.get(&key) else { return };
        let session = &mut self.sessions[place];
        session.announced.clear();
        let (packets, bytes) = (std::mem::take(&mut session.packets), std::mem::take(&mut session.bytes));
        let Some(link) = session.link.take() else { return };
        let refused = session.refused.take();
        for id in session.allocations.clone() {
            self.allocations[id].clear();
        }
        if packets > 0 || refused.is_some() {
            self.act(Action::Used { session: key, call: link.call, packets, bytes, refused });
        }
    }

    /// A session has ended, signed out or banned: its credentials and allocations are invalid from this moment.
    pub fn handle_revoked(&mut self, key: SessionKey) {
        self.handle_detached(key);
        let Some(place) = self.sessions_by_key.remove(&key) else { return };
        for id in self.sessions[place].allocations.clone() {
            self.free(id);
        }
        self.sessions.remove(place);
    }

    /// The hub's events were lost: no session is known any more, since some may have ended.
    pub fn handle_lost(&mut self) {
        let all: Vec<SessionKey> = self.sessions_by_key.keys().copied().collect();
        for key in all {
            self.handle_revoked(key);
        }
    }
}
