//! Arrivals, reconnects and departures.
//!
//! A hello ends in one of four ways: the session continues, a side of a call is taken again by its grant, a new
//! session begins, or the newcomer is sent away with a time to retry at.

use callbox_protocol::call::Side;
use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::signal::{
    LeaveAction, LeaveReason, RESUME_MS, RelayPolicy, Resume, ServerFrame, Snapshot, close,
};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use std::collections::HashSet;

use super::{
    Action, Arc, DuplicateLogin, Exchange, FRAME_BURST, FRAME_REFILL_MS, Interests, Leave,
    OBSERVERS_PER_USER_MAX, Paused, RETURN_SPREAD_MS, ReportedPeer, SESSIONS_PER_USER_MAX, Session, SocketId,
    Stream, TokenBucket,
};
use crate::call::Terms;
use crate::grant::Grant;
use crate::invite::Guest;
use crate::party::Party;

/// A user who says hello, as the store knows them.
pub struct Arrival {
    /// The user.
    pub user: User,
    /// The login.
    pub login: LoginId,
    /// The users whom this one has blocked.
    pub blocked: HashSet<UserId>,
    /// Whether the user is kept from strangers.
    pub is_held: bool,
    /// Whether the app of its page lets people learn each other's address.
    pub relay_policy: RelayPolicy,
    /// Whether a session that begins only watches answers.
    pub observes: bool,
    /// The session that it would like to continue.
    pub resume: Option<Resume>,
    /// The call that it is in, by a grant of ours; left out if the call is on record as ended.
    pub grant: Option<Grant>,
}

/// The answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The session.
    pub session: SessionId,
    /// The socket, as the session's from now on.
    pub socket: SocketId,
    /// The epoch, as clients see it.
    pub epoch: String,
    /// Whether nothing was lost.
    pub recovered: bool,
    /// The last frame of the client that is here.
    pub ack: u64,
    /// The state of the session.
    pub snapshot: Snapshot,
}

impl Exchange {
    /// Somebody says hello on a new socket.
    pub fn handle_hello(&mut self, arrival: Arrival, now: UnixMillis) -> Result<Welcome, Leave> {
        if self.is_going_down {
            return Err(self.going_down(RETURN_SPREAD_MS));
        }
        let resumed = self.find_resumed(&arrival);
        let welcome = match resumed.or_else(|| self.find_participant(&arrival)) {
            Some(id) => {
                // By its grant alone, or by numbers that have expired: nobody knows which frames it has.
                let resume = arrival.resume.as_ref().filter(|_| resumed.is_some());
                let ack =
                    resume.filter(|resume| resume.epoch == self.epoch_text(id)).map(|resume| resume.ack);
                self.attach(id, arrival, ack, now)
            }
            None => self.begin_session(arrival, now)?,
        };
        self.drain(now);
        self.note_snapshot(welcome.session);
        let snapshot = self.snapshot(welcome.session, now);
        Ok(Welcome { snapshot, ..welcome })
    }

    /// The socket is gone, and nobody said that the session should end: it is kept for a while.
    pub fn handle_socket_lost(&mut self, id: SessionId, socket: SocketId, now: UnixMillis) {
        if self.is_socket_of(id, socket) {
            self.detach(id, now);
            self.drain(now);
        }
    }

    /// The page is gone: closed, reloaded, or on another address. In a call it may return by its grant, so that one's
    /// session is kept; nobody waits for a page that was in none.
    pub fn handle_page_gone(&mut self, id: SessionId, socket: SocketId, now: UnixMillis) {
        if self.calls.call_of(id).is_some() {
            self.handle_socket_lost(id, socket, now);
        } else {
            self.handle_session_closed(id, socket, now);
        }
    }

    /// The client closed its session, or misused it: it ends at once.
    pub fn handle_session_closed(&mut self, id: SessionId, socket: SocketId, now: UnixMillis) {
        if self.is_socket_of(id, socket) {
            self.end_session(id, now);
            self.drain(now);
        }
    }

    pub(super) fn is_socket_of(&self, id: SessionId, socket: SocketId) -> bool {
        self.sessions.get(&id).is_some_and(|session| session.socket == Some(socket))
    }

    pub(super) fn going_down(&mut self, spread_ms: u64) -> Leave {
        Leave {
            reason: LeaveReason::Shutdown,
            action: LeaveAction::Resume,
            after_ms: Some(500 + self.random.below(spread_ms)),
            code: 1001,
        }
    }

    /// The epoch as this session's client sees it.
    fn epoch_text(&self, id: SessionId) -> String {
        format!("{:016x}-{}", self.epoch, self.sessions[&id].numbering)
    }

