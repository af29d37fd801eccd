//! The invariants: those after every event, and those when everything has come to rest.

use callbox_core::exchange::{Arrival, Incoming};
use callbox_core::party::InviteKey;
use callbox_core::session::UNWRITTEN_BYTES_MAX;
use callbox_protocol::call::{CallKind, Side};
use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{
    ClientFrame, KEPT_BYTES_MAX, Numbers, PARKED_BYTES_MAX, RelayPolicy, Snapshot,
};
use callbox_protocol::user::User;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::client::{Client, Doing};
use crate::world::World;

/// After this long two who wait and may meet have met: the lobby relaxes its last rule at 15 s.
const LIVENESS_MS: u64 = 17_000;

impl World {
    /// After every event.
    pub(crate) fn check(&mut self) {
        if let Some(action) = self.exchange.next_action() {
            self.fault(&format!("{action:?} was not carried out"));
        }
        let (_, largest) = self.exchange.kept_bytes();
        if largest > KEPT_BYTES_MAX + UNWRITTEN_BYTES_MAX + PARKED_BYTES_MAX {
            self.fault(&format!("a session keeps {largest} bytes"));
        }
        for session in &self.relay.opened {
            let call = match self.exchange.snapshot(*session, self.now) {
                Snapshot::Call { call, .. } => Some(call),
                Snapshot::Idle | Snapshot::Queued { .. } => None,
            };
            if call != self.relay.calls.get(session).copied() {
                self.fault(&format!(
                    "{session} is in {call:?}, and a relay was told {:?}",
                    self.relay.calls.get(session)
                ));
            }
        }
        self.check_absent();
        let mut calls_by_user_login = HashMap::new();
        let live: Vec<CallId> =
            self.calls_seen.iter().copied().filter(|call| self.exchange.parties(*call).is_some()).collect();
        for call in &live {
            let (caller, callee) = self.exchange.parties(*call).unwrap();
            if caller == callee {
                self.fault(&format!("{caller} is in call {call} with itself"));
            }
            if self.blocks.contains(&(caller, callee)) || self.blocks.contains(&(callee, caller)) {
                self.fault(&format!("{call} is between people with a block between them"));
            }
            for user in [caller, callee] {
                calls_by_user_login.entry(user).or_insert_with(Vec::new).push(*call);
            }
        }
        for (user, calls) in calls_by_user_login {
            let logins: std::collections::BTreeSet<LoginId> =
                self.clients.iter().filter(|one| one.user == user).map(|one| one.login).collect();
            if calls.len() > logins.len() {
                self.fault(&format!("{user} is in {} calls with {} logins", calls.len(), logins.len()));
            }
        }
        self.calls_seen.retain(|call| live.contains(call));
    }

    /// Nobody who is away gets into a line meanwhile.
    pub(crate) fn check_absent(&mut self) {
        let here = self.with_sockets();
        let sessions = self.relay.opened.iter().filter(|session| !here.contains(session));
        let absent: BTreeMap<SessionId, bool> = sessions
            .map(|session| {
                let snapshot = self.exchange.snapshot(*session, self.now);
                (*session, matches!(snapshot, Snapshot::Queued { .. }))
            })
            .collect();
        for (session, waits) in &absent {
            if *waits && self.absent.get(session) == Some(&false) {
                self.fault(&format!("{session} is away and was put into a line"));
            }
        }
        self.absent = absent;
    }

    /// A call ended because a side left: it is not there.
    pub(crate) fn check_left(&self, call: CallId, by: Option<Side>) {
        let sessions = self.parked.sessions(call);
        let gone =
            by.zip(sessions).map(|(by, [caller, callee])| if by == Side::Caller { caller } else { callee });
        if gone.is_some_and(|gone| self.with_sockets().contains(&gone)) {
            self.fault(&format!("{by:?} left {call}, and has a socket"));
        }
    }

