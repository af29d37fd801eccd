//! The two participants of an invite: people who know each other and agreed to meet.
//!
//! Pure. It asks neither for ages nor for interests nor for earlier meetings: an invite joins, say, a grandmother
//! and her grandchild. It does check blocks, and that the two are not one user. Whether an invite is
//! valid is the store's business. Bounds: 20,000 sessions that wait; invites in use are bounded by calls.

use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::time::UnixMillis;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use thiserror::Error;

use crate::party::{InviteKey, Party};

const WAITING_MAX: usize = 20_000;

/// Somebody who opens an invite.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The session that gets its frames.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// By which login.
    pub login: LoginId,
    /// The users whom it blocked.
    pub blocked: Arc<HashSet<UserId>>,
}

/// Why somebody may not join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JoinError {
    /// The session is there already, or at another invite.
    #[error("the session waits already")]
    AlreadyWaiting,
    /// Two people are in a call by this invite.
    #[error("two people are in it already")]
    InviteFull,
    /// The one who waits is the same user, in another tab.
    #[error("the other participant is the same user")]
    SameUser,
    /// One of the two blocked the other.
    #[error("one of the two blocked the other")]
    Blocked,
    /// As many wait as there may be.
    #[error("{WAITING_MAX} sessions wait already")]
    Full,
}

/// Two people are in this invite already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitePair {
    /// The invite.
    pub key: InviteKey,
    /// The first to arrive.
    pub first: Party,
    /// The second to arrive.
    pub second: Party,
}

/// An action for the caller of this core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviteAction {
    /// Make a call of the two.
    Pair(InvitePair),
}

/// The users of each invite.
#[derive(Debug, Default)]
pub struct Invites {
    participants: HashMap<InviteKey, Participants>,
    keys_by_session: HashMap<SessionId, InviteKey>,
    actions: VecDeque<InviteAction>,
}

#[derive(Debug)]
enum Participants {
    One(Guest, UnixMillis),
    Both,
}

impl Invites {
    /// Somebody joins: the first waits, the second makes a pair.
    pub fn handle_join(&mut self, key: InviteKey, guest: Guest, now: UnixMillis) -> Result<(), JoinError> {
        if self.keys_by_session.contains_key(&guest.session) {
            return Err(JoinError::AlreadyWaiting);
        }
        match self.participants.get(&key) {
            Some(Participants::Both) => Err(JoinError::InviteFull),
            Some(Participants::One(first, _)) if first.user == guest.user || first.login == guest.login => {
                Err(JoinError::SameUser)
            }
            Some(Participants::One(first, _))
                if first.blocked.contains(&guest.user) || guest.blocked.contains(&first.user) =>
            {
                Err(JoinError::Blocked)
            }
            Some(Participants::One(first, since)) => {
                let first = party(first, now.since(*since));
                self.keys_by_session.remove(&first.session);
                self.participants.insert(key, Participants::Both);
                let second = party(&guest, 0);
                self.actions.push_back(InviteAction::Pair(InvitePair { key, first, second }));
                Ok(())
            }
            None if self.keys_by_session.len() >= WAITING_MAX => Err(JoinError::Full),
            None => {
                self.keys_by_session.insert(guest.session, key);
                self.participants.insert(key, Participants::One(guest, now));
                Ok(())
            }
        }
    }

    /// A session waits no more; whether it did.
    pub fn handle_leave(&mut self, session: SessionId) -> bool {
        self.keys_by_session.remove(&session).inspect(|key| _ = self.participants.remove(key)).is_some()
    }

    /// A user blocked another while waiting, perhaps.
    pub fn handle_block(&mut self, blocker: UserId, blocked: UserId) {
        for participants in self.participants.values_mut() {
            if let Participants::One(guest, _) = participants
                && guest.user == blocker
            {
                Arc::make_mut(&mut guest.blocked).insert(blocked);
            }
        }
    }

    /// The call of an invite has ended: it may be used again.
    pub fn handle_call_ended(&mut self, key: InviteKey) {
        self.participants.remove(&key);
    }

    /// The two of a call that was brought back are its participants again.
    pub fn take_both(&mut self, key: InviteKey) {
        self.participants.insert(key, Participants::Both);
    }

    /// Whether anybody is at the invite.
    pub fn is_taken(&self, key: InviteKey) -> bool {
        self.participants.contains_key(&key)
    }

    /// The invite at which the session waits, if it does.
    pub fn key_of(&self, session: SessionId) -> Option<InviteKey> {
        self.keys_by_session.get(&session).copied()
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<InviteAction> {
        self.actions.pop_front()
    }

    /// How long the session has waited, if it does.
    pub fn waited_ms(&self, session: SessionId, now: UnixMillis) -> Option<u64> {
        match self.participants.get(self.keys_by_session.get(&session)?)? {
            Participants::One(_, since) => Some(now.since(*since)),
            Participants::Both => None,
        }
    }
}

fn party(guest: &Guest, waited_ms: u64) -> Party {
    Party { session: guest.session, user: guest.user, login: guest.login, waited_ms }
}

#[cfg(test)]
mod tests;
