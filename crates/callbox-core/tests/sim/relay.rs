//! A relay's view of the exchange's actions: who has a session, and who is in a call with whom.

use callbox_core::exchange::Action;
use callbox_protocol::id::{CallId, SessionId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct RelayBook {
    pub(crate) opened: BTreeSet<SessionId>,
    pub(crate) calls: BTreeMap<SessionId, CallId>,
}

impl RelayBook {
    /// Takes an action in; what is wrong with it.
    pub(crate) fn handle(&mut self, action: &Action) -> Option<String> {
        match action {
            Action::Opened(session, _) if !self.opened.insert(*session) => {
                Some(format!("{session} opened twice"))
            }
            Action::Closed(session) if !self.opened.remove(session) => {
                Some(format!("{session} closed, never open"))
            }
            Action::Closed(session) => {
                self.calls.remove(session);
                None
            }
            Action::Attached(call, sessions) => {
                let is_bad = |one: &SessionId| !self.opened.contains(one) || self.calls.contains_key(one);
                let fault = sessions.iter().any(is_bad).then(|| format!("{call} attached to {sessions:?}"));
                self.calls.extend(sessions.map(|session| (session, *call)));
                fault
            }
            Action::Detached(sessions) => {
                for session in sessions {
                    self.calls.remove(session);
                }
                None
            }
            _ => None,
        }
    }
}