    /// Everybody has left, so each invite is free again.
    pub(crate) fn check_participants(&mut self) {
        let (user, login) = (UserId::from_bytes([0xee; 16]), LoginId::from_bytes([0xee; 16]));
        let (blocked, user) = (HashSet::new(), User { id: user, age: None });
        let arrival = Arrival {
            user,
            login,
            blocked,
            relay_policy: RelayPolicy::Auto,
            is_held: false,
            observes: false,
            resume: None,
            grant: None,
        };
        let at = self.exchange.handle_hello(arrival, self.now).unwrap();
        for code in [0, 1] {
            let join = Incoming::Join(Some(InviteKey([code; 32])), None);
            for heard in [join, Incoming::Frame(&ClientFrame::Cancel)] {
                let numbers = Numbers::default();
                self.exchange.handle_frame(at.session, at.socket, numbers, 1, heard, self.now).unwrap();
            }
        }
        let frames = self.exchange.take(at.session, at.socket).unwrap().frames;
        let names: Vec<Value> =
            frames.iter().map(|text| serde_json::from_slice::<Value>(text).unwrap()["type"].take()).collect();
        if names != ["queued", "idle", "queued", "idle"] {
            self.fault(&format!("everybody has gone home, and an invite is taken: {names:?}"));
        }
    }

    /// When nothing is under way and everybody is connected who wants to be.
    pub(crate) fn check_at_rest(&self) {
        for client in &self.clients {
            if client.session.is_some() && !client.is_online && !self.is_tight {
                self.fault(&format!("{} is not back after a long rest", client.name));
            }
            self.check_client(client);
        }
        let waiting: Vec<&Client> = self.clients.iter().filter(|one| self.waits_long(one)).collect();
        for (place, one) in waiting.iter().enumerate() {
            for other in &waiting[place + 1..] {
                let may_meet = one.user != other.user
                    && self.ages[&one.user] == self.ages[&other.user]
                    && !self.blocks.contains(&(one.user, other.user))
                    && !self.blocks.contains(&(other.user, one.user));
                if may_meet {
                    self.fault(&format!("{} and {} wait and may meet", one.name, other.name));
                }
            }
        }
    }

    fn waits_long(&self, client: &Client) -> bool {
        let Some((session, _)) = client.session.as_ref().filter(|_| client.is_online) else { return false };
        match self.exchange.snapshot(*session, self.now) {
            Snapshot::Queued { kind: CallKind::Random, waited_ms } => waited_ms > LIVENESS_MS,
            _ => false,
        }
    }

    fn check_client(&self, client: &Client) {
        let Some((session, _)) = client.session.as_ref().filter(|_| client.is_online) else { return };
        let snapshot = self.exchange.snapshot(*session, self.now);
        let agrees = match (snapshot, client.doing) {
            (Snapshot::Idle, Doing::Nothing) => true,
            (Snapshot::Queued { kind, .. }, Doing::Waiting(own)) => kind == own,
            (Snapshot::Call { call, has_begun: true, .. }, Doing::Calling(own)) => call == own,
            _ => false,
        };
        if !agrees {
            self.fault(&format!("{} thinks {:?}, the server {snapshot:?}", client.name, client.doing));
        }
        if let Doing::Calling(call) = client.doing {
            let others =
                self.clients.iter().filter(|one| one.name != client.name && one.doing == client.doing);
            if others.count() != 1 {
                self.fault(&format!("{} is in {call}, and the other is not", client.name));
            }
            let (caller, callee) = self.exchange.parties(call).unwrap();
            if self.ages[&caller] != self.ages[&callee] && client.wish == Some(crate::client::Wish::Stranger)
            {
                self.fault(&format!("strangers of two age classes are in {call}"));
            }
            if !client.is_peer_here {
                self.fault(&format!("{} was not told that the other is here again", client.name));
            }
            if let Err(what) = self.ledger.is_whole(call, client.name) {
                self.fault(&what);
            }
        }
    }
}
