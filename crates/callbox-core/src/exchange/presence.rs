//! Notifies a connected side whether its peer has a socket, and ends a call whose other side left.
//!
//! A side without a socket gets nothing. On reconnecting it receives the present state: by the snapshot of a hello that
//! recovers nothing, else by a frame after all that it missed. So no side is notified twice in a row that the peer is
//! away; that it is here is sent again only if it returned without its state. Bound: the last state of each session.

use callbox_protocol::call::EndCause;
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{End, LeaveCause, ServerFrame};
use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::Exchange;
use super::frames::Outcome;
use crate::party::Party;

/// The last state of the other side of its call that a session was sent.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ReportedPeer {
    /// Whether it is here. `None` if the snapshot of a hello is going to say it.
    is_here: Option<bool>,
    /// It has returned without its state, and this was not sent yet.
    is_new: bool,
}

impl ReportedPeer {
    /// Both sides are here when they are matched.
    pub(super) fn by_match() -> Self {
        Self { is_here: Some(true), is_new: false }
    }

    pub(super) fn by_snapshot() -> Self {
        Self { is_here: None, is_new: false }
    }
}

impl Exchange {
    /// The other side of the call that a session is in.
    pub(super) fn peer_of(&self, id: SessionId) -> Option<(CallId, SessionId)> {
        let call = self.calls.call_of(id)?;
        let [Party { session: caller, .. }, Party { session: callee, .. }] = self.calls.parties(call)?;
        Some((call, if *caller == id { *callee } else { *caller }))
    }

    pub(super) fn is_here(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_some_and(|session| session.socket.is_some())
    }

    /// A socket came to this session, or its socket is gone: the other side is notified.
    pub(super) fn tell_peer_of(&mut self, id: SessionId) {
        if let Some((_, peer)) = self.peer_of(id) {
            self.tell_of_peer(peer);
        }
    }

    /// This session lost what was on its way to it: the other side must learn that, even if it saw no absence.
    pub(super) fn renew_for_peer_of(&mut self, id: SessionId) {
        if let Some((_, peer)) = self.peer_of(id)
            && let Some(session) = self.sessions.get_mut(&peer)
        {
            session.reported_peer.is_new = true;
        }
    }

    /// Notifies a session whether the other side is here, if that has changed.
    pub(super) fn tell_of_peer(&mut self, id: SessionId) {
        let Some((call, peer)) = self.peer_of(id).filter(|_| !self.is_going_down) else { return };
        let is_here = self.is_here(peer);
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.socket.is_some()) else {
            return;
        };
        let told = session.reported_peer;
        let is_change = told.is_here != Some(is_here) || (told.is_new && is_here);
        if told.is_here.is_some() && is_change {
            session.reported_peer = ReportedPeer { is_here: Some(is_here), is_new: told.is_new && !is_here };
            self.send(id, &ServerFrame::Peer { call, is_here });
        }
    }

    /// The snapshot of a hello counts as sent.
    pub(super) fn note_snapshot(&mut self, id: SessionId) {
        let is_here = self.peer_of(id).is_some_and(|(_, peer)| self.is_here(peer));
        if let Some(session) = self.sessions.get_mut(&id)
            && session.reported_peer.is_here.is_none()
        {
            session.reported_peer = ReportedPeer { is_here: Some(is_here), is_new: false };
        }
    }

    /// One side ends its call. That the other has left is believed only while nobody is there to contradict.
    pub(super) fn end(&mut self, id: SessionId, End { call, cause }: End, now: UnixMillis) -> Outcome {
        let peer = self.peer_of(id).filter(|(its, _)| *its == call).map(|(_, peer)| peer);
        let ended = match (cause, peer) {
            (LeaveCause::Left, Some(peer)) if !self.is_here(peer) => self.calls.handle_left(peer, call, now),
            (LeaveCause::Left, _) => self.calls.handle_end(id, call, EndCause::Hangup, now),
            (cause, _) => self.calls.handle_end(id, call, EndCause::from(cause), now),
        };
        Ok(ended?)
    }
}