    fn find_resumed(&self, arrival: &Arrival) -> Option<SessionId> {
        let resume = arrival.resume.as_ref()?;
        let session = self.sessions.get(&resume.session)?;
        let is_own = session.user == arrival.user.id && session.login == arrival.login;
        let epoch = resume.epoch.split('-').next();
        let is_own = is_own && session.observes == arrival.observes;
        (is_own && epoch == Some(&format!("{:016x}", self.epoch))).then_some(resume.session)
    }

    /// The session of the side that a grant names, if the call is here.
    fn find_participant(&self, arrival: &Arrival) -> Option<SessionId> {
        let grant = arrival.grant.as_ref().filter(|_| !arrival.observes)?;
        let participant = &self.calls.parties(grant.call)?[side_index(grant.side)];
        (participant.user == arrival.user.id && participant.login == arrival.login)
            .then_some(participant.session)
    }

    fn attach(&mut self, id: SessionId, arrival: Arrival, ack: Option<u64>, now: UnixMillis) -> Welcome {
        let socket = self.next_socket();
        let session = self.sessions.get_mut(&id).expect("it was just found");
        session.age = arrival.user.age;
        session.app_relay = arrival.relay_policy;
        session.blocked = Arc::new(arrival.blocked);
        session.is_held = arrival.is_held;
        let recovered = ack.is_some_and(|ack| session.stream.handle_resume(ack));
        // Frames that wait for a side that nobody has taken yet are for its next owner.
        if !recovered && (ack.is_some() || !session.stream.is_untouched()) {
            session.stream = Stream::default();
            session.numbering += 1;
        }
        if !recovered {
            session.reported_peer = ReportedPeer::by_snapshot();
        }
        // It may be of another page: a client parks again after each hello.
        session.parked = None;
        let ack = session.stream.received();
        let (old, expired) = (session.socket.replace(socket), session.expires_at.take());
        if let Some(at) = expired {
            self.expiries.remove(&(at, id));
        }
        if let Some(old) = old {
            self.actions.push_back(Action::Close(old, SUPERSEDED));
        }
        self.actions.push_back(Action::SocketOpened(id, socket, recovered));
        self.take_up(id, now);
        self.end_call_with_blocked(id, now);
        self.tell_of_peer(id);
        if !recovered {
            self.renew_for_peer_of(id);
        }
        self.tell_peer_of(id);
        self.welcome(id, socket, recovered, ack)
    }

    fn begin_session(&mut self, arrival: Arrival, now: UnixMillis) -> Result<Welcome, Leave> {
        let (user, login) = (arrival.user.id, arrival.login);
        if arrival.observes {
            let id = self.insert_session(user, login, true, now)?;
            return Ok(self.attach(id, arrival, None, now));
        }
        self.make_way(user, login, now)?;
        let restored = arrival.grant.as_ref().and_then(|grant| self.restore(grant, &arrival, now));
        let id = match restored {
            Some(id) => id,
            None => self.insert_session(user, login, false, now)?,
        };
        Ok(self.attach(id, arrival, None, now))
    }

    /// By policy, one session of a login continues, beside those that observe.
    fn make_way(&mut self, user: UserId, login: LoginId, now: UnixMillis) -> Result<(), Leave> {
        let of_user = self.sessions_by_user.get(&user).cloned().unwrap_or_default();
        for id in of_user {
            let session = &self.sessions[&id];
            if session.login != login || session.observes {
                continue;
            }
            match session.socket {
                Some(_) if self.duplicate_login == DuplicateLogin::Refuse => {
                    return Err(Leave { reason: LeaveReason::Duplicate, ..SUPERSEDED });
                }
                Some(socket) => self.actions.push_back(Action::Close(socket, SUPERSEDED)),
                None => {}
            }
            self.end_session(id, now);
        }
        Ok(())
    }

    fn insert_session(
        &mut self,
        user: UserId,
        login: LoginId,
        observes: bool,
        now: UnixMillis,
    ) -> Result<SessionId, Leave> {
        let of_user = self.sessions_by_user.get(&user).map_or(&[][..], Vec::as_slice);
        let observing = of_user.iter().filter(|id| self.sessions[id].observes).count();
        let is_full = of_user.len() >= SESSIONS_PER_USER_MAX;
        if self.sessions.len() >= self.sessions_max
            || is_full
            || (observes && observing >= OBSERVERS_PER_USER_MAX)
        {
            return Err(Leave {
                reason: LeaveReason::Full,
                action: LeaveAction::Reconnect,
                after_ms: Some(5_000 + self.random.below(10_000)),
                code: 1013,
            });
        }
        let id = SessionId::new(now, self.random.bytes());
        self.sessions_by_user.entry(user).or_default().push(id);
        let at = now.plus(RESUME_MS);
        self.expiries.insert((at, id));
        let session = Session {
            user,
            login,
            observes,
            age: None,
            blocked: Arc::default(),
            is_held: false,
            interests: Interests::default(),
            app_relay: RelayPolicy::default(),
            relay: RelayPolicy::default(),
            stream: Stream::default(),
            numbering: 0,
            frame_limit: TokenBucket::new(FRAME_BURST, FRAME_REFILL_MS),
            socket: None,
            expires_at: Some(at),
            paused: None,
            parked: None,
            reported_peer: ReportedPeer::by_snapshot(),
            reported_quality: super::quality::ReportedQuality::default(),
        };
        self.sessions.insert(id, session);
        self.actions.push_back(Action::Opened(id, user));
        Ok(id)
    }

