//! The state that one process leaves to the next on the same data, so that everybody continues where they were.
//!
//! Made once, when the process stops gracefully; nothing happens after it. It holds what sessions keep, so it is as
//! private as the database. It must be used only once: a session that is resumed from a copy would see frames
//! twice.

use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{RESUME_MS, RelayPolicy};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::said::Lines;
use super::{
    Action, CALL_RETURN_SPREAD_MS, Exchange, FRAME_BURST, FRAME_REFILL_MS, Interests, InviteKey, Paused,
    RETURN_SPREAD_MS, ReportedPeer, Session, TokenBucket,
};
use crate::call::CallState;
use crate::session::StreamState;

/// The state that one process leaves to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct Handover {
    /// When it was made. Sessions end a minute later, in either process.
    at: UnixMillis,
    epoch: u64,
    sessions: Vec<SessionState>,
    calls: Vec<CallState>,
    meetings: Vec<(UnixMillis, [UserId; 2])>,
    #[serde(default)]
    said: Vec<(CallId, Lines)>,
    /// What each session watches, by its names.
    #[serde(default)]
    watches: Vec<(SessionId, Vec<(u32, String)>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SessionState {
    id: SessionId,
    user: UserId,
    login: LoginId,
    #[serde(default)]
    observes: bool,
    age: Option<AgeClass>,
    blocked: Vec<UserId>,
    interests: Vec<String>,
    #[serde(default)]
    relay: RelayPolicy,
    stream: StreamState,
    #[serde(default)]
    numbering: u32,
    /// An earlier version wrote it by another name.
    #[serde(default, alias = "told_peer")]
    reported_peer: ReportedPeer,
    seeks_since: Option<UnixMillis>,
    joins: Option<(InviteKey, UnixMillis)>,
    expires_at: Option<UnixMillis>,
}

impl Handover {
    /// When it was made by the clock that the next process starts with, if that is another.
    pub fn set_made_at(&mut self, at: UnixMillis) {
        self.at = at;
    }

    /// What the sessions watch: [`crate::watch::Watches::hand_over`] knows it.
    pub fn set_watches(&mut self, watches: Vec<(SessionId, Vec<(u32, String)>)>) {
        self.watches = watches;
    }

    /// The same, taken out, for [`crate::watch::Watches::take_over`].
    pub fn take_watches(&mut self) -> Vec<(SessionId, Vec<(u32, String)>)> {
        std::mem::take(&mut self.watches)
    }
}

impl Exchange {
    /// Tells every client when to reconnect, forgets all, and returns it for the next process.
    pub fn handle_shutdown(&mut self, now: UnixMillis) -> Handover {
        self.is_going_down = true;
        let mut ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        // The map has no order of its own, and same events must give the same actions.
        ids.sort_unstable();
        for id in &ids {
            if let Some(socket) = self.sessions[id].socket {
                let is_in_call = self.calls.call_of(*id).is_some();
                let spread_ms = if is_in_call { CALL_RETURN_SPREAD_MS } else { RETURN_SPREAD_MS };
                let leave = self.going_down(spread_ms);
                self.actions.push_back(Action::Close(socket, leave));
                self.detach(*id, now);
            }
        }
        let handover = Handover {
            at: now,
            epoch: self.epoch,
            sessions: ids.iter().map(|id| SessionState::new(*id, &self.sessions[id])).collect(),
            calls: self.calls.state(),
            meetings: self.lobby.meetings(),
            said: self.said.take_state(),
            watches: Vec::new(),
        };
        self.sessions.clear();
        self.sessions_by_user.clear();
        self.expiries.clear();
        self.lobby = super::Lobby::default();
        self.invites = super::Invites::default();
        self.calls = super::Calls::default();
        handover
    }

    /// Continues where another process left off; to be called before anything else. Nothing is taken over if that
    /// was more than a minute ago: calls are then restored by their grants.
    pub fn take_over(&mut self, handover: Handover, now: UnixMillis) -> bool {
        if now.since(handover.at) >= RESUME_MS {
            return false;
        }
        self.epoch = handover.epoch;
        for (at, [one, other]) in handover.meetings {
            self.lobby.handle_met(one, other, at);
        }
        self.said.take_over(handover.said);
        for state in handover.sessions {
            self.take_over_session(state, now);
        }
        for call in handover.calls {
            let (id, sessions) = call.sessions();
            let Ok(invite) = self.calls.take_over(call, now) else { continue };
            self.actions.push_back(Action::Attached(id, sessions));
            if let Some(key) = invite {
                self.invites.take_both(key);
            }
        }
        true
    }

    fn take_over_session(&mut self, state: SessionState, now: UnixMillis) {
        // Time without a server is nobody's fault: the minute begins anew for a session that was connected.
        // If the other process's clock was ahead, it is still no more than a minute.
        let latest = now.plus(RESUME_MS);
        let at = state.expires_at.filter(|at| *at > now).map_or(latest, |at| at.min(latest));
        self.expiries.insert((at, state.id));
        self.sessions_by_user.entry(state.user).or_default().push(state.id);
        let paused = match (state.seeks_since, state.joins) {
            (Some(since), _) => Some(Paused::Seek { since }),
            (None, Some((key, since))) => Some(Paused::Join { key, since }),
            (None, None) => None,
        };
        let session = Session {
            user: state.user,
            login: state.login,
            observes: state.observes,
            age: state.age,
            blocked: Arc::new(state.blocked.into_iter().collect()),
            // As for the app below: a returning user is looked up.
            is_held: false,
            interests: Interests::parse(&state.interests).unwrap_or_default(),
            // A returning client names its page.
            app_relay: RelayPolicy::default(),
            relay: state.relay,
            stream: state.stream.into(),
            numbering: state.numbering,
            frame_limit: TokenBucket::new(FRAME_BURST, FRAME_REFILL_MS),
            socket: None,
            expires_at: Some(at),
            paused,
            parked: None,
            reported_peer: state.reported_peer,
            reported_quality: super::quality::ReportedQuality::default(),
        };
        self.sessions.insert(state.id, session);
        self.actions.push_back(Action::Opened(state.id, state.user));
    }
}

impl SessionState {
    fn new(id: SessionId, session: &Session) -> Self {
        let (seeks_since, joins) = match session.paused {
            None => (None, None),
            Some(Paused::Seek { since }) => (Some(since), None),
            Some(Paused::Join { key, since }) => (None, Some((key, since))),
        };
        let mut blocked: Vec<UserId> = session.blocked.iter().copied().collect();
        blocked.sort_unstable();
        Self {
            id,
            user: session.user,
            login: session.login,
            observes: session.observes,
            age: session.age,
            blocked,
            interests: session.interests.iter().map(ToString::to_string).collect(),
            relay: session.relay,
            stream: (&session.stream).into(),
            numbering: session.numbering,
            reported_peer: session.reported_peer,
            seeks_since,
            joins,
            expires_at: session.expires_at,
        }
    }
}
