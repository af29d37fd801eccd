//! The way of each parked offer: to one match, to the one who answers in it, and never to anybody else.
//!
//! Clients park `name number epoch padding`, so that each offer is known by its first two words and the session's
//! numbering that it was parked in by the third.

use callbox_protocol::id::{CallId, SessionId};
use serde_json::Value;
use std::collections::HashMap;

/// The observations of one match.
#[derive(Debug)]
struct Participants {
    sessions: [SessionId; 2],
    /// The caller's numbering when the two were matched.
    epoch: Option<String>,
    /// Whether an offer came with the match, as each of the two received it.
    is_offered: [Option<bool>; 2],
}

#[derive(Debug, Default)]
pub(crate) struct ParkedBook {
    participants: HashMap<CallId, Participants>,
    calls_by_offer: HashMap<String, CallId>,
}

impl ParkedBook {
    /// Two were matched: caller and callee, and the numbering in which the caller is.
    pub(crate) fn attach(&mut self, call: CallId, sessions: [SessionId; 2], epoch: Option<String>) {
        // A process that takes a call over from another says it again, when nobody is back yet.
        self.participants.entry(call).or_insert(Participants { sessions, epoch, is_offered: [None; 2] });
    }

    /// Caller and callee; `None` of a call that was brought back from before all that is known.
    pub(crate) fn sessions(&self, call: CallId) -> Option<[SessionId; 2]> {
        self.participants.get(&call).map(|participants| participants.sessions)
    }

    /// How many offers travelled with their match.
    pub(crate) fn offers(&self) -> u64 {
        self.calls_by_offer.len() as u64
    }

    /// Checks a match that somebody was sent.
    pub(crate) fn handle_match(&mut self, to: SessionId, frame: &Value) -> Result<(), String> {
        let call: CallId = frame["call"].as_str().unwrap().parse().unwrap();
        let Some(participants) = self.participants.get_mut(&call) else {
            return Err(format!("{call} was never attached"));
        };
        let offer = frame["offer"].as_str();
        let is_offered = frame["is_offered"] == true;
        let (participant, is_told) =
            if frame["you"] == "caller" { (0, is_offered) } else { (1, offer.is_some()) };
        if participants.sessions[participant] != to
            || (participant == 0 && offer.is_some())
            || (participant == 1 && is_offered)
        {
            return Err(format!("{to} is not the side that {frame} is for"));
        }
        participants.is_offered[participant] = Some(is_told);
        if let [Some(caller), Some(callee)] = participants.is_offered
            && caller != callee
        {
            return Err(format!(
                "the caller of {call} heard of an offer: {caller}, and the callee: {callee}"
            ));
        }
        let Some(offer) = offer else { return Ok(()) };
        let mut words = offer.split(' ');
        let name = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        if words.next() != participants.epoch.as_deref() {
            return Err(format!(
                "{call} came with {offer:.60}, and its caller counts in {:?}",
                participants.epoch
            ));
        }
        match self.calls_by_offer.insert(name, call) {
            Some(other) if other != call => Err(format!("{offer:.60} went to {other}, and to {call}")),
            _ => Ok(()),
        }
    }
}