    /// Restores a forgotten call, and keeps the other side; `None` if it has ended or cannot be.
    fn restore(&mut self, grant: &Grant, arrival: &Arrival, now: UnixMillis) -> Option<SessionId> {
        let mine = grant.parties[side_index(grant.side)];
        let peer = grant.parties[side_index(grant.side.other())];
        // A call of this memory that is not here any more has ended.
        let is_over = grant.epoch == self.epoch || self.calls.parties(grant.call).is_some();
        // A user who has reconnected already without showing this call has left it.
        let has_peer_left = self.sessions_by_user.get(&peer.0).is_some_and(|all| {
            all.iter().map(|id| &self.sessions[id]).any(|one| one.login == peer.1 && !one.observes)
        });
        let is_free = grant.invite.is_none_or(|key| !self.invites.is_taken(key));
        let is_mine = mine == (arrival.user.id, arrival.login);
        if is_over || has_peer_left || !is_free || !is_mine || arrival.blocked.contains(&peer.0) {
            return None;
        }
        let [caller, callee] = [0, 1].map(|participant| {
            let (user, login) = grant.parties[participant];
            let session = self.insert_session(user, login, false, now).ok()?;
            Some(Party { session, user, login, waited_ms: 0 })
        });
        let terms = Terms {
            kind: grant.kind,
            invite: grant.invite,
            // The app may have become stricter since.
            relay_policy: grant.relay_policy.max(arrival.relay_policy),
        };
        let both = caller.clone().zip(callee.clone()).map(|(caller, callee)| [caller, callee]);
        let restored = both.is_some_and(|both| {
            self.calls.handle_restore(grant.call, both, terms, grant.matched_at, now).is_ok()
        });
        if !restored {
            for party in [&caller, &callee].into_iter().flatten() {
                self.end_session(party.session, now);
            }
            return None;
        }
        if let Some(key) = grant.invite {
            self.invites.take_both(key);
        }
        if let Some((caller, callee)) = caller.as_ref().zip(callee.as_ref()) {
            self.actions.push_back(Action::Attached(grant.call, [caller.session, callee.session]));
        }
        let own = if grant.side == Side::Caller { caller } else { callee };
        own.map(|party| party.session)
    }

    /// The wait continues in its old place.
    pub(super) fn take_up(&mut self, id: SessionId, now: UnixMillis) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let taken_up = match session.paused.take() {
            None => return,
            Some(Paused::Seek { since }) => match self.seeker(id) {
                Some(seeker) => self.lobby.handle_seek(seeker, now.since(since), now).is_ok(),
                None => false,
            },
            Some(Paused::Join { key, since }) => {
                let (user, login) = (session.user, session.login);
                let guest = Guest { session: id, user, login, blocked: Arc::clone(&session.blocked) };
                self.invites.handle_join(key, guest, since).is_ok()
            }
        };
        if !taken_up {
            // Somebody else has that side now, or the lobby is full.
            self.send(id, &ServerFrame::Idle);
        }
    }

    /// A block that was made while one of the two was away.
    fn end_call_with_blocked(&mut self, id: SessionId, now: UnixMillis) {
        let Some(parties) = self.calls.call_of(id).and_then(|call| self.calls.parties(call)) else { return };
        let blocked = &self.sessions[&id].blocked;
        let peer = parties.iter().map(|party| party.user).find(|user| blocked.contains(user));
        if let Some(peer) = peer {
            self.end_call_with(id, peer, now);
        }
    }

    fn next_socket(&mut self) -> SocketId {
        self.sockets += 1;
        SocketId(self.sockets)
    }

    fn welcome(&self, session: SessionId, socket: SocketId, recovered: bool, ack: u64) -> Welcome {
        Welcome { session, socket, epoch: self.epoch_text(session), recovered, ack, snapshot: Snapshot::Idle }
    }
}

const SUPERSEDED: Leave = Leave {
    reason: LeaveReason::Superseded,
    action: LeaveAction::Disconnect,
    after_ms: None,
    code: close::SUPERSEDED,
};

pub(super) const SIGNED_OUT: Leave = Leave {
    reason: LeaveReason::SignedOut,
    action: LeaveAction::Disconnect,
    after_ms: None,
    code: close::UNAUTHENTICATED,
};

fn side_index(side: Side) -> usize {
    match side {
        Side::Caller => 0,
        Side::Callee => 1,
    }
}
